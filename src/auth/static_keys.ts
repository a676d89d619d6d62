/**
 * API keys from the settings, as hashes.
 *
 * @module
 */
import { isSameHash, quickDigest } from "../storage/hash.ts";
import { DEFAULT_TENANT, isTenant } from "../tokens/store.ts";
import {
  type Authenticate,
  DEFAULT_SCOPES,
  isScope,
  type Scope,
} from "./principal.ts";

/** One key from the settings. */
export interface StaticKey {
  /** The SHA-256 hash of the key. */
  readonly hash: Uint8Array;
  /** The tenants of the key. */
  readonly tenants: readonly string[];
  /** What the key permits. */
  readonly scopes: readonly Scope[];
}

/** The format of an entry, for messages. */
const FORM =
  "must hold SHA-256 hashes of 64 hex digits, joined by commas, each followed by :tenants:scopes if it is not for calls without user_id and all tools: <hash>:acme+beta:read+write. Make a hash of a key with: printf %s KEY | sha256sum";

/** The message for an entry with an empty part after a colon. */
const EMPTY =
  `has an entry with nothing behind a colon: write the tenants and the scopes out, such as <hash>:acme:${
    DEFAULT_SCOPES.join("+")
  }, or leave the colon out too`;

/**
 * Parses the keys from the settings.
 *
 * @param text Entries of the form `hash`, `hash:tenants` or
 * `hash:tenants:scopes`, separated by commas. Tenants and scopes are each
 * joined by `+`. Missing or empty tenants mean the default tenant. If the scopes
 * and their colon are left out, the key has the scopes of all tools.
 * @throws {Error} With a phrase that follows the setting's name and repeats no
 * value.
 */
export function readStaticKeys(text: string): readonly StaticKey[] {
  return text.split(",").map((entry) => {
    const [hex = "", tenants, scopes, ...rest] = entry.trim().split(":");
    // An empty part may come from a variable that was not set.
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
 * Authenticates callers by these keys. Every hash is compared each time, in
 * constant time, so the timing reveals nothing.
 *
 * @param keys The keys.
 */
export function createStaticKeys(keys: readonly StaticKey[]): Authenticate {
  return async (bearer) => {
    const presented = await quickDigest(bearer);
    const matches = keys.map(({ hash }) => isSameHash(hash, presented));
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
 * Tries several kinds of credentials in order.
 *
 * @param kinds The functions that authenticate each kind of credential.
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
