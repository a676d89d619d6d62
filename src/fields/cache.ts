/**
 * A small cache of what is loaded from Qontak: a lifetime, one load at a time
 * for each key, a bound on its size.
 *
 * @module
 */

/** Settings of {@linkcode createCache}. */
export interface CacheOptions {
  /** How long an entry is used, in ms. */
  readonly lifetime: number;
  /** How many entries are kept; the least recently used one goes first. */
  readonly size: number;
  /** The clock, in ms since 1970; the system's when left out. */
  readonly now?: () => number;
}

/** Loads things once. */
export interface Cache {
  /** The entry under `key`, loaded where it is missing or too old. */
  get<T>(key: string, load: () => Promise<T>): Promise<T>;
  /** Drops every entry whose key starts with `prefix`. */
  forget(prefix: string): void;
}

/**
 * Makes a cache.
 *
 * @param options Its bounds.
 * @returns The cache, empty.
 */
export function createCache(options: CacheOptions): Cache {
  const { lifetime, size, now = Date.now } = options;
  const entries = new Map<string, { value: Promise<unknown>; until: number }>();

  function get<T>(key: string, load: () => Promise<T>): Promise<T> {
    const known = entries.get(key);
    // A Map keeps the order of insertion, so that moving an entry to the end
    // leaves the least recently used one at the front.
    entries.delete(key);
    if (known && known.until > now()) {
      entries.set(key, known);
      return known.value as Promise<T>;
    }
    const entry = { value: load(), until: now() + lifetime };
    entries.set(key, entry);
    entry.value.catch(() => {
      // A failure is told to all who wait for it, and then forgotten.
      if (entries.get(key) === entry) entries.delete(key);
    });
    for (const oldest of entries.keys()) {
      if (entries.size <= size) break;
      entries.delete(oldest);
    }
    return entry.value;
  }

  function forget(prefix: string): void {
    for (const key of entries.keys()) {
      if (key.startsWith(prefix)) entries.delete(key);
    }
  }

  return { get, forget };
}
