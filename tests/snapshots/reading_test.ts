import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  type Fault,
  type RunningSandbox,
  SANDBOX_REFRESH_TOKEN,
  serveSandbox,
} from "../../src/sandbox/mod.ts";
import { createLimits } from "../../src/limits/mod.ts";
import { connectStdio } from "../support/client.ts";
import { createMemoryStore } from "../support/memory.ts";
import { createWorld, type World } from "../support/world.ts";
import { accessTo, outside } from "../support/changed.ts";
import { sleep } from "../support/time.ts";

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Data = any;

const DEALS = "/api/v3.1/deals";

/** Somebody who changes the company's CRM without this server. */
async function outsider(sandbox: RunningSandbox) {
  const token = await accessTo(sandbox, "outsider");
  return (method: string, path: string, body?: unknown) =>
    outside({ sandbox, token }, method, path, body);
}

const count = (world: World, more: Data = {}): Promise<Data> =>
  world.ok("query_records", {
    resource: "deals",
    measures: "count",
    ...more,
  });

/** The same, with as many calls as it takes. */
async function countAll(world: World, more: Data = {}): Promise<Data> {
  for (;;) {
    const answer = await count(world, more);
    if (answer.incomplete === undefined) return answer;
  }
}

const pages = (world: World) =>
  world.seen().filter(({ path }) => path === DEALS);

/** A report of a part of the records that the next test asks for. */
const FAR = /^Read \d,\d{3} of 6,000 deals$/;

Deno.test({
  name:
    "query_records tells a client how far it has read, ends when the client gives up, and continues with the next call",
  // The SDK's transport leaves a timer running when it closes.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using sandbox = serveSandbox({ deals: 6_000, maxPerPage: 100 });
    const pages = () =>
      sandbox.requests.filter(({ path }) => path === DEALS).length;
    sandbox.inject({
      fault: { kind: "delay", ms: 1_500 },
      path: DEALS,
      skip: 20,
      times: 1_000,
    });
    const client = await connectStdio({
      QONTAK_BASE_URL: sandbox.url,
      QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
      QONTAK_RATE_LIMIT: "0",
      QONTAK_GLOBAL_RATE_LIMIT: "0",
      QONTAK_TIMEOUT_MS: "60000",
      TOKEN_CACHE: "memory",
      LOG_LEVEL: "error",
    });
    try {
      const told: { progress: number; message?: string | undefined }[] = [];
      const leaving = new AbortController();
      const isTold = Promise.withResolvers<void>();
      const question = {
        name: "query_records",
        arguments: { resource: "deals", measures: "count" },
      };
      const asked = client.callTool(question, {
        signal: leaving.signal,
        onprogress: (one) => {
          told.push(one);
          if (told.length > 2 && FAR.test(one.message ?? "")) isTold.resolve();
        },
      });
      // On a busy machine the first reports come before a page is read.
      await Promise.race([isTold.promise, asked]);
      asked.catch(() => {});
      leaving.abort(new Error("gone"));
      await assertRejects(() => asked);
      const times = told.map(({ progress }) => progress);
      assertEquals(times, times.toSorted((a, b) => a - b));
      // The requests under way come to their ends, and the others are not sent.
      const before = pages();
      await sleep(4_000);
      assert(pages() <= before + 8, `${before} and ${pages()} requests`);
      sandbox.clearFaults();
      const answer = await client.callTool(question);
      assertMatch(JSON.stringify(answer), /6000/);
      assert(pages() <= 61 + 8, `${pages()} requests in all`);
    } finally {
      await client.close();
    }
  },
});

