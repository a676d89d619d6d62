/**
 * Measures questions about ten thousand deals with 80 custom fields: how long
 * the first one takes compared with only fetching the pages, how long the next
 * ones take, how much memory the records take, and how many requests bring them
 * up to date. The sandbox runs in a process of its own.
 *
 * @module
 */
import { cpuUsage, memoryUsage } from "node:process";
import { adviseEmbedder } from "../../src/advice/advice.ts";
import { noAudit } from "../../src/audit/audit.ts";
import { SCOPES } from "../../src/auth/principal.ts";
import { createMemoryChangeStore } from "../../src/changes/stores/memory.ts";
import { createLimits, limiterOf } from "../../src/limits/limits.ts";
import { createCall } from "../../src/mcp/call.ts";
import { createAccess } from "../../src/qontak/connection.ts";
import { createSnapshots } from "../../src/snapshots/snapshots.ts";
import { createTelemetry } from "../../src/telemetry/telemetry.ts";
import { DEFAULT_TENANT } from "../../src/tokens/store.ts";
import { createEnvStore } from "../../src/tokens/stores/env.ts";
import { catalog } from "../../src/tools/catalog.ts";
import { callable } from "../../src/tools/tool.ts";
import { createZone, DEFAULT_ZONE } from "../../src/values/zone.ts";
import { print } from "../command.ts";
import { median, ms, row } from "../figures.ts";
import { denoRun } from "../program.ts";

/** The records in the sandbox. */
const DEALS = 10_000, CONTACTS = 20_000;

/** How often each question is asked. */
const ROUNDS = 5;

/**
 * How often the first question and the bare pages take turns. Both vary by a
 * fifth with large pages, by which requests the sandbox takes together.
 */
const TURNS = { large: 15, usual: 5 } as const;

/** How many requests are sent in parallel, here and for questions. */
const SIDE_BY_SIDE = 8;

/** How long the records are used, in ms. */
const LIFETIME = 5 * 60 * 1_000;

/** How many deals change before the records are brought up to date. */
const CHANGES = 10;

/** The targets. */
const MOST = { ratio: 1.1, next: 50, bytes: 12e6, requests: 3 } as const;

/** Questions that are answered from memory. */
const QUESTIONS: readonly Record<string, unknown>[] = [
  {
    where: [{ field: "state", value: "open" }],
    group_by: "stage",
    measures: "count,sum:size,weighted:size",
  },
  { group_by: "closed_date:month,creator_id", measures: "count,avg:size" },
  { where: [{ field: "name", op: "contains", value: "kopi" }], sort: "-size" },
  {
    where: [{ field: "size", op: "gt", value: 10_000_000 }],
    sort: "-closed_date",
  },
  { group_by: "crm_company_id", measures: "sum:size", sort: "-sum:size" },
  { measures: "min:created_at,max:updated_at" },
];

