/**
 * Provides a valid access token for each tenant. Each tenant has only one
 * renewal at a time, however many calls and processes wait for it. The newest
 * refresh token is stored before the new access token is used.
 *
 * @module
 */
import { CredentialsError, reasonOf, StoreError } from "../errors.ts";
import { createLru } from "../storage/lru.ts";
import type { Log } from "../logging/log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { defined } from "../values/json.ts";
import { accountIn, createFormerAccounts, demandAccount } from "./account.ts";
import type { TokenCache } from "./cache.ts";
import { type Held, TENANTS_HELD } from "./held.ts";
import { createKeeper } from "./keeping.ts";
import { createLockedOut } from "./locked_out.ts";
import { createRenewal, isInvalidGrant, type RefreshGrant } from "./renewal.ts";
import { createRechecked } from "./rechecked.ts";
import { noCredentials, type TokenStore } from "./store.ts";

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
  /** Receives a tenant whose refresh token Qontak has refused. */
  readonly onRefused?: (tenant: string) => void;
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
   * @param account The account that the token must be of; any by default.
   * @returns The token, without a prefix.
   * @throws {CredentialsError} When there are no credentials, or they are of
   * another account.
   * @throws {StoreError} When the store fails.
   * @throws {QontakError} When Qontak refuses the refresh token.
   * @throws {UnreachableError} When Qontak cannot be reached.
   */
  access(tenant: string, rejected?: string, account?: string): Promise<string>;
  /**
   * Returns the account of a tenant, as the store said within the last seconds.
   *
   * @param tenant The company.
   * @throws {CredentialsError} When there are no credentials.
   * @throws {StoreError} When the store fails and nothing is known.
   */
  account(tenant: string): Promise<string>;
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
  const lockedOut = createLockedOut(log);
  telemetry?.gauge("companies_connected", () => held.size);
  telemetry?.gauge("companies_locked_out", () => lockedOut.size);
  const renewals = new Map<string, Promise<Held>>();
  const keeper = createKeeper(store, log);
  const accounts = createRechecked({
    store,
    read: readAccount,
    judge: createFormerAccounts(),
    log,
    now,
  });
  const parts = { store, accounts, keeper, refresh, now };
  const renew = createRenewal({ ...parts, ...defined({ telemetry, cache }) });

  async function readAccount(tenant: string): Promise<string> {
    // A store of one company has no names that another may be given.
    if (store.isSingle) return await accountIn(store, { refresh_token: "" });
    try {
      const stored = await store.read(tenant);
      if (stored) return await accountIn(store, stored.credentials);
    } catch (error) {
      const cached = error instanceof StoreError && !accounts.known(tenant)
        ? await cache?.get(tenant)
        : undefined;
      if (cached) return cached.account;
      throw error;
    }
    throw noCredentials(tenant, store);
  }

  /** Whether a token in memory may be used without a renewal. */
  async function isUsable(
    tenant: string,
    current: Held,
    rejected: string | undefined,
  ): Promise<boolean> {
    if (current.token === rejected || current.until <= now()) return false;
    try {
      return current.account === await accounts.get(tenant);
    } catch (error) {
      held.delete(tenant);
      throw error;
    }
  }

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
        (error) => stillGood(tenant, current, rejected, error),
      )
      .then((fresh) => {
        held.set(tenant, fresh);
        lockedOut.remove(tenant, fresh.token);
        return fresh;
      }, (error) => {
        held.delete(tenant);
        if (isInvalidGrant(error)) {
          lockedOut.add(tenant, rejected);
          options.onRefused?.(tenant);
        }
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
    tenant: string,
    current: Held | undefined,
    rejected: string | undefined,
    error: unknown,
  ): Held {
    const isGood = current && current.token !== rejected &&
      current.end > now() && current.account === accounts.known(tenant);
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
    async access(tenant, rejected, account) {
      for (let tries = 0;; tries++) {
        const current = held.get(tenant);
        if (current && await isUsable(tenant, current, rejected)) {
          telemetry?.count("cache_lookups", {
            cache: "tokens",
            found: "memory",
          });
          demandAccount(tenant, current.account, account);
          return current.token;
        }
        const fresh = await (renewals.get(tenant) ??
          start(tenant, current, rejected));
        // A call that joined a renewal started without its rejection retries.
        if (fresh.token !== rejected || tries > 0) {
          demandAccount(tenant, fresh.account, account);
          return fresh.token;
        }
      }
    },
    account: (tenant) => accounts.get(tenant),
    close: () => keeper.close(),
  };
}
