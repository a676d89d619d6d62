/**
 * The limits of several servers in one process, with shared counters.
 *
 * @module
 */
import { assert } from "@std/assert";
import type { Rate, Rates } from "../../src/limits/bucket.ts";
import { createLimiter, type Limiter } from "../../src/limits/limiter.ts";
import type { Buckets } from "../../src/limits/shared/shared.ts";

/** How much earlier a wait may end because of different clocks, in ms. */
const SLACK = 5;

/** The shortest time that a number of requests may take, in ms. */
export function leastFor(
  count: number,
  { perSecond, burst }: Rate,
): number {
  return (count - burst) / perSecond * 1_000 - SLACK;
}

/** Sends requests of tenants in turn, and measures how long that takes. */
async function flood(
  replicas: readonly Limiter[],
  tenants: readonly string[],
  each: number,
): Promise<number> {
  const start = performance.now();
  await Promise.all(
    replicas.flatMap((limits) =>
      tenants.flatMap((tenant) =>
        Array.from({ length: each }, async () => {
          (await limits.enter(tenant, undefined, 60_000)).done("ok");
        })
      )
    ),
  );
  return performance.now() - start;
}

/**
 * Repeats a test until the shared counters always answered in time. On a busy
 * machine they may not, and then each server rightly uses its own limits.
 *
 * @param run The test; false if the shared counters did not answer in time.
 */
export async function undisturbed(run: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 10; tries++) if (await run()) return;
  throw new Error("The shared counters did not answer in time ten times");
}

/** The settings of three replicas, and the limit that must hold. */
interface Trial {
  readonly rates: Rates;
  readonly tenants: readonly string[];
  readonly each: number;
  readonly limit?: Rate;
}

const few = { perSecond: 40, burst: 10 };
const many = { perSecond: 1_000, burst: 1_000 };
const free = { perSecond: Infinity, burst: 1 };

const trials: readonly Trial[] = [
  { rates: { tenant: few, all: many }, tenants: ["a"], each: 20, limit: few },
  {
    rates: { tenant: many, all: few },
    tenants: ["b", "c", "d", "e"],
    each: 5,
    limit: few,
  },
  // Without a rate, no request waits.
  { rates: { tenant: free, all: free }, tenants: ["f"], each: 50 },
];

/**
 * Checks that three replicas together keep the limit of a tenant, and that of
 * all.
 *
 * @param open Opens the shared counters for one more server.
 */
export async function keepTogether(open: () => Buckets): Promise<void> {
  for (const { rates, tenants, each, limit } of trials) {
    await undisturbed(async () => {
      let isDisturbed = false;
      const replicas = Array.from({ length: 3 }, () =>
        createLimiter({
          ...rates,
          shared: open(),
          log: () => isDisturbed = true,
        }));
      const ms = await flood(replicas, tenants, each);
      for (const limits of replicas) await limits.close();
      const count = 3 * tenants.length * each;
      if (isDisturbed) return false;
      if (limit) {
        assert(ms >= leastFor(count, limit), `${count} took ${ms} ms`);
      }
      return true;
    });
  }
}
