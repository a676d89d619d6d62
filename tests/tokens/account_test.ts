import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { CredentialsError, StoreError } from "../../src/errors.ts";
import { sha256 } from "../../src/storage/hash.ts";
import { RECHECK } from "../../src/tokens/rechecked.ts";
import type { Credentials } from "../../src/tokens/store.ts";
import { createTokens } from "../../src/tokens/tokens.ts";
import { callTool } from "../support/call.ts";
import { createCompanies } from "../support/companies.ts";
import { createMemoryStore } from "../support/memory.ts";
import { run, startHttp } from "../support/process.ts";
import { noRedis, startRedis } from "../support/redis.ts";
import { sleep } from "../support/time.ts";

const soon = () => Date.now() / 1000 + 3_600;

/** Credentials as a person stores them. */
const given = (name: string): Credentials => ({
  refresh_token: `refresh of ${name}`,
  access_token: `access of ${name}`,
  expires_at: soon(),
});

/** Runs everything that is due. */
async function settle(): Promise<void> {
  // Hashes are computed outside of the event loop, whose timers do not move.
  for (let i = 0; i < 20; i++) await sha256("");
}

function setUp() {
  const records: Record<string, Credentials> = { acme: given("one") };
  const inner = createMemoryStore(records);
  const state = {
    reads: 0,
    /** Every read awaits it. */
    gate: Promise.resolve() as Promise<unknown>,
  };
  const tokens = createTokens({
    store: {
      ...inner,
      async read(tenant) {
        state.reads++;
        await state.gate;
        return await inner.read(tenant);
      },
    },
    log: () => {},
    refresh: (token) =>
      Promise.resolve({
        access_token: `renewed with ${token}`,
        refresh_token: `after ${token}`,
        expires_in: 21_600,
      }),
  });
  return { records, state, tokens };
}

Deno.test("access() uses a new account within five seconds after a person stored it", async () => {
  using time = new FakeTime();
  const { records, state, tokens } = setUp();
  const old = await tokens.account("acme");
  assertEquals(await tokens.access("acme", undefined, old), "access of one");
  const before = state.reads;
  for (let i = 0; i < 1_000; i++) await tokens.access("acme");
  assertEquals(state.reads, before);
  records.acme = given("two");
  time.tick(RECHECK + 1);
  // A call that began with the old account does not continue with the new one.
  const error = await assertRejects(
    () => tokens.access("acme", undefined, old),
    CredentialsError,
    'The account of user_id "acme" was replaced',
  );
  assert(!/access of|refresh of/.test(error.message));
  assertEquals(await tokens.access("acme"), "access of two");
  assert(await tokens.account("acme") !== old);
  delete records.acme;
  time.tick(RECHECK + 1);
  await assertRejects(() => tokens.access("acme"), CredentialsError, "acme");
});

Deno.test("account() stays the same when tokens are renewed", async () => {
  using time = new FakeTime();
  const { records, tokens } = setUp();
  const account = await tokens.account("acme");
  const token = await tokens.access("acme");
  const renewed = await tokens.access("acme", token, account);
  assertEquals(renewed, "renewed with refresh of one");
  time.tick(RECHECK + 1);
  assertEquals(await tokens.account("acme"), account);
  assertEquals(
    await tokens.access("acme", renewed, account),
    `renewed with after refresh of one`,
  );
  assert("account" in records.acme!);
});

Deno.test("access() waits at most a second for a store that hangs, and uses its late answer", async () => {
  using time = new FakeTime();
  const { records, state, tokens } = setUp();
  assertEquals(await tokens.access("acme"), "access of one");
  time.tick(RECHECK + 1);
  const gate = Promise.withResolvers<void>();
  state.gate = gate.promise;
  const waiting = tokens.access("acme");
  await settle();
  time.tick(1_001);
  assertEquals(await waiting, "access of one");
  // The other calls do not wait.
  assertEquals(await tokens.access("acme"), "access of one");
  records.acme = given("two");
  gate.resolve();
  let token = "access of one";
  for (let i = 0; i < 1_000 && token === "access of one"; i++) {
    await settle();
    token = await tokens.access("acme");
  }
  assertEquals(token, "access of two");
});

