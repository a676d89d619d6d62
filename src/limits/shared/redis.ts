/**
 * Buckets in Redis, for any number of servers. Redis' own clock counts.
 *
 * @module
 */
import { createRedisLink, KEY_PREFIX } from "../../storage/redis.ts";
import { type Rate, refill } from "../bucket.ts";
import type { Buckets, SharedBuckets } from "./shared.ts";

/** Settings of {@linkcode createRedisBuckets}. */
export interface RedisBucketsOptions {
  /** Where Redis is, as for the store of tokens. */
  readonly url: string;
  /**
   * What the keys of the store of tokens start with; those of buckets start
   * with `limit:` and the same.
   *
   * @default {"qontak:tokens:"}
   */
  readonly keyPrefix?: string;
}

/** Stands for all tenants; none can be called so. */
const ALL = "*";

/**
 * Takes a token from both buckets, or from none. A bucket is the moment at
 * which it is full again, in microseconds; a full one needs no key. Where the
 * clock was set back, a bucket is never emptier than empty.
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
 * Makes buckets in Redis. It connects when they are first used.
 *
 * @example Limits that hold for several servers together
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createLimits, createRedisBuckets } from "@qontak/mcp/limits";
 *
 * const server = createServer({
 *   refreshToken: "a refresh token",
 *   limits: createLimits({
 *     shared: createRedisBuckets({ url: "redis://127.0.0.1:6379" }),
 *   }),
 * });
 * await server.close();
 * ```
 *
 * @param options Where Redis is.
 * @returns The buckets.
 * @throws {TypeError} When the address is invalid.
 */
export function createRedisBuckets(
  options: RedisBucketsOptions,
): SharedBuckets {
  return openRedisBuckets(options);
}

/** Makes the same buckets, as limits use them. */
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
