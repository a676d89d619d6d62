/**
 * Helpers for JSON values that come from outside.
 *
 * @module
 */

import { isRounded, isTooLarge, nameNumber } from "./numbers.ts";
import { cutAt } from "./text.ts";

/** A JSON object whose keys are not known. */
export type JsonObject = Record<string, unknown>;

/** Whether a value is a JSON object: not null and not a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What `JSON.parse` hands to its reviver; its type lacks the context. */
type Reviver = (
  key: string,
  value: unknown,
  context?: { readonly source?: string },
) => unknown;

/**
 * Parses JSON.
 *
 * @param text The JSON.
 * @param reviver Replaces values, as in `JSON.parse`.
 * @returns The value; undefined if the text is not JSON.
 */
export function parseJson(text: string, reviver?: Reviver): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch {
    return undefined;
  }
}

/** Matches any text with a number that could have an exponent. */
const EXPONENT = /\d[eE][+-]?\d/;

const markExponent: Reviver = (_key, value, context) =>
  typeof value === "number" && !isTooLarge(value) &&
    /e/i.test(context?.source ?? "")
    ? { exponent: context!.source, send: "all digits, in quotes" }
    : value;

/**
 * Parses JSON that a client sent. A number that is written with an exponent
 * becomes an object that says so, which no argument accepts: once it is parsed,
 * `9.17e5` looks the same as 917000, and a text field would store digits that
 * were never written. Numbers that are too large to be exact are refused as
 * they are.
 *
 * @param text The JSON.
 * @returns The value; undefined if the text is not JSON.
 */
export function parseSent(text: string): unknown {
  return parseJson(text, EXPONENT.test(text) ? markExponent : undefined);
}

/** Whether a value is empty: null, undefined, "" or []. */
export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" ||
    (Array.isArray(value) && value.length === 0);
}

/**
 * How many levels of lists and objects are visited, because the stack is
 * limited.
 */
export const MAX_DEPTH = 32;

/**
 * Formats a value for a message: JSON, cut at 60 characters. A text is always
 * enclosed in quotation marks, even when it is cut, and cannot close them
 * itself. A number that was rounded when the JSON was read is described by its
 * number of digits.
 *
 * @param value The value.
 * @param most The number of characters at which to cut.
 */
export function show(value: unknown, most: number = MAX_SHOWN): string {
  if (typeof value === "number") return nameNumber(value);
  const text = JSON.stringify(beginningOf(value, most)) ?? String(value);
  if (text.length <= most) return text;
  // Do not cut an escape sequence in two.
  const shown = cutAt(text, most - 3).replace(/(?<!\\)(\\\\)*\\$/, "$1");
  const isOpen = shown.replace(/\\./g, "").split('"').length % 2 === 0;
  return `${shown}…${isOpen ? '"' : ""}`;
}

/** The most characters of a value that a message shows. */
const MAX_SHOWN = 60;

/**
 * The part of a value that may be shown and a little more, because the rest may
 * be large.
 */
function beginningOf(value: unknown, most: number, depth = 0): unknown {
  if (typeof value === "number") {
    return isRounded(value) ? nameNumber(value) : value;
  }
  if (typeof value === "string") return value.slice(0, most + 1);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  const begin = (part: unknown) => beginningOf(part, most, depth + 1);
  return Array.isArray(value)
    ? value.slice(0, most).map(begin)
    : Object.fromEntries(
      Object.entries(value).slice(0, most)
        .map(([key, part]) => [key.slice(0, most + 1), begin(part)]),
    );
}

/**
 * Whether any number in a value passes a test.
 *
 * @param value Any JSON; levels below {@linkcode MAX_DEPTH} are ignored.
 * @param test The test.
 */
export function someNumber(
  value: unknown,
  test: (number: number) => boolean,
  depth = 0,
): boolean {
  if (typeof value === "number") return test(value);
  return typeof value === "object" && value !== null && depth < MAX_DEPTH &&
    Object.values(value).some((part) => someNumber(part, test, depth + 1));
}

/**
 * An object without its undefined entries, for optional properties.
 *
 * @param object Entries that may be undefined.
 */
export function defined<T extends object>(
  object: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const found: Partial<T> = {};
  for (const key of Object.keys(object) as (keyof T)[]) {
    if (object[key] !== undefined) found[key] = object[key];
  }
  return found as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** An id as a number; some ids come as strings. None is negative. */
export function toId(value: unknown): number | null {
  if (typeof value === "string" && /^\d+$/.test(value)) value = Number(value);
  return Number.isSafeInteger(value) && value as number >= 0
    ? value as number
    : null;
}
