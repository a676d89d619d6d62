/**
 * Access tokens in Deno KV, in front of any store: a restarted process, or
 * another isolate, needs neither the store nor a refresh. Refresh tokens are
 * never there.
 *
 * @module
 */
import { type Kv, tryKv } from "../storage/kv.ts";
import type { Log } from "../logging/log.ts";
import { isObject, parseJson } from "../values/json.ts";
import { createSealer, type Sealer } from "../storage/sealing.ts";

/** An access token that is good for a while. */
export interface CachedToken {
  /** The token. */
  readonly access_token: string;
  /** When it ends, in seconds since 1970. */
  readonly expires_at: number;
  /** How long it lived when it was given, in seconds. */
  readonly expires_in: number;
}

/** Settings of {@linkcode createTokenCache}. */
export interface TokenCacheOptions {
  /** The database. */
  readonly kv: Kv;
  /** Sets one store's companies apart from all others'. */
  readonly scope: () => Promise<string>;
  /** Seals the tokens; they are kept open when left out. */
  readonly sealer?: Sealer;
  /** Told once when the database does not do its work. */
  readonly log?: Log;
  /** The clock, in ms since 1970; the system's when left out. */
  readonly now?: () => number;
}

/**
 * Keeps access tokens for a while. None of its functions rejects: a database
 * that is out of order is as none at all.
 */
export interface TokenCache {
  /** A tenant's token that has not ended. */
  get(tenant: string): Promise<CachedToken | undefined>;
  /** Keeps a tenant's token until its end. */
  set(tenant: string, token: CachedToken): Promise<void>;
  /** Forgets a tenant's token. */
  remove(tenant: string): Promise<void>;
}

/**
 * Makes the cache.
 *
 * @param options The database, and whose tokens.
 * @returns The cache.
 */
export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const { kv, scope, sealer = createSealer([]), log, now = Date.now } = options;
  let isTold = false;

  /** Asks the database where a tenant's token is, and how it is bound. */
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
          "Access tokens cannot be cached in Deno KV: going on without",
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
          // Sealed with another key, or not though there is one: it is asked
          // for again, and what is written then is in its place.
          () => undefined,
        );
        // The database may keep an entry for longer than it was told to.
        return token && lifeOf(token) > 0 ? token : undefined;
      }),

    set: (tenant, { access_token, expires_at, expires_in }) =>
      attempt(tenant, async (database, key, bound) => {
        const token = { access_token, expires_at, expires_in };
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
  const { access_token, expires_at, expires_in } = value;
  return typeof access_token === "string" && typeof expires_at === "number" &&
      typeof expires_in === "number"
    ? { access_token, expires_at, expires_in }
    : undefined;
}
