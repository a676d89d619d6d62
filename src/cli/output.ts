/**
 * What commands tell: on stdout what was asked for, so that a pipe gets it
 * alone; on stderr everything else.
 *
 * @module
 */
import { toStderr, toStdout } from "../logging/log.ts";

/** Writes what was asked for to stdout. */
export const say: (text: string) => void = toStdout;

/** Tells the person more than was asked for, on stderr. */
export const tell: (text: string) => void = toStderr;

/** Tells the person what is wrong, on stderr. */
export function complain(problem: string): void {
  tell(`qontak-mcp: ${problem}`);
}

/**
 * Lays out rows of cells so that the columns are straight.
 *
 * @param rows The rows, all of one length.
 */
export function table(rows: readonly (readonly string[])[]): string {
  const widths =
    rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]!.length))) ??
      [];
  return rows.map((row) =>
    row.map((cell, at) => cell.padEnd(widths[at]!)).join("  ").trimEnd()
  ).join("\n");
}
