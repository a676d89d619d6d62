/**
 * Kills processes under load, and measures how long it takes until calls work
 * again.
 *
 * @module
 */
import { callTool } from "../../tests/support/call.ts";
import { keyOf } from "./tenants.ts";
import { sleep } from "../../tests/support/time.ts";
import type { World } from "./world.ts";

/** The result of waiting until calls for every company work. */
export interface Recovered {
  /** How long it took, in ms. */
  readonly ms: number;
  /** The last error of each company whose calls did not work in time. */
  readonly lockedOut: readonly string[];
}

/** A kill, and the recovery from it. */
export interface Recovery extends Recovered {
  readonly what: string;
}

/** How long a process stays down, in ms. */
const AWAY = 2_000;

/** How long calls may fail after its restart, in ms. */
const TIMEOUT = 30_000;

/** Calls for every company until all calls work. */
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
      if (performance.now() - start > TIMEOUT) {
        lockedOut.push(`${tenant}: ${text}`);
        return;
      }
      await sleep(200);
    }
  }));
  return { ms: performance.now() - start, lockedOut };
}

/**
 * Kills the server, Redis and the proxy in front of Qontak, one after the
 * other.
 *
 * @param world The processes.
 * @param ms The total time, in ms.
 */
export async function killAll(world: World, ms: number): Promise<Recovery[]> {
  const { redis } = world;
  const kills: readonly (readonly [string, () => Promise<void>])[] = [
    ["the server", () => world.restartServer(AWAY)],
    ["Redis, while all access tokens end", async () => {
      const { grants } = await world.seen();
      await world.expire();
      while ((await world.seen()).grants === grants) await sleep(10);
      // Kills Redis while tokens are being saved; every later call needs a
      // token that was not saved.
      await redis.send("CLIENT", "PAUSE", "60000", "WRITE");
      await sleep(300);
      await redis.kill();
      await sleep(AWAY);
      await redis.restart();
    }],
    ["the proxy in front of Qontak", () => world.restartFront(AWAY)],
  ];
  const start = performance.now();
  const recoveries: Recovery[] = [];
  for (const [i, [what, kill]] of kills.entries()) {
    const due = start + ms * (i + 1) / (kills.length + 1);
    await sleep(Math.max(0, due - performance.now()));
    await kill();
    recoveries.push({ what, ...await recover(world) });
  }
  return recoveries;
}
