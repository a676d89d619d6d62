/**
 * Writing HTML in which nothing can be mistaken for markup: whatever stands in
 * a template is escaped, unless it was made by a template itself.
 *
 * @module
 */

/** A piece of HTML. */
export interface Html {
  /** Its text, as it may stand between tags. */
  readonly html: string;
}

/** What may stand in a template. */
type Part = string | number | Html | readonly Html[] | undefined;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

function write(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "string") return escape(part);
  if (typeof part === "number") return String(part);
  return "html" in part ? part.html : part.map(({ html }) => html).join("");
}

/**
 * A template of HTML. Parts are escaped, for text and for attributes in double
 * quotes; the indentation of the template itself is left out.
 *
 * It is not called `html`, since `deno fmt` would then set the HTML, and with
 * it the space between words.
 */
export function markup(
  strings: TemplateStringsArray,
  ...parts: readonly Part[]
): Html {
  const html = strings
    .map((text, i) => text.replace(/\n\s*/g, "") + write(parts[i]))
    .join("");
  return { html };
}

/**
 * Text that is HTML already.
 *
 * @param html The text: constants of this program only.
 */
export function raw(html: string): Html {
  return { html };
}
