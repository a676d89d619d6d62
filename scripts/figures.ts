/**
 * Formats figures and tables for the output of the scripts.
 *
 * @module
 */

/** A value that the given share of all values, from 0 to 1, does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = Math.ceil(sorted.length * share) - 1;
  return sorted[Math.max(0, at)] ?? NaN;
}

/** The median of some values. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Formats a time for printing. */
export function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}

/**
 * Formats a row of a table for the terminal.
 *
 * @param widths The width of each cell, in characters; the last is for the
 * remaining cells. A negative width aligns the cell to the right.
 * @param cells The cells.
 */
export function row(
  widths: readonly number[],
  ...cells: readonly string[]
): string {
  return cells.map((cell, i) => {
    const width = widths[i] ?? widths.at(-1)!;
    return width < 0 ? cell.padStart(-width) : cell.padEnd(width);
  }).join("");
}

/** A table in Markdown. */
export function markdownTable(
  head: readonly string[],
  body: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [head, head.map(() => "---"), ...body].map(line).join("\n");
}
