/**
 * Figures and tables of what the scripts print.
 *
 * @module
 */

/** A value that a share of all values, from 0 to 1, does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = Math.ceil(sorted.length * share) - 1;
  return sorted[Math.max(0, at)] ?? NaN;
}

/** The middle one of some values. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** A time as it is printed. */
export function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}

/**
 * A line of a table for the terminal.
 *
 * @param widths How wide each cell is, in characters; the last for the rest.
 * Below zero, the cell is aligned to the right.
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
