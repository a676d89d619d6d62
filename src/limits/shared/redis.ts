/**
 * Token buckets in Redis, for any number of servers. They use the Redis clock.
 *
 * @module
 */
import { createRedisLink, KEY_PREFIX } from "../../storage/redis.ts";
import { type Rate, refill } from "../bucket.ts";
import type { Buckets, SharedBuckets } from "./shared.ts";

/** Settings of {@linkcode createRedisBuckets}. */
export interface RedisBucketsOptions {
  /** The address of Redis, as for the token store. */
  readonly url: string;
  /**
   * The key prefix of the token store. The keys of buckets start with `limit:`
   * followed by this prefix.
   *
   * @default {"qontak:tokens:"}
   */
  readonly keyPrefix?: string;
}

/** The name for all tenants together; no tenant can have it. */
const ALL = "*";

/**
 * Takes a token from both buckets, or from neither. A bucket is stored as the
 * time at which it is full again, in microseconds; a full bucket needs no key.
 * If the clock was set back, a bucket counts as empty at most.
 */
const TAKE = `
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local full, waits, isFree = {}, {}, true
for i = 1, 2 do
  local refill, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local at = tonumber(redis.call("GET", KEYS[i]) or now)
  at = math.max(now, math.min(at, now + refill * burst))
  full[i] = math.ceil(at + refill)
  waits[i] = math.max(0, math.ceil((at + refill - refill * burst - now) / 1000))
  isFree = isFree and waits[i] == 0
end
if isFree then
  for i = 1, 2 do
    local ttl = math.max(1, math.ceil((full[i] - now) / 1000))
    redis.call("SET", KEYS[i], string.format("%.0f", full[i]), "PX", ttl)
  end
end
return waits`;

/**
 * Makes buckets in Redis. It connects on first use.
 *
 * @example Limits that hold for several servers together
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createLimits, createRedisBuckets } from "@qontak/mcp/limits";
 *
 * const server = createServer({
 *   refreshToken: "a-refresh-token",
 *   limits: createLimits({
 *     shared: createRedisBuckets({ url: "redis://127.0.0.1:6379" }),
 *   }),
 * });
 * await server.close();
 * ```
 *
 * @param options The address of Redis.
 * @returns The buckets.
 * @throws {TypeError} When the address is invalid.
 */
export function createRedisBuckets(
  options: RedisBucketsOptions,
): SharedBuckets {
  return openRedisBuckets(options);
}

/** Makes the same buckets, with the interface that limits use. */
export function openRedisBuckets(
  { url, keyPrefix = KEY_PREFIX }: RedisBucketsOptions,
): Buckets {
  const { ask, close } = createRedisLink({
    url,
    role: "store of limits",
  });
  const keyOf = (name: string) => `limit:${keyPrefix}${name}`;
  const argsOf = (rate: Rate) => [1_000 * refill(rate), rate.burst];
  return {
    name: "redis",
    async take(name, { tenant, all }) {
      const waits = await ask((redis) =>
        redis.eval(
          TAKE,
          2,
          keyOf(name),
          keyOf(ALL),
          ...argsOf(tenant),
          ...argsOf(all),
        )
      ) as [number, number];
      return { tenant: waits[0], all: waits[1] };
    },
    close,
  };
}
