/**
 * Compares memory: when nothing has been asked, after many calls, and with ten
 * thousand companies.
 *
 * @module
 */
import { ERAS, prepare, type Requests, requestsOf } from "./cases.ts";
import { type Effort, listOf, startTarget, type Target } from "./loads.ts";
import { compare, inMb, type Ratio } from "./ratio.ts";
import { start, type Upstream, usageOf } from "./shared.ts";

/** How many companies have called before those that are measured. */
const FEW = 100;

/** How many requests are under way at the same time. */
const CLIENTS = 16;

/** In how many turns the two servers answer the calls. */
const TURNS = 10;

const WITH_GC = ["--v8-flags=--expose-gc"];

const LONG = 10 * 60 * 1_000;

/** Lets each client send all its requests some times. */
async function send(
  { load }: Target,
  requests: Requests,
  times = 1,
): Promise<void> {
  await load(requests, { atOnce: CLIENTS, ms: LONG, times });
}

/** What each of many companies asks for. */
const ASKED = {
  "a list": () => ({ name: "list_products", arguments: {} }),
  // Needs the company's template, of which a limited number is kept.
  "a deal": (deal: number) => ({
    name: "get_deal",
    arguments: { deal_id: deal },
  }),
} as const;

/** One call for each company, shared out among the clients. */
function callsOfCompanies(
  { name, arguments: args }: ReturnType<typeof ASKED[keyof typeof ASKED]>,
  from: number,
  to: number,
): Requests {
  return (client) =>
    Array.from(
      { length: Math.ceil((to - from - client) / CLIENTS) },
      (_, i) => {
        const user_id = `company-${from + client + i * CLIENTS}`;
        const params = { name, arguments: { ...args, user_id } };
        return prepare(ERAS[1], { method: "tools/call", params });
      },
    );
}

/** The memory after calls, beside that of the SDK's handler. */
async function afterCalls(said: Upstream, calls: number): Promise<Ratio[]> {
  await using ours = await startTarget(
    "qontak",
    { ...said, tools: [] },
    WITH_GC,
  );
  const idleOurs = await usageOf(ours.url);
  const tools = await listOf(ours.url);
  await using sdk = await startTarget("sdk", { ...said, tools }, WITH_GC);
  const idle = await usageOf(sdk.url);
  const requests = requestsOf("read", ERAS[1], said.deals);
  /** Resident memory right after a server's turn: idle ones give it back. */
  const loaded = new Map<Target, number>();
  const turn = async () => {
    for (const target of [sdk, ours]) {
      await send(target, requests, Math.ceil(calls / TURNS / CLIENTS));
      loaded.set(target, (await usageOf(target.url)).rss);
    }
  };
  for (let i = 0; i < TURNS / 2; i++) await turn();
  const half = await usageOf(ours.url, true);
  for (let i = 0; i < TURNS / 2; i++) await turn();
  const collected = await usageOf(ours.url, true);
  return [
    compare("memory: idle", [idle.rss, idleOurs.rss], inMb, {
      isChecked: true,
    }),
    compare(
      "memory: after the calls",
      [loaded.get(sdk)!, loaded.get(ours)!],
      inMb,
      {
        isChecked: true,
      },
    ),
    compare(
      "memory: live objects after half of the calls, and after all",
      [half.heap, collected.heap],
      inMb,
      { isChecked: true },
    ),
  ];
}

/** The memory with many companies, beside that with few. */
async function withCompanies(
  said: Upstream,
  what: keyof typeof ASKED,
  companies: number,
): Promise<Ratio> {
  await using ours = await startTarget(
    "qontak",
    { ...said, tools: [], isForMany: true },
    WITH_GC,
  );
  const asked = ASKED[what](said.deals[0]!);
  // What is made once counts for none of them.
  await send(ours, callsOfCompanies(asked, 0, FEW));
  const before = await usageOf(ours.url, true);
  await send(ours, callsOfCompanies(asked, FEW, FEW + companies));
  const after = await usageOf(ours.url, true);
  const each = (after.heap - before.heap) / companies;
  const found = compare(
    `memory: live objects after ${what} for ${FEW} companies, for ${companies} more`,
    [before.heap, after.heap],
    inMb,
  );
  return { ...found, ours: `${found.ours}, ${each.toFixed(0)} B each` };
}

/** Measures. */
export async function measureMemory(
  { calls, companies }: Effort,
): Promise<readonly Ratio[]> {
  await using upstream = await start("scripts/bench/upstream.ts");
  return [
    ...await afterCalls(upstream.said, calls),
    await withCompanies(upstream.said, "a list", companies),
    await withCompanies(upstream.said, "a deal", companies),
  ];
}
