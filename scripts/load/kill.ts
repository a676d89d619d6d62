/**
 * Killing processes under load, and how long it takes until calls work again.
 *
 * @module
 */
import { callTool } from "../../tests/support/call.ts";
import { keyOf } from "./tenants.ts";
import { sleep, type World } from "./world.ts";

/** Whether every company could be called. */
export interface Recovered {
  /** How long it took until then, in ms. */
  readonly ms: number;
  /** What those were told last that could not be called in time. */
  readonly lockedOut: readonly string[];
}

/** A death, and what came after it. */
export interface Recovery extends Recovered {
  readonly what: string;
}

/** How long a process is away, in ms. */
const DARK = 2_000;

/** How long after its return calls are waited for, in ms. */
const PATIENCE = 30_000;

/** Calls every company until that works. */
export async function recover({ tenants, urls }: World): Promise<Recovered> {
  const start = performance.now();
  const lockedOut: string[] = [];
  await Promise.all(tenants.map(async (tenant) => {
    const headers = { authorization: `Bearer ${keyOf(tenant)}` };
    for (;;) {
      const { isError, text } = await callTool(
        urls[0]!,
        "list_products",
        { per_page: 1 },
        headers,
      ).catch((error) => ({ isError: true, text: String(error) }));
      if (!isError) return;
      if (performance.now() - start > PATIENCE) {
        lockedOut.push(`${tenant}: ${text}`);
        return;
      }
      await sleep(200);
    }
  }));
  return { ms: performance.now() - start, lockedOut };
}

/**
 * Kills the server, Redis and what stands in front of Qontak, one after the
 * other.
 *
 * @param world Where.
 * @param ms How long all of it may take, in ms.
 */
export async function killAll(world: World, ms: number): Promise<Recovery[]> {
  const { redis } = world;
  const deaths: readonly (readonly [string, () => Promise<void>])[] = [
    ["the server", () => world.restartServer(DARK)],
    ["Redis, while all access tokens end", async () => {
      const { grants } = await world.seen();
      await world.expire();
      while ((await world.seen()).grants === grants) await sleep(10);
      // It dies over tokens that are just being kept, and whoever calls
      // afterwards needs what is not there.
      await redis.send("CLIENT", "PAUSE", "60000", "WRITE");
      await sleep(300);
      await redis.kill();
      await sleep(DARK);
      await redis.restart();
    }],
    ["what stands in front of Qontak", () => world.restartFront(DARK)],
  ];
  const start = performance.now();
  const recoveries: Recovery[] = [];
  for (const [i, [what, die]] of deaths.entries()) {
    const due = start + ms * (i + 1) / (deaths.length + 1);
    await sleep(Math.max(0, due - performance.now()));
    await die();
    recoveries.push({ what, ...await recover(world) });
  }
  return recoveries;
}
