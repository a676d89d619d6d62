/**
 * Loads this server, the SDK's low-level handler and a bare Deno.serve, over
 * HTTP and on stdio, in both eras of MCP. All take turns in one run.
 *
 * @module
 */
import { median } from "../figures.ts";
import {
  AT_ONCE,
  type Case,
  CASES,
  type Era,
  ERAS,
  messageOf,
  nameOf,
  type Requests,
  requestsOf,
  type Wire,
} from "./cases.ts";
import { openLines } from "./lines.ts";
import { compare, inMs, perSecond, type Ratio } from "./ratio.ts";
import {
  start,
  type SubjectOptions,
  type Upstream,
  usageOf,
} from "./shared.ts";
import { type Load, load, type LoadOptions } from "./wire.ts";

/** How much is measured. */
export interface Effort {
  /** How often each case is measured; the median counts. */
  readonly rounds: number;
  /** How long each load takes, in ms. */
  readonly ms: number;
  /** How many calls the memory is measured after. */
  readonly calls: number;
  /** How many companies the memory is measured with. */
  readonly companies: number;
}

/** What one load of one server found. */
interface Figures extends Load {
  /** How long the server computed for one answer, in ms. */
  readonly cpu: number;
}

/** A server that can be loaded. */
export interface Target {
  /** Where it says what it has used. */
  readonly url: string;
  load(requests: Requests, options: LoadOptions): Promise<Load>;
}

/** Starts a server that answers over HTTP. */
export async function startTarget(
  name: string,
  options: Omit<SubjectOptions, "wire">,
  flags: readonly string[] = [],
): Promise<Target & AsyncDisposable> {
  const given: SubjectOptions = { ...options, wire: "http" };
  const server = await start(
    "scripts/bench/subject.ts",
    [name, JSON.stringify(given)],
    flags,
  );
  const { url } = server.said;
  return {
    url,
    load: (requests, how) => load(url, requests, how),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The tools as this server lists them. */
export async function listOf(url: string): Promise<unknown[]> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json",
    },
    body: JSON.stringify(messageOf(ERAS[0], { method: "tools/list" })),
  });
  return (await response.json()).result.tools;
}

/** One measured case, and what was found by server. */
interface Line {
  readonly name: string;
  readonly requests: Requests;
  readonly atOnce: number;
  readonly baseline: Target;
  readonly ours: Target;
  /** A second baseline. */
  readonly bare?: Target;
  readonly found: Map<Target, Figures[]>;
}

/** Loads a server, and says what it computed. */
async function measure(
  { url, load }: Target,
  requests: Requests,
  options: LoadOptions,
): Promise<Figures> {
  const before = await usageOf(url);
  const found = await load(requests, options);
  const { cpu } = await usageOf(url);
  return { ...found, cpu: (cpu - before.cpu) / found.count };
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

/** The comparisons of one case. */
function ratiosOf(
  { name, atOnce }: Line,
  baseline: Figures,
  ours: Figures,
): Ratio[] {
  // Of one request at a time there are too few for a steady figure.
  const isChecked = atOnce > 1;
  const pair = (key: keyof Figures) => [baseline[key], ours[key]] as const;
  return [
    compare(`${name}: per second`, pair("rate"), perSecond, {
      isMoreBetter: true,
    }),
    compare(`${name}: p50`, pair("p50"), inMs),
    compare(`${name}: p99`, pair("p99"), inMs),
    compare(`${name}: computing`, pair("cpu"), inMs, { isChecked }),
  ];
}

/** Measures. */
export async function measureLoads(
  { rounds, ms }: Effort,
): Promise<readonly Ratio[]> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await start("scripts/bench/upstream.ts"));
  const said: Upstream = upstream.said;
  const { deals } = said;
  const qontak = stack.use(
    await startTarget("qontak", { ...said, tools: [] }),
  );
  const options = { ...said, tools: await listOf(qontak.url) };
  const bare = stack.use(await startTarget("bare", options));
  const sdk = stack.use(await startTarget("sdk", options));
  const wires: [Wire, Era, Target, Target][] = [];
  for (const era of ERAS) wires.push(["http", era, sdk, qontak]);
  for (const era of ERAS) {
    const open = async (name: string) =>
      stack.use(await openLines(name, options, era));
    wires.push(["stdio", era, await open("sdk"), await open("qontak")]);
  }
  const lines: Line[] = wires.flatMap(([wire, era, baseline, ours]) =>
    (Object.keys(CASES) as Case[]).flatMap((of) =>
      AT_ONCE.map((atOnce) => ({
        name: nameOf(wire, era, of, atOnce),
        requests: requestsOf(of, era, deals),
        atOnce,
        baseline,
        ours,
        // A bare server knows one request and no eras.
        ...(wire === "http" && era === ERAS[0] && of === "read"
          ? { bare }
          : {}),
        found: new Map(),
      }))
    )
  );
  // The first round warms everything up, and does not count.
  for (let round = -1; round < rounds; round++) {
    for (const { requests, atOnce, baseline, ours, bare, found } of lines) {
      for (const target of [baseline, ours, ...bare ? [bare] : []]) {
        const one = await measure(target, requests, { atOnce, ms });
        if (round < 0) continue;
        found.set(target, [...found.get(target) ?? [], one]);
      }
    }
  }
  return lines.flatMap((line) => {
    const { name, baseline, ours, bare, found } = line;
    const of = (target: Target) => medians(found.get(target)!);
    return [
      ...ratiosOf(line, of(baseline), of(ours)),
      ...(bare
        ? [compare(
          `${name}, to bare Deno.serve: per second`,
          [of(bare).rate, of(ours).rate],
          perSecond,
          { isMoreBetter: true },
        )]
        : []),
    ];
  });
}
