/**
 * The limits that the settings choose.
 *
 * @module
 */
import { ConfigError, type LimitsName, type Settings } from "./config.ts";
import type { Kv } from "./kv.ts";
import { createLimits, type Limits } from "./limits/limits.ts";
import { createKvBuckets } from "./limits/shared/kv.ts";
import { createRedisBuckets } from "./limits/shared/redis.ts";
import type { SharedBuckets } from "./limits/shared/shared.ts";
import type { Log } from "./log.ts";
import { defined } from "./values.ts";

/** What limits need besides the settings. */
export interface LimitsParts {
  /** Deno KV, where the runtime has it. */
  readonly kv: Kv | undefined;
  /** Writes log lines. */
  readonly log: Log;
}

type Open = (
  settings: Settings,
  kv: Kv | undefined,
) => SharedBuckets | undefined;

const places: Readonly<Record<LimitsName, Open>> = {
  memory: () => undefined,
  redis: ({ REDIS_URL, REDIS_KEY_PREFIX }) =>
    createRedisBuckets({
      url: REDIS_URL!,
      ...defined({ keyPrefix: REDIS_KEY_PREFIX }),
    }),
  kv(_settings, kv) {
    if (kv) return createKvBuckets({ open: () => kv.open() });
    throw new ConfigError([
      "QONTAK_LIMITS=kv needs Deno KV: start with deno run --unstable-kv, or attach a database on Deno Deploy",
    ]);
  },
};

/**
 * Makes the limits of QONTAK_RATE_LIMIT, QONTAK_GLOBAL_RATE_LIMIT and
 * QONTAK_LIMITS. Nothing is connected before their first use.
 *
 * @param settings The settings.
 * @param parts What limits need besides.
 * @throws {ConfigError} When a setting that they need is missing.
 */
export function openLimits(
  settings: Settings,
  { kv, log }: LimitsParts,
): Limits {
  return createLimits({
    log,
    ...defined({
      tenant: settings.QONTAK_RATE_LIMIT,
      all: settings.QONTAK_GLOBAL_RATE_LIMIT,
      shared: places[settings.QONTAK_LIMITS ?? "memory"](settings, kv),
    }),
  });
}
