/**
 * Finds a tenant's next access token: from the cache, from the store, from
 * another process that is renewing it, or from Qontak.
 *
 * @module
 */
import { CredentialsError, QontakError } from "../errors.ts";
import { createLru } from "../storage/lru.ts";
import { defined } from "../values/json.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { TokenCache } from "./cache.ts";
import { type Held, heldOf, TENANTS_HELD, usable } from "./held.ts";
import { accountIn, type KnownCredentials } from "./account.ts";
import type { Keeper, Kept } from "./keeping.ts";
import { takeLease } from "./lease.ts";
import type { Rechecked } from "./rechecked.ts";
import {
  type Lease,
  nameTenant,
  noCredentials,
  type TokenStore,
} from "./store.ts";

/** The answer of Qontak's token endpoint. */
export interface Grant {
  /** The new access token. */
  readonly access_token: string;
  /** The refresh token to use next time. */
  readonly refresh_token: string;
  /** How long the access token lives, in seconds. */
  readonly expires_in: number;
}

/** Exchanges a tenant's refresh token for a new pair of tokens. */
export type RefreshGrant = (
  refreshToken: string,
  tenant: string,
) => Promise<Grant>;

/** Settings of {@linkcode createRenewal}. */
export interface RenewalOptions {
  /** The store of credentials. */
  readonly store: TokenStore;
  /** The account of each tenant. */
  readonly accounts: Rechecked<string>;
  /** Stores new credentials. */
  readonly keeper: Keeper;
  /** Requests new tokens from Qontak. */
  readonly refresh: RefreshGrant;
  /** Counts where tokens are found. */
  readonly telemetry?: Telemetry;
  /** Keeps access tokens across restarts; by default there is no cache. */
  readonly cache?: TokenCache;
  /** The clock, in ms since 1970. */
  readonly now: () => number;
}

/**
 * Finds a tenant's next access token. Must not run concurrently for the same
 * tenant.
 *
 * @param tenant The company.
 * @param rejected The token that Qontak has just refused, if any.
 * @throws See {@linkcode Tokens.access}.
 */
export type Renew = (tenant: string, rejected?: string) => Promise<Held>;

/** How long to wait for another process's renewal, in ms. */
const TURN_TIMEOUT = 60_000;

/** The intervals between checks for another process's renewal, in ms. */
const POLL = { first: 50, longest: 1_000 };

/** The most refresh tokens to try with Qontak in one renewal. */
const MOST_TRIES = 3;

/**
 * Makes the function that renews access tokens.
 *
 * @param options The store, the cache and Qontak.
 */
