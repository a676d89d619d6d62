/**
 * Several servers' limits in one process, on one place that they share.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Rates } from "../../src/limits/bucket.ts";
import { createLimits, type Limits } from "../../src/limits/limits.ts";
import type { SharedBuckets } from "../../src/limits/shared/shared.ts";

/** How much sooner a wait may end by the clocks of several machines, in ms. */
const SLACK = 5;

/** The least that a number of requests may take, in ms. */
export function leastFor(
  count: number,
  { perSecond, burst }: { perSecond: number; burst: number },
): number {
  return (count - burst) / perSecond * 1_000 - SLACK;
}

/** Sends requests of tenants in turn, and measures how long that takes. */
async function flood(
  replicas: readonly Limits[],
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
 * Three replicas together keep the limit of a tenant, and that of all.
 *
 * @param open Opens the place as one more server does.
 */
export async function keepTogether(open: () => SharedBuckets): Promise<void> {
  const warnings: string[] = [];
  async function withReplicas(
    rates: Rates,
    run: (replicas: readonly Limits[]) => Promise<void>,
  ) {
    const replicas = Array.from({ length: 3 }, () =>
      createLimits({
        ...rates,
        shared: open(),
        log: (level, message) => {
          if (level === "warn") warnings.push(message);
        },
      }));
    await run(replicas);
    for (const limits of replicas) await limits.close();
  }
  const few = { perSecond: 40, burst: 10 };
  const many = { perSecond: 1_000, burst: 1_000 };
  await withReplicas({ tenant: few, all: many }, async (replicas) => {
    const ms = await flood(replicas, ["a"], 20);
    assert(ms >= leastFor(60, few), `60 requests of one took ${ms} ms`);
  });
  await withReplicas({ tenant: many, all: few }, async (replicas) => {
    const ms = await flood(replicas, ["b", "c", "d", "e"], 5);
    assert(ms >= leastFor(50, few), `60 requests of four took ${ms} ms`);
  });
  // Without a rate nobody waits.
  const free = { perSecond: Infinity, burst: 1 };
  await withReplicas({ tenant: free, all: free }, async (replicas) => {
    await flood(replicas, ["f"], 50);
  });
  assertEquals(warnings, []);
}
