/**
 * Rules for configuration values. Each rule applies both to the options of
 * embedding programs and to environment variables.
 *
 * @module
 */
import { didYouMean } from "./words.ts";

/**
 * A rule for one value.
 *
 * @param value The value.
 * @param given The text that the value was read from, for the error message;
 * defaults to the value.
 * @returns The value, in its normal form.
 * @throws {Error} With a phrase to put after the value's name.
 */
export type Rule<T> = (value: unknown, given?: unknown) => T;

/** The rules of some options. */
export type Rules<O> = { readonly [N in keyof O]?: Rule<O[N]> };

/** Formats a value: a text in quotation marks, a number as it is. */
function nameGiven(given: unknown): string {
  return typeof given === "number" || given === undefined
    ? String(given)
    : JSON.stringify(given);
}

/** A whole number with bounds. */
export function whole(least: number, most: number): Rule<number> {
  return (value, given = value) => {
    if (
      typeof value === "number" && Number.isInteger(value) &&
      value >= least && value <= most
    ) return value;
    throw new Error(
      `must be a whole number from ${least} to ${most}, not ${
        nameGiven(given)
      }`,
    );
  };
}

/** One of a list of words. */
export function oneOf<T extends string>(words: readonly T[]): Rule<T> {
  return (value, given = value) => {
    const word = words.find((word) => word === value);
    if (word !== undefined) return word;
    throw new Error(
      `must be one of ${words.join(", ")}, not ${nameGiven(given)}${
        typeof given === "string" ? didYouMean(given, words) : ""
      }`,
    );
  };
}

/** True or false. */
export const flag: Rule<boolean> = (value, given = value) => {
  if (typeof value === "boolean") return value;
  throw new Error(`must be true or false, not ${nameGiven(given)}`);
};

/** Reads a whole number from a text. */
export function readWhole(rule: Rule<number>): (text: string) => number {
  return (text) => rule(/^\d+$/.test(text) ? Number(text) : NaN, text);
}
