/**
 * A map with a bound on its size: what was used least recently goes first.
 *
 * @module
 */

/** A bounded map. */
export interface Lru<T> {
  /** How many entries there are. */
  readonly size: number;
  /** The entry under `key`, which is now the one used last. */
  get(key: string): T | undefined;
  /** Puts an entry under `key`, which is now the one used last. */
  set(key: string, value: T): void;
  /**
   * Drops the entry under `key`.
   *
   * @returns Whether there was one.
   */
  delete(key: string): boolean;
  /** The keys, the least recently used one first. */
  keys(): Iterable<string>;
}

/**
 * Makes a bounded map.
 *
 * @param size How many entries it holds at most.
 * @returns The map, empty.
 */
export function createLru<T>(size: number): Lru<T> {
  // A Map keeps the order of insertion, so that putting an entry in again
  // leaves the least recently used one at the front.
  const entries = new Map<string, T>();

  function set(key: string, value: T): void {
    entries.delete(key);
    entries.set(key, value);
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
      if (value !== undefined) set(key, value);
      return value;
    },
    set,
    delete: (key) => entries.delete(key),
    keys: () => entries.keys(),
  };
}
