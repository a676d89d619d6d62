/**
 * Provides a valid access token for each tenant. Each tenant has only one
 * renewal at a time, however many calls and processes wait for it. The newest
 * refresh token is stored before the new access token is used.
 *
 * @module
 */
import { CredentialsError, reasonOf } from "../errors.ts";
import { createLru } from "../storage/lru.ts";
import type { Log } from "../logging/log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { defined } from "../values/json.ts";
import type { TokenCache } from "./cache.ts";
import { type Held, TENANTS_HELD } from "./held.ts";
import { createKeeper } from "./keeping.ts";
import { createRenewal, type RefreshGrant } from "./renewal.ts";
import type { TokenStore } from "./store.ts";

/** Settings of {@linkcode createTokens}. */
export interface TokensOptions {
  /** The store of credentials. */
  readonly store: TokenStore;
  /** Requests new tokens from Qontak. */
  readonly refresh: RefreshGrant;
  /** Logs when tokens are at risk; never receives a token. */
  readonly log: Log;
  /** Counts where tokens are found. */
  readonly telemetry?: Telemetry;
  /** Keeps access tokens across restarts; by default there is no cache. */
  readonly cache?: TokenCache;
  /**
   * How long to hold an access token before reading the store again, in ms; by
   * default, until the token expires.
   */
  readonly hold?: number;
  /** The clock, in ms since 1970; the system clock by default. */
  readonly now?: () => number;
}

/** Provides access tokens. */
export interface Tokens {
  /**
   * Returns an access token that Qontak should accept.
   *
   * @param tenant The company.
   * @param rejected The token that Qontak has just refused, if any; the result
   * is then a different token.
   * @returns The token, without a prefix.
   * @throws {CredentialsError} When there are no credentials.
   * @throws {StoreError} When the store fails.
   * @throws {QontakError} When Qontak refuses the refresh token.
   * @throws {UnreachableError} When Qontak cannot be reached.
   */
  access(tenant: string, rejected?: string): Promise<string>;
  /**
   * Stops background work. Makes one last attempt to store credentials that the
   * store has not accepted yet.
   */
  close(): Promise<void>;
}

/** How long to keep using a valid token after a failed renewal, in ms. */
const RENEW_AGAIN = 15_000;

/**
 * Makes the provider of access tokens.
 *
 * @param options The store, the refresh function and the clock.
 * @returns The provider.
 */
export function createTokens(options: TokensOptions): Tokens {
  const { store, refresh, log, telemetry, cache, now = Date.now } = options;
  const { hold = Infinity } = options;
  const held = createLru<Held>(TENANTS_HELD);
  const renewals = new Map<string, Promise<Held>>();
  const keeper = createKeeper(store, log);
  const parts = { store, keeper, refresh, now };
  const renew = createRenewal({ ...parts, ...defined({ telemetry, cache }) });

  /**
   * Starts the single renewal of a tenant, which all calls await. A caller that
   * cancels does not stop it between receiving new tokens and storing them.
   */
  function start(
    tenant: string,
    current: Held | undefined,
    rejected: string | undefined,
  ): Promise<Held> {
    const renewal = renew(tenant, rejected)
      .then(
        (fresh) => ({ ...fresh, until: Math.min(fresh.until, now() + hold) }),
        (error) => stillGood(current, rejected, error),
      )
      .then((fresh) => {
        held.set(tenant, fresh);
        return fresh;
      }, (error) => {
        held.delete(tenant);
        throw error;
      })
      // Runs before callers see the result, so a new caller starts a new
      // renewal.
      .finally(() => renewals.delete(tenant));
    renewals.set(tenant, renewal);
    return renewal;
  }

  /** Keeps using a valid token while the store or Qontak fails. */
  function stillGood(
    current: Held | undefined,
    rejected: string | undefined,
    error: unknown,
  ): Held {
    const isGood = current && current.token !== rejected &&
      current.end > now();
    if (!isGood || error instanceof CredentialsError) throw error;
    log(
      "warn",
      "An access token could not be renewed yet: the old one is still used",
      {
        ...reasonOf(error),
        seconds_left: Math.round((current.end - now()) / 1000),
      },
    );
    return { ...current, until: Math.min(current.end, now() + RENEW_AGAIN) };
  }

  return {
    async access(tenant, rejected) {
      for (let tries = 0;; tries++) {
        const current = held.get(tenant);
        if (current && current.token !== rejected && current.until > now()) {
          telemetry?.count("cache_lookups", {
            cache: "tokens",
            found: "memory",
          });
          return current.token;
        }
        const { token } = await (renewals.get(tenant) ??
          start(tenant, current, rejected));
        // A call that joined a renewal started without its rejection retries.
        if (token !== rejected || tries > 0) return token;
      }
    },
    close: () => keeper.close(),
  };
}
