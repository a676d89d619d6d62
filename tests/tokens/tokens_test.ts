import {
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertRejects,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { CredentialsError, QontakError, StoreError } from "../../src/errors.ts";
import { TENANTS_HELD } from "../../src/tokens/held.ts";
import type { Grant } from "../../src/tokens/renewal.ts";
import { LEASE, takeLease } from "../../src/tokens/lease.ts";
import { sha256 } from "../../src/storage/hash.ts";
import { createEnvStore } from "../../src/tokens/stores/env.ts";
import {
  DEFAULT_TENANT,
  type OAuthCredentials,
  type TokenStore,
} from "../../src/tokens/store.ts";
import { createTokens } from "../../src/tokens/tokens.ts";
import { createMemoryStore } from "../support/memory.ts";
import { until } from "../support/time.ts";
import { rotatingQontak } from "./rotating.ts";

function setUp(lifetime = 21_600, store: TokenStore = memoryStore()) {
  const used: string[] = [];
  const refresh = async (token: string): Promise<Grant> => {
    used.push(token);
    const n = used.length;
    await Promise.resolve();
    return {
      access_token: `access ${n}`,
      refresh_token: `refresh ${n}`,
      expires_in: lifetime,
    };
  };
  const tokens = createTokens({ store, refresh, log: () => {} });
  return { used, store, tokens };
}

function memoryStore(): TokenStore {
  return createEnvStore({
    credentials: { refresh_token: "refresh 0" },
    log: () => {},
  });
}

Deno.test("access() shares one refresh among concurrent calls", async () => {
  const { used, tokens } = setUp();
  const all = await Promise.all(
    Array.from({ length: 50 }, () => tokens.access(DEFAULT_TENANT)),
  );
  assertEquals(new Set(all), new Set(["access 1"]));
  assertEquals(used, ["refresh 0"]);
});

Deno.test("access() uses a token until five minutes before it expires", async () => {
  using time = new FakeTime();
  const { used, tokens } = setUp();
  await tokens.access(DEFAULT_TENANT);
  time.tick((21_600 - 301) * 1000);
  assertEquals(await tokens.access(DEFAULT_TENANT), "access 1");
  time.tick(2000);
  assertEquals(await tokens.access(DEFAULT_TENANT), "access 2");
  assertEquals(used, ["refresh 0", "refresh 1"]);
});

Deno.test("access() uses a short-lived token for most of its life", async () => {
  using time = new FakeTime();
  const { used, tokens } = setUp(2);
  await tokens.access(DEFAULT_TENANT);
  time.tick(1700);
  assertEquals(await tokens.access(DEFAULT_TENANT), "access 1");
  time.tick(200);
  await tokens.access(DEFAULT_TENANT);
  assertEquals(used.length, 2);
});

Deno.test("access() replaces a rejected token once for all callers that had it", async () => {
  const { used, tokens } = setUp();
  const old = await tokens.access(DEFAULT_TENANT);
  const fresh = await Promise.all(
    Array.from({ length: 20 }, () => tokens.access(DEFAULT_TENANT, old)),
  );
  assertEquals(new Set(fresh), new Set(["access 2"]));
  // A caller that received the 401 late gets the current token.
  assertEquals(await tokens.access(DEFAULT_TENANT, old), "access 2");
  assertEquals(used, ["refresh 0", "refresh 1"]);
});

Deno.test("access() reports a failed refresh to all callers, and tries again later", async () => {
  let fail = true;
  const tokens = createTokens({
    store: memoryStore(),
    log: () => {},
    refresh: () =>
      fail ? Promise.reject(new Error("down")) : Promise.resolve({
        access_token: "a",
        refresh_token: "r",
        expires_in: 60,
      }),
  });
  await assertRejects(() => tokens.access(DEFAULT_TENANT), Error, "down");
  fail = false;
  assertEquals(await tokens.access(DEFAULT_TENANT), "a");
});

/** A store that many processes share, and that can fail. */
function sharedStore() {
  let record: OAuthCredentials = { refresh_token: "r0" };
  let version = 0;
  let reads = 0;
  let isLeased = false;
  const state = {
    down: false,
    readOnly: false,
    get record() {
      return record;
    },
    /** The actions of another process. */
    write(next: OAuthCredentials) {
      record = next;
      version++;
    },
    get reads() {
      return reads;
    },
    /** The answer to a write that was carried out is lost. */
    losesAnswers: false,
  };
  const up = () => {
    if (state.down) throw new StoreError("The store does not answer");
  };
  const store: TokenStore = {
    name: "shared",
    identity: () => Promise.resolve("shared"),
    // deno-lint-ignore require-await -- the interface is asynchronous
    async read() {
      reads++;
      up();
      return { credentials: record, version: String(version) };
    },
    // deno-lint-ignore require-await -- the interface is asynchronous
    async replace(_tenant, next, from) {
      up();
      if (state.readOnly) throw new StoreError("The store takes no writes");
      if (from !== String(version)) return undefined;
      state.write(next as OAuthCredentials);
      if (state.losesAnswers) {
        state.losesAnswers = false;
        throw new StoreError("The store's answer was lost");
      }
      return String(version);
    },
    remove: () => Promise.resolve(false),
    tenants: () => Promise.resolve([]),
    // deno-lint-ignore require-await -- the interface is asynchronous
    async lease() {
      up();
      if (isLeased) return undefined;
      isLeased = true;
      return {
        // deno-lint-ignore require-await -- the interface is asynchronous
        async release() {
          isLeased = false;
        },
      };
    },
  };
  return { store, state };
}

const soon = () => Math.floor(Date.now() / 1000) + 3_600;

Deno.test("access() makes one refresh for many processes", async () => {
  const { store } = sharedStore();
  const { used, refresh } = rotatingQontak(5);
  const processes = Array.from(
    { length: 10 },
    () => createTokens({ store, refresh, log: () => {} }),
  );
  const tokens = await Promise.all(
    processes.flatMap((one) => [1, 2, 3].map(() => one.access("acme"))),
  );
  assertEquals(new Set(tokens), new Set(["a1"]));
  assertEquals(used, ["r0"]);
});

Deno.test("access() uses a token that another process has renewed meanwhile", async () => {
  const { store, state } = sharedStore();
  const { used, refresh } = rotatingQontak(5);
  const tokens = createTokens({
    store,
    log: () => {},
    refresh: async (token) => {
      if (used.length === 0) {
        // Another process, which does not use leases, is faster.
        const grant = await refresh(token);
        state.write({ ...grant, expires_at: soon() });
      }
      return await refresh(token);
    },
  });
  assertEquals(await tokens.access("acme"), "a1");
  assertEquals(used, ["r0", "r0"]);
});

Deno.test("access() reports an invalid refresh token only if the store has no newer one", async () => {
  const { store, state } = sharedStore();
  state.write({ refresh_token: "dead" });
  const { used, refresh } = rotatingQontak(5);
  const tokens = createTokens({ store, refresh, log: () => {} });
  await assertRejects(
    () => tokens.access("acme"),
    QontakError,
    "invalid_grant",
  );
  assertEquals(used, ["dead"]);
});

Deno.test("access() returns a token and keeps trying if the newest token cannot be stored", async () => {
  const { store, state } = sharedStore();
  const { used, refresh } = rotatingQontak(5);
  const logs: string[] = [];
  const tokens = createTokens({
    store,
    refresh,
    log: (level, message, details) =>
      logs.push(`${level} ${message} ${JSON.stringify(details)}`),
  });
  state.readOnly = true;
  assertEquals(await tokens.access("acme"), "a1");
  // The store still has the old token, which is not used again.
  assertEquals(await tokens.access("acme", "a1"), "a2");
  assertEquals(used, ["r0", "r1"]);
  assertEquals(state.record.refresh_token, "r0");
  assertMatch(logs[0]!, /^error .*memory only/);
  state.readOnly = false;
  await until(() => state.record.refresh_token === "r2", "the token is kept");
  assertEquals(await tokens.access("acme", "a2"), "a3");
  assertEquals(state.record.refresh_token, "r3");
  for (const line of logs) assertNotMatch(line, /\b[ar]\d\b/);
  await tokens.close();
});

Deno.test("access() uses a valid token while the store fails", async () => {
  using time = new FakeTime();
  const { store, state } = sharedStore();
  const grant: Grant = {
    access_token: "a1",
    refresh_token: "r1",
    expires_in: 21_600,
  };
  const tokens = createTokens({
    store,
    refresh: () => Promise.resolve(grant),
    log: () => {},
  });
  await tokens.access("acme");
  state.down = true;
  time.tick((21_600 - 200) * 1000);
  assertEquals(await tokens.access("acme"), "a1");
  time.tick(201 * 1000);
  // It reports an outage, and never missing credentials.
  await assertRejects(() => tokens.access("acme"), StoreError, "not answer");
});

Deno.test("access() never overwrites a newer record", async () => {
  const { store, state } = sharedStore();
  const { refresh } = rotatingQontak(5);
  const tokens = createTokens({
    store,
    log: () => {},
    refresh: async (token) => {
      const grant = await refresh(token);
      // A person stores a new token before the answer arrives.
      state.write({ refresh_token: "by hand" });
      return grant;
    },
  });
  await tokens.access("acme");
  assertEquals(state.record.refresh_token, "by hand");
});

Deno.test("access() uses a valid token while Qontak does not renew it", async () => {
  using time = new FakeTime();
  const { store } = sharedStore();
  let down = false;
  let asked = 0;
  const tokens = createTokens({
    store,
    log: () => {},
    refresh(token) {
      asked++;
      if (down) return Promise.reject(new Error("not reached"));
      return Promise.resolve({
        access_token: `a after ${token}`,
        refresh_token: "r1",
        expires_in: 21_600,
      });
    },
  });
  assertEquals(await tokens.access("acme"), "a after r0");
  down = true;
  time.tick((21_600 - 200) * 1000);
  for (let i = 0; i < 5; i++) {
    assertEquals(await tokens.access("acme"), "a after r0");
  }
  // Calls do not all wait for a failing refresh.
  assertEquals(asked, 2);
  time.tick(201 * 1000);
  await assertRejects(() => tokens.access("acme"), Error, "not reached");
});

Deno.test("access() does not send an invalid refresh token to Qontak repeatedly", async () => {
  using time = new FakeTime();
  const { store, state } = sharedStore();
  state.write({ refresh_token: "dead" });
  const used: string[] = [];
  const tokens = createTokens({
    store,
    log: () => {},
    refresh(token) {
      used.push(token);
      if (token !== "dead") {
        return Promise.resolve({
          access_token: "a",
          refresh_token: "r",
          expires_in: 60,
        });
      }
      return Promise.reject(
        new QontakError("invalid_grant", {
          endpoint: "POST /oauth/token",
          status: 401,
          said: "",
          code: "invalid_grant",
        }),
      );
    },
  });
  const refused = () =>
    assertRejects(() => tokens.access("acme"), QontakError, "invalid_grant");
  for (let i = 0; i < 5; i++) await refused();
  assertEquals(used, ["dead"]);
  time.tick(61_000);
  await refused();
  assertEquals(used, ["dead", "dead"]);
  // A person has stored another one, which is tried immediately.
  state.write({ refresh_token: "by hand" });
  assertEquals(await tokens.access("acme"), "a");
});

Deno.test("access() recognizes its own record if the store's answer was lost", async () => {
  const { store, state } = sharedStore();
  const { refresh } = rotatingQontak(5);
  const logs: string[] = [];
  const tokens = createTokens({
    store,
    refresh,
    log: (_level, message) => logs.push(message),
  });
  state.losesAnswers = true;
  assertEquals(await tokens.access("acme"), "a1");
  await until(() => logs.length >= 2, "two log lines");
  await tokens.close();
  assertEquals(state.record.refresh_token, "r1");
  assertMatch(logs[0]!, /Trying again/);
  assertMatch(logs[1]!, /is now kept/);
});

Deno.test("close() stores what is not stored yet, and reports what is lost", async () => {
  for (const readOnly of [false, true]) {
    const { store, state } = sharedStore();
    const { refresh } = rotatingQontak(5);
    const logs: string[] = [];
    const tokens = createTokens({
      store,
      refresh,
      log: (level, message) => logs.push(`${level} ${message}`),
    });
    state.readOnly = true;
    await tokens.access("acme");
    state.readOnly = readOnly;
    await tokens.close();
    assertEquals(state.record.refresh_token, readOnly ? "r0" : "r1");
    assertEquals(logs.length, readOnly ? 2 : 1);
    if (readOnly) assertMatch(logs[1]!, /^error .*lost/);
  }
});

Deno.test("access() starts again if the refresh that it joined did not know of the rejection", async () => {
  const { store, state } = sharedStore();
  const { used, refresh } = rotatingQontak(5);
  // The token in the record is valid by its date, but Qontak refuses it.
  state.write({
    refresh_token: "r0",
    access_token: "refused",
    expires_at: soon(),
  });
  const tokens = createTokens({ store, refresh, log: () => {} });
  assertEquals(
    await Promise.all([
      tokens.access("acme"),
      tokens.access("acme", "refused"),
    ]),
    ["refused", "a1"],
  );
  assertEquals(used, ["r0"]);
});

Deno.test("access() asks the store again after a minute if nothing is cached", async () => {
  using time = new FakeTime();
  const { store, state } = sharedStore();
  state.write({ refresh_token: "r0", access_token: "a", expires_at: soon() });
  const held = createTokens({
    store,
    log: () => {},
    refresh: () => Promise.reject(new Error("not needed")),
    hold: 60_000,
  });
  for (let i = 0; i < 1000; i++) await held.access("acme");
  assertEquals(state.reads, 1);
  time.tick(61_000);
  state.write({ refresh_token: "r0", access_token: "b", expires_at: soon() });
  assertEquals(await held.access("acme"), "b");
  assertEquals(state.reads, 2);
});

Deno.test("access() uses a token only as long as the store allows", async () => {
  using time = new FakeTime();
  const { store } = sharedStore();
  const { used, tokens } = setUp(21_600, { ...store, maxAge: 100 });
  assertEquals(await tokens.access("acme"), "access 1");
  time.tick(89_000);
  assertEquals(await tokens.access("acme"), "access 1");
  time.tick(2_000);
  assertEquals(await tokens.access("acme"), "access 2");
  assertEquals(used.length, 2);
});

Deno.test("access() uses the cache first, and only the store after a rejection", async () => {
  const { store, state } = sharedStore();
  const { used, refresh } = rotatingQontak(5);
  const account = await sha256("r0");
  const kept = new Map([[
    "acme",
    { access_token: "cached", expires_at: soon(), expires_in: 21_600, account },
  ]]);
  const make = () =>
    createTokens({
      store,
      refresh,
      log: () => {},
      cache: {
        get: (tenant) => Promise.resolve(kept.get(tenant)),
        // deno-lint-ignore require-await -- the interface is asynchronous
        async set(tenant, token) {
          kept.set(tenant, token);
        },
        // deno-lint-ignore require-await -- the interface is asynchronous
        async remove(tenant) {
          kept.delete(tenant);
        },
      },
    });
  assertEquals(await make().access("acme"), "cached");
  // This checks whether the account is still the same.
  assertEquals(state.reads, 1);
  state.down = true;
  assertEquals(await make().access("acme"), "cached");
  state.down = false;
  assertEquals(await make().access("acme", "cached"), "a1");
  assertEquals(used, ["r0"]);
  // Another process after a restart.
  assertEquals(await make().access("acme"), "a1");
  kept.set("acme", {
    access_token: "ended",
    expires_at: soon() - 7_200,
    expires_in: 60,
    account,
  });
  assertEquals(await make().access("acme"), "a1");
  // A person has assigned the name to another account.
  kept.set("acme", {
    access_token: "of the old account",
    expires_at: soon(),
    expires_in: 21_600,
    account,
  });
  state.write({ refresh_token: "r1" });
  assertEquals(await make().access("acme"), "a2");
});

Deno.test("access() refuses a tenant whose credentials are for Mekari's gateway", async () => {
  const { store } = sharedStore();
  const { tokens, used } = setUp(60, {
    ...store,
    read: () =>
      Promise.resolve({ credentials: { sso_id: "uuid" }, version: "1" }),
  });
  const error = await assertRejects(
    () => tokens.access("acme"),
    CredentialsError,
    "are for Mekari's gateway",
  );
  assertEquals(error.remedy, { what: "useRefreshToken", tenant: "acme" });
  assertEquals(used, []);
});

Deno.test("access() holds a limited number of tenants and shares nothing between them", async () => {
  const { store } = sharedStore();
  let reads = 0;
  const tokens = createTokens({
    log: () => {},
    refresh: () => Promise.reject(new Error("not needed")),
    store: {
      ...store,
      // deno-lint-ignore require-await -- the interface is asynchronous
      async read(tenant) {
        reads++;
        return {
          credentials: {
            refresh_token: "r",
            access_token: `of ${tenant}`,
            expires_at: soon(),
          },
          version: "1",
        };
      },
    },
  });
  const many = 2 * TENANTS_HELD;
  for (let i = 0; i < many; i++) {
    assertEquals(await tokens.access(`t${i}`), `of t${i}`);
  }
  assertEquals(reads, many);
  // The newest are held, and the oldest are requested again.
  for (let i = many - TENANTS_HELD; i < many; i++) await tokens.access(`t${i}`);
  assertEquals(reads, many);
  assertEquals(await tokens.access("t0"), "of t0");
  assertEquals(reads, many + 1);
});

Deno.test("access() stops within a minute for a removed tenant if nothing is cached", async () => {
  using time = new FakeTime();
  const records: Record<string, OAuthCredentials> = {
    acme: { refresh_token: "r", access_token: "a", expires_at: soon() },
  };
  const tokens = createTokens({
    store: createMemoryStore(records),
    log: () => {},
    refresh: () => Promise.reject(new Error("not needed")),
    hold: 60_000,
  });
  assertEquals(await tokens.access("acme"), "a");
  delete records.acme;
  time.tick(61_000);
  // The token itself is valid for an hour.
  await assertRejects(() => tokens.access("acme"), CredentialsError, "acme");
});

Deno.test("takeLease() renews the lease, and does not take it again after its release", async () => {
  using time = new FakeTime();
  const taken: string[] = [];
  let answer = Promise.withResolvers<void>();
  const store: TokenStore = {
    ...createMemoryStore({}),
    async lease(_tenant, ms, holder) {
      taken.push(`${holder} for ${ms}`);
      await answer.promise;
      taken.push("taken");
      return {
        // deno-lint-ignore require-await -- the interface is asynchronous
        async release() {
          taken.push("released");
        },
      };
    },
  };
  answer.resolve();
  const lease = await takeLease(store, "acme", "me");
  answer = Promise.withResolvers();
  time.tick(LEASE / 2);
  const released = lease!.release();
  // The renewal under way ends first, because it would take the lease again.
  answer.resolve();
  await released;
  time.tick(LEASE * 3);
  const one = `me for ${LEASE}`;
  assertEquals(taken, [one, "taken", one, "taken", "released"]);
});
