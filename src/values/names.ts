/**
 * Compares names of people and companies as people write them.
 *
 * @module
 */
import { foldText } from "./words.ts";

/** Whose name it is. */
export type NameKind = "person" | "company";

/** The longest name that is compared, in characters. */
const MAX_NAME = 120;

const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));

/** Legal forms of companies, before or after the name. */
const LEGAL_FORMS = set(
  "pt cv ud pd fa firma tbk persero perum ltd limited co corp corporation inc llc gmbh bv sdn bhd pte plc pvt",
);

/** Forms of address and titles, before the name. */
const TITLES = set(
  "bapak bpk pak bp ibu bu ny nyonya tn tuan nn nona sdr sdri saudara saudari kak mbak mr mrs ms miss dr drs dra drg ir prof h hj kh ust ustadz",
);

/** Degrees, after the name. */
const DEGREES = set(
  "se sh mm mba st msc mkom skom spd mpd msi sip ssos sikom ak ca phd md mt mh ba bsc ma amd sag mag sked spog spa ssi sfarm apt",
);

/** Words that join names, and are often left out or translated. */
const JOINING = set("dan and");

/**
 * A name in one standard form: without case, accents, spacing, punctuation,
 * legal forms (`PT`, `CV`, `Tbk`), titles (`Bapak`, `Dr.`) and degrees. So
 * `PT. Maju Jaya, Tbk` and `maju-jaya` are the same company.
 *
 * @param name What was written.
 * @param kind Whose name it is.
 * @returns The form, for comparison only; undefined if no letter or digit is
 * left.
 */
export function nameKey(name: string, kind: NameKind): string | undefined {
  const key = nameWords(name, kind).join("");
  return key === "" ? undefined : key;
}

/**
 * The words of a name, without legal forms, titles and degrees.
 *
 * @param name What was written.
 * @param kind Whose name it is.
 */
export function nameWords(name: string, kind: NameKind): readonly string[] {
  const [main = "", ...after] = foldText(name.slice(0, MAX_NAME)).split(",");
  const words = wordsIn(main);
  // After a comma there are degrees of a person or the legal form of a company.
  const rest = after.flatMap((part) => {
    const found = wordsIn(part);
    return kind === "person" && takeEnd(found, DEGREES).length === 0
      ? []
      : found;
  });
  const all = [...words, ...rest];
  const bare = kind === "company"
    ? takeEnd(takeStart(all, LEGAL_FORMS), LEGAL_FORMS)
      .filter((word) => !JOINING.has(word))
    : takeEnd(takeStart(all, TITLES), DEGREES, true);
  // A name such as "PT" or "Ibu" has nothing else.
  return bare.length > 0 ? bare : all;
}

/** Whether a word says little about who is meant: `PT`, `Bapak`, `dan`. */
export function isNameFiller(word: string): boolean {
  return LEGAL_FORMS.has(word) || TITLES.has(word) || JOINING.has(word);
}

/** The words of a folded text: letters and digits. */
export function wordsIn(text: string): string[] {
  return text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
}

/** Removes leading words that are in a list; `p t` counts as `pt`. */
function takeStart(
  words: readonly string[],
  list: ReadonlySet<string>,
): string[] {
  let rest = [...words];
  for (;;) {
    const taken = [1, 2, 3].find((count) =>
      count <= rest.length && isOne(rest.slice(0, count), list)
    );
    if (taken === undefined) return rest;
    rest = rest.slice(taken);
  }
}

/**
 * Removes trailing words that are in a list.
 *
 * @param onlyDotted Whether only words in several parts are removed, such as `s
 * kom` for `S.Kom`: a whole word may be a name.
 */
function takeEnd(
  words: readonly string[],
  list: ReadonlySet<string>,
  onlyDotted = false,
): string[] {
  let rest = [...words];
  for (;;) {
    const taken = (onlyDotted ? [3, 2] : [3, 2, 1]).find((count) =>
      count <= rest.length && isOne(rest.slice(-count), list)
    );
    if (taken === undefined) return rest;
    rest = rest.slice(0, -taken);
  }
}

/** Whether words are one word of a list, written with dots: `p.t.`, `s.kom`. */
function isOne(parts: readonly string[], list: ReadonlySet<string>): boolean {
  return list.has(parts.join("")) &&
    (parts.length === 1 ||
      parts.slice(0, -1).every(({ length }) => length < 3));
}
