/**
 * Keys that the program made itself. A key is `qmcp_<id>_<secret>`; of it,
 * only a hash is kept.
 *
 * @module
 */
import type { Log } from "../logging/log.ts";
import { createLru } from "../storage/lru.ts";
import { sha256 } from "../storage/hash.ts";
import { defined } from "../values/json.ts";
import type { FoundKey, KeyStore } from "./key_store.ts";
import type { Authenticate } from "./principal.ts";

/**
 * How long a key is believed to be as it was read, in ms: that long it goes on
 * working when it was revoked, and while the store is out of order.
 */
const HOLD = 30_000;

/** How long an id is believed to be nobody's, in ms. */
const HOLD_UNKNOWN = 5_000;

/**
 * How many keys, and how many ids that are nobody's, are remembered: each for
 * themselves, so that who tries ids pushes no key out.
 */
const MOST = 1_000;

/** How often the last use of a key is written down, in ms. */
const NOTE = 60_000;

/** What ids and secrets are written in: base32, in lower case. */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** The form of a key: 60 bits of id, 260 bits of secret. */
const FORM = /^qmcp_([a-z2-7]{12})_[a-z2-7]{52}$/;

/** What no key hashes to. */
const NO_HASH = "0".repeat(64);

/** A new key. */
export interface MintedKey {
  /** Names it in lists and logs; no secret. */
  readonly id: string;
  /** The key itself, which is kept nowhere. */
  readonly key: string;
  /** What is kept of it. */
  readonly hash: string;
}

/** Makes a key of random letters. */
export async function mintKey(): Promise<MintedKey> {
  const id = letters(12);
  const key = `qmcp_${id}_${letters(52)}`;
  return { id, key, hash: await sha256(key) };
}

/** Whether a text can be the id of a key. */
export function isKeyId(text: string): boolean {
  return /^[a-z2-7]{12}$/.test(text);
}

function letters(count: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(count));
  return Array.from(bytes, (byte) => ALPHABET[byte % 32]).join("");
}

/** Settings of {@linkcode createStoredKeys}. */
export interface StoredKeysOptions {
  /** Where keys are kept. */
  readonly keys: KeyStore;
  /** Told why keys are refused, by their ids; never told a secret. */
  readonly log?: Log;
  /** The clock, in ms since 1970; the system's when left out. */
  readonly now?: () => number;
}

/** What is remembered of a key. */
interface Held {
  /** As it was read. */
  readonly found: FoundKey;
  /** When it was asked for, in ms since 1970. */
  readonly at: number;
  /** When its use was last written down, or tried to be, in ms since 1970. */
  notedAt: number;
}

/**
 * Knows who presents a key that is kept. The hashes are compared in constant
 * time, also where there is no such key.
 *
 * @param options Where keys are kept.
 */
export function createStoredKeys(options: StoredKeysOptions): Authenticate {
  const { keys, log = () => {}, now = Date.now } = options;
  const held = createLru<Held>(MOST);
  const unknown = createLru<{ readonly at: number }>(MOST);
  const flights = new Map<string, Promise<Held | undefined>>();
  let isTold = false;

  /** A clock that is set back makes nothing fresh. */
  function isFresh(at: number, hold: number): boolean {
    const age = now() - at;
    return age >= 0 && age < hold;
  }

  /** What is kept under an id, of at most half a minute ago. */
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
    // From here on it may be revoked, whenever the answer comes.
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
   * Writes down that a key was used, where it is still as it was read: one
   * that was revoked in between does not come back. No call waits for it.
   */
  function note(id: string, entry: Held): void {
    const time = now();
    if (time - entry.notedAt < NOTE) return;
    entry.notedAt = time;
    const { key, version } = entry.found;
    const used = { ...key, last_used_at: Math.floor(time / 1000) };
    keys.replace(id, used, version).then((next) => {
      // Used by another process, or revoked: the next call looks.
      if (held.get(id) !== entry) return;
      if (next === undefined) held.delete(id);
      else held.set(id, { ...entry, found: { key: used, version: next } });
    }, (error: Error) => {
      if (!isTold) {
        const { message: reason } = error;
        log("warn", "When keys are used cannot be written down", { reason });
      }
      isTold = true;
    });
  }

  return async (bearer) => {
    const id = FORM.exec(bearer)?.[1];
    if (id === undefined) return undefined;
    // Slow to load, and read by who never serves HTTP.
    const { timingSafeEqual } = await import("node:crypto");
    const entry = await lookUp(id);
    const isRight = timingSafeEqual(
      bytesOf(entry?.found.key.hash ?? NO_HASH),
      bytesOf(await sha256(bearer)),
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
      name: `key ${id}`,
      tenants,
      scopes,
      ...defined({ expires_at }),
    };
  };
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
