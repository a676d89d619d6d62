/**
 * Compares cold starts, from the start of a process to its answers: on stdio
 * and over HTTP with a bare server of the SDK that has as many tools, and the
 * deploy entry with a bare Deno.serve. Each pair takes turns in one run.
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
import { type HttpProcess, startServing } from "../../tests/support/process.ts";
import { post, toolCall, toStdin } from "../../tests/support/rpc.ts";
import { median } from "../figures.ts";
import { denoRun, root } from "../program.ts";
import { ERAS, HANDSHAKE, messageOf } from "./cases.ts";
import type { Effort } from "./loads.ts";
import { compare, inMs, type Ratio } from "./ratio.ts";

const KEY = "of-the-benchmark";

/** What is sent on stdio for each answer. */
const OPENING: Readonly<Record<string, readonly object[]>> = {
  "first answer": [HANDSHAKE[0]],
  "tools/list": [
    HANDSHAKE[1],
    messageOf(ERAS[0], { method: "tools/list" }, 2),
  ],
  "first call": [toolCall(3, "list_pipelines")],
};

/** The answers whose time counts, in ms since the start of the process. */
type Times = Readonly<Record<string, number>>;

/** The times of the answers on stdio. */
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
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const times: Record<string, number> = {};
  for (const [name, messages] of Object.entries(OPENING)) {
    await writer.write(new TextEncoder().encode(toStdin(...messages)));
    for (let line = ""; !line.endsWith("\n");) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`No answer on stdio: ${name}`);
      line += value;
    }
    times[name] = performance.now() - start;
  }
  await reader.cancel();
  await writer.close();
  await child.status;
  return times;
}

/** How a process that serves HTTP is started. */
type Open = (env: Readonly<Record<string, string>>) => Promise<HttpProcess>;

/** What is asked first over HTTP. A baseline that is not MCP answers anything. */
const QUESTIONS: Readonly<Record<string, (url: string) => Promise<void>>> = {
  "first answer": async (url) => {
    const response = await fetch(new URL("/health", url));
    await response.body?.cancel();
  },
  "tools/list": async (url) => {
    const response = await fetch(
      url,
      post(messageOf(ERAS[0], { method: "tools/list" }), bearer(KEY)),
    );
    const text = await response.text();
    if (!response.ok) throw new Error(`It answered: ${text}`);
  },
  // The call needs an access token from the CRM.
  "first call": async (url) => {
    const { status, isError, text } = await callTool(
      url,
      "list_pipelines",
      {},
      bearer(KEY),
    );
    // The bare server answers, but does not speak MCP.
    const isFine = text === "" || !isError;
    if (status !== 200 || !isFine) throw new Error(`It answered: ${text}`);
  },
};

/** The time from the start of a process to its answer, for each question. */
async function startHttp(open: Open): Promise<Times> {
  const times: Record<string, number> = {};
  for (const [name, ask] of Object.entries(QUESTIONS)) {
    // A refresh token works only once.
    await using sandbox = serveSandbox();
    const env = {
      QONTAK_BASE_URL: sandbox.url,
      QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
      MCP_API_KEYS: await keyEntry(KEY),
    };
    const start = performance.now();
    await using server = await open(env);
    await ask(server.url);
    times[name] = performance.now() - start;
  }
  return times;
}

/**
 * Measures the starts.
 *
 * @param effort How often each starts; the median counts.
 */
export async function measureStarts(
  { rounds }: Effort,
): Promise<readonly Ratio[]> {
  const stdio = async (file: string, ...args: string[]) => {
    const all = await denoRun(file, ...args);
    return () => startStdio(all);
  };
  const serving = async (file: string, ...args: string[]) => {
    const all = await denoRun(file, ...args);
    return () => startHttp((env) => startServing(Deno.execPath(), all, env));
  };
  const deployed = (entry: string) => () =>
    startHttp((env) => startDeployed(env, { entry }));
  const bare = ["scripts/bench/bare.ts", `${catalog.length}`] as const;
  const pairs: Readonly<
    Record<
      string,
      readonly [baseline: () => Promise<Times>, ours: () => Promise<Times>]
    >
  > = {
    stdio: [await stdio(...bare), await stdio("mod.ts", "--sandbox")],
    http: [
      await serving(...bare, "http"),
      await serving("mod.ts", "--http", "--port", "0"),
    ],
    deploy: [
      deployed("scripts/bench/bare_http.ts"),
      deployed("src/deploy.ts"),
    ],
  };
  const found: Record<string, [baseline: number[], ours: number[]]> = {};
  // The first run warms the disk caches, and does not count.
  for (let run = -1; run < rounds; run++) {
    for (const [pair, starts] of Object.entries(pairs)) {
      for (const [side, begin] of starts.entries()) {
        for (const [what, ms] of Object.entries(await begin())) {
          if (run < 0) continue;
          const times = found[`cold ${pair}: ${what}`] ??= [[], []];
          times[side]!.push(ms);
        }
      }
    }
  }
  return Object.entries(found).map(([name, [baseline, ours]]) =>
    compare(name, [median(baseline), median(ours)], inMs, {
      // A bare Deno.serve starts so fast that other work on the machine decides
      // its ratio.
      isChecked: !name.startsWith("cold deploy"),
    })
  );
}
