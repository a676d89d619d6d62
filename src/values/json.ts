/**
 * Small questions about values that come from outside.
 *
 * @module
 */

import { isRounded, nameNumber } from "./numbers.ts";
import { cutAt } from "./text.ts";

/** A JSON object whose keys are not known. */
export type JsonObject = Record<string, unknown>;

/** Whether a value is a JSON object: neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads JSON; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether Qontak would show a value as empty: null, "", [] or nothing. */
export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" ||
    (Array.isArray(value) && value.length === 0);
}

/** A value is looked into so deep, in lists and objects; a stack has an end. */
export const MAX_DEPTH = 32;

/**
 * A value as it may stand in a message: JSON, cut at 60 characters. Digits that
 * were rounded when the JSON was read are counted, not repeated.
 */
export function show(value: unknown): string {
  if (typeof value === "number") return nameNumber(value);
  const text = JSON.stringify(beginningOf(value)) ?? String(value);
  return text.length > MAX_SHOWN ? `${cutAt(text, MAX_SHOWN - 3)}…` : text;
}

/** How much of a value a message shows, in characters. */
const MAX_SHOWN = 60;

/** What is shown of a value, and a little more: the rest may be large. */
function beginningOf(value: unknown, depth = 0): unknown {
  if (typeof value === "number") {
    return isRounded(value) ? nameNumber(value) : value;
  }
  if (typeof value === "string") return value.slice(0, MAX_SHOWN + 1);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  const begin = (part: unknown) => beginningOf(part, depth + 1);
  return Array.isArray(value)
    ? value.slice(0, MAX_SHOWN).map(begin)
    : Object.fromEntries(
      Object.entries(value).slice(0, MAX_SHOWN)
        .map(([key, part]) => [key.slice(0, MAX_SHOWN + 1), begin(part)]),
    );
}

/**
 * Whether any number in a value passes a test.
 *
 * @param value Any JSON; what is deeper than {@linkcode MAX_DEPTH} is not seen.
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
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** An id as a number; ids come as strings now and then. */
export function toId(value: unknown): number | null {
  if (typeof value === "string" && /^\d+$/.test(value)) value = Number(value);
  return Number.isSafeInteger(value) ? value as number : null;
}
