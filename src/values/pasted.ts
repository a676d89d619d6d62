/**
 * Finds what goes wrong when a person copies a token or a secret: quotation
 * marks, a word in front, blanks, invisible characters, a placeholder.
 *
 * @module
 */

/** Straight, curly and angled quotation marks, and backticks. */
const QUOTES =
  "\"'`\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb";

/** The longest secret, in characters. */
const MAX_LENGTH = 16_384;

/** What can be wrong, and the phrase for it; the first that fits is said. */
const FLAWS: readonly (readonly [RegExp, (found: string) => string])[] = [
  [
    new RegExp(`^[${QUOTES}]|[${QUOTES}]$`),
    () => "is in quotation marks: give it without them",
  ],
  [
    /^bearer\b/i,
    () => 'starts with "Bearer": give only what follows that word',
  ],
  [
    /^(?:your[_-]|<|\$\{?|\{\{|x{4,}$|\.{3}$|change[_-]?me$)/i,
    () => "is a placeholder: put the real value there",
  ],
  [
    /[\t\n\r ]/,
    () => "has a blank or a line break in it: copy it in one piece",
  ],
  [
    /[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]/u,
    (found) =>
      `has an invisible character in it (${name(found)}): copy it again`,
  ],
  [
    /[^\x21-\x7e]/u,
    (found) =>
      `has a character in it that no token has (${name(found)}): copy it again`,
  ],
];

/**
 * Checks a token or a secret that a person may have pasted.
 *
 * @param text The value, without surrounding white space.
 * @returns The value.
 * @throws {Error} With a phrase to put after the value's name. It never repeats
 * the value.
 */
export function pasted(text: unknown): string {
  if (typeof text !== "string") throw new Error("must be a text");
  if (text.length > MAX_LENGTH) {
    throw new Error(`is longer than ${MAX_LENGTH} characters`);
  }
  for (const [flaw, phrase] of FLAWS) {
    const found = flaw.exec(text);
    if (found) throw new Error(phrase(found[0]));
  }
  return text;
}

/** A character as U+200B. */
function name(character: string): string {
  const code = character.codePointAt(0)!.toString(16).toUpperCase();
  return `U+${code.padStart(4, "0")}`;
}
