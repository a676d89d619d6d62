/**
 * The stores that several servers of one company share.
 *
 * @module
 */
import { WITH_KV } from "./process.ts";
import { noRedis, startRedis } from "./redis.ts";

/** What a server needs to use a store. */
export interface SharedStore extends AsyncDisposable {
  readonly env: Record<string, string>;
  readonly args: readonly string[];
}

const key = btoa("12345678901234567890123456789012");

/** The stores, and why one is missing here; empty if it is not. */
export const sharedStores: Readonly<
  Record<string, { missing: string; start(): Promise<SharedStore> }>
> = {
  kv: {
    missing: "",
    async start() {
      const dir = await Deno.makeTempDir();
      return {
        env: {
          QONTAK_AUDIT: "kv",
          TOKEN_ENCRYPTION_KEY: key,
          DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3`,
        },
        args: [WITH_KV],
        [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
      };
    },
  },
  redis: {
    missing: noRedis,
    async start() {
      const redis = await startRedis();
      return {
        env: {
          QONTAK_AUDIT: "redis",
          TOKEN_ENCRYPTION_KEY: key,
          REDIS_URL: redis.url,
          REDIS_KEY_PREFIX: `${redis.prefix}${crypto.randomUUID()}:`,
        },
        args: [],
        [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
      };
    },
  },
};
