/**
 * Limits on the requests to Qontak, for one server or several together.
 *
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createLimits, createRedisBuckets } from "@qontak/mcp/limits";
 *
 * const server = createServer({
 *   refreshToken: "a-refresh-token",
 *   limits: createLimits({
 *     tenant: { perSecond: 5, burst: 10 },
 *     shared: createRedisBuckets({ url: "redis://127.0.0.1:6379" }),
 *   }),
 * });
 * await server.close();
 * ```
 *
 * @module
 */
export { createLimits, type Limits, type LimitsOptions } from "./limits.ts";
export type { Rate } from "./bucket.ts";
export type { SharedBuckets } from "./shared/shared.ts";
export { createKvBuckets, type KvBucketsOptions } from "./shared/kv.ts";
export {
  createRedisBuckets,
  type RedisBucketsOptions,
} from "./shared/redis.ts";
export type { Kv } from "../storage/kv.ts";
export type { Log } from "../logging/log.ts";
