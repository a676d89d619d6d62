/**
 * A small cache of what is loaded from Qontak: a lifetime, one load at a time
 * for each key, a bound on its size. In memory, and in Deno KV where there is
 * one, so that a restart or another isolate does not load it again.
 *
 * @module
 */
import { type Kv, tryKv } from "./kv.ts";
import { createLru } from "./lru.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** Settings of {@linkcode createCache}. */
export interface CacheOptions {
  /** How long an entry is used, in ms. */
  readonly lifetime: number;
  /** How many entries are kept; the least recently used one goes first. */
  readonly size: number;
  /**
   * How many of them may belong to one owner, who is named by what stands in a
   * key before its first slash; all when left out.
   */
  readonly share?: number;
  /** Where entries are kept besides. */
  readonly kv?: Kv;
  /** Told where entries are found. */
  readonly telemetry?: Telemetry;
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

/** What the keys of all entries in the database start with. */
const ROOT = ["qontak-mcp", "setup"];

/**
 * Drops every entry of the database whose key starts with `prefix`, for
 * programs to come. A process that has one in memory uses it to its end.
 *
 * @param kv The database. What it cannot do, it leaves to the lifetime.
 * @param prefix How the keys start.
 */
export async function dropKept(kv: Kv, prefix: string): Promise<void> {
  await tryKv(kv, async (database) => {
    const entries = database.list({
      start: [...ROOT, prefix],
      end: [...ROOT, `${prefix}\u{10ffff}`],
    });
    for await (const { key } of entries) await database.delete(key);
  });
}

/** An entry in memory. */
interface Entry {
  value: Promise<unknown>;
  /** When it stops being used, in ms since 1970. */
  until: number;
}

/** An entry in the database. */
interface Kept {
  readonly value: unknown;
  /** When it was loaded, in ms since 1970. */
  readonly at: number;
}

/**
 * Makes a cache.
 *
 * @param options Its bounds.
 * @returns The cache, empty.
 */
export function createCache(options: CacheOptions): Cache {
  const { lifetime, size, share = size, kv, now = Date.now } = options;
  const entries = createLru<Entry>(size);
  // What was loaded before something was forgotten is not taken from the
  // database any more, for any tenant: it costs one load and is always right.
  let notBefore = 0;
  const count = (where: "memory" | "kv" | "miss") =>
    options.telemetry?.count("cache_lookups", { cache: "setup", found: where });

  async function fill<T>(
    kv: Kv,
    key: string,
    entry: Entry,
    load: () => Promise<T>,
  ): Promise<T> {
    const name = [...ROOT, key];
    const found = await tryKv(kv, (database) => database.get<Kept>(name));
    const kept = found?.value;
    // The database may keep an entry for longer than it was told to.
    if (kept && kept.at > notBefore && kept.at + lifetime > now()) {
      count("kv");
      entry.until = kept.at + lifetime;
      return kept.value as T;
    }
    const at = now();
    const value = await load();
    // Where it is larger than the database's 64 KiB, memory alone holds it.
    await tryKv(
      kv,
      (database) => database.set(name, { value, at }, { expireIn: lifetime }),
    );
    return value;
  }

  /** Drops what the owner of a key used least recently, beyond its share. */
  function keepShare(key: string): void {
    const owned = Array.from(entries.keys())
      .filter((other) => ownerOf(other) === ownerOf(key));
    const over = Math.max(owned.length - share, 0);
    for (const other of owned.slice(0, over)) entries.delete(other);
  }

  function get<T>(key: string, load: () => Promise<T>): Promise<T> {
    const known = entries.get(key);
    if (known && known.until > now()) {
      count("memory");
      return known.value as Promise<T>;
    }
    const entry: Entry = {
      value: Promise.resolve(),
      until: now() + lifetime,
    };
    const missed = () => {
      count("miss");
      return load();
    };
    const value = kv ? fill(kv, key, entry, missed) : missed();
    entry.value = value;
    entries.set(key, entry);
    keepShare(key);
    value.catch(() => {
      // A failure is told to all who wait for it, and then forgotten.
      if (entries.get(key) === entry) entries.delete(key);
    });
    return value;
  }

  function forget(prefix: string): void {
    notBefore = now();
    for (const key of entries.keys()) {
      if (key.startsWith(prefix)) entries.delete(key);
    }
  }

  return { get, forget };
}

/** Whose entry a key is for. */
function ownerOf(key: string): string {
  return key.split("/", 1)[0]!;
}
