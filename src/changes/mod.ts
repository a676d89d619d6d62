/**
 * Where plans and changes are kept: in memory, in Redis, in Deno KV, or in your
 * own store.
 *
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createRedisChangeStore } from "@qontak/mcp/changes";
 *
 * const store = createRedisChangeStore({ url: "redis://127.0.0.1:6379" });
 * const server = createServer({
 *   refreshToken: "a-refresh-token",
 *   changes: { store },
 * });
 * await server.close();
 * ```
 *
 * @module
 */
export type {
  ChangeOptions,
  ChangeStore,
  ChangeStoreOptions,
  Kept,
  Place,
  Shelf,
} from "./store.ts";
export { createKvChangeStore, type KvChangeStoreOptions } from "./stores/kv.ts";
export {
  createMemoryChangeStore,
  type MemoryChangeStoreOptions,
} from "./stores/memory.ts";
export {
  createRedisChangeStore,
  type RedisChangeStoreOptions,
} from "./stores/redis.ts";
export type { Kv } from "../storage/kv.ts";
export type { Sealer } from "../storage/sealing.ts";
