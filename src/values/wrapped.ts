/**
 * Lists and objects that some clients send as JSON text.
 *
 * @module
 */
import { MAX_TOTAL, tooMuch } from "./bounds.ts";
import { parseSent } from "./json.ts";

/**
 * Parses a JSON text, because some clients send lists and objects as text. A
 * value that is too large stays a text, which is refused if a list is expected.
 */
export function unwrap(value: unknown): unknown {
  const inner = readWrapped(value);
  return tooMuch(inner) === undefined ? inner : value;
}

/** Does the same, whatever the size of the value. */
export function readWrapped(value: unknown): unknown {
  return typeof value === "string" && value.length <= MAX_TOTAL &&
      /^\s*[{[]/.test(value)
    ? parseSent(value) ?? value
    : value;
}
