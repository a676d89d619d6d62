/**
 * An access token as a process holds it: until when it may be used.
 *
 * @module
 */
import type { OAuthCredentials } from "./store.ts";

/** Access tokens live six hours (Qontak's collection), in seconds. */
export const TOKEN_LIFETIME = 21_600;

/** How many tenants are held in memory; the store knows the others. */
export const TENANTS_HELD = 5_000;

/** A token is used until this long before its end, in seconds. */
const MARGIN = 300;

/** An access token that this process holds. */
export interface Held {
  /** The token. */
  readonly token: string;
  /** Until when it is used without asking anything, in ms since 1970. */
  readonly until: number;
  /** When it ends, in ms since 1970. */
  readonly end: number;
}

/** Which tokens may be used. */
export interface Rules {
  /** How long a token is used at most, in seconds. */
  readonly maxAge: number;
  /** The time, in ms since 1970. */
  readonly now: number;
  /** The token that Qontak has just refused, if any. */
  readonly rejected: string | undefined;
}

/**
 * The access token among credentials.
 *
 * @param kept The credentials.
 * @param rules Which tokens may be used.
 * @returns The token; undefined where there is none that may be used.
 */
export function usable(
  kept: Partial<OAuthCredentials>,
  { maxAge, now, rejected }: Rules,
): Held | undefined {
  const { access_token, expires_at, expires_in } = kept;
  if (access_token === undefined || expires_at === undefined) return undefined;
  if (access_token === rejected) return undefined;
  const found = heldOf({ access_token, expires_at, expires_in }, maxAge);
  return found.until > now ? found : undefined;
}

/**
 * How long a token may be used.
 *
 * @param kept The token, and when it ends.
 * @param maxAge How long a token is used at most, in seconds.
 */
export function heldOf(
  kept: {
    readonly access_token: string;
    readonly expires_at: number;
    readonly expires_in?: number | undefined;
  },
  maxAge: number,
): Held {
  const { access_token: token, expires_at } = kept;
  const lifetime = kept.expires_in ?? TOKEN_LIFETIME;
  const life = Math.min(lifetime, maxAge);
  const end = expires_at - lifetime + life;
  // Tokens that live only minutes are used for most of their life.
  const until = end - Math.min(MARGIN, life / 10);
  return { token, until: until * 1000, end: end * 1000 };
}
