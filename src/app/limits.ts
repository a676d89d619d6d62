/**
 * Creates the limits that the settings configure.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import type { Settings } from "./settings.ts";
import type { LimitsName } from "./variables.ts";
import type { Kv } from "../storage/kv.ts";
import type { Rates } from "../limits/bucket.ts";
import { createLimits, type Limits } from "../limits/limits.ts";
import { openKvBuckets } from "../limits/shared/kv.ts";
import { openRedisBuckets } from "../limits/shared/redis.ts";
import type { Buckets } from "../limits/shared/shared.ts";
import type { Log } from "../logging/log.ts";
import { defined } from "../values/json.ts";

/** What limits need in addition to the settings. */
export interface LimitsParts {
  /** Deno KV, if the runtime has it. */
  readonly kv: Kv | undefined;
  /** Writes log lines. */
  readonly log: Log;
}

type Open = (
  settings: Settings,
  kv: Kv | undefined,
) => Buckets | undefined;

function ratesOf(settings: Settings): Rates {
  return {
    tenant: settings.QONTAK_RATE_LIMIT,
    all: settings.QONTAK_GLOBAL_RATE_LIMIT,
  };
}

const places: Readonly<Record<LimitsName, Open>> = {
  memory: () => undefined,
  redis: ({ REDIS_URL, REDIS_KEY_PREFIX }) =>
    openRedisBuckets({ url: REDIS_URL, keyPrefix: REDIS_KEY_PREFIX }),
  kv(_settings, kv) {
    if (kv) return openKvBuckets({ kv });
    throw new ConfigError([
      "QONTAK_LIMITS=kv needs Deno KV: start with deno run --unstable-kv, or attach a database on Deno Deploy",
    ]);
  },
};

/**
 * Creates the limits of QONTAK_RATE_LIMIT, QONTAK_GLOBAL_RATE_LIMIT and
 * QONTAK_LIMITS. It connects to nothing before their first use.
 *
 * @param settings The settings.
 * @param parts What limits need in addition to the settings.
 * @throws {ConfigError} When a setting that they need is missing.
 */
export function openLimits(
  settings: Settings,
  { kv, log }: LimitsParts,
): Limits {
  const shared = places[settings.QONTAK_LIMITS](settings, kv);
  return createLimits({ log, ...ratesOf(settings), ...defined({ shared }) });
}

/**
 * The tenant whose limit tests that the place can be written; never a real
 * name.
 */
const PROBE = "_doctor";

/**
 * Tests the place that QONTAK_LIMITS names.
 *
 * @param settings The settings.
 * @param kv Deno KV, if the runtime has it.
 * @returns The result.
 * @throws {Error} When the place does not work.
 */
export async function checkLimits(
  settings: Settings,
  kv: Kv | undefined,
): Promise<string> {
  const shared = places[settings.QONTAK_LIMITS](settings, kv);
  if (!shared) return "each server counts its requests for itself";
  try {
    await shared.take(PROBE, ratesOf(settings));
    return `${shared.name} counts the requests of all servers`;
  } finally {
    await shared.close();
  }
}
