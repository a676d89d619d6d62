/**
 * Keys that the program made. A key is `qmcp_<id>_<secret>`; only its hash is
 * stored.
 *
 * @module
 */
import { reasonOf } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import { createLru } from "../storage/lru.ts";
import { isSameHash, quickSha256, sha256 } from "../storage/hash.ts";
import { defined } from "../values/json.ts";
import type { FoundKey, KeyStore } from "./key_store.ts";
import type { Authenticate } from "./principal.ts";

/**
 * How long to cache a key, in ms. A revoked key keeps working for that long,
 * and so does any cached key while the store fails.
 */
const HOLD = 30_000;

/** How long to cache that an id is unknown, in ms. */
const HOLD_UNKNOWN = 5_000;

/**
 * How many keys to cache, and how many unknown ids. They have separate caches,
 * so guessing ids does not evict keys.
 */
const MOST = 1_000;

/** The shortest time between two updates of a key's last use, in ms. */
const NOTE = 60_000;

/** The characters of ids and secrets: lower-case base32. */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** The format of a key: 60 bits of id, 260 bits of secret. */
const FORM = /^qmcp_([a-z2-7]{12})_[a-z2-7]{52}$/;

/** A hash that matches no key. */
const NO_HASH = "0".repeat(64);

/** A new key. */
export interface MintedKey {
  /** Identifies the key in lists and logs; not secret. */
  readonly id: string;
  /** The key itself, which is not stored. */
  readonly key: string;
  /** The stored hash of the key. */
  readonly hash: string;
}

/** Makes a random key. */
export async function mintKey(): Promise<MintedKey> {
  const id = letters(12);
  const key = `qmcp_${id}_${letters(52)}`;
  return { id, key, hash: await sha256(key) };
}

/** Whether a text is a valid key id. */
export function isKeyId(text: string): boolean {
  return /^[a-z2-7]{12}$/.test(text);
}

/** The name of a caller with a stored key, in logs and audit records. */
function nameOf(id: string): string {
  return `key ${id}`;
}

/**
 * The id of the stored key in the name of a caller; undefined if the caller had
 * another credential.
 *
 * @param name The name of a caller.
 */
export function keyIdIn(name: string): string | undefined {
  const id = name.slice(nameOf("").length);
  return isKeyId(id) && name === nameOf(id) ? id : undefined;
}

function letters(count: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(count));
  return Array.from(bytes, (byte) => ALPHABET[byte % 32]).join("");
}

/** Settings of {@linkcode createStoredKeys}. */
export interface StoredKeysOptions {
  /** The store of keys. */
  readonly keys: KeyStore;
  /** Logs why keys are refused, by id; never receives a secret. */
  readonly log?: Log;
  /** The clock, in ms since 1970; the system clock by default. */
  readonly now?: () => number;
}

/** A cached key. */
interface Held {
  /** The key as read from the store. */
  readonly found: FoundKey;
  /** When the read started, in ms since 1970. */
  readonly at: number;
  /** When its last use was last saved or tried, in ms since 1970. */
  notedAt: number;
}

/**
 * Authenticates callers by stored keys. Hashes are compared in constant time,
 * even if there is no such key.
 *
 * @param options The store of keys.
 */
export function createStoredKeys(options: StoredKeysOptions): Authenticate {
  const { keys, log = () => {}, now = Date.now } = options;
  const held = createLru<Held>(MOST);
  const unknown = createLru<{ readonly at: number }>(MOST);
  const flights = new Map<string, Promise<Held | undefined>>();
  let isTold = false;

  /** If the clock was set back, nothing counts as fresh. */
  function isFresh(at: number, hold: number): boolean {
    const age = now() - at;
    return age >= 0 && age < hold;
  }

  /** The key with an id, cached for at most half a minute. */
  async function lookUp(id: string): Promise<Held | undefined> {
    const known = held.get(id);
    if (known && isFresh(known.at, HOLD)) return known;
    const missed = unknown.get(id);
    if (missed && isFresh(missed.at, HOLD_UNKNOWN)) return undefined;
    let flight = flights.get(id);
    if (!flight) {
      flight = load(id).finally(() => flights.delete(id));
      flights.set(id, flight);
    }
    return await flight;
  }

  async function load(id: string): Promise<Held | undefined> {
    // The key may be revoked at any time after the read starts.
    const at = now();
    const found = await keys.read(id);
    const before = held.get(id);
    if (!found) {
      held.delete(id);
      unknown.set(id, { at });
      return undefined;
    }
    const { last_used_at = 0 } = found.key;
    const entry = {
      found,
      at,
      notedAt: Math.max(last_used_at * 1000, before?.notedAt ?? 0),
    };
    held.set(id, entry);
    return entry;
  }

  /**
   * Saves the time of use if the stored key has not changed, so that a revoked
   * key is not restored. Calls do not wait for this.
   */
  function note(id: string, entry: Held): void {
    const time = now();
    if (time - entry.notedAt < NOTE) return;
    entry.notedAt = time;
    const { key, version } = entry.found;
    const used = { ...key, last_used_at: Math.floor(time / 1000) };
    keys.replace(id, used, version).then((next) => {
      // Another process used or revoked the key, so the next call reads it
      // again.
      if (held.get(id) !== entry) return;
      if (next === undefined) held.delete(id);
      else held.set(id, { ...entry, found: { key: used, version: next } });
    }, (error) => {
      if (!isTold) {
        log(
          "warn",
          "The time at which a key was used cannot be stored",
          reasonOf(error),
        );
      }
      isTold = true;
    });
  }

  return async (bearer) => {
    const id = FORM.exec(bearer)?.[1];
    if (id === undefined) return undefined;
    const entry = await lookUp(id);
    const isRight = isSameHash(
      bytesOf(entry?.found.key.hash ?? NO_HASH),
      bytesOf(await quickSha256(bearer)),
    );
    const refuse = (reason: string) => {
      log("debug", "A key was refused", { key: id, reason });
      return undefined;
    };
    if (!entry) return refuse("not known");
    if (!isRight) return refuse("wrong secret");
    const { tenants, scopes, expires_at } = entry.found.key;
    if (expires_at !== undefined && expires_at * 1000 <= now()) {
      return refuse("ended");
    }
    note(id, entry);
    return {
      name: nameOf(id),
      tenants,
      scopes,
      ...defined({ expires_at }),
    };
  };
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
