/**
 * A small cache of data loaded from Qontak. Entries expire, each key has one
 * load at a time, and the size is limited. The cache is in memory, and also in
 * Deno KV if available, so that a restart or another isolate does not load
 * again.
 *
 * @module
 */
import { type Kv, tryKv } from "./kv.ts";
import { createLru } from "./lru.ts";
import { createSealer, type Sealer } from "./sealing.ts";
import { isObject, parseJson } from "../values/json.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** Settings of {@linkcode createCache}. */
export interface CacheOptions {
  /** How long to use an entry, in ms. */
  readonly lifetime: number;
  /** The most entries to keep; the least recently used one is dropped first. */
  readonly size: number;
  /**
   * The most entries of one owner; no separate limit by default. The owner is
   * the part of the key before the first slash.
   */
  readonly share?: number;
  /** A database that keeps the entries as well. */
  readonly kv?: Kv;
  /** Seals what the database keeps. Without it, entries are not sealed. */
  readonly sealer?: Sealer;
  /** Counts where entries are found. */
  readonly telemetry?: Telemetry;
  /** The clock, in ms since 1970; the system clock by default. */
  readonly now?: () => number;
}

/** A cache that loads missing entries. */
export interface Cache {
  /**
   * Returns the entry for `key`, and loads it if it is missing or expired.
   *
   * @param key The key.
   * @param load Loads it. The database keeps what this returns.
   * @param read Makes the entry of it, which memory keeps; the same for each
   * use of a key. By default, the entry is what was loaded.
   */
  get<T, L = T>(
    key: string,
    load: () => Promise<L>,
    read?: (loaded: L) => T,
  ): Promise<T>;
  /** Removes every entry whose key starts with `prefix`. */
  forget(prefix: string): void;
}

/** The prefix of the keys of all entries in the database. */
const ROOT = ["qontak-mcp", "setup"];

/**
 * Removes every database entry whose key starts with `prefix`, for programs
 * that start later. A process with the entry in memory uses it until it
 * expires.
 *
 * @param kv The database. If this fails, the entries expire anyway.
 * @param prefix The start of the keys.
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
  /** When it expires, in ms since 1970. */
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
 * @param options The lifetime and the limits.
 * @returns The empty cache.
 */
export function createCache(options: CacheOptions): Cache {
  const { lifetime, size, share = size, kv, now = Date.now } = options;
  const { sealer = createSealer([]) } = options;
  const entries = createLru<Entry>(size);
  // After something is forgotten, older database entries are not used any more,
  // for any tenant. This costs one more load and is always correct.
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
    const bound = JSON.stringify(name);
    const found = await tryKv(kv, async (database) => {
      const { value } = await database.get(name);
      return typeof value === "string"
        ? readKept(await sealer.open(value, bound))
        : undefined;
    });
    // The database may keep an entry after its expiry.
    if (found && found.at > notBefore && found.at + lifetime > now()) {
      count("kv");
      entry.until = found.at + lifetime;
      return found.value as T;
    }
    const at = now();
    const value = await load();
    // An entry over the database limit of 64 KiB stays only in memory.
    await tryKv(kv, async (database) => {
      const sealed = await sealer.seal(JSON.stringify({ value, at }), bound);
      await database.set(name, sealed, { expireIn: lifetime });
    });
    return value;
  }

  /** Drops an owner's least recently used entries beyond its share. */
  function keepShare(key: string): void {
    const owned = Array.from(entries.keys())
      .filter((other) => ownerOf(other) === ownerOf(key));
    const over = Math.max(owned.length - share, 0);
    for (const other of owned.slice(0, over)) entries.delete(other);
  }

  function get<T, L = T>(
    key: string,
    load: () => Promise<L>,
    read = (loaded: L): T => loaded as unknown as T,
  ): Promise<T> {
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
    const loaded = kv ? fill(kv, key, entry, missed) : missed();
    const value = loaded.then(read);
    entry.value = value;
    entries.set(key, entry);
    keepShare(key);
    value.catch(() => {
      // All waiting callers receive the error, which is then not cached.
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

/** The entry in a text from the database, if it is one. */
function readKept(text: string): Kept | undefined {
  const kept = parseJson(text);
  if (!isObject(kept) || typeof kept.at !== "number") return undefined;
  return { value: kept.value, at: kept.at };
}

/** The owner of a key's entry. */
function ownerOf(key: string): string {
  return key.split("/", 1)[0]!;
}
