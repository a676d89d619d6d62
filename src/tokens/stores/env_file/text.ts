/**
 * The text of a `.env` file with another value of one variable.
 *
 * @module
 */
import { parseVariables } from "../../../values/env.ts";

/** The variables of a file, by name. */
export type Variables = Readonly<Record<string, string>>;

/** An empty variable counts as not set, as it does in the environment. */
export function valueOf(
  variables: Variables,
  name: string,
): string | undefined {
  return variables[name]?.trim() || undefined;
}

/**
 * The file with another value of one variable, every other byte as it was.
 * What reads the file judges: what it does not read as just this
 * change is not taken. So it matters little how it reads quotes, comments and
 * variables that stand there twice.
 *
 * @returns The new file, or undefined where there is no such change.
 */
export function rewrite(
  bytes: Uint8Array,
  name: string,
  to: string,
  variables: Variables,
): Uint8Array<ArrayBuffer> | undefined {
  // A character for each byte: what is no UTF-8 stays as it is, too.
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
 * How a value can be written so that everybody reads it alike: bare, or in
 * quotes where nothing is expanded. The way of the old value comes first.
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

/** The text of a file, without the mark that some editors put first. */
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
