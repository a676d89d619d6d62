/**
 * Replaces the value of one variable in the text of a `.env` file.
 *
 * @module
 */
import { parseVariables } from "../../../values/env.ts";

/** The variables of a file, by name. */
export type Variables = Readonly<Record<string, string>>;

/** An empty variable counts as not set, as in the environment. */
export function valueOf(
  variables: Variables,
  name: string,
): string | undefined {
  return variables[name]?.trim() || undefined;
}

/**
 * Replaces the value of one variable and keeps every other byte. The parser of
 * `.env` files checks the result: a change that it does not read as exactly
 * this replacement is rejected. So this function needs no exact rules for
 * quotes, comments and repeated variables.
 *
 * @returns The new file, or undefined if no such change is possible.
 */
export function rewrite(
  bytes: Uint8Array,
  name: string,
  to: string,
  variables: Variables,
): Uint8Array<ArrayBuffer> | undefined {
  // One character per byte, so that invalid UTF-8 is kept unchanged.
  const text = charsOf(bytes);
  const token = charsOf(new TextEncoder().encode(to));
  const wanted = { ...variables, [name]: to };
  const line = new RegExp(
    `^(?:\u00EF\u00BB\u00BF)?[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[ \\t]*` +
      `('\\s*[^'\\r\\n]*\\s*'|"\\s*[^"\\r\\n]*\\s*"|[^\\r\\n#]*)`,
    "gm",
  );
  for (const match of text.matchAll(line)) {
    const old = match[1]!.replace(/[ \t]+$/, "");
    const start = match.index + match[0].length - match[1]!.length;
    for (const written of waysToWrite(token, old.charAt(0))) {
      const next = Uint8Array.from(
        text.slice(0, start) + written + text.slice(start + old.length),
        (char) => char.charCodeAt(0),
      );
      if (isEqual(parseVariables(decode(next)), wanted)) return next;
    }
  }
  return undefined;
}

/**
 * The ways to write a value that all parsers read alike: without quotes, or in
 * quotes that allow no expansion. The style of the old value comes first.
 */
function waysToWrite(value: string, mark: string): string[] {
  const ways = [
    { mark: "", can: /^[\w.~+/=-]+$/ },
    { mark: "'", can: /^[^'\r\n]*$/ },
    { mark: '"', can: /^[^"\\$`\r\n]*$/ },
  ].filter(({ can }) => can.test(value));
  const rank = (way: { mark: string }) => Number(way.mark !== mark);
  return ways.sort((a, b) => rank(a) - rank(b))
    .map(({ mark }) => mark + value + mark);
}

/** The text of a file, without a byte order mark. */
export function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function charsOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** Whether two contents are the same. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function isEqual(a: Variables, b: Variables): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length &&
    names.every((name) => a[name] === b[name]);
}
