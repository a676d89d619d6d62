/**
 * Fits text into the width of a terminal. A pipe or a file gets whole lines.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";

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
 * @param text One line of text; colors in it take no room.
 * @param width The longest line, in characters.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  let shown = stripVTControlCharacters(rest);
  while (shown.length > width) {
    const space = shown.lastIndexOf(" ", width);
    const end = placeOf(space > 0 ? space : width, rest);
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
    shown = stripVTControlCharacters(rest);
  }
  return [...lines, rest];
}

/** A change of color, or one character that is shown. */
// deno-lint-ignore no-control-regex -- an escape begins each change
const PAINTED = /\x1b\[[\d;]*m|[^]/g;

/** Where the shown character with a number is in a text with colors. */
function placeOf(wanted: number, text: string): number {
  let shown = 0;
  for (const { 0: part, index } of text.matchAll(PAINTED)) {
    if (part.length === 1 && shown++ === wanted) return index;
  }
  return text.length;
}

/**
 * Breaks the lines that are too long. Where a line continues, it keeps its
 * indentation.
 *
 * @param text Lines of text, with or without colors.
 * @param width The longest line, in characters.
 */
export function fit(text: string, width: number = terminalWidth()): string {
  return text.split("\n").map((line) => {
    const indent = " ".repeat(stripVTControlCharacters(line).search(/\S|$/));
    const room = Math.max(width - indent.length, NARROWEST);
    return indent + wrap(line.replace(indent, ""), room).join(`\n${indent}`);
  }).join("\n");
}

/**
 * Puts a text beside a name, such as the meaning of a flag; its further lines
 * begin in the same column.
 *
 * @param name What is on the left, with its indentation and colors.
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
  const gap = " ".repeat(
    Math.max(column - stripVTControlCharacters(name).length, 0),
  );
  return name + gap + wrap(text, room).join(`\n${" ".repeat(column)}`);
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
