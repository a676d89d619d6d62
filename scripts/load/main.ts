/**
 * Runs many companies and callers against a Qontak that sometimes fails, checks
 * the guarantees, and prints figures. Everything is on loopback.
 *
 * @module
 */
import { FAILED, OK } from "../../src/cli/exit.ts";
import { noRedis } from "../../tests/support/redis.ts";
import { createLedger, startCaller } from "./calls.ts";
import { killAll, recover, type Recovery } from "./kill.ts";
import { print, runCommand } from "../command.ts";
import { loadFlags, type Plan, planOf } from "./plan.ts";
import { type Findings, report } from "./report.ts";
import { look, watch } from "./watch.ts";
import { createWorld } from "./world.ts";
import { compare } from "./writes.ts";

/**
 * How much longer than its limit a call may take, in ms: the server may have to
 * find out whether a write happened.
 */
const GRACE = 10_000;

async function run(plan: Plan): Promise<Findings> {
  await using world = await createWorld(plan);
  const { tenants, urls, servers } = world;
  // Every company gets its first tokens before counting starts.
  await recover(world);
  const pids = servers.map(({ pid }) => pid);
  const idle = await Promise.all(pids.map(look));
  const watches = pids.map(watch);
  const ledger = createLedger();
  const start = performance.now();
  const isOver = () => performance.now() - start > plan.seconds * 1000;
  const callers = Array.from(
    { length: plan.connections },
    (_, index) =>
      startCaller({
        index,
        url: urls[index % urls.length]!,
        tenants,
        seed: plan.seed,
        limit: plan.timeout + GRACE,
        mayBreak: plan.kill,
        ledger,
      }, isOver),
  );
  const kills: Promise<Recovery[]> = plan.kill
    ? killAll(world, plan.seconds * 1000)
    : Promise.resolve([]);
  const [recoveries] = await Promise.all([kills, ...callers]);
  const seconds = (performance.now() - start) / 1000;
  for (const one of watches) one.stop();
  await world.quiet();
  const seen = await world.seen();
  // Checks that no company is locked out: each stored refresh token is the
  // newest.
  await world.expire();
  const end = { what: "the end of all access tokens", ...await recover(world) };
  const keptBy = new Map(
    await Promise.all(
      tenants.map(async (tenant) =>
        [tenant, await world.kept(tenant)] as const
      ),
    ),
  );
  const after = await world.seen();
  return {
    plan,
    seconds,
    ledger,
    seen,
    refused: after.grantAttempts - after.grants,
    recoveries: [...recoveries, end],
    compared: compare(ledger.made, keptBy),
    idle,
    samples: watches.map(({ samples }) => samples),
  };
}

await runCommand({
  task: "load",
  about:
    "Puts many companies, callers and faults on a server, and checks what holds",
  flags: loadFlags,
  async run(flags) {
    const plan = planOf(flags);
    if (noRedis) return print(`skipped: ${noRedis}`);
    const { lines, failed } = report(await run(plan));
    return print(lines.join("\n"), failed === 0 ? OK : FAILED);
  },
});
