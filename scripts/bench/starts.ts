/**
 * Compares cold starts, from the start of a process to its answers: over stdio
 * with a bare server of the SDK that has as many tools, and the deploy entry
 * with a bare Deno.serve. Each pair takes turns in one run.
 *
 * @module
 */
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { catalog } from "../../src/tools/catalog.ts";
import { callTool } from "../../tests/support/call.ts";
import {
  bearer,
  keyEntry,
  startDeployed,
} from "../../tests/support/deployed.ts";
import { median } from "../figures.ts";
import { denoRun, root } from "../program.ts";

const KEY = "of-the-benchmark";

const OPENING = [
  {
    id: 1,
    method: "initialize",
    params: {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "bench", version: "1.0.0" },
    },
  },
  { method: "notifications/initialized" },
  { id: 2, method: "tools/list" },
].map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

/** The answers whose time counts, in ms since the start of the process. */
type Times = Readonly<Record<string, number>>;

/** The answers to `initialize` and to `tools/list` over stdio. */
async function startStdio(args: string[]): Promise<Times> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  await writer.write(new TextEncoder().encode(OPENING[0]));
  const times: number[] = [];
  let text = "";
  for await (const chunk of lines) {
    text += chunk;
    const answers = text.split("\n").length - 1;
    while (times.length < answers) times.push(performance.now() - start);
    if (answers === 1 && times.length === 1) {
      await writer.write(new TextEncoder().encode(OPENING[1]! + OPENING[2]!));
    }
    if (answers >= 2) break;
  }
  await writer.close();
  await child.status;
  return { "first answer": times[0]!, "tools/list": times[1]! };
}

/** Asks a process that serves HTTP for the first time. */
async function ask(
  entry: string,
  question: (url: string) => Promise<void>,
): Promise<number> {
  // A refresh token works only once.
  await using sandbox = serveSandbox();
  const env = {
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    MCP_API_KEYS: await keyEntry(KEY),
  };
  const start = performance.now();
  await using server = await startDeployed(env, { entry });
  await question(server.url);
  return performance.now() - start;
}

/** The first answer, and the first call, of an entry for hosts. */
const startHttp = async (entry: string): Promise<Times> => ({
  "first answer": await ask(entry, async (url) => {
    const response = await fetch(new URL("/health", url));
    if (!response.ok) throw new Error(`/health answered ${response.status}`);
    await response.body?.cancel();
  }),
  // The call needs an access token from the CRM.
  "first call": await ask(entry, async (url) => {
    const { status, isError, text } = await callTool(
      url,
      "list_pipelines",
      {},
      bearer(KEY),
    );
    // The bare server answers, but does not speak MCP.
    const isFine = text === "" || !isError;
    if (status !== 200 || !isFine) throw new Error(`It answered: ${text}`);
  }),
});

/** The times of a baseline and of this server, as medians in ms. */
export interface Start {
  readonly baseline: number;
  readonly ours: number;
}

/**
 * Measures the starts.
 *
 * @param runs How often each starts; the median counts.
 * @returns The times by case, such as `stdio first answer`.
 */
export async function measureStarts(
  runs: number,
): Promise<Readonly<Record<string, Start>>> {
  const stdio = async (file: string, ...args: string[]) => {
    const all = await denoRun(file, ...args);
    return () => startStdio(all);
  };
  const pairs = {
    stdio: {
      baseline: await stdio("scripts/bench/bare.ts", `${catalog.length}`),
      ours: await stdio("mod.ts", "--sandbox"),
    },
    deploy: {
      baseline: () => startHttp("scripts/bench/bare_http.ts"),
      ours: () => startHttp("src/deploy.ts"),
    },
  };
  const found: Record<string, { baseline: number[]; ours: number[] }> = {};
  // The first run warms the disk caches, and does not count.
  for (let run = -1; run < runs; run++) {
    for (const [pair, starts] of Object.entries(pairs)) {
      for (const side of ["baseline", "ours"] as const) {
        for (const [what, ms] of Object.entries(await starts[side]())) {
          if (run < 0) continue;
          const times = found[`${pair} ${what}`] ??= { baseline: [], ours: [] };
          times[side].push(ms);
        }
      }
    }
  }
  return Object.fromEntries(
    Object.entries(found).map(([name, { baseline, ours }]) => [
      name,
      { baseline: median(baseline), ours: median(ours) },
    ]),
  );
}
