/**
 * Access tokens in Deno KV, in front of any store: a restarted process or
 * another isolate needs neither the store nor a refresh. The cache never holds
 * refresh tokens.
 *
 * @module
 */
import { type Kv, tryKv } from "../storage/kv.ts";
import type { Log } from "../logging/log.ts";
import { isObject, parseJson } from "../values/json.ts";
import { createSealer, type Sealer } from "../storage/sealing.ts";

/** An access token that is valid for a while. */
export interface CachedToken {
  /** The token. */
  readonly access_token: string;
  /** When it expires, in seconds since 1970. */
  readonly expires_at: number;
  /** Its lifetime when it was issued, in seconds. */
  readonly expires_in: number;
  /** The account that it belongs to. */
  readonly account: string;
}

/** Settings of {@linkcode createTokenCache}. */
export interface TokenCacheOptions {
  /** The database. */
  readonly kv: Kv;
  /** An id that separates the companies of one store from all others. */
  readonly scope: () => Promise<string>;
  /** Seals the tokens. Without it, tokens are stored unsealed. */
  readonly sealer?: Sealer;
  /** Logs once when the database fails. */
  readonly log?: Log;
  /** The clock, in ms since 1970; the system clock by default. */
  readonly now?: () => number;
}

/**
 * Caches access tokens. Its functions never reject: a failing database counts
 * as an empty cache.
 */
export interface TokenCache {
  /** A tenant's unexpired token. */
  get(tenant: string): Promise<CachedToken | undefined>;
  /** Caches a tenant's token until it expires. */
  set(tenant: string, token: CachedToken): Promise<void>;
  /** Forgets a tenant's token. */
  remove(tenant: string): Promise<void>;
}

/**
 * Makes the cache.
 *
 * @param options The database and the scope.
 * @returns The cache.
 */
export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const { kv, scope, sealer = createSealer([]), log, now = Date.now } = options;
  let isTold = false;

  /** Queries the database with the key of a tenant's token and its binding. */
  function attempt<T>(
    tenant: string,
    question: (
      database: Deno.Kv,
      key: Deno.KvKey,
      bound: string,
    ) => Promise<T>,
  ): Promise<T | undefined> {
    return tryKv(kv, async (database) => {
      const key = ["qontak-mcp", "access", await scope(), tenant];
      return await question(database, key, JSON.stringify(key));
    }, (error) => {
      if (!isTold) {
        log?.(
          "warn",
          "Access tokens cannot be cached in Deno KV: continuing without it",
          { error: error instanceof Error ? error.name : typeof error },
        );
      }
      isTold = true;
    });
  }

  const lifeOf = (token: CachedToken) => token.expires_at * 1000 - now();

  return {
    get: (tenant) =>
      attempt(tenant, async (database, key, bound) => {
        const { value } = await database.get(key);
        if (typeof value !== "string") return undefined;
        const token = await sealer.open(value, bound).then(
          readToken,
          // The token is sealed with another key, or unsealed although there is
          // a key. It will be requested again and overwritten.
          () => undefined,
        );
        // The database may keep an entry after its expiry.
        return token && lifeOf(token) > 0 ? token : undefined;
      }),

    set: (tenant, { access_token, expires_at, expires_in, account }) =>
      attempt(tenant, async (database, key, bound) => {
        const token = { access_token, expires_at, expires_in, account };
        const expireIn = lifeOf(token);
        if (expireIn <= 0) return;
        const sealed = await sealer.seal(JSON.stringify(token), bound);
        await database.set(key, sealed, { expireIn });
      }),

    remove: (tenant) =>
      attempt(tenant, async (database, key) => await database.delete(key)),
  };
}

function readToken(text: string): CachedToken | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { access_token, expires_at, expires_in, account } = value;
  return typeof access_token === "string" && typeof expires_at === "number" &&
      typeof expires_in === "number" && typeof account === "string"
    ? { access_token, expires_at, expires_in, account }
    : undefined;
}
