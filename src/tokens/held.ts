/**
 * An access token in memory, and how long to use it.
 *
 * @module
 */
import type { OAuthCredentials } from "./store.ts";

/** Access tokens live six hours (Qontak's collection), in seconds. */
export const TOKEN_LIFETIME = 21_600;

/** How many tenants to hold in memory; the others are read from the store. */
export const TENANTS_HELD = 5_000;

/** How long before its end a token is no longer used, in seconds. */
const MARGIN = 300;

/** An access token in this process. */
export interface Held {
  /** The token. */
  readonly token: string;
  /**
   * The time until which it is used without further checks, in ms since 1970.
   */
  readonly until: number;
  /** When it expires, in ms since 1970. */
  readonly end: number;
  /** The account that it belongs to. */
  readonly account: string;
}

/** The rules for usable tokens. */
export interface Rules {
  /** The longest time to use a token, in seconds. */
  readonly maxAge: number;
  /** The current time, in ms since 1970. */
  readonly now: number;
  /** The token that Qontak has just refused, if any. */
  readonly rejected: string | undefined;
}

/**
 * Returns the access token from credentials, if it is usable.
 *
 * @param kept The credentials.
 * @param rules The rules for usable tokens.
 * @returns The token; undefined if there is no usable token.
 */
export function usable(
  kept: Partial<OAuthCredentials> & { readonly account: string },
  { maxAge, now, rejected }: Rules,
): Held | undefined {
  const { access_token, expires_at, expires_in, account } = kept;
  if (access_token === undefined || expires_at === undefined) return undefined;
  if (access_token === rejected) return undefined;
  const found = heldOf(
    { access_token, expires_at, expires_in, account },
    maxAge,
  );
  return found.until > now ? found : undefined;
}

/**
 * Works out how long a token may be used.
 *
 * @param kept The token and its expiry time.
 * @param maxAge The longest time to use a token, in seconds.
 */
export function heldOf(
  kept: {
    readonly access_token: string;
    readonly expires_at: number;
    readonly expires_in?: number | undefined;
    readonly account: string;
  },
  maxAge: number,
): Held {
  const { access_token: token, expires_at, account } = kept;
  const lifetime = kept.expires_in ?? TOKEN_LIFETIME;
  const life = Math.min(lifetime, maxAge);
  const end = expires_at - lifetime + life;
  // Tokens that live only minutes are used for most of their lifetime.
  const until = end - Math.min(MARGIN, life / 10);
  return { token, until: until * 1000, end: end * 1000, account };
}
