/**
 * Makes visible what a person does not see and a model reads all the same:
 * control characters, invisible ones, and those that turn text around. What
 * scripts and emoji need stays as it is.
 *
 * @module
 */

import { countUnnamed, nameHidden } from "./marks.ts";

/** What may follow one another on one letter, in any script that people write. */
const MAX_MARKS = 6;

/** How many invisible characters in a row are named one by one. */
const MAX_NAMED = 4;

/** Not seen by a reader; tabs and line breaks are. */
const HIDDEN = String.raw`(?![\t\n])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}` +
  String.raw`\p{Default_Ignorable_Code_Point}\p{Bidi_Control}` +
  String.raw`\ufff9-\ufffb\u2800\p{Variation_Selector}]`;

/**
 * Scripts in which U+200C and U+200D say how a letter is joined: those of
 * Arabic, and those of India and South-East Asia.
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
 * What stays as it is: the joints of emoji (one each, between two of them) and
 * of joining scripts (one after a letter), how an emoji is to look, keycaps,
 * and the flags of England, Scotland and Wales.
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

/** Marks on letters, other than what is invisible. */
const MARK = String.raw`(?!${HIDDEN})\p{M}`;

const PARTS = new RegExp(
  `(?<legit>${LEGIT})|(?<hidden>(?:(?!${LEGIT})${HIDDEN})+)|` +
    `(?<marks>(?:${MARK}){${MAX_MARKS}})(?<more>(?:${MARK})+)`,
  "gu",
);

/** Whether there can be anything to do; most texts have nothing. */
const ANY =
  /(?![\t\n])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{DI}\ufff9-\ufffb\u2800\p{M}]/u;

/**
 * A text in which nothing is hidden: an invisible character is shown as
 * `⟨U+200B⟩`, and of many in a row the first ones and how many there are; of
 * marks piled upon one letter only the lowest stay.
 *
 * @param text Any text.
 */
export function visible(text: string): string {
  if (!ANY.test(text)) return text;
  return text.replaceAll("\r\n", "\n").replace(PARTS, (...found) => {
    const { legit, hidden, marks, more } = found.at(-1) as Readonly<
      Record<string, string | undefined>
    >;
    if (legit !== undefined) return legit;
    if (hidden !== undefined) return nameAll([...hidden]);
    return marks! + countUnnamed([...more!].length, "marks");
  });
}

function nameAll(hidden: readonly string[]): string {
  const named = hidden.slice(0, MAX_NAMED).map(nameHidden).join("");
  const more = hidden.length - MAX_NAMED;
  return more > 0 ? named + countUnnamed(more, "invisible") : named;
}
