/**
 * The Redis store, for several companies and several servers. It uses the same
 * keys and the same JSON as the Python server, so switching needs no new login.
 *
 * @module
 */
import { checkOptions } from "../../errors.ts";
import type { Redis } from "ioredis";
import type { Log } from "../../logging/log.ts";
import { createRedisLink, KEY_PREFIX } from "../../storage/redis.ts";
import { rememberedSha256, sha1 } from "../../storage/hash.ts";
import { defined } from "../../values/json.ts";
import { createLru } from "../../storage/lru.ts";
import { createSealer, type Sealer } from "../../storage/sealing.ts";
import type { Lease, TokenStore } from "../store.ts";
import { TOKEN_LIFETIME } from "../held.ts";
import {
  boundTo,
  type Inspected,
  openerOf,
  type Records,
  type StoreAndKeys,
  tokensIn,
} from "./records.ts";
import { parseRecord } from "./record.ts";
import { lifetimeInRedis } from "./rules.ts";

/** Settings of {@linkcode createRedisStore}. */
export interface RedisStoreOptions {
  /**
   * The address of Redis: redis:// or rediss://, with an optional user and
   * password. With Sentinel:
   * `redis+sentinel://[user:password@]host:port,…/master[/db]`, optionally
   * followed by `?sentinel_username=…&sentinel_password=…`.
   */
  readonly url: string;
  /**
   * The prefix of the keys; the tenant follows it.
   *
   * @default {"qontak:tokens:"}
   */
  readonly keyPrefix?: string;
  /** Seals the records. Without it, records are stored unsealed. */
  readonly sealer?: Sealer;
  /**
   * The longest time to use an access token from this store, in seconds. The
   * refresh token never expires.
   *
   * @default {21600}
   */
  readonly tokenTtl?: number;
  /**
   * How long to wait for an answer from Redis, in ms.
   *
   * @default {5000}
   */
  readonly timeout?: number;
  /** Logs when another program overwrites records; never receives a token. */
  readonly log?: Log;
}

/**
 * Writes a record only if it has not changed since the writer read it. The
 * script compares SHA-1 hashes, so no token is sent for the comparison. Records
 * do not expire: a company that loses its refresh token is locked out.
 */
const REPLACE = `
local now = redis.call("GET", KEYS[1])
local version = now and redis.sha1hex(now) or ""
if version ~= ARGV[1] then return false end
redis.call("SET", KEYS[1], ARGV[2])
return redis.sha1hex(ARGV[2])`;

/** For how many records it is known that they do not expire. */
const MAX_LASTING = 20_000;

/** How long to wait for a replica to receive a write, in ms. */
const REPLICA_TIMEOUT = 100;

/** Takes a lease if it is free or already belongs to the holder. */
const TAKE = `
local holder = redis.call("GET", KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1`;

/** Ends a lease only if the same holder still has it. */
const RELEASE = `
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("DEL", KEYS[1])`;

/**
 * Makes the store. It connects on first use.
 *
 * @example Serving the companies whose tokens are in Redis
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createRedisStore, createSealer } from "@qontak/mcp/stores";
 *
 * const server = createServer({
 *   store: createRedisStore({
 *     url: "redis://127.0.0.1:6379",
 *     sealer: createSealer([]), // with keys, records are sealed
 *   }),
 * });
 * await server.close();
 * ```
 *
 * @param options Where Redis is.
 * @returns The store.
 * @throws {OptionError} When the lifetime is invalid.
 */
export function createRedisStore(options: RedisStoreOptions): TokenStore {
  return openRedis(options).tokens;
}

/**
 * Makes the token store and the API key store over one connection.
 *
 * @param options Where Redis is.
 */
