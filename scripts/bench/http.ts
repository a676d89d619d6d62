/**
 * Compares this server over HTTP with a bare Deno.serve and with the SDK's
 * low-level handler. All take turns in one run.
 *
 * @module
 */
import { median } from "../figures.ts";
import { denoRun } from "../program.ts";
import {
  type SubjectOptions,
  type Upstream,
  type Usage,
  USAGE_PATH,
} from "./shared.ts";
import { type Load, load } from "./wire.ts";

/** The servers that are compared. */
export const SUBJECTS = ["bare", "sdk", "qontak"] as const;

/** One of them. */
export type Subject = typeof SUBJECTS[number];

/** Starts a process that prints one line of JSON, and serves. */
async function start(file: string, ...args: string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: await denoRun(file, ...args),
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`${file} ${args[0] ?? ""} did not start`);
    said += value;
  }
  return {
    said: JSON.parse(said),
    async [Symbol.asyncDispose]() {
      child.kill();
      await reader.cancel();
      await child.status;
    },
  };
}

/** One request of MCP. */
const rpc = (method: string, params: unknown = {}) => ({
  jsonrpc: "2.0",
  id: 1,
  method,
  params,
});

/** The bodies of each case. */
function casesFor(deal: number) {
  const call = (name: string, args: unknown) =>
    rpc("tools/call", { name, arguments: args });
  return {
    read: [call("get_deal", { deal_id: deal })],
    list: [rpc("tools/list")],
    // Each changes something, so that nothing is left out.
    write: ["Kopi", "Teh"].map((name) =>
      call("update_deal", { deal_id: deal, name })
    ),
  };
}

type Case = keyof ReturnType<typeof casesFor>;

/** What is measured of each case. */
const MEASURED: readonly {
  readonly of: Case;
  readonly connections: number;
  readonly subjects: readonly Subject[];
}[] = [
  { of: "read", connections: 1, subjects: SUBJECTS },
  { of: "read", connections: 16, subjects: SUBJECTS },
  { of: "list", connections: 1, subjects: ["sdk", "qontak"] },
  { of: "list", connections: 16, subjects: ["sdk", "qontak"] },
  { of: "write", connections: 1, subjects: ["sdk", "qontak"] },
];

/** What one load of one server found. */
export interface Figures extends Load {
  /** How long the server computed for one answer, in ms. */
  readonly cpu: number;
}

/** Medians by case and server, such as `read 16` and `qontak`. */
export interface HttpFigures {
  readonly loads: Readonly<Record<string, Partial<Record<Subject, Figures>>>>;
  /** Resident memory before and after the loads, in bytes. */
  readonly memory: Readonly<
    Record<Subject, { readonly idle: number; readonly loaded: number }>
  >;
}

/** How much is measured. */
export interface Effort {
  /** How often each case is loaded; the median counts. */
  readonly rounds: number;
  /** How long each load takes, in ms. */
  readonly ms: number;
}

const usageOf = async (url: string): Promise<Usage> =>
  await (await fetch(new URL(USAGE_PATH, url))).json();

/** Loads a server, and says what it computed. */
async function measure(
  url: string,
  bodies: readonly unknown[],
  how: { readonly connections: number; readonly ms: number },
): Promise<Figures> {
  const before = await usageOf(url);
  const found = await load(url, bodies, how);
  const { cpu } = await usageOf(url);
  return { ...found, cpu: (cpu - before.cpu) / found.count };
}

/** The tools as this server lists them. */
async function listOf(url: string): Promise<unknown[]> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json",
    },
    body: JSON.stringify(rpc("tools/list")),
  });
  return (await response.json()).result.tools;
}

/** Measures. */
export async function measureHttp(
  { rounds, ms }: Effort,
): Promise<HttpFigures> {
  await using upstream = await start("scripts/bench/upstream.ts");
  const { deal }: Upstream = upstream.said;
  const options: SubjectOptions = { ...upstream.said, tools: [] };
  const subject = (name: Subject, tools: readonly unknown[]) =>
    start(
      "scripts/bench/subject.ts",
      name,
      JSON.stringify({ ...options, tools }),
    );
  await using qontak = await subject("qontak", []);
  const urls = { qontak: qontak.said.url } as Record<Subject, string>;
  await using bare = await subject("bare", []);
  await using sdk = await subject("sdk", await listOf(urls.qontak));
  urls.bare = bare.said.url;
  urls.sdk = sdk.said.url;
  const cases = casesFor(deal);
  const idle: Partial<Record<Subject, number>> = {};
  for (const name of SUBJECTS) {
    idle[name] = (await usageOf(urls[name])).rss;
  }
  const found: Record<string, Partial<Record<Subject, Figures[]>>> = {};
  // The first round warms everything up, and does not count.
  for (let round = -1; round < rounds; round++) {
    for (const { of, connections, subjects } of MEASURED) {
      for (const name of subjects) {
        const one = await measure(urls[name], cases[of], { connections, ms });
        if (round < 0) continue;
        ((found[`${of} ${connections}`] ??= {})[name] ??= []).push(one);
      }
    }
  }
  const memory = {} as Record<Subject, { idle: number; loaded: number }>;
  for (const name of SUBJECTS) {
    memory[name] = {
      idle: idle[name]!,
      loaded: (await usageOf(urls[name])).rss,
    };
  }
  return {
    loads: Object.fromEntries(
      Object.entries(found).map(([name, of]) => [
        name,
        Object.fromEntries(
          Object.entries(of).map((
            [subject, loads],
          ) => [subject, medians(loads)]),
        ),
      ]),
    ),
    memory,
  };
}

function medians(loads: readonly Figures[]): Figures {
  const of = (key: keyof Figures) => median(loads.map((one) => one[key]));
  return {
    count: of("count"),
    rate: of("rate"),
    p50: of("p50"),
    p99: of("p99"),
    cpu: of("cpu"),
  };
}
