/**
 * Comparing words as people write them: case and spacing forgiven, the
 * nearest one suggested.
 *
 * @module
 */

/** A word without what people write differently: case, spacing, `_` and `-`. */
export function fold(word: string): string {
  return word.normalize("NFKC").toLowerCase().replace(/[\s_-]+/g, " ").trim();
}

/**
 * The candidate that a mistyped word most likely means.
 *
 * @param word What was written.
 * @param candidates What could have been meant.
 * @returns The nearest candidate, or undefined where none is near.
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
): string | undefined {
  const folded = fold(word);
  if (folded === "") return undefined;
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const other = fold(candidate);
    const contains = folded.length > 2 && other.length > 2 &&
      (other.includes(folded) || folded.includes(other));
    const steps = contains ? 1 : distance(folded, other);
    if (steps < least) {
      least = steps;
      best = candidate;
    }
  }
  return least <= Math.max(1, folded.length / 3) ? best : undefined;
}

/** ` Did you mean "x"?`, or nothing where no candidate is near. */
export function didYouMean(
  word: string,
  candidates: Iterable<string>,
): string {
  const best = nearest(word, candidates);
  return best === undefined ? "" : `. Did you mean ${best}?`;
}

/** Edits (insert, delete, replace, swap of neighbours) between two words. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
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
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