export function openRedis(options: RedisStoreOptions): StoreAndKeys {
  const {
    url,
    keyPrefix = KEY_PREFIX,
    sealer = createSealer([]),
    tokenTtl = TOKEN_LIFETIME,
    log,
  } = checkOptions(options, { tokenTtl: lifetimeInRedis });
  const { where, ask, close } = createRedisLink({
    url,
    role: "token store",
    ...defined({ timeout: options.timeout }),
  });

  let mayWait = true;

  /**
   * If Redis has a replica, waits briefly for it to receive the write. This
   * guarantees nothing, so the server also remembers the credentials it was
   * given.
   */
  async function waitForReplica(redis: Redis): Promise<void> {
    if (!mayWait) return;
    try {
      const info = await redis.info("replication");
      if (/^connected_slaves:[1-9]/m.test(info)) {
        await redis.wait(1, REPLICA_TIMEOUT);
      }
    } catch (error) {
      // Older access lists do not grant this right. The write is valid anyway.
      if (/NOPERM/.test(String(error))) mayWait = false;
    }
  }

  /** The version of each record that does not expire, as far as it is known. */
  const lasting = createLru<string>(MAX_LASTING);

  /**
   * Removes the expiry of a record. The Python server for Qontak lets records
   * expire, and a company whose record is gone is locked out.
   */
  async function makeLasting(
    key: string,
    text: string,
    version: string,
  ): Promise<void> {
    try {
      await ask((redis) => redis.eval(REPLACE, 1, key, version, text));
    } catch (error) {
      // The record was read, so the call can continue.
      log?.("warn", "A record in Redis may expire and could not be kept", {
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }

  function recordsIn(space: string, prefix: string): Records {
    async function raw(name: string) {
      const text = await ask((redis) => redis.get(prefix + name));
      if (text === null) return undefined;
      const version = await sha1(text);
      if (space === "tokens" && lasting.get(name) !== version) {
        lasting.set(name, version);
        await makeLasting(prefix + name, text, version);
      }
      return { text, version };
    }
    return {
      raw,
      read: openerOf({ raw, sealer, space, ...defined({ log }) }),

      async replace(name, text, version) {
        const raw = await sealer.seal(text, boundTo(space, name));
        return await ask(async (redis) => {
          const next = await redis.eval(
            REPLACE,
            1,
            prefix + name,
            version ?? "",
            raw,
          );
          if (typeof next !== "string") return undefined;
          await waitForReplica(redis);
          return next;
        });
      },

      async remove(name) {
        return await ask((redis) => redis.del(prefix + name)) > 0;
      },

      async names() {
        const pattern = `${prefix.replace(/[*?[\]\\]/g, "\\$&")}*`;
        const found = new Set<string>();
        let cursor = "0";
        do {
          const [next, names] = await ask((redis) =>
            redis.scan(cursor, "MATCH", pattern, "COUNT", 500)
          );
          cursor = next;
          for (const name of names) found.add(name.slice(prefix.length));
        } while (cursor !== "0");
        return [...found].sort();
      },
    };
  }

  const credentials = recordsIn("tokens", keyPrefix);
  const identify = rememberedSha256();
  const tokens: TokenStore = {
    name: "redis",
    losesWrites: true,
    maxAge: tokenTtl,
    ...tokensIn(credentials),
    identity: () => identify(`${where} ${keyPrefix}`),

    async lease(tenant, ms, holder): Promise<Lease | undefined> {
      const key = `lease:${keyPrefix}${tenant}`;
      const taken = await ask((redis) => redis.eval(TAKE, 1, key, holder, ms));
      if (taken !== 1) return undefined;
      return {
        async release() {
          try {
            await ask((redis) => redis.eval(RELEASE, 1, key, holder));
          } catch {
            // The lease expires anyway.
          }
        },
      };
    },

    close,
  };
  // A prefix like that of leases, so that a scan for tenants does not match.
  const keys = {
    ...recordsIn("keys", `key:${keyPrefix}`),
    revoked: recordsIn("revoked", `revoked:${keyPrefix}`),
  };

  async function inspect(tenant: string): Promise<Inspected | undefined> {
    const key = keyPrefix + tenant;
    const raw = async () => {
      const text = await ask((redis) => redis.get(key));
      return text === null ? undefined : { text, version: "" };
    };
    const found = await openerOf({ raw, sealer, space: "tokens" })(tenant);
    if (!found) return undefined;
    const left = await ask((redis) => redis.pttl(key));
    return {
      credentials: parseRecord(found.text, tenant),
      ...(left >= 0 ? { expiresIn: left } : {}),
    };
  }

  return { tokens, keys, inspect, sealed: { credentials, key: keys } };
}
