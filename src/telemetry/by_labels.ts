/**
 * One value for each set of labels, found without making anything.
 *
 * @module
 */

/** Labels of a value, by name. */
export type LabelValues = Readonly<Record<string, string>>;

/** Values by their labels. */
export interface ByLabels<T> {
  /** All of them, in the order in which they were made. */
  readonly all: readonly T[];
  /** The value for some labels, which is made when they come first. */
  find(labels: LabelValues): T;
}

/** Values by the first label, then by the next one. */
type Tree<T> = Map<string, Tree<T> | T>;

/**
 * The most sets of labels of one metric. The tables already limit them; this is
 * a second limit in case of a mistake.
 */
export const MAX_SERIES = 2_000;

/**
 * Makes an empty collection. Beyond {@linkcode MAX_SERIES}, all labels are
 * "other".
 *
 * @param names The names of the labels.
 * @param make Makes the value for some labels.
 */
export function byLabels<T>(
  names: readonly string[],
  make: (labels: LabelValues) => T,
): ByLabels<T> {
  // Without labels, there is one level for the only value.
  const levels = names.length > 0 ? names : [""];
  const tree: Tree<T> = new Map();
  const all: T[] = [];

  function lookUp(labels: LabelValues): T | undefined {
    let level: Tree<T> | T | undefined = tree;
    for (let i = 0; level !== undefined && i < levels.length; i++) {
      level = (level as Tree<T>).get(labels[levels[i]!] ?? "");
    }
    return level as T | undefined;
  }

  function create(labels: LabelValues): T {
    const value = make(labels);
    let level = tree;
    for (const label of levels.slice(0, -1)) {
      const key = labels[label] ?? "";
      if (!level.has(key)) level.set(key, new Map());
      level = level.get(key) as Tree<T>;
    }
    level.set(labels[levels.at(-1)!] ?? "", value);
    all.push(value);
    return value;
  }

  const others = Object.fromEntries(levels.map((label) => [label, "other"]));
  return {
    all,
    find(labels) {
      const known = lookUp(labels);
      if (known !== undefined) return known;
      return all.length < MAX_SERIES
        ? create(labels)
        : lookUp(others) ?? create(others);
    },
  };
}
