/**
 * Tenant → a valid access token. One refresh at a time for each tenant,
 * however many calls and processes wait for it; the newest refresh token is
 * kept before the access token that came with it is used.
 *
 * @module
 */
import type { Log } from "../log.ts";
import {
  type Credentials,
  CredentialsError,
  type Lease,
  type StoredCredentials,
  StoreError,
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
  /** Told when tokens are in danger; never told a token. */
  readonly log: Log;
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
   * @throws {StoreError} When the store is out of order.
   * @throws {QontakError} When Qontak refuses the refresh token.
   * @throws {UnreachableError} When Qontak was not reached.
   */
  access(tenant: string, rejected?: string): Promise<string>;
  /** Ends what goes on in the background. */
  close(): void;
}

/** A token is used until this long before its end, in seconds. */
const MARGIN = 300;

/** How long one process may have the right to refresh, in ms. */
const LEASE = 60_000;

/** How long a process waits before it looks again what another did, in ms. */
const PATIENCE = 100;

/** The longest wait before an unkept token is tried to be kept again, in ms. */
const KEEP_AGAIN = 30_000;

/** What this process knows of one tenant. */
interface Held {
  readonly token: string;
  /** Until when it is used without a thought, in ms since 1970. */
  readonly until: number;
  /** When it really ends, in ms since 1970. */
  readonly end: number;
}

/** Credentials that the store has not taken yet. */
interface Unkept extends StoredCredentials {
  readonly timer: ReturnType<typeof setTimeout>;
}

/**
 * Makes the source of access tokens.
 *
 * @param options The store, the grant and the clock.
 * @returns The source.
 */
export function createTokens(options: TokensOptions): Tokens {
  const { store, refresh, log, now = Date.now } = options;
  const held = new Map<string, Held>();
  const flights = new Map<string, Promise<Held>>();
  const unkept = new Map<string, Unkept>();

  async function access(tenant: string, rejected?: string): Promise<string> {
    const current = held.get(tenant);
    if (current && current.token !== rejected && current.until > now()) {
      return current.token;
    }
    let flight = flights.get(tenant);
    if (!flight) {
      // The refresh belongs to all who wait for it, so that no caller's
      // cancellation can end it between the grant and keeping its result.
      flight = renew(tenant, rejected).catch((error) => {
        // The store may be out of order while the token is still good.
        const isGood = current && current.token !== rejected &&
          current.end > now();
        if (error instanceof StoreError && isGood) return current;
        throw error;
      });
      flights.set(tenant, flight);
      flight.then(
        (fresh) => held.set(tenant, fresh),
        () => held.delete(tenant),
      ).finally(() => flights.delete(tenant));
    }
    return (await flight).token;
  }

  /** The newest credentials: those not kept yet are newer than the store's. */
  async function read(tenant: string): Promise<StoredCredentials> {
    const stored = unkept.get(tenant) ?? await store.read(tenant);
    if (stored) return stored;
    throw new CredentialsError(
      `There are no credentials for user_id ${JSON.stringify(tenant)}`,
    );
  }

  async function renew(tenant: string, rejected?: string): Promise<Held> {
    const found = usable((await read(tenant)).credentials, rejected);
    if (found) return found;
    const lease = await takeTurn(tenant, rejected);
    if (isHeld(lease)) return lease;
    try {
      // Another process may have been faster.
      const stored = await read(tenant);
      return usable(stored.credentials, rejected) ??
        await exchange(tenant, stored, rejected);
    } finally {
      await lease?.release();
    }
  }

  /**
   * Waits for the right to refresh, or for the token that whoever has the
   * right brings meanwhile.
   */
  async function takeTurn(
    tenant: string,
    rejected?: string,
  ): Promise<Lease | Held | undefined> {
    if (!store.lease) return undefined;
    for (const end = now() + LEASE; now() < end;) {
      const lease = await store.lease(tenant, LEASE);
      if (lease) return lease;
      await new Promise((resolve) => setTimeout(resolve, PATIENCE));
      const found = usable((await read(tenant)).credentials, rejected);
      if (found) return found;
    }
    // Whoever had the right is gone: it has ended by now.
    return undefined;
  }

  async function exchange(
    tenant: string,
    stored: StoredCredentials,
    rejected: string | undefined,
    isSecondTry = false,
  ): Promise<Held> {
    let grant: Grant;
    try {
      grant = await refresh(stored.credentials.refresh_token);
    } catch (error) {
      if (isSecondTry || !isInvalidGrant(error)) throw error;
      // Somebody else may have rotated it: theirs is the good one then.
      const again = await read(tenant);
      const { refresh_token: theirs } = again.credentials;
      if (theirs === stored.credentials.refresh_token) throw error;
      return usable(again.credentials, rejected) ??
        await exchange(tenant, again, rejected, true);
    }
    const end = now() + grant.expires_in * 1000;
    await keep(tenant, {
      refresh_token: grant.refresh_token,
      access_token: grant.access_token,
      expires_at: Math.floor(end / 1000),
      expires_in: grant.expires_in,
    }, stored.version);
    const until = usableUntil(end, grant.expires_in);
    return { token: grant.access_token, until, end };
  }

  /**
   * Keeps new credentials before they are used. Where the store does not take
   * them, they are served from memory and the store is asked again and again.
   */
  async function keep(
    tenant: string,
    credentials: Credentials,
    version: string,
    tries = 0,
  ): Promise<void> {
    clearTimeout(unkept.get(tenant)?.timer);
    try {
      const kept = await store.replace(tenant, credentials, version);
      unkept.delete(tenant);
      if (tries > 0) log("info", "The newest refresh token is kept at last");
      if (kept !== undefined) return;
      log(
        "warn",
        "Somebody else has replaced the credentials of a tenant meanwhile: theirs stay",
        { store: store.name },
      );
    } catch (error) {
      log(
        "error",
        "The newest refresh token could not be kept: it is in memory only, and lost if this process ends. Trying again",
        {
          store: store.name,
          tries: tries + 1,
          error: error instanceof Error ? error.name : typeof error,
        },
      );
      const wait = Math.min(KEEP_AGAIN, 250 * 2 ** tries);
      const timer = setTimeout(
        () => keep(tenant, credentials, version, tries + 1),
        wait,
      );
      unkept.set(tenant, { credentials, version, timer });
    }
  }

  /** The access token among credentials, if it can be used. */
  function usable(kept: Credentials, rejected?: string): Held | undefined {
    const { access_token: token, expires_at, expires_in } = kept;
    if (token === undefined || expires_at === undefined) return undefined;
    if (token === rejected) return undefined;
    const end = expires_at * 1000;
    const until = usableUntil(end, expires_in);
    return until > now() ? { token, until, end } : undefined;
  }

  return {
    access,
    close() {
      for (const { timer } of unkept.values()) clearTimeout(timer);
    },
  };
}

function isHeld(value: Lease | Held | undefined): value is Held {
  return value !== undefined && "token" in value;
}

/**
 * When a token that ends at `end` stops being used, both in ms since 1970.
 * Tokens that live only minutes are used for most of their life.
 */
function usableUntil(end: number, lifetime = Infinity): number {
  return end - Math.min(MARGIN, lifetime / 10) * 1000;
}

/** Qontak's word for a refresh token that is dead. */
function isInvalidGrant(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    error.code === "invalid_grant";
}