Deno.test("access() uses a valid token while the store fails, and does not overwrite another account's token", async () => {
  using time = new FakeTime();
  const { records, state, tokens } = setUp();
  const token = await tokens.access("acme");
  await tokens.access("acme", token);
  state.gate = Promise.reject(new StoreError("It does not answer"));
  state.gate.catch(() => {});
  time.tick(RECHECK + 1);
  const renewed = "renewed with refresh of one";
  assertEquals(await tokens.access("acme"), renewed);
  state.gate = Promise.resolve();
  // A token of another account, older than the renewal.
  records.acme = {
    refresh_token: "refresh of two",
    expires_at: soon() - 21_600,
    expires_in: 21_600,
  };
  time.tick(15_001);
  assertEquals(await tokens.access("acme"), "renewed with refresh of two");
  await tokens.close();
});

Deno.test({
  name:
    "a running server shows nothing of the old company after tenants add --replace and remove",
  ignore: noRedis !== "",
  async fn() {
    const { sandboxes, handle } = createCompanies(
      ["one", "two"],
      (name) => ({ refreshToken: `refresh-of-${name}` }),
      async ({ company }, pass) => {
        const answer = await pass();
        const text = await answer.text();
        const { status, headers } = answer;
        // Each company has its own text.
        return new Response(
          text.replaceAll(
            /"(First Name|Retail|Prospecting)"/g,
            `"Of ${company}"`,
          ),
          { status, headers },
        );
      },
    );
    await using qontak = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => handle(request, new AbortController().signal),
    );
    await using redis = await startRedis();
    const env = {
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      QONTAK_BASE_URL: `http://127.0.0.1:${qontak.addr.port}`,
    };
    const command = async (name: string, ...args: string[]) => {
      const { code, stderr } = await run(args, {
        env,
        stdin: `${sandboxes.get(name)!.refreshToken}\n`,
      });
      assertEquals(code, 0, stderr);
    };
    await command("one", "tenants", "add", "acme");
    await using server = await startHttp([], env);
    const ask = async () => {
      const before = [...sandboxes].map(([, { requests }]) => requests.length);
      const answers = [];
      for (
        const [tool, args] of [
          ["get_contact_template", {}],
          ["query_records", { resource: "deals", measures: "count" }],
          ["list_pipelines", {}],
        ] as const
      ) {
        answers.push(
          await callTool(server.url, tool, { user_id: "acme", ...args }, {}),
        );
      }
      const asked = [...sandboxes].filter(([, { requests }], i) =>
        requests.length > before[i]!
      ).map(([name]) => name);
      return { asked, answers, text: answers.map(({ text }) => text).join() };
    };
    const first = await ask();
    assertEquals(first.asked, ["one"]);
    assert(first.text.includes("Of one"), first.text);
    // The template and the snapshot are in memory now.
    await ask();
    await command("two", "tenants", "add", "acme", "--replace");
    await sleep(RECHECK);
    const second = await ask();
    assertEquals(second.asked, ["two"]);
    assert(second.text.includes("Of two"), second.text);
    assert(!second.text.includes("Of one"), second.text);
    await command("two", "tenants", "remove", "acme");
    await sleep(RECHECK);
    const third = await ask();
    assertEquals(third.asked, []);
    assert(third.answers.every(({ isError }) => isError), third.text);
    assert(!/Of (one|two)/.test(third.text), third.text);
  },
});

Deno.test("access() refuses the record of a replaced account if somebody puts it back", async () => {
  using time = new FakeTime();
  const { records, tokens } = setUp();
  const old = records.acme!;
  assertEquals(await tokens.access("acme"), "access of one");
  records.acme = given("two");
  time.tick(RECHECK + 1);
  assertEquals(await tokens.access("acme"), "access of two");
  records.acme = old;
  time.tick(RECHECK + 1);
  for (let tries = 0; tries < 3; tries++) {
    const error = await assertRejects(
      () => tokens.access("acme"),
      StoreError,
      "somebody put an older copy back",
    );
    assertEquals(error.remedy, { what: "putInAgain", tenant: "acme" });
    await assertRejects(() => tokens.account("acme"), StoreError);
  }
  records.acme = given("three");
  assertEquals(await tokens.access("acme"), "access of three");
});
