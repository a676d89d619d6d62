/**
 * Compares tool calls per second without telemetry with those with the built-in
 * metrics, which are always on, and with OpenTelemetry, in processes that take
 * turns. Qontak answers at once, so only this side is measured; in a
 * real call, the share is far smaller.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import { createMemoryChangeStore } from "../../src/changes/stores/memory.ts";
import { createSnapshots } from "../../src/snapshots/snapshots.ts";
import { createZone, DEFAULT_ZONE } from "../../src/values/zone.ts";
import { adviseEmbedder } from "../../src/advice/advice.ts";
import { noLimits } from "../../src/limits/limits.ts";
import { noAudit } from "../../src/audit/audit.ts";
import { createAccess } from "../../src/qontak/connection.ts";
import { SCOPES } from "../../src/auth/principal.ts";
import { createCall } from "../../src/mcp/call.ts";
import {
  createTelemetry,
  type Telemetry,
} from "../../src/telemetry/telemetry.ts";
import { DEFAULT_TENANT } from "../../src/tokens/store.ts";
import { createEnvStore } from "../../src/tokens/stores/env.ts";
import { catalog } from "../../src/tools/catalog.ts";
import { callable } from "../../src/tools/tool.ts";
import { print } from "../command.ts";
import { median } from "../figures.ts";
import { denoRun } from "../program.ts";
import type { Effort } from "./loads.ts";
import { compare, inMicroseconds, perSecond, type Ratio } from "./ratio.ts";
import { startCollector } from "../../tests/support/collector.ts";

/** Calls per round. */
const CALLS = 1_000;

/** Rounds before the first that counts: the engine compiles for thousands of calls. */
const WARM_UP = 15;

/** How many of its short rounds make up one of the benchmark. */
const TURNS = 3;

/** Telemetry that records nothing. */
const nothing: Telemetry = {
  watch: (_activity, _labels, run) => run(),
  count() {},
  observe() {},
  gauge() {},
  text: () => "",
};

/** What one round found. */
interface Round {
  /** Calls per second. */
  readonly rate: number;
  /** Computing time of the process for one call, in ms. */
  readonly cpu: number;
}

/** Runs a process that does one round for each byte that it receives. */
async function serveRounds(telemetry: Telemetry): Promise<void> {
  const log = () => {};
  const access = createAccess({
    store: createEnvStore({
      credentials: {
        refresh_token: "refresh",
        access_token: "access",
        expires_at: Date.now() / 1000 + 21_600,
        expires_in: 21_600,
      },
      log,
    }),
    tokenCache: "memory",
    limits: noLimits,
    fetch: () =>
      Promise.resolve(
        Response.json({ meta: { status: 200, type: "OK" }, response: [] }),
      ),
    log,
    telemetry,
  });
  const call = createCall({
    access,
    kv: undefined,
    sealer: undefined,
    log,
    audit: noAudit,
    telemetry,
    content: "open",
    advise: adviseEmbedder,
    snapshots: createSnapshots(),
    changes: { store: createMemoryChangeStore(), undoDays: 0 },
    zone: createZone(DEFAULT_ZONE),
    hasTool: () => true,
  });
  const tool = callable(
    catalog.find(({ name }) => name === "list_pipelines")!,
  );
  const options = {
    caller: { name: "bench", tenants: [DEFAULT_TENANT], scopes: SCOPES },
    signal: new AbortController().signal,
    tell: undefined,
  };
  const byte = new Uint8Array(1);
  while (await Deno.stdin.read(byte) !== null) {
    const start = performance.now();
    const before = cpuUsage();
    for (let i = 0; i < CALLS; i++) await call(tool, {}, options);
    const { user, system } = cpuUsage(before);
    const seconds = (performance.now() - start) / 1000;
    const round: Round = {
      rate: CALLS / seconds,
      cpu: (user + system) / 1_000 / CALLS,
    };
    print(JSON.stringify(round));
  }
  await access.close();
}

async function startSubject(name: string, env: Record<string, string>) {
  const child = new Deno.Command(Deno.execPath(), {
    args: await denoRun("scripts/bench/telemetry.ts", name),
    env: { OTEL_DENO_CONSOLE: "ignore", ...env },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const round = async (): Promise<Round> => {
    await writer.write(new Uint8Array(1));
    return JSON.parse((await reader.read()).value ?? "");
  };
  for (let i = 0; i < WARM_UP; i++) await round();
  return {
    name,
    rounds: [] as Round[],
    round,
    async [Symbol.asyncDispose]() {
      await writer.close();
      await child.status;
    },
  };
}

/** Measures. */
export async function measureTelemetry(
  { rounds: count }: Effort,
): Promise<readonly Ratio[]> {
  await using collector = startCollector();
  await using none = await startSubject("none", {});
  await using counts = await startSubject("counts", {});
  await using otel = await startSubject("OpenTelemetry", collector.env);
  const subjects = [none, counts, otel];
  for (let i = 0; i < TURNS * count; i++) {
    for (const subject of subjects) subject.rounds.push(await subject.round());
  }
  const of = ({ rounds }: typeof none, key: keyof Round) =>
    median(rounds.map((round) => round[key]));
  return [counts, otel].flatMap((subject) => [
    compare(
      `telemetry, ${subject.name}: per second`,
      [of(none, "rate"), of(subject, "rate")],
      perSecond,
      { isMoreBetter: true },
    ),
    compare(
      `telemetry, ${subject.name}: computing`,
      [of(none, "cpu"), of(subject, "cpu")],
      inMicroseconds,
    ),
  ]);
}

if (import.meta.main) {
  const [subject] = Deno.args;
  await serveRounds(subject === "none" ? nothing : createTelemetry());
}
