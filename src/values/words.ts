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

/** The most edits between a mistyped word and the one that was meant. */
const MAX_EDITS = 10;

/**
 * Removes differences of case, spacing, `_` and `-` from a word. A text of more
 * than 1,000 characters stays as it is.
 */
export function fold(word: string): string {
  return word.length > MAX_FOLDED
    ? word
    : normalizeText(word).toLowerCase().replace(/[\s_-]+/g, " ").trim();
}

/**
 * A text in Unicode's form NFKC. At most 30 marks, such as accents, stay on one
 * character (UAX 15 calls that a stream-safe text): sorting a row of marks
 * takes time that grows with the square of its length.
 */
export function normalizeText(text: string): string {
  return ASCII.test(text)
    ? text
    : text.replace(LONG_MARKS, "$1").normalize("NFKC");
}

const LONG_MARKS = /(\p{M}{30})\p{M}+/gu;

/** The longest text whose accents are removed, in characters. */
const MAX_UNACCENTED = 4_000;

/**
 * Removes differences of case, accents and spacing from any value's text. In a
 * text of more than 4,000 characters the accents stay.
 */
export function foldText(value: unknown): string {
  const text = String(value);
  // Most texts have no accents, and need no normalization. Marks are removed
  // before it, because sorting a long row of them is slow.
  const bare = text.length > MAX_UNACCENTED || ASCII.test(text)
    ? text
    : text.replace(MARKS, "").normalize("NFKD").replace(MARKS, "");
  return bare.toLowerCase().replace(/\s+/g, " ").trim();
}

const ASCII = /^[\0-\x7f]*$/;
const MARKS = /\p{M}+/gu;

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
  let leastGap = Infinity;
  // A candidate must be nearer than this.
  let limit = Math.min(
    Math.floor(Math.max(1, folded.length / 3)),
    MAX_EDITS,
  ) + 1;
  for (const candidate of candidates) {
    const other = fold(candidate);
    const contains = folded.length > 2 && other.length > 2 &&
      (other.includes(folded) || folded.includes(other));
    const gap = Math.abs(other.length - folded.length);
    // Each extra character in the longer word is an edit.
    if (!contains && gap >= limit) continue;
    const steps = contains ? 1 : distance(folded, other, limit);
    // Of words that contain the other one, the one with the least else.
    if (steps < limit || contains && steps === limit && gap < leastGap) {
      limit = steps;
      leastGap = gap;
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

/** Three rows of a table, which take turns. */
const ROWS = Array.from(
  { length: 3 },
  () => new Uint8Array(MAX_MISTYPED + MAX_EDITS + 2),
);

/**
 * The number of edits (insert, delete, replace, swap of neighbours) between two
 * words. Stops early with a result of at least `limit`.
 */
function distance(a: string, b: string, limit: number): number {
  // Cells far from the diagonal need more edits than the limit, and are left
  // out.
  const rows = ROWS.map((row) => row.fill(limit));
  for (let j = 0; j <= Math.min(b.length, limit); j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    const before = rows[(i + 1) % 3]!;
    const last = rows[(i + 2) % 3]!;
    const row = rows[i % 3]!.fill(limit);
    const from = Math.max(1, i - limit);
    let least = row[from - 1] = from === 1 ? Math.min(i, limit) : limit;
    for (let j = from; j <= Math.min(b.length, i + limit); j++) {
      let steps = Math.min(
        last[j]! + 1,
        row[j - 1]! + 1,
        last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] &&
        a[i - 2] === b[j - 1];
      if (swapped) steps = Math.min(steps, before[j - 2]! + 1);
      row[j] = Math.min(steps, limit);
      least = Math.min(least, steps);
    }
    // No later row can be lower: a swap reaches back two rows and costs an
    // edit.
    if (least >= limit) return limit;
  }
  return rows[a.length % 3]![b.length]!;
}
