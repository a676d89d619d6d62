/**
 * Keys that stand in the settings, as hashes.
 *
 * @module
 */
import { digest } from "../storage/hash.ts";
import { DEFAULT_TENANT, isTenant } from "../tokens/store.ts";
import {
  type Authenticate,
  DEFAULT_SCOPES,
  isScope,
  type Scope,
} from "./principal.ts";

/** One key of the settings. */
export interface StaticKey {
  /** The SHA-256 of the key. */
  readonly hash: Uint8Array;
  /** The tenants that it is for. */
  readonly tenants: readonly string[];
  /** What it may do. */
  readonly scopes: readonly Scope[];
}

/** The form of an entry, for messages. */
const FORM =
  "must hold SHA-256 hashes of 64 hex digits, joined by commas, each followed by :tenants:scopes if it is not for calls without user_id and all tools: <hash>:acme+beta:read+write. Make a hash of a key with: printf %s KEY | sha256sum";

/** What is said of an entry with nothing behind a colon. */
const EMPTY =
  `has an entry with nothing behind a colon: write the tenants and the scopes out, such as <hash>:acme:${
    DEFAULT_SCOPES.join("+")
  }, or leave the colon out too`;

/**
 * Reads the keys of the settings.
 *
 * @param text Entries `hash`, `hash:tenants` or `hash:tenants:scopes`, joined
 * by commas; tenants and scopes are joined by `+`. The default tenant stands for
 * tenants that are left out, the scopes of all tools for scopes that are left
 * out with their colon.
 * @throws {Error} With a phrase that follows the setting's name, and repeats
 * nothing.
 */
export function readStaticKeys(text: string): readonly StaticKey[] {
  return text.split(",").map((entry) => {
    const [hex = "", tenants, scopes, ...rest] = entry.trim().split(":");
    // An empty part may stand for a variable that was not filled in.
    if ((scopes ?? tenants) === "") throw new Error(EMPTY);
    const key = {
      hash: decodeHex(hex),
      tenants: words(tenants || undefined) ?? [DEFAULT_TENANT],
      scopes: words(scopes) ?? DEFAULT_SCOPES,
    };
    if (rest.length > 0 || !isFine(key.tenants, isTenant)) {
      throw new Error(FORM);
    }
    if (!isFine(key.scopes, isScope)) throw new Error(FORM);
    return { ...key, scopes: key.scopes.filter(isScope) };
  });
}

/**
 * Knows who presents one of the keys. Every hash is compared each time, and
 * each in constant time, so that the time tells nothing.
 *
 * @param keys The keys.
 */
export function createStaticKeys(keys: readonly StaticKey[]): Authenticate {
  return async (bearer) => {
    // Slow to load, and read by who never serves HTTP.
    const { timingSafeEqual } = await import("node:crypto");
    const presented = await digest(bearer);
    const matches = keys.map(({ hash }) => timingSafeEqual(hash, presented));
    const at = matches.indexOf(true);
    const found = keys[at];
    return found && {
      name: `static key ${at + 1}`,
      tenants: found.tenants,
      scopes: found.scopes,
    };
  };
}

/**
 * Asks one after the other who presents a credential.
 *
 * @param kinds What each kind of credential is known by.
 */
export function firstOf(...kinds: readonly Authenticate[]): Authenticate {
  return async (bearer) => {
    for (const authenticate of kinds) {
      const principal = await authenticate(bearer);
      if (principal) return principal;
    }
    return undefined;
  };
}

function words(text: string | undefined): string[] | undefined {
  return text?.split("+");
}

function isFine(list: readonly string[], is: (word: string) => boolean) {
  return list.every(is) && new Set(list).size === list.length;
}

function decodeHex(hex: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/i.test(hex)) throw new Error(FORM);
  return Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
}
