/**
 * The output of commands: results on stdout, so that a pipe gets only them;
 * everything else on stderr.
 *
 * @module
 */
import { toStderr, toStdout } from "../logging/log.ts";
import { nameHidden } from "../values/marks.ts";
import { visible } from "../values/visible.ts";

/** Writes the result to stdout. */
export const say: (text: string) => void = toStdout;

/** Writes further information to stderr. */
export const tell: (text: string) => void = toStderr;

/** Writes an error to stderr. */
export function complain(problem: string): void {
  tell(`qontak-mcp: ${problem}`);
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
 * Lays out rows of cells in aligned columns.
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
