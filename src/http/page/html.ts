/**
 * HTML templates that cannot be injected into: every value in a template is
 * escaped, unless a template made it.
 *
 * @module
 */

/** A piece of HTML. */
export interface Html {
  /** Its text, safe to place between tags. */
  readonly html: string;
}

/** The values that a template accepts. */
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
 * quotes; the indentation of the template itself is removed.
 *
 * It is not called `html`, because `deno fmt` would then reformat the HTML and
 * change the space between words.
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
 * Marks a text as HTML, so that it is not escaped.
 *
 * @param html The text: constants of this program only.
 */
export function raw(html: string): Html {
  return { html };
}

/**
 * Data as JSON, for an attribute in single quotes: there it needs far fewer
 * escapes than in double quotes.
 *
 * @param data The data.
 */
export function json(data: unknown): Html {
  return {
    html: JSON.stringify(data).replace(
      /[&<>']/g,
      (character) => ENTITIES[character]!,
    ),
  };
}