Deno.test("query_records and list_deals say what they could not read in time, and continue with the next call", async () => {
  await using world = await createWorld({
    deals: 3_000,
    maxPerPage: 100,
    timeout: 3_000,
  });
  await countAll(world);
  const { records: [{ creator_name }] } = await world.ok("list_deals");
  world.sandbox.inject({
    fault: { kind: "delay", ms: 900 },
    path: DEALS,
    times: 1_000,
  });
  world.seen();
  const first = await count(world, { fresh: true });
  assertEquals([first.records, first.matched], [[], undefined]);
  assertMatch(first.incomplete, /^\d+ of 3000 deals could be read/);
  assert(first.records_read > 0 && first.records_read < 3_000);
  const part = await world.ok("list_deals", {
    creator_id: creator_name,
    fields: ["id"],
  });
  if (part.incomplete !== undefined) {
    assertEquals([part.records, part.total_data], [[], undefined]);
    assertMatch(part.incomplete, /call again to continue/);
  }
  world.sandbox.clearFaults();
  assertEquals((await countAll(world, { fresh: true })).matched, 3_000);
  const { total_data } = await world.ok("list_deals", {
    creator_id: creator_name,
  });
  assertEquals(
    total_data,
    (await count(world, {
      where: [{ field: "creator_id", value: creator_name }],
    })).matched,
  );
});

Deno.test("query_records reads again each time if snapshots are turned off", async () => {
  await using world = await createWorld({ server: { snapshotLifetime: 0 } });
  for (let i = 0; i < 2; i++) {
    world.seen();
    assertEquals((await count(world)).matched, 60);
    assertEquals(pages(world).length, 1);
  }
});

Deno.test("query_records shows what others changed once the records are old, with few requests if the order allows", async () => {
  for (const newestChangeFirst of [true, false]) {
    await using world = await createWorld({
      deals: 1_000,
      newestChangeFirst,
      refreshTokens: ["outsider"],
      server: { snapshotLifetime: 400 },
    });
    const change = await outsider(world.sandbox);
    const named = (): Promise<Data> =>
      count(world, { where: [{ field: "name", value: "changed outside" }] });
    assertEquals((await named()).matched, 0);
    const { records } = await world.ok("query_records", {
      resource: "deals",
      sort: "updated_at",
      fields: ["id"],
      limit: 11,
    });
    const ids: number[] = records.map(({ id }: Data) => id);
    for (const id of ids.slice(1)) {
      await change("PUT", `/deals/${id}`, { name: "changed outside" });
    }
    await sleep(450);
    world.seen();
    const changed = await named();
    assertEquals([changed.matched, changed.records_read], [10, 1_000]);
    const asked = pages(world).length;
    if (newestChangeFirst) assert(asked <= 3, `${asked} requests`);
    // What others deleted is gone too.
    await change("DELETE", `/deals/${ids[0]}`);
    await sleep(450);
    assertEquals((await named()).records_read, 999);
  }
});

Deno.test("query_records lets calls at the same moment share one reading", async () => {
  await using world = await createWorld({ deals: 2_000, maxPerPage: 100 });
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => count(world)),
  );
  assertEquals(answers.map(({ matched }) => matched), Array(5).fill(2_000));
  // The first page is asked for twice, to find out how large a page may be.
  assertEquals(pages(world).length, 21);
});

Deno.test("query_records refuses if the records need too much memory, and says what to set", async () => {
  await using world = await createWorld({
    deals: 3_000,
    server: { snapshotBytes: 1_000_000 },
  });
  const told = await world.refused("query_records", {
    resource: "deals",
    measures: "count",
  });
  assertStringIncludes(told, "need more memory");
  assertStringIncludes(told, "snapshotBytes");
  // Other records fit.
  assertEquals((await count(world, { resource: "contacts" })).matched, 40);
});

Deno.test("query_records reads no more pages than have records, however many Qontak counts", async () => {
  await using world = await createWorld({
    change: (request, answer) =>
      request === `GET ${DEALS}`
        ? { ...answer, total_data: 500_000_000, total_page: 20_000_000 }
        : answer,
  });
  const answer = await count(world);
  assertEquals(answer.matched, 60);
  assertMatch(answer.inexact, /60 were found, and Qontak counted 500000000/);
  const asked = pages(world).length;
  assert(asked < 60, `${asked} requests`);
});

