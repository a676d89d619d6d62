/**
 * Makes characters visible that a model reads but a person cannot see: control
 * characters, invisible characters, and those that change the direction of
 * text. Characters that scripts and emoji need stay as they are.
 *
 * @module
 */

import { countUnnamed, cut, nameHidden } from "./marks.ts";

/** The most marks on one letter in real scripts. */
const MAX_MARKS = 6;

/**
 * The longest text that is searched, in characters. Some texts take a
 * microsecond per character.
 */
const MAX_SEEN = 250_000;

/** How many runs of invisible characters are shown in one text. */
const MAX_RUNS = 2_000;

/** How many invisible characters in a row are shown one by one. */
const MAX_NAMED = 4;

/** Matches an invisible character. Tabs and line breaks count as visible. */
const HIDDEN = String.raw`(?![\t\n])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}` +
  String.raw`\p{Default_Ignorable_Code_Point}\p{Bidi_Control}` +
  String.raw`\ufff9-\ufffb\u2800\p{Variation_Selector}]`;

/**
 * Scripts in which U+200C and U+200D control how letters join: Arabic scripts,
 * and scripts of India and South-East Asia.
 */
const JOINING = [
  "Arabic",
  "Syriac",
  "Nko",
  "Mandaic",
  "Mongolian",
  "Devanagari",
  "Bengali",
  "Gurmukhi",
  "Gujarati",
  "Oriya",
  "Tamil",
  "Telugu",
  "Kannada",
  "Malayalam",
  "Sinhala",
  "Khmer",
  "Myanmar",
  "Tibetan",
  "Balinese",
  "Javanese",
  "Sundanese",
].map((script) => String.raw`\p{scx=${script}}`).join("");

const EMOJI = String.raw`[\p{Extended_Pictographic}\p{Emoji_Modifier}]`;

/**
 * Invisible characters that stay: a joiner between two emoji, a joiner after a
 * letter of a joining script, the style selector of an emoji, keycaps, and the
 * flags of England, Scotland and Wales.
 */
const LEGIT = [
  String
    .raw`(?<=${EMOJI}\ufe0f?)\u200d(?=\p{Extended_Pictographic})`,
  String.raw`(?<=[${JOINING}])[\u200c\u200d]`,
  String.raw`(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]`,
  String.raw`(?<=[0-9#*])\ufe0f(?=\u20e3)`,
  String
    .raw`\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}`,
].join("|");

/** Visible marks on letters. */
const MARK = String.raw`(?!${HIDDEN})\p{M}`;

let parts: RegExp | undefined;

/** Matches what may have to be changed. Making it takes milliseconds. */
const partsOf = () =>
  parts ??= new RegExp(
    `(?<legit>${LEGIT})|(?<hidden>(?:(?!${LEGIT})${HIDDEN})+)|` +
      `(?<marks>(?:${MARK}){${MAX_MARKS}})(?<more>(?:${MARK})+)`,
    "gu",
  );

/** Matches a character that may have to be changed. */
const ANY =
  /(?![\t\n])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{DI}\ufff9-\ufffb\u2800\p{M}]/u;

/** A quicker check: most texts have only these characters. */
const OTHER = /[^\t\n -~]/;

/** Whether a text has any character that may have to be changed. */
function mayHide(text: string): boolean {
  return OTHER.test(text) && ANY.test(text);
}

/** Matches escapes of JSON for characters that may be hidden. */
const ESCAPED = /\\[bfru]/;

/**
 * Whether JSON certainly has nothing that {@linkcode visible} would change in
 * its texts and keys, so that they need not be looked at one by one.
 *
 * @param json What JSON.stringify() made, up to 250,000 characters.
 */
export function isAllVisible(json: string): boolean {
  return json.length <= MAX_SEEN && !ESCAPED.test(json) && !mayHide(json);
}

/**
 * Returns a text without hidden characters. An invisible character becomes a
 * mark such as `⟨U+200B⟩`. In a long run, the first 4 are shown and the rest
 * are counted. Of many marks on one letter, the first 6 stay and the rest are
 * counted. A text is cut at 250,000 characters, and after 2,000 runs of
 * invisible characters.
 *
 * @param text Any text.
 */
export function visible(text: string): string {
  const seen = text.length > MAX_SEEN
    ? cut(text, MAX_SEEN, "one text shows no more")
    : text;
  if (!mayHide(seen)) return seen;
  const lines = seen.replaceAll("\r\n", "\n");
  let shown = "";
  let end = 0;
  let runs = 0;
  for (const found of lines.matchAll(partsOf())) {
    const { legit, hidden, marks, more } = found.groups!;
    if (legit !== undefined) continue;
    if (++runs > MAX_RUNS) {
      const rest = cut(lines, found.index, "it hides too many characters");
      return shown + rest.slice(end);
    }
    shown += lines.slice(end, found.index) +
      (hidden !== undefined
        ? nameAll([...hidden])
        : marks! + countUnnamed([...more!].length, "marks"));
    end = found.index + found[0].length;
  }
  return shown + lines.slice(end);
}

function nameAll(hidden: readonly string[]): string {
  const named = hidden.slice(0, MAX_NAMED).map(nameHidden).join("");
  const more = hidden.length - MAX_NAMED;
  return more > 0 ? named + countUnnamed(more, "invisible") : named;
}
