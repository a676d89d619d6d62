/**
 * The output of commands: results on stdout, so that a pipe gets only them;
 * everything else on stderr.
 *
 * @module
 */
import { toStderr, toStdout } from "../logging/log.ts";
import { nameHidden } from "../values/marks.ts";
import { visible } from "../values/visible.ts";
import { columns, terminalWidth } from "./width.ts";

/** Writes the result to stdout. */
export const say: (text: string) => void = toStdout;

/** Writes further information to stderr. */
export const tell: (text: string) => void = toStderr;

/** Writes an error to stderr. */
export function complain(problem: string): void {
  tell(`qontak-mcp: ${problem}`);
}

/** Matches characters that a terminal obeys or that people cannot see. */
const HIDDEN =
  /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Writes a value to stdout as JSON. Hidden characters are escaped: the same
 * value is read back, and a terminal obeys none of it.
 *
 * @param value The value.
 * @param indent By how many spaces to indent.
 */
export function sayJson(value: unknown, indent?: number): void {
  const escaped = (hidden: string) =>
    Array.from(
      { length: hidden.length },
      (_, at) => `\\u${hidden.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join("");
  say(JSON.stringify(value, null, indent).replace(HIDDEN, escaped));
}

/**
 * Formats a text as one line with all characters visible. Stored text comes
 * from others, and a terminal obeys characters that people cannot see.
 *
 * @param text Any text.
 */
export function lineOf(text: string): string {
  return visible(text.replace(/[\t\n]/g, nameHidden));
}

/**
 * Lays out rows of cells in aligned columns, which fit the terminal.
 *
 * @param cells The rows, all of one length. Each cell becomes one line, or more
 * where the terminal is too narrow.
 */
export function table(cells: readonly (readonly string[])[]): string {
  return columns(cells.map((row) => row.map(lineOf)), terminalWidth());
}
