/**
 * Many companies, many callers and a Qontak that fails now and then: what is
 * promised must hold, and figures are printed. Everything is on loopback.
 *
 * @module
 */
import { ConfigError } from "../../src/errors.ts";
import { toStderr } from "../../src/logging/log.ts";
import { noRedis } from "../../tests/support/redis.ts";
import { createLedger, startCaller } from "./calls.ts";
import { killAll, recover, type Recovery } from "./kill.ts";
import { HELP, type Plan, readPlan } from "./plan.ts";
import { type Findings, report } from "./report.ts";
import { look, watch } from "./watch.ts";
import { createWorld } from "./world.ts";
import { compare } from "./writes.ts";

/**
 * How much longer than its limit a call may take until it is answered, in ms:
 * what became of a write may have to be found out.
 */
const GRACE = 10_000;

async function run(plan: Plan): Promise<Findings> {
  await using world = await createWorld(plan);
  const { tenants, urls, servers } = world;
  // Every company has its first tokens before anything is counted.
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
  const deaths: Promise<Recovery[]> = plan.kill
    ? killAll(world, plan.seconds * 1000)
    : Promise.resolve([]);
  const [recoveries] = await Promise.all([deaths, ...callers]);
  const seconds = (performance.now() - start) / 1000;
  for (const one of watches) one.stop();
  await world.quiet();
  const seen = await world.seen();
  // Nobody is locked out: every refresh token that is kept is the newest.
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

async function main(args: readonly string[]): Promise<number> {
  let plan: Plan | undefined;
  try {
    plan = readPlan(args);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) toStderr(`load: ${problem}`);
    toStderr(HELP);
    return 2;
  }
  const { lines, failed } = !plan
    ? { lines: [HELP], failed: 0 }
    : noRedis
    ? { lines: [`skipped: ${noRedis}`], failed: 0 }
    : report(await run(plan));
  // deno-lint-ignore no-console -- what the command is for
  console.log(lines.join("\n"));
  return failed === 0 ? 0 : 1;
}

Deno.exit(await main(Deno.args));
