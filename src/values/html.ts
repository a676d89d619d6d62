/**
 * The text of what people wrote in an editor that stores HTML.
 *
 * @module
 */

/** The tags that editors write. Anything else in brackets is text. */
const TAG =
  /<(\/?)(p|br|div|span|a|b|strong|i|em|u|s|strike|ul|ol|li|h[1-6]|blockquote|pre|code|img|table|tbody|thead|tr|td|th)(?:\s[^<>]*)?\/?>/gi;

/** The tags that end a line. */
const LINE = /^(?:p|br|div|li|h[1-6]|blockquote|pre|tr)$/i;

/** The characters that HTML writes with a name. */
const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

/**
 * The text of a value without its formatting.
 *
 * @param value Any value.
 * @returns The text; undefined if the value is not HTML.
 */
export function textOfHtml(value: unknown): string | undefined {
  if (typeof value !== "string" || value.search(TAG) < 0) return undefined;
  return value
    .replace(
      TAG,
      (_tag, end: string, name: string) =>
        LINE.test(name) && (end !== "" || /^br$/i.test(name)) ? "\n" : "",
    )
    .replace(/&(?:#(\d{1,7})|(amp|lt|gt|quot|apos|nbsp));/g, characterOf)
    .replace(/[ \t]+\n/g, "\n").replace(/\n{3,}/g, "\n\n").trim();
}

function characterOf(entity: string, number?: string, name?: string): string {
  if (name !== undefined) return NAMED[name]!;
  const code = Number(number);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : entity;
}
