/**
 * Compares words while ignoring case and spacing, and suggests the nearest
 * match.
 *
 * @module
 */

/**
 * The longest word that is folded, in characters. Longer words stay as they
 * are.
 */
const MAX_FOLDED = 1_000;

/** The longest word for which a suggestion is made, in characters. */
const MAX_MISTYPED = 64;

/**
 * Removes differences of case, spacing, `_` and `-` from a word. A text of more
 * than 1,000 characters stays as it is.
 */
export function fold(word: string): string {
  return word.length > MAX_FOLDED
    ? word
    : word.normalize("NFKC").toLowerCase().replace(/[\s_-]+/g, " ").trim();
}

/** The longest text whose accents are removed, in characters. */
const MAX_UNACCENTED = 4_000;

/**
 * Removes differences of case, accents and spacing from any value's text. In a
 * text of more than 4,000 characters the accents stay.
 */
export function foldText(value: unknown): string {
  const text = String(value);
  // Most texts have no accents, and need no normalization.
  const bare = text.length > MAX_UNACCENTED || ASCII.test(text)
    ? text
    : text.normalize("NFKD").replace(/\p{M}+/gu, "");
  return bare.toLowerCase().replace(/\s+/g, " ").trim();
}

const ASCII = /^[\0-\x7f]*$/;

/**
 * The candidate that a mistyped word most likely means.
 *
 * @param word The word that was written.
 * @param candidates The words that could be meant.
 * @returns The nearest candidate; undefined if none is near enough or the word
 * is longer than 64 characters.
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
): string | undefined {
  // Checked before folding: one character may become eighteen.
  if (word.length > MAX_MISTYPED) return undefined;
  const folded = fold(word);
  if (folded === "" || folded.length > MAX_MISTYPED) return undefined;
  let best: string | undefined;
  // A candidate must be nearer than this.
  let limit = Math.floor(Math.max(1, folded.length / 3)) + 1;
  for (const candidate of candidates) {
    const other = fold(candidate);
    const contains = folded.length > 2 && other.length > 2 &&
      (other.includes(folded) || folded.includes(other));
    // Each extra character in the longer word is an edit.
    if (!contains && Math.abs(other.length - folded.length) >= limit) continue;
    const steps = contains ? 1 : distance(folded, other, limit);
    if (steps < limit) {
      limit = steps;
      best = candidate;
    }
    if (limit === 0) break;
  }
  return best;
}

/**
 * `. Did you mean x?`, or nothing if no candidate is near enough.
 *
 * @param word The word that was written.
 * @param candidates The words that could be meant.
 * @param write Formats the suggestion; by default it is written as it is.
 */
export function didYouMean(
  word: string,
  candidates: Iterable<string>,
  write: (word: string) => string = String,
): string {
  const best = nearest(word, candidates);
  return best === undefined ? "" : `. Did you mean ${write(best)}?`;
}

/**
 * The number of edits (insert, delete, replace, swap of neighbours) between two
 * words. Stops early with a result of at least `limit`.
 */
function distance(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      let steps = Math.min(
        last[j]! + 1,
        row[j - 1]! + 1,
        last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] &&
        a[i - 2] === b[j - 1];
      if (swapped) steps = Math.min(steps, before[j - 2]! + 1);
      row.push(steps);
      least = Math.min(least, steps);
    }
    // No later row can be lower: a swap reaches back two rows and costs an
    // edit.
    if (least >= limit) return least;
    before = last;
    last = row;
  }
  return last[b.length]!;
}
