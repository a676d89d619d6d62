/**
 * A map of limited size that drops the least recently used entry first.
 *
 * @module
 */

/** A map of limited size. */
export interface Lru<T> {
  /** How many entries the map has. */
  readonly size: number;
  /** Returns the entry for `key`, and marks it as most recently used. */
  get(key: string): T | undefined;
  /** Sets the entry for `key`, and marks it as most recently used. */
  set(key: string, value: T): void;
  /**
   * Removes the entry for `key`.
   *
   * @returns Whether the entry existed.
   */
  delete(key: string): boolean;
  /** The keys, least recently used first. */
  keys(): Iterable<string>;
}

/**
 * Makes a map of limited size.
 *
 * @param size The most entries that it holds.
 * @returns The empty map.
 */
export function createLru<T>(size: number): Lru<T> {
  // A Map keeps insertion order. Inserting an entry again moves it to the end,
  // so the least recently used one is first.
  const entries = new Map<string, T>();
  /** The key that is at the end. */
  let newest: string | undefined;

  function set(key: string, value: T): void {
    if (key !== newest) entries.delete(key);
    entries.set(key, value);
    newest = key;
    for (const oldest of entries.keys()) {
      if (entries.size <= size) break;
      entries.delete(oldest);
    }
  }

  return {
    get size() {
      return entries.size;
    },
    get(key) {
      const value = entries.get(key);
      if (value !== undefined && key !== newest) set(key, value);
      return value;
    },
    set,
    delete: (key) => entries.delete(key),
    keys: () => entries.keys(),
  };
}