Deno.test("query_records respects the company's limits while it reads several pages at a time", async () => {
  const rate = { perSecond: 20, burst: 5 };
  await using world = await createWorld({
    deals: 2_000,
    maxPerPage: 100,
    limits: createLimits({ tenant: rate, all: rate }),
  });
  const start = performance.now();
  assertEquals((await count(world)).matched, 2_000);
  const seconds = (performance.now() - start) / 1_000;
  assert(world.seen().length <= 5 + 20 * seconds + 1);
});

Deno.test("query_records never answers one company from what it read for another", async () => {
  await using world = await createWorld({
    refreshTokens: ["outsider"],
    server: {
      store: createMemoryStore({
        acme: { refresh_token: SANDBOX_REFRESH_TOKEN },
        beta: { refresh_token: "outsider" },
      }),
    },
  });
  const ask = (user_id: string) => count(world, { user_id });
  await ask("acme");
  assertEquals(pages(world).length, 1);
  await ask("acme");
  assertEquals(pages(world).length, 0);
  await ask("beta");
  assertEquals(pages(world).length, 1);
  // What one company writes through this server makes only its own records be
  // read again.
  const { records: [{ id }] } = await world.ok("list_deals", {
    user_id: "acme",
    per_page: 1,
  });
  await world.ok("delete_deal", { user_id: "acme", deal_id: id });
  world.seen();
  assertEquals((await ask("acme")).matched, 59);
  assertEquals(world.seen().length, 1);
  assertEquals((await ask("beta")).matched, 60);
  assertEquals(world.seen(), []);
});

const faults: readonly Fault[] = [
  { kind: "status", status: 400 },
  { kind: "status", status: 401 },
  { kind: "status", status: 404 },
  { kind: "status", status: 422 },
  { kind: "status", status: 429, retryAfter: 0 },
  { kind: "status", status: 429, retryAfter: 3_600 },
  { kind: "status", status: 500 },
  { kind: "status", status: 503, when: "after" },
  { kind: "soft404" },
  { kind: "html" },
  { kind: "html", status: 502 },
  { kind: "truncated" },
  { kind: "empty" },
  { kind: "content-type" },
  { kind: "delay", ms: 30 },
  { kind: "cut", when: "before" },
  { kind: "cut", when: "after" },
  { kind: "cut", when: "body" },
  { kind: "redirect" },
  { kind: "huge", bytes: 20_000_000 },
  { kind: "reshape", as: "list" },
  { kind: "reshape", as: "record" },
  { kind: "reshape", as: "text" },
  { kind: "reshape", as: "nothing" },
];

Deno.test("query_records is right or fails, whatever goes wrong during a reading", async (t) => {
  await using world = await createWorld({
    deals: 1_000,
    maxPerPage: 100,
    timeout: 5_000,
    retryBudget: 200,
  });
  const ask = (): Promise<Data> =>
    world.call("query_records", {
      resource: "deals",
      group_by: "stage",
      measures: ["count", "sum:size"],
      fresh: true,
    });
  const right = (await ask()).data;
  assertEquals(right.matched, 1_000);
  for (const fault of faults) {
    for (const times of [1, 100]) {
      const name = `${JSON.stringify(fault)}, ${times} times`;
      await t.step(name, async () => {
        world.sandbox.inject({ fault, path: DEALS, skip: 3, times });
        const { isError, data, text } = await ask();
        world.sandbox.clearFaults();
        if (isError) assert(text.length > 20, text);
        else if (data.incomplete === undefined && data.inexact === undefined) {
          assertEquals(data.records, right.records);
        }
        // It is right again afterwards.
        const again = await ask();
        assertEquals(again.isError, false, again.text);
        assertEquals(again.data.records, right.records);
        assertEquals(again.data.inexact, undefined);
      });
    }
  }
});
