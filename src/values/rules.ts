/**
 * What a value that was configured must be. A rule is written once, for options
 * of programs that embed the server and for texts of environment variables.
 *
 * @module
 */
import { didYouMean } from "./words.ts";

/**
 * What a value must be.
 *
 * @param value The value.
 * @param given What it was read from, for the message; the value itself when
 * left out.
 * @returns The value, in its usual form.
 * @throws {Error} With a phrase that follows the value's name.
 */
export type Rule<T> = (value: unknown, given?: unknown) => T;

/** The rules of some options. */
export type Rules<O> = { readonly [N in keyof O]?: Rule<O[N]> };

/** Text in quotes, and anything else as it is written in code. */
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

/** One of some words. */
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