/** Starts a sandbox in its own process. */
async function startSandbox(...flags: string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: await denoRun(
      "src/sandbox/main.ts",
      ...["--port", "0", "--reusable-tokens"],
      ...["--deals", String(DEALS), "--contacts", String(CONTACTS)],
      ...flags,
    ),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let said = "";
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let token: string | undefined;
  while (token === undefined) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The sandbox did not start: ${said}`);
    said += value;
    token = /QONTAK_REFRESH_TOKEN=(\S+)\n/.exec(said)?.[1];
  }
  return {
    url: /QONTAK_BASE_URL=(\S+)/.exec(said)![1]!,
    token,
    async [Symbol.asyncDispose]() {
      child.kill();
      await reader.cancel();
      await child.status;
    },
  };
}

type Sandbox = Awaited<ReturnType<typeof startSandbox>>;

/** A server without a wire of its own, and the pages that it asked for. */
function createSubject({ url, token }: Sandbox) {
  const pages: number[] = [];
  // The server uses the platform's own fetch, as it does outside of tests.
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => {
    const { pathname, searchParams } = new URL(
      input instanceof Request ? input.url : input,
    );
    if (pathname.endsWith("/deals")) {
      pages.push(Number(searchParams.get("per_page")));
    }
    return fetch(input, init);
  };
  const log = () => {};
  const telemetry = createTelemetry();
  let clock = Date.now();
  const access = createAccess({
    store: createEnvStore({
      credentials: { refresh_token: token },
      baseUrl: url,
      log,
    }),
    baseUrl: url,
    tokenCache: "memory",
    limits: createLimits(),
    timeout: 120_000,
    log,
    telemetry,
  });
  const snapshots = createSnapshots({ lifetime: LIFETIME, now: () => clock });
  const call = createCall({
    access,
    kv: undefined,
    sealer: undefined,
    log,
    audit: noAudit,
    telemetry,
    content: "open",
    advise: adviseEmbedder,
    snapshots,
    changes: { store: createMemoryChangeStore(), undoDays: 0 },
    zone: createZone(DEFAULT_ZONE),
    hasTool: () => true,
  });
  const tool = (name: string) =>
    callable(catalog.find((one) => one.name === name)!);
  async function run(name: string, args: Record<string, unknown>) {
    const { isError, content } = await call(tool(name), args, {
      caller: { name: "bench", tenants: [DEFAULT_TENANT], scopes: SCOPES },
      signal: new AbortController().signal,
      tell: undefined,
    });
    if (isError) throw new Error(JSON.stringify(content));
  }
  return {
    pages,
    snapshots,
    run,
    ask: (question: Record<string, unknown>) =>
      run("query_records", { resource: "deals", ...question }),
    later: () => clock += LIFETIME + 1,
    async [Symbol.asyncDispose]() {
      globalThis.fetch = fetch;
      await access.close();
    },
  };
}

/** Measures how long something takes, in ms. */
async function time(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/**
 * Measures how long this process computes for something, in ms: on a busy
 * machine, that is less than the time that passes.
 */
async function compute(run: () => Promise<unknown>): Promise<number> {
  const before = cpuUsage();
  await run();
  const { user, system } = cpuUsage(before);
  return (user + system) / 1_000;
}

async function tokenOf({ url, token }: Sandbox): Promise<string> {
  const answer = await fetch(`${url}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: token,
    }),
  });
  return (await answer.json()).access_token;
}

/** Only fetches and parses pages, under the same limits. */
async function fetchPages(
  { url }: Sandbox,
  token: string,
  perPage: number,
): Promise<void> {
  const limits = createLimits();
  const limiter = limiterOf(limits);
  const queue = Array.from(
    { length: Math.ceil(DEALS / perPage) },
    (_, i) => i + 1,
  );
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, async () => {
    for (let page; (page = queue.shift()) !== undefined;) {
      const pass = await limiter.enter("bench");
      const answer = await fetch(
        `${url}/api/v3.1/deals?page=${page}&per_page=${perPage}`,
        { headers: { authorization: `Bearer ${token}` } },
      );
      await answer.json();
      pass.done("ok");
    }
  }));
  await limiter.close();
}

/**
 * Compares the first question with bare pages of the same size. They take turns
 * at being first, and neither pays for the other's garbage.
 */
async function compareFirst(
  what: string,
  sandbox: Sandbox,
  rounds: number,
): Promise<string> {
  const token = await tokenOf(sandbox);
  const bare: number[] = [];
  const first: number[] = [];
  let requests = 0;
  let perPage = 100;
  for (let i = 0; i <= rounds; i++) {
    await using subject = createSubject(sandbox);
    const ask = async () => {
      subject.pages.length = 0;
      const asked = await time(() => subject.ask({ measures: "count" }));
      // The first round warms up.
      if (i > 0) first.push(asked);
      requests = subject.pages.length;
      perPage = subject.pages.at(-1)!;
    };
    const fetchOnly = async () => {
      const alone = await time(() => fetchPages(sandbox, token, perPage));
      if (i > 0) bare.push(alone);
    };
    await prepare(subject);
    for (const run of i % 2 === 0 ? [ask, fetchOnly] : [fetchOnly, ask]) {
      collect();
      await run();
    }
  }
  const ratio = median(first) / median(bare);
  return line(
    `first question, ${what}: ${requests} requests`,
    `${ms(median(first))}, bare ${ms(median(bare))}`,
    `${ratio.toFixed(2)} x`,
    ratio <= MOST.ratio,
    `${MOST.ratio} x`,
  );
}

