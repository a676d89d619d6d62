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

/** Loads what each place needs: a server needs one. */
const places: Readonly<Record<LimitsName, () => Promise<Open>>> = {
  memory: () => Promise.resolve(() => undefined),
  async redis() {
    const { openRedisBuckets } = await import("../limits/shared/redis.ts");
    return ({ REDIS_URL, REDIS_KEY_PREFIX }) =>
      openRedisBuckets({ url: REDIS_URL, keyPrefix: REDIS_KEY_PREFIX });
  },
  async kv() {
    const { openKvBuckets } = await import("../limits/shared/kv.ts");
    return (_settings, kv) => {
      if (kv) return openKvBuckets({ kv });
      throw new ConfigError([
        "QONTAK_LIMITS=kv needs Deno KV: start with deno run --unstable-kv, or attach a database on Deno Deploy",
      ]);
    };
  },
};

/**
 * Creates the limits of QONTAK_RATE_LIMIT, QONTAK_GLOBAL_RATE_LIMIT and
 * QONTAK_LIMITS. It connects to nothing before their first use.
 *
 * @param parts What limits need in addition to the settings.
 * @throws {ConfigError} When a setting that they need is missing.
 */
export type OpenLimits = (parts: LimitsParts) => Limits;

/**
 * Loads what creates the limits.
 *
 * @param settings The settings.
 */
export async function loadLimits(settings: Settings): Promise<OpenLimits> {
  const open = await places[settings.QONTAK_LIMITS]();
  return ({ kv, log }) =>
    createLimits({
      log,
      ...ratesOf(settings),
      ...defined({ shared: open(settings, kv) }),
    });
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
  const open = await places[settings.QONTAK_LIMITS]();
  const shared = open(settings, kv);
  if (!shared) return "each server counts its requests for itself";
  try {
    await shared.take(PROBE, ratesOf(settings));
    return `${shared.name} counts the requests of all servers`;
  } finally {
    await shared.close();
  }
}