export function createRenewal(options: RenewalOptions): Renew {
  const { store, accounts, keeper, cache, now } = options;
  const { maxAge = Infinity } = store;
  const ask = withoutRefused(options.refresh, now);
  const holder = crypto.randomUUID();
  const good = (
    kept: Partial<KnownCredentials> & { readonly account: string },
    rejected?: string,
  ) => usable(kept, { maxAge, now: now(), rejected });

  /**
   * Returns the newest credentials of the account that the store has now.
   * Credentials that are not stored yet are newer than the store's; so may be
   * credentials that the store has lost.
   */
  async function read(tenant: string): Promise<Kept> {
    const unkept = keeper.unkept(tenant);
    const stored = await store.read(tenant).catch((error) => {
      if (unkept) return unkept;
      throw error;
    });
    if (!stored) {
      keeper.forget(tenant);
      throw noCredentials(tenant, store);
    }
    const { credentials, version } = stored;
    if ("refresh_token" in credentials) {
      const account = await accountIn(store, credentials);
      accounts.note(tenant, account);
      if (unkept?.credentials.account === account) return unkept;
      return await keeper.newest(tenant, {
        credentials: { ...credentials, account },
        version,
      });
    }
    throw new CredentialsError(
      `The credentials of ${
        nameTenant(tenant)
      } are for Mekari's gateway (an sso_id), and this server uses OAuth`,
      { what: "useRefreshToken", tenant },
    );
  }

  /**
   * Waits for the lease, or for the token from the process that holds it.
   * Undefined if that process does not finish.
   */
  async function takeTurn(
    tenant: string,
    rejected?: string,
  ): Promise<{ readonly lease: Lease } | Held | undefined> {
    let wait = POLL.first;
    for (const end = now() + TURN_TIMEOUT; now() < end;) {
      const lease = await takeLease(store, tenant, holder);
      if (lease) return { lease };
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(POLL.longest, wait * 1.5);
      const found = good((await read(tenant)).credentials, rejected);
      if (found) return found;
    }
    return undefined;
  }

  /** The next credentials to try after Qontak refused others. */
  async function another(
    tenant: string,
    refused: readonly string[],
  ): Promise<Kept | undefined> {
    const isNew = (kept: Kept | undefined) =>
      kept && !refused.includes(kept.credentials.refresh_token);
    // If another process used the refused token, it has stored a new one.
    const stored = await read(tenant);
    if (isNew(stored)) return stored;
    const ours = await keeper.instead(tenant, stored);
    return isNew(ours) ? ours : undefined;
  }

  const seconds = () => Math.floor(now() / 1000);

  /**
   * Notes in the store that Qontak refused the refresh token, for the person
   * who manages companies. It changes nothing else, and may fail.
   */
  async function noteRefusal(tenant: string, refused: Kept): Promise<void> {
    if (store.isSingle) return;
    try {
      const found = await store.read(tenant);
      if (!found || !("refresh_token" in found.credentials)) return;
      const { credentials, version } = found;
      const isSame =
        credentials.refresh_token === refused.credentials.refresh_token;
      if (!isSame || credentials.refused_at !== undefined) return;
      const noted = { ...credentials, refused_at: seconds() };
      await store.replace(tenant, noted, version);
    } catch {
      // The refusal itself is what the caller has to know.
    }
  }

  async function exchange(
    tenant: string,
    stored: Kept,
    rejected: string | undefined,
  ): Promise<Held> {
    const refused: string[] = [];
    let grant: Grant | undefined;
    let from = stored;
    while (!grant) {
      const token = from.credentials.refresh_token;
      try {
        grant = await ask(token, tenant);
      } catch (error) {
        if (!isInvalidGrant(error)) throw error;
        refused.push(token);
        keeper.forget(tenant, token);
        const next = refused.length < MOST_TRIES
          ? await another(tenant, refused)
          : undefined;
        if (!next) {
          await noteRefusal(tenant, from);
          throw error;
        }
        const found = good(next.credentials, rejected);
        if (found) return found;
        from = next;
      }
    }
    const { refresh_token, access_token, expires_in } = grant;
    const expires_at = now() / 1000 + expires_in;
    const { account, user, since, refused_at } = from.credentials;
    const fresh = { access_token, expires_at, expires_in, account };
    const lasts = {
      user,
      since: refused_at === undefined ? since ?? seconds() : seconds(),
    };
    await keeper.keep(tenant, {
      credentials: { refresh_token, ...fresh, ...defined(lasts) },
      version: from.version,
    }, from.credentials.refresh_token);
    await cache?.set(tenant, fresh);
    // A token that lives only a second or two breaks the rules but is the best
    // available.
    return good(fresh) ?? heldOf(fresh, maxAge);
  }

  return async (tenant, rejected) => {
    // After a rejection, the cache cannot be trusted.
    const cached = rejected === undefined
      ? await cache?.get(tenant)
      : undefined;
    // The token in the cache may be of an account that was replaced.
    const kept = cached && good(cached) &&
        cached.account === await accounts.get(tenant)
      ? good(cached)
      : undefined;
    const found = kept ? "kv" : "miss";
    options.telemetry?.count("cache_lookups", { cache: "tokens", found });
    const known = kept ?? good((await read(tenant)).credentials, rejected);
    if (known) return known;
    const turn = await takeTurn(tenant, rejected);
    if (turn && "token" in turn) return turn;
    try {
      // Another process may have renewed the token already.
      const stored = await read(tenant);
      return good(stored.credentials, rejected) ??
        await exchange(tenant, stored, rejected);
    } finally {
      await turn?.lease.release();
    }
  };
}

/** How long not to send a refused refresh token to Qontak again, in ms. */
const REFUSAL_TTL = 60_000;

/** A refresh token that Qontak refused. */
interface Refusal {
  readonly error: unknown;
  /** When it ends, in ms since 1970. */
  readonly until: number;
}

/** Asks Qontak, unless it has recently refused this tenant's token. */
function withoutRefused(
  refresh: RefreshGrant,
  now: () => number,
): RefreshGrant {
  const refusals = createLru<Refusal>(TENANTS_HELD);
  return async (token, tenant) => {
    const key = `${tenant} ${token}`;
    const known = refusals.get(key);
    if (known && known.until > now()) throw known.error;
    try {
      return await refresh(token, tenant);
    } catch (error) {
      if (isInvalidGrant(error)) {
        refusals.set(key, { error, until: now() + REFUSAL_TTL });
      }
      throw error;
    }
  };
}

/** Whether Qontak says that a refresh token is no longer valid. */
export function isInvalidGrant(error: unknown): boolean {
  return error instanceof QontakError && error.code === "invalid_grant";
}
