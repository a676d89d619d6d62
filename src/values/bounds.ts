/**
 * Size limits for values from outside. They are checked before a value is
 * processed, so that one request cannot slow down others.
 *
 * @module
 */
import { type JsonObject, MAX_DEPTH } from "./json.ts";

/** The longest text, in characters. */
export const MAX_TEXT = 120_000;

/** The most characters of all texts and keys in one value. */
export const MAX_TOTAL = 400_000;

/** The most entries in one list, or keys in one object. */
export const MAX_ENTRIES = 1_000;

/** The most values in one value, on all levels. */
const MAX_PARTS = 10_000;

/**
 * Says which limit a value exceeds. It visits at most the allowed number of
 * values.
 *
 * @param value Any JSON.
 * @returns A phrase to put after the value's name; undefined if all limits
 * hold.
 */
export function tooMuch(value: unknown): string | undefined {
  let parts = 0;
  let total = 0;

  function text(one: string): string | undefined {
    if (one.length > MAX_TEXT) {
      return `holds a text of ${one.length} characters: send at most ${MAX_TEXT}`;
    }
    total += one.length;
    return total > MAX_TOTAL
      ? `holds more than ${MAX_TOTAL} characters: send less at once`
      : undefined;
  }

  function walk(one: unknown, depth: number): string | undefined {
    if (++parts > MAX_PARTS) {
      return `holds more than ${MAX_PARTS} values: send less at once`;
    }
    if (typeof one === "string") return text(one);
    if (typeof one !== "object" || one === null) return undefined;
    if (depth >= MAX_DEPTH) {
      return `holds lists or objects more than ${MAX_DEPTH} levels deep`;
    }
    if (Array.isArray(one)) {
      return one.length > MAX_ENTRIES
        ? `holds a list of ${one.length} entries: send at most ${MAX_ENTRIES} at once`
        : first(one, (part) => walk(part, depth + 1));
    }
    const keys = Object.keys(one);
    return keys.length > MAX_ENTRIES
      ? `holds an object of ${keys.length} keys: send at most ${MAX_ENTRIES} at once`
      : first(
        keys,
        (key) =>
          text(key) ?? walk((one as Record<string, unknown>)[key], depth + 1),
      );
  }

  return walk(value, 0);
}

/** The most keys in one object of an answer. Records have a few hundred. */
const MAX_ANSWER_KEYS = 5_000;

/**
 * Keys that no record has. JavaScript calls what they hold when it makes text
 * of an object, or takes it for what the object inherits.
 */
const REFUSED_KEYS: ReadonlySet<string> = new Set([
  "__proto__",
  "toString",
  "valueOf",
]);

/**
 * Says why an answer has a shape that no record has and that is slow or unsafe
 * to process: it is nested too deeply, has too many keys, or keys that mean
 * something to JavaScript.
 *
 * @param value Any JSON.
 * @returns A phrase to put after the value's name; undefined if the shape is
 * acceptable.
 */
