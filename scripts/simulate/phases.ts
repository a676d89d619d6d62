/**
 * Calls a real server on a real store, and counts what each call asks of the
 * store and of the processor.
 *
 * @module
 */
import { TENANTS_HELD } from "../../src/tokens/held.ts";
import { RECHECK } from "../../src/tokens/rechecked.ts";
import { sleep } from "../../tests/support/time.ts";
import { ERAS, prepare, type Requests } from "../bench/cases.ts";
import {
  type Process,
  start,
  type Upstream,
  usageOf,
} from "../bench/shared.ts";
import { load } from "../bench/wire.ts";
import {
  companyName,
  type Cost,
  type Costs,
  FILL_PATH,
  type Filling,
  type Measured,
  STEPS,
  type Used,
} from "./shared.ts";
import type { RunningStore, StoreKind } from "./stores.ts";

/** How many calls are under way at the same time. */
const CLIENTS = 16;

/** How much is simulated. */
export interface Size {
  /** The number of companies. */
  readonly companies: number;
  /** How long calls are repeated where nothing else ends them, in ms. */
  readonly ms: number;
}

const FOREVER = 60 * 60 * 1_000;

/** A server of the simulation. */
interface Server extends AsyncDisposable {
  fill(filling: Filling): Promise<void>;
  used(isCollected?: boolean): Promise<Used>;
  /** Sends calls, and says what they cost. */
  cost(requests: Requests, ms?: number): Promise<Cost>;
}

async function startServer(
  store: RunningStore,
  upstream: Upstream,
  env: Readonly<Record<string, string>>,
): Promise<Server> {
  const subject: Process = await start(
    "scripts/simulate/subject.ts",
    [],
    ["--v8-flags=--expose-gc", ...store.flags],
    {
      QONTAK_BASE_URL: upstream.url,
      // The limits are there, but must not be felt.
      QONTAK_RATE_LIMIT: "100000/100000",
      QONTAK_GLOBAL_RATE_LIMIT: "100000/100000",
      MCP_CALL_RATE: "0",
      ...store.env,
      ...env,
    },
  );
  const { url } = subject.said;
  const used = (isCollected = false) => usageOf<Used>(url, isCollected);
  return {
    used,
    async fill(filling) {
      const response = await fetch(new URL(FILL_PATH, url), {
        method: "POST",
        body: JSON.stringify(filling),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error("The store could not be filled");
    },
    async cost(requests, ms) {
      const before = await used();
      const asked = store.operations();
      // Without a time, each client sends each of its requests once.
      const { count } = await load(url, requests, {
        atOnce: CLIENTS,
        ...ms === undefined ? { ms: FOREVER, times: 1 } : { ms },
      });
      const after = await used();
      return {
        operations: (after.operations - before.operations +
          store.operations() - asked) / count,
        cpu: (after.cpu - before.cpu) / count,
      };
    },
    [Symbol.asyncDispose]: () => subject[Symbol.asyncDispose](),
  };
}

/** One read for each company, shared out among the clients. */
function readsOf(deals: readonly number[], from: number, to: number): Requests {
  return (client) =>
    Array.from(
      { length: Math.max(0, Math.ceil((to - from - client) / CLIENTS)) },
      (_, i) =>
        callOf("get_deal", {
          deal_id: deals[client],
          user_id: companyName(from + client + i * CLIENTS),
        }),
    );
}

/** Updates by one company for each client, each of another deal. */
const updates = (deals: readonly number[]): Requests => (client) =>
  ["Kopi", "Teh"].map((name) =>
    callOf("update_deal", {
      deal_id: deals[client],
      user_id: companyName(client),
      name,
    })
  );

const callOf = (name: string, args: Record<string, unknown>) =>
  prepare(ERAS[1], {
    method: "tools/call",
    params: { name, arguments: args },
  });

/** What reads and updates cost when the companies have just called. */
async function warmCosts(
  server: Server,
  { deals }: Upstream,
  ms: number,
): Promise<{ readonly read: Cost; readonly write: Cost }> {
  const reads = readsOf(deals, 0, CLIENTS);
  const costs: Cost[] = [];
  for (const requests of [reads, updates(deals)]) {
    // At first, templates are read, the store is asked for tokens, and code is
    // compiled.
    await server.cost(requests);
    await server.cost(requests, ms);
    costs.push(await server.cost(requests, ms));
  }
  const [read, write] = costs;
  return { read: read!, write: write! };
}

/** What the plain server costs, from its first call on. */
async function plainCosts(
  server: Server,
  upstream: Upstream,
  { companies, ms }: Size,
): Promise<Costs> {
  const { deals } = upstream;
  const expired = Math.max(CLIENTS, Math.floor(companies / 20));
  const few = Math.min(companies, TENANTS_HELD, expired);
  await server.fill({
    from: companies,
    to: companies + expired,
    isExpired: true,
  });
  const costs: Record<string, Cost> = {
    [STEPS.first]: await server.cost(readsOf(deals, 0, companies)),
    [STEPS.expired]: await server.cost(
      readsOf(deals, companies, companies + expired),
    ),
  };
  const last = readsOf(deals, companies - few, companies);
  await server.cost(last);
  await sleep(RECHECK + 200);
  costs[STEPS.recheck] = await server.cost(last);
  const { read, write } = await warmCosts(server, upstream, ms);
  return { ...costs, [STEPS.read]: read, [STEPS.write]: write };
}

/** What each further setting adds to a call. */
async function settingCosts(
  { settings }: StoreKind,
  store: RunningStore,
  upstream: Upstream,
  { ms }: Size,
): Promise<Costs> {
  const costs: Record<string, Cost> = {};
  for (const [name, env] of Object.entries(settings)) {
    await using server = await startServer(store, upstream, env);
    const { read, write } = await warmCosts(server, upstream, ms);
    costs[`read, ${name}`] = read;
    costs[`update, ${name}`] = write;
  }
  return costs;
}

/** Measures one kind of store. */
export async function measureStore(
  kind: StoreKind,
  upstream: Upstream,
  size: Size,
): Promise<Measured> {
  await using store = await kind.open();
  const { companies } = size;
  await using server = await startServer(store, upstream, {});
  // What is made once counts for no company.
  await server.fill({
    from: 2 * companies,
    to: 2 * companies + CLIENTS,
    isExpired: false,
  });
  await server.cost(
    readsOf(upstream.deals, 2 * companies, 2 * companies + CLIENTS),
  );
  const few = await server.used(true);
  const empty = await store.bytes();
  await server.fill({ from: 0, to: companies, isExpired: false });
  const filled = await store.bytes();
  const cpu = await store.cpu();
  const before = await server.used();
  const plain = await plainCosts(server, upstream, size);
  const after = await server.used(true);
  const cpuAfter = await store.cpu();
  const { ms, count } = after.commits;
  return {
    costs: {
      ...plain,
      ...await settingCosts(kind, store, upstream, size),
    },
    bytes: empty === undefined || filled === undefined
      ? undefined
      : (filled - empty) / companies,
    storeCpu: cpu === undefined || cpuAfter === undefined
      ? undefined
      : (cpuAfter - cpu) / (after.operations - before.operations),
    commit: count === 0 ? undefined : ms / count,
    heap: [few.heap, after.heap],
    rss: after.rss,
  };
}
