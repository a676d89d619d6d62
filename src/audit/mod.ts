/**
 * Where audit records are stored: in Redis, in Deno KV, or in your own store.
 *
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createRedisAuditStore } from "@qontak/mcp/audit";
 *
 * const store = createRedisAuditStore({
 *   url: "redis://127.0.0.1:6379",
 *   days: 90,
 * });
 * const server = createServer({
 *   refreshToken: "a-refresh-token",
 *   audit: { store },
 * });
 * await server.close();
 * ```
 *
 * @module
 */
export type { AuditRecord, Outcome } from "./record.ts";
export type { AuditStore, AuditStoreOptions } from "./store.ts";
export { createKvAuditStore, type KvAuditStoreOptions } from "./stores/kv.ts";
export {
  createRedisAuditStore,
  type RedisAuditStoreOptions,
} from "./stores/redis.ts";
export type { Kv } from "../storage/kv.ts";
export type { Sealer } from "../storage/sealing.ts";
