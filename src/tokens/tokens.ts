/**
 * Tenant → a valid access token. One refresh at a time for each tenant,
 * however many calls wait for it; the newest refresh token is kept before the
 * access token that came with it is used.
 *
 * @module
 */
import {
  type Credentials,
  CredentialsError,
  type TokenStore,
} from "./store.ts";

/** What Qontak's token endpoint gives. */
export interface Grant {
  /** The new access token. */
  readonly access_token: string;
  /** The refresh token to use next time. */
  readonly refresh_token: string;
  /** How long the access token lives, in seconds. */
  readonly expires_in: number;
}

/** Turns a refresh token into a new pair of tokens. */
export type RefreshGrant = (refreshToken: string) => Promise<Grant>;

/** Settings of {@linkcode createTokens}. */
export interface TokensOptions {
  /** Where credentials are kept. */
  readonly store: TokenStore;
  /** Asks Qontak for new tokens. */
  readonly refresh: RefreshGrant;
  /** The clock, in ms since 1970; the system's when left out. */
  readonly now?: () => number;
}

/** Gives access tokens. */
export interface Tokens {
  /**
   * An access token that Qontak should accept.
   *
   * @param tenant The company.
   * @param rejected The token that Qontak has just refused, if any: the
   * answer is then another one.
   * @returns The token, without a prefix.
   * @throws {CredentialsError} When there are no credentials.
   * @throws {QontakError} When Qontak refuses the refresh token.
   * @throws {UnreachableError} When Qontak was not reached.
   */
  access(tenant: string, rejected?: string): Promise<string>;
}

/** A token is used until this long before its end, in seconds. */
const MARGIN = 300;

/**
 * When a token that ends at `end` stops being used, both in ms since 1970.
 * Tokens that live only minutes are used for most of their life.
 */
function usableUntil(end: number, lifetime = Infinity): number {
  return end - Math.min(MARGIN, lifetime / 10) * 1000;
}

interface Held {
  readonly token: string;
  /** ms since 1970 */
  readonly until: number;
}

/**
 * Makes the source of access tokens.
 *
 * @param options The store, the grant and the clock.
 * @returns The source.
 */
export function createTokens(options: TokensOptions): Tokens {
  const { store, refresh, now = Date.now } = options;
  const held = new Map<string, Held>();
  const flights = new Map<string, Promise<Held>>();

  async function renew(tenant: string, rejected?: string): Promise<Held> {
    const stored = await store.read(tenant);
    if (!stored) {
      throw new CredentialsError(
        `There are no credentials for user_id ${JSON.stringify(tenant)}`,
      );
    }
    const kept = usable(stored.credentials, rejected);
    if (kept) return kept;
    const grant = await refresh(stored.credentials.refresh_token);
    const end = now() + grant.expires_in * 1000;
    await store.replace(tenant, {
      refresh_token: grant.refresh_token,
      access_token: grant.access_token,
      expires_at: Math.floor(end / 1000),
      expires_in: grant.expires_in,
    }, stored.version);
    return {
      token: grant.access_token,
      until: usableUntil(end, grant.expires_in),
    };
  }

  /** A token that another process put into the store meanwhile. */
  function usable(kept: Credentials, rejected?: string): Held | undefined {
    const { access_token: token, expires_at: end } = kept;
    if (token === undefined || end === undefined) return undefined;
    if (token === rejected) return undefined;
    const until = usableUntil(end * 1000, kept.expires_in);
    return until > now() ? { token, until } : undefined;
  }

  async function access(tenant: string, rejected?: string): Promise<string> {
    const current = held.get(tenant);
    if (current && current.token !== rejected && current.until > now()) {
      return current.token;
    }
    let flight = flights.get(tenant);
    if (!flight) {
      // The refresh belongs to all who wait for it, so that no caller's
      // cancellation can end it between the grant and keeping its result.
      flight = renew(tenant, rejected);
      flights.set(tenant, flight);
      flight.then(
        (fresh) => held.set(tenant, fresh),
        () => held.delete(tenant),
      ).finally(() => flights.delete(tenant));
    }
    return (await flight).token;
  }

  return { access };
}
