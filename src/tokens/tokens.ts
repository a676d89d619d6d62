/**
 * Tenant → a valid access token. One refresh at a time for each tenant,
 * however many calls and processes wait for it; the newest refresh token is
 * kept before the access token that came with it is used.
 *
 * @module
 */
import { CredentialsError, QontakError, StoreError } from "../errors.ts";
import { createLru } from "../storage/lru.ts";
import type { Log, LogDetails } from "../logging/log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { TokenCache } from "./cache.ts";
import { takeLease } from "./lease.ts";
import {
  addCommand,
  type Lease,
  nameTenant,
  noCredentials,
  type OAuthCredentials,
  type StoredCredentials,
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

/** Turns a tenant's refresh token into a new pair of tokens. */
export type RefreshGrant = (
  refreshToken: string,
  tenant: string,
) => Promise<Grant>;

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

/** A token is used until this long before its end, in seconds. */
const MARGIN = 300;

/** Access tokens live six hours (Qontak's collection), in seconds. */
export const TOKEN_LIFETIME = 21_600;

/** How long another's refresh is waited for, in ms. */
const TURN = 60_000;

/** The waits until another's refresh is looked for, in ms. */
const PATIENCE = { first: 50, longest: 1_000 };

/** The longest wait before an unkept token is tried to be kept again, in ms. */
const KEEP_AGAIN = 30_000;

/** How long a still good token is used after its refresh failed, in ms. */
const RESPITE = 15_000;

/** How long a refused refresh token is not offered to Qontak again, in ms. */
const REFUSED = 60_000;

/** How many tenants are held in memory; the store knows the others. */
export const TENANTS_HELD = 5_000;

/** What this process knows of one tenant. */
interface Held {
  readonly token: string;
  /** Until when it is used without a thought, in ms since 1970. */
  readonly until: number;
  /** When it really ends, in ms since 1970. */
  readonly end: number;
}

/** OAuth credentials with the version that they were read at. */
interface Kept extends StoredCredentials {
  readonly credentials: OAuthCredentials;
}

/** Credentials that the store has not taken yet. */
interface Unkept extends Kept {
  readonly tries: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** A refresh token that Qontak has refused. */
interface Refusal {
  readonly token: string;
  readonly error: unknown;
  /** In ms since 1970. */
  readonly until: number;
}

/**
 * Makes the source of access tokens.
 *
 * @param options The store, the grant and the clock.
 * @returns The source.
 */
export function createTokens(options: TokensOptions): Tokens {
  const { store, refresh, log, cache, hold = Infinity, now = Date.now } =
    options;
  const held = createLru<Held>(TENANTS_HELD);
  const refusals = createLru<Refusal>(TENANTS_HELD);
  const flights = new Map<string, Promise<Held>>();
  const unkept = new Map<string, Unkept>();
  const holder = crypto.randomUUID();
  const found = (where: "memory" | "kv" | "miss") =>
    options.telemetry?.count("cache_lookups", {
      cache: "tokens",
      found: where,
    });

  async function access(tenant: string, rejected?: string): Promise<string> {
    for (let tries = 0;; tries++) {
      const current = held.get(tenant);
      if (current && current.token !== rejected && current.until > now()) {
        found("memory");
        return current.token;
      }
      const { token } = await (flights.get(tenant) ??
        takeOff(tenant, current, rejected));
      // Those who joined a flight that knew of no rejection start another.
      if (token !== rejected || tries > 0) return token;
    }
  }

  /**
   * Starts the one renewal of a tenant that all who come meanwhile wait for:
   * no caller's cancellation can end it between the grant and keeping it.
   */
  function takeOff(
    tenant: string,
    current: Held | undefined,
    rejected: string | undefined,
  ): Promise<Held> {
    const flight = renew(tenant, rejected)
      .then(
        (fresh) => ({ ...fresh, until: Math.min(fresh.until, now() + hold) }),
        (error) => respite(current, rejected, error),
      )
      .then((fresh) => {
        held.set(tenant, fresh);
        return fresh;
      }, (error) => {
        held.delete(tenant);
        throw error;
      })
      // Before anybody hears of it: who comes then must not find it any more.
      .finally(() => flights.delete(tenant));
    flights.set(tenant, flight);
    return flight;
  }

  /** The store or Qontak may be out of order while the token is still good. */
  function respite(
    current: Held | undefined,
    rejected: string | undefined,
    error: unknown,
  ): Held {
    const isGood = current && current.token !== rejected &&
      current.end > now();
    if (!isGood || error instanceof CredentialsError) throw error;
    log("warn", "An access token could not be renewed yet: it is used on", {
      ...whyOf(error),
      seconds_left: Math.round((current.end - now()) / 1000),
    });
    return { ...current, until: Math.min(current.end, now() + RESPITE) };
  }

  /** The newest credentials: those not kept yet are newer than the store's. */
  async function read(tenant: string): Promise<Kept> {
    const stored = unkept.get(tenant) ?? await store.read(tenant);
    if (!stored) throw noCredentials(tenant, store);
    const { credentials, version } = stored;
    if ("refresh_token" in credentials) return { credentials, version };
    throw new CredentialsError(
      `The credentials of ${
        nameTenant(tenant)
      } are for Mekari's gateway (an sso_id), and this server uses OAuth. Set QONTAK_AUTH=hmac, or give the tenant a refresh token with: ${
        addCommand(tenant)
      } --replace`,
    );
  }

  async function renew(tenant: string, rejected?: string): Promise<Held> {
    // After a rejection only the store can be trusted.
    const cached = rejected === undefined
      ? await cache?.get(tenant)
      : undefined;
    const kept = cached && usable(cached);
    found(kept ? "kv" : "miss");
    const good = kept ?? usable((await read(tenant)).credentials, rejected);
    if (good) return good;
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
    let wait = PATIENCE.first;
    for (const end = now() + TURN; now() < end;) {
      const lease = await takeLease(store, tenant, holder);
      if (lease) return lease;
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(PATIENCE.longest, wait * 1.5);
      const found = usable((await read(tenant)).credentials, rejected);
      if (found) return found;
    }
    // Whoever has the right does not get on with it.
    return undefined;
  }

  async function exchange(
    tenant: string,
    stored: Kept,
    rejected: string | undefined,
    isSecondTry = false,
  ): Promise<Held> {
    let grant: Grant;
    try {
      grant = await ask(tenant, stored.credentials.refresh_token);
    } catch (error) {
      if (isSecondTry || !isInvalidGrant(error)) throw error;
      // Somebody else may have rotated it: theirs is the good one then.
      const again = await read(tenant);
      const { refresh_token: theirs } = again.credentials;
      if (theirs === stored.credentials.refresh_token) throw error;
      return usable(again.credentials, rejected) ??
        await exchange(tenant, again, rejected, true);
    }
    const { refresh_token, access_token, expires_in } = grant;
    const expires_at = now() / 1000 + expires_in;
    const fresh = { access_token, expires_at, expires_in };
    await keep(tenant, {
      credentials: { refresh_token, ...fresh },
      version: stored.version,
    });
    await cache?.set(tenant, fresh);
    // A token that lives a second or two is not usable by the rules, and yet
    // the best there is.
    return usable(fresh) ?? heldOf(fresh);
  }

  /** Asks Qontak, unless it has just said that this token is dead. */
  async function ask(tenant: string, refreshToken: string): Promise<Grant> {
    const known = refusals.get(tenant);
    if (known?.token === refreshToken && known.until > now()) {
      throw known.error;
    }
    try {
      return await refresh(refreshToken, tenant);
    } catch (error) {
      if (isInvalidGrant(error)) {
        const until = now() + REFUSED;
        refusals.set(tenant, { token: refreshToken, error, until });
      }
      throw error;
    }
  }

  /**
   * Keeps new credentials before they are used. Where the store does not take
   * them, they are served from memory and the store is asked again and again.
   */
  async function keep(tenant: string, kept: Kept, tries = 0): Promise<void> {
    clearTimeout(unkept.get(tenant)?.timer);
    try {
      const isOurs = await put(tenant, kept);
      unkept.delete(tenant);
      if (!isOurs) {
        log(
          "warn",
          "Somebody else has replaced the credentials of a tenant meanwhile: theirs stay",
          { store: store.name },
        );
      } else if (tries > 0) {
        log("info", "The newest refresh token is kept at last");
      }
    } catch (error) {
      log(
        "error",
        "The newest refresh token could not be kept: it is in memory only, and lost if this process ends. Trying again",
        { store: store.name, tries: tries + 1, ...whyOf(error) },
      );
      const wait = Math.min(KEEP_AGAIN, 250 * 2 ** tries);
      const again = { ...kept, tries: tries + 1 };
      const timer = setTimeout(() => keep(tenant, kept, again.tries), wait);
      unkept.set(tenant, { ...again, timer });
    }
  }

  /** Whether the store has these credentials now, and not newer ones. */
  async function put(tenant: string, kept: Kept): Promise<boolean> {
    const { credentials, version } = kept;
    if (await store.replace(tenant, credentials, version) !== undefined) {
      return true;
    }
    // It may have taken them before, and its answer been lost.
    const stored = (await store.read(tenant))?.credentials;
    return stored !== undefined && "refresh_token" in stored &&
      stored.refresh_token === credentials.refresh_token;
  }

  /** The access token among credentials, if it can be used. */
  function usable(
    kept: Partial<OAuthCredentials>,
    rejected?: string,
  ): Held | undefined {
    const { access_token, expires_at, expires_in } = kept;
    if (access_token === undefined || expires_at === undefined) {
      return undefined;
    }
    if (access_token === rejected) return undefined;
    const found = heldOf({ access_token, expires_at, expires_in });
    return found.until > now() ? found : undefined;
  }

  function heldOf(kept: {
    readonly access_token: string;
    readonly expires_at: number;
    readonly expires_in?: number | undefined;
  }): Held {
    const { access_token: token, expires_at } = kept;
    const lifetime = kept.expires_in ?? TOKEN_LIFETIME;
    const { maxAge = Infinity } = store;
    const life = Math.min(lifetime, maxAge);
    const end = expires_at - lifetime + life;
    // Tokens that live only minutes are used for most of their life.
    const until = end - Math.min(MARGIN, life / 10);
    return { token, until: until * 1000, end: end * 1000 };
  }

  return {
    access,
    async close() {
      await Promise.all(
        Array.from(unkept, async ([tenant, { timer, ...kept }]) => {
          clearTimeout(timer);
          try {
            await put(tenant, kept);
          } catch (error) {
            log(
              "error",
              "The newest refresh token of a tenant could not be kept and is lost: its credentials must be made anew",
              { store: store.name, tenant, ...whyOf(error) },
            );
          }
        }),
      );
      unkept.clear();
    },
  };
}

function isHeld(value: Lease | Held | undefined): value is Held {
  return value !== undefined && "token" in value;
}

/** What a log may say of an error: a store's words hold no secret. */
function whyOf(error: unknown): LogDetails {
  return {
    error: error instanceof Error ? error.name : typeof error,
    reason: error instanceof StoreError ? error.message : undefined,
  };
}

/** Qontak's word for a refresh token that is dead. */
function isInvalidGrant(error: unknown): boolean {
  return error instanceof QontakError && error.code === "invalid_grant";
}
