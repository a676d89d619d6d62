/**
 * What the benchmarks print with.
 *
 * @module
 */

/** The middle one of some values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/**
 * A line of a table.
 *
 * @param widths How wide each cell is, in characters; the last for the rest.
 * @param cells The cells.
 */
export function row(
  widths: readonly number[],
  ...cells: readonly string[]
): string {
  return cells.map((cell, i) => cell.padEnd(widths[i] ?? widths.at(-1)!))
    .join("");
}
