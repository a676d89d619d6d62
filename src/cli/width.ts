/**
 * Fits text into the width of a terminal. A pipe or a file gets whole lines.
 *
 * @module
 */

/** The narrowest column, in characters, that is still readable. */
const NARROWEST = 8;

/** The width of the terminal on stdout; Infinity if there is none. */
export function terminalWidth(): number {
  if (!Deno.stdout.isTerminal()) return Infinity;
  try {
    return Deno.consoleSize().columns || Infinity;
  } catch {
    return Infinity;
  }
}

/**
 * Breaks a text into lines: between words, and long words anywhere.
 *
 * @param text One line of text.
 * @param width The longest line, in characters.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/**
 * Puts a text beside a name, such as the meaning of a flag; its further lines
 * begin in the same column.
 *
 * @param name What is on the left, with its indentation.
 * @param text What is on the right.
 * @param column Where the text begins.
 * @param width The longest line.
 */
export function beside(
  name: string,
  text: string,
  column: number,
  width: number = terminalWidth(),
): string {
  const room = Math.max(width - column, NARROWEST);
  return wrap(text, room).map((line, at) =>
    (at === 0 ? name : "").padEnd(column) + line
  ).join("\n");
}

/**
 * Lays out rows of cells in columns. If they do not fit, the widest columns get
 * narrower, and their cells more lines.
 *
 * @param rows The rows, all of one length. Each cell is one line.
 * @param width The longest line.
 */
export function columns(
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const widths =
    rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]!.length))) ??
      [];
  const gaps = 2 * (widths.length - 1);
  const total = () => widths.reduce((sum, one) => sum + one, gaps);
  while (total() > width) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return rows.flatMap((row) => {
    const cells = row.map((cell, at) => wrap(cell, widths[at]!));
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from(
      { length: height },
      (_, line) =>
        cells.map((lines, at) => (lines[line] ?? "").padEnd(widths[at]!)).join(
          "  ",
        ).trimEnd(),
    );
  }).join("\n");
}