function line(
  what: string,
  figure: string,
  short: string,
  holds: boolean,
  target: string,
): string {
  return row(
    [48, 28, 12, 10],
    what,
    figure,
    short,
    holds ? "holds" : "FAILS",
    `target ${target}`,
  );
}

/**
 * Reads the setup, which is kept for all kinds of questions, and waits until as
 * many requests as ever may be sent at once.
 */
async function prepare(subject: ReturnType<typeof createSubject>) {
  await subject.run("get_deal_template", {});
  // A stage that does not exist is looked for in all pipelines.
  await subject.run("list_deals", { crm_stage_id: "?" }).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 3_000));
}

/** Collects garbage. */
function collect(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

/** How much memory is in use after the garbage is collected, in bytes. */
async function memoryInUse(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, arrayBuffers } = memoryUsage();
  return heapUsed + arrayBuffers;
}

async function compareNext(sandbox: Sandbox): Promise<string[]> {
  await using subject = createSubject(sandbox);
  await prepare(subject);
  const before = await memoryInUse();
  await subject.ask({ measures: "count" });
  const taken = await memoryInUse() - before;
  const times: number[] = [];
  for (const question of QUESTIONS) {
    const own: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      own.push(await compute(() => subject.ask(question)));
    }
    times.push(median(own));
  }
  const slowest = Math.max(...times);
  const { bytes } = subject.snapshots;
  return [
    line(
      `next questions, computing, slowest of ${QUESTIONS.length}`,
      times.map((one) => one.toFixed(0)).join(", ") + " ms",
      ms(slowest),
      slowest <= MOST.next,
      ms(MOST.next),
    ),
    line(
      "memory of the records, by its own count",
      `${(bytes / 1e6).toFixed(1)} MB`,
      "",
      bytes <= MOST.bytes,
      `${MOST.bytes / 1e6} MB`,
    ),
    line(
      "memory of the records, by the heap",
      `${(taken / 1e6).toFixed(1)} MB`,
      "",
      taken <= MOST.bytes,
      `${MOST.bytes / 1e6} MB`,
    ),
  ];
}

async function compareRefresh(sandbox: Sandbox): Promise<string> {
  const token = await tokenOf(sandbox);
  await using subject = createSubject(sandbox);
  await subject.ask({ measures: "count" });
  const { response } = await (await fetch(
    `${sandbox.url}/api/v3.1/deals?page=50&per_page=${CHANGES}`,
    { headers: { authorization: `Bearer ${token}` } },
  )).json();
  for (const { id } of response) {
    const answer = await fetch(`${sandbox.url}/api/v3.1/deals/${id}`, {
      method: "PUT",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ name: "changed" }),
    });
    await answer.body?.cancel();
  }
  subject.later();
  subject.pages.length = 0;
  const took = await time(() => subject.ask({ measures: "count" }));
  const { length } = subject.pages;
  return line(
    `up to date after ${response.length} changes`,
    ms(took),
    `${length} requests`,
    length <= MOST.requests,
    `${MOST.requests} requests`,
  );
}

print(
  `${DEALS} deals with 80 custom fields, ${CONTACTS} contacts; Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores; medians of ${TURNS.large} with large pages, and of ${ROUNDS}`,
);
{
  await using sandbox = await startSandbox("--newest-change-first");
  print(await compareFirst("large pages", sandbox, TURNS.large));
  for (const figure of await compareNext(sandbox)) print(figure);
  print(await compareRefresh(sandbox));
}
{
  await using sandbox = await startSandbox("--max-per-page", "100");
  print(await compareFirst("pages of 100", sandbox, TURNS.usual));
}