export function misshapen(value: unknown, depth = 0): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (depth >= MAX_DEPTH) {
    return `holds lists or objects more than ${MAX_DEPTH} levels deep`;
  }
  if (Array.isArray(value)) {
    for (const part of value) {
      // Most parts are texts and numbers, which need no call.
      if (typeof part !== "object" || part === null) continue;
      const found = misshapen(part, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  let keys = 0;
  // A list of the keys of each object would take as long as the rest.
  for (const key in value) {
    if (++keys > MAX_ANSWER_KEYS) {
      return `holds an object of ${Object.keys(value).length} keys`;
    }
    if (REFUSED_KEYS.has(key)) {
      return `holds an object with the key ${key}, which no record has`;
    }
    const part = (value as JsonObject)[key];
    if (typeof part !== "object" || part === null) continue;
    const found = misshapen(part, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The most objects and lists in a long text of JSON. A page of 1,000 records
 * with 120 custom fields each has about 120,000. Each costs the parser about as
 * much as 100 characters.
 */
const MAX_ANSWER_PARTS = 200_000;

/**
 * The most commas in a long text of JSON, one between two values. A page of
 * 1,000 records with 120 custom fields each has about 500,000.
 */
const MAX_ANSWER_COMMAS = 600_000;

/**
 * How many different keys a long text may have where it is looked at. The parser
 * needs 1 to 2 µs for a key that is new to it, and far less for others. All
 * answers together have a few hundred.
 */
const MAX_SEEN_KEYS = 250;

/**
 * How many different pairs of keys that follow each other it may have there: the
 * parser needs as long for objects whose keys are in an order that is new to it.
 */
const MAX_SEEN_PAIRS = 750;

/** The marks between values, and at the beginning of objects and lists. */
const COMMA = 44, BRACE = 123, BRACKET = 91;

/** How many characters are looked at together. */
const LOOK = 32;

/** The most characters from one look to the next; the mean is half of it. */
const STEP = 2_000;

/**
 * Says why a long text of JSON is slow to parse. It is looked at in places that
 * nobody can know before, and the rest is estimated from them: to count all
 * marks would take a fifth of the time of parsing.
 *
 * @param text The text. Marks inside of its strings count too.
 * @returns A phrase to put after the text's name; undefined if it may be parsed.
 */
export function overfull(text: string): string | undefined {
  const keys = new Set<string>();
  const pairs = new Set<string>();
  let looks = 0;
  let parts = 0;
  let commas = 0;
  /** Where the last key ends that was found. */
  let end = 0;
  for (let at = 0; at < text.length; at += 1 + Math.random() * STEP | 0) {
    looks++;
    for (let i = at; i < at + LOOK; i++) {
      const code = text.charCodeAt(i);
      if (code === COMMA) commas++;
      else if (code === BRACE || code === BRACKET) parts++;
    }
    if (end > at) continue;
    const first = keyAfter(text, at);
    const next = keyAfter(text, first.end + 1);
    end = next.end;
    if (first.key === undefined || next.key === undefined) continue;
    keys.add(first.key);
    pairs.add(`${first.key}" ${next.key}`);
    if (keys.size > MAX_SEEN_KEYS || pairs.size > MAX_SEEN_PAIRS) {
      return "holds thousands of different keys, which no record has";
    }
  }
  const all = text.length / (looks * LOOK);
  if (parts * all > MAX_ANSWER_PARTS) {
    return `holds more than ${MAX_ANSWER_PARTS} objects and lists`;
  }
  return commas * all > MAX_ANSWER_COMMAS
    ? `holds more than ${MAX_ANSWER_COMMAS} values`
    : undefined;
}

/** The end of a key. */
const END_OF_KEY = /"[ \t\r\n]*:/g;

/** How many marks inside of a text or a key are passed. */
const MOST_PASSED = 10;

/**
 * Finds the first key that ends after a place, as it is written; no key if there
 * are too many marks in a text.
 */
function keyAfter(
  text: string,
  at: number,
): { readonly key?: string; readonly end: number } {
  END_OF_KEY.lastIndex = at;
  let end = END_OF_KEY.exec(text)?.index;
  for (let i = 0; end !== undefined && isEscaped(text, end); i++) {
    if (i === MOST_PASSED) return { end };
    end = END_OF_KEY.exec(text)?.index;
  }
  if (end === undefined) return { end: Infinity };
  let start = text.lastIndexOf('"', end - 1);
  for (let i = 0; i < MOST_PASSED && text[start - 1] === "\\"; i++) {
    start = text.lastIndexOf('"', start - 1);
  }
  // Of a key with more marks, some of what is before them.
  if (text[start - 1] === "\\") start -= 100;
  return { key: text.slice(Math.max(0, start + 1), end), end };
}

/** Whether a mark is a part of a text, because of the backslash before it. */
function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (start > 0 && text[start - 1] === "\\") start--;
  return (at - start) % 2 === 1;
}

/** The first result that is not undefined. */
function first<T>(
  all: readonly T[],
  ask: (one: T) => string | undefined,
): string | undefined {
  for (const one of all) {
    const found = ask(one);
    if (found !== undefined) return found;
  }
  return undefined;
}
