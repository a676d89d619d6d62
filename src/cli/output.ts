/**
 * What commands tell: on stdout what was asked for, so that a pipe gets it
 * alone; on stderr everything else.
 *
 * @module
 */
import { toStderr, toStdout } from "../logging/log.ts";
import { nameHidden } from "../values/marks.ts";
import { visible } from "../values/visible.ts";

/** Writes what was asked for to stdout. */
export const say: (text: string) => void = toStdout;

/** Tells the person more than was asked for, on stderr. */
export const tell: (text: string) => void = toStderr;

/** Tells the person what is wrong, on stderr. */
export function complain(problem: string): void {
  tell(`qontak-mcp: ${problem}`);
}

/**
 * A text as one line that hides nothing. What is kept was written by others,
 * and a terminal obeys characters that nobody sees.
 *
 * @param text Any text.
 */
export function lineOf(text: string): string {
  return visible(text.replace(/[\t\n]/g, nameHidden));
}

/**
 * Lays out rows of cells so that the columns are straight.
 *
 * @param cells The rows, all of one length. Each cell becomes one line.
 */
export function table(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(lineOf));
  const widths =
    rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]!.length))) ??
      [];
  return rows.map((row) =>
    row.map((cell, at) => cell.padEnd(widths[at]!)).join("  ").trimEnd()
  ).join("\n");
}
