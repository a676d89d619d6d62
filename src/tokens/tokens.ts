/**
 * Tenant → a valid access token. One renewal at a time for each tenant,
 * however many calls and processes wait for it; the newest refresh token is
 * kept before the access token that came with it is used.
 *
 * @module
 */
import { CredentialsError } from "../errors.ts";
import { createLru } from "../storage/lru.ts";
import type { Log } from "../logging/log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { defined } from "../values/json.ts";
import type { TokenCache } from "./cache.ts";
import { type Held, TENANTS_HELD } from "./held.ts";
import { createKeeper, reasonOf } from "./keeping.ts";
import { createRenewal, type RefreshGrant } from "./renewal.ts";
import type { TokenStore } from "./store.ts";

/** Settings of {@linkcode createTokens}. */
export interface TokensOptions {
  /** Where credentials are kept. */
  readonly store: TokenStore;
  /** Asks Qontak for new tokens. */
  readonly refresh: RefreshGrant;
  /** Told when tokens are in danger; never told a token. */
  readonly log: Log;
  /** Told where tokens are found. */
  readonly telemetry?: Telemetry;
  /** Keeps access tokens across restarts; none when left out. */
  readonly cache?: TokenCache;
  /**
   * How long an access token is held before the store is asked again, in ms;
   * to its end when left out.
   */
  readonly hold?: number;
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
  /**
   * Ends what goes on in the background. What the store has not taken yet is
   * offered to it a last time.
   */
  close(): Promise<void>;
}

/** How long a still good token is used after its renewal failed, in ms. */
const RENEW_AGAIN = 15_000;

/**
 * Makes the source of access tokens.
 *
 * @param options The store, the grant and the clock.
 * @returns The source.
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
   * Starts the one renewal of a tenant that all calls wait for until it ends:
   * no caller's cancellation can end it between the grant and keeping it.
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
      // Before its callers learn of the end: who comes then starts another.
      .finally(() => renewals.delete(tenant));
    renewals.set(tenant, renewal);
    return renewal;
  }

  /** The store or Qontak may be out of order while the token is still good. */
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
        // Those who joined a renewal that knew of no rejection start another.
        if (token !== rejected || tries > 0) return token;
      }
    },
    close: () => keeper.close(),
  };
}
