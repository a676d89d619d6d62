import {
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertRejects,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { createEnvStore } from "../../src/tokens/stores/env.ts";
import {
  type Credentials,
  CredentialsError,
  DEFAULT_TENANT,
  StoreError,
  type TokenStore,
} from "../../src/tokens/store.ts";
import { QontakError } from "../../src/qontak/errors.ts";
import { createTokens, type Grant } from "../../src/tokens/tokens.ts";

function setUp(lifetime = 21_600) {
  const used: string[] = [];
  let rotated = 0;
  const store = createEnvStore("refresh 0", () => rotated++);
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
  return { used, store, tokens, rotations: () => rotated };
}

Deno.test("access() shares one refresh among concurrent calls", async () => {
  const { used, tokens } = setUp();
  const all = await Promise.all(
    Array.from({ length: 50 }, () => tokens.access(DEFAULT_TENANT)),
  );
  assertEquals(new Set(all), new Set(["access 1"]));
  assertEquals(used, ["refresh 0"]);
});

Deno.test("access() keeps a token until five minutes before its end", async () => {
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

Deno.test("access() replaces a rejected token once for all who met it", async () => {
  const { used, tokens } = setUp();
  const old = await tokens.access(DEFAULT_TENANT);
  const fresh = await Promise.all(
    Array.from({ length: 20 }, () => tokens.access(DEFAULT_TENANT, old)),
  );
  assertEquals(new Set(fresh), new Set(["access 2"]));
  // One who was slow to see the 401 gets the token that is there by now.
  assertEquals(await tokens.access(DEFAULT_TENANT, old), "access 2");
  assertEquals(used, ["refresh 0", "refresh 1"]);
});

Deno.test("access() tells a failed refresh to all, and tries again later", async () => {
  let fail = true;
  const tokens = createTokens({
    store: createEnvStore("r"),
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

Deno.test("createEnvStore() keeps the newest token and says once that it rotated", async () => {
  const { tokens, store, rotations } = setUp();
  const first = await tokens.access(DEFAULT_TENANT);
  await tokens.access(DEFAULT_TENANT, first);
  assertEquals(
    (await store.read(DEFAULT_TENANT))?.credentials.refresh_token,
    "refresh 2",
  );
  assertEquals(rotations(), 1);
});

Deno.test("createEnvStore() refuses a named tenant instead of using the default", async () => {
  const { tokens, used } = setUp();
  await assertRejects(() => tokens.access("acme"), CredentialsError, "acme");
  assertEquals(used, []);
});

Deno.test("createEnvStore() never lets an older record replace a newer one", async () => {
  const store = createEnvStore("r0");
  const old = await store.read(DEFAULT_TENANT);
  await store.replace(DEFAULT_TENANT, { refresh_token: "r1" }, old!.version);
  assertEquals(
    await store.replace(DEFAULT_TENANT, { refresh_token: "rX" }, old!.version),
    undefined,
  );
  assertEquals(
    (await store.read(DEFAULT_TENANT))?.credentials.refresh_token,
    "r1",
  );
});

/** A store that many processes share, and that can go out of order. */
function sharedStore() {
  let record: Credentials = { refresh_token: "r0" };
  let version = 0;
  let isLeased = false;
  const state = {
    down: false,
    readOnly: false,
    get record() {
      return record;
    },
    /** What another process does. */
    write(next: Credentials) {
      record = next;
      version++;
    },
  };
  const up = () => {
    if (state.down) throw new StoreError("The store does not answer");
  };
  const store: TokenStore = {
    name: "shared",
    identity: () => Promise.resolve("shared"),
    // deno-lint-ignore require-await -- the interface is asynchronous
    async read() {
      up();
      return { credentials: record, version: String(version) };
    },
    // deno-lint-ignore require-await -- the interface is asynchronous
    async replace(_tenant, next, from) {
      up();
      if (state.readOnly) throw new StoreError("The store takes no writes");
      if (from !== String(version)) return undefined;
      state.write(next);
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

/** Qontak with tokens that rotate: only the newest refresh token works. */
function rotatingQontak(lifetime = 21_600) {
  let newest = 0;
  const used: string[] = [];
  return {
    used,
    async refresh(token: string): Promise<Grant> {
      used.push(token);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (token !== `r${newest}`) {
        throw new QontakError("invalid_grant", {
          endpoint: "POST /oauth/token",
          status: 401,
          said: "",
          code: "invalid_grant",
        });
      }
      newest++;
      return {
        access_token: `a${newest}`,
        refresh_token: `r${newest}`,
        expires_in: lifetime,
      };
    },
  };
}

const soon = () => Math.floor(Date.now() / 1000) + 3_600;

Deno.test("access() makes one refresh for many processes", async () => {
  const { store } = sharedStore();
  const { used, refresh } = rotatingQontak();
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

Deno.test("access() uses what somebody else rotated meanwhile", async () => {
  const { store, state } = sharedStore();
  const { used, refresh } = rotatingQontak();
  const tokens = createTokens({
    store,
    log: () => {},
    refresh: async (token) => {
      if (used.length === 0) {
        // Another process, which knows of no lease, is faster.
        const grant = await refresh(token);
        state.write({ ...grant, expires_at: soon() });
      }
      return await refresh(token);
    },
  });
  assertEquals(await tokens.access("acme"), "a1");
  assertEquals(used, ["r0", "r0"]);
});

Deno.test("access() tells a dead refresh token only when nobody has a better one", async () => {
  const { store, state } = sharedStore();
  state.write({ refresh_token: "dead" });
  const { used, refresh } = rotatingQontak();
  const tokens = createTokens({ store, refresh, log: () => {} });
  await assertRejects(
    () => tokens.access("acme"),
    QontakError,
    "invalid_grant",
  );
  assertEquals(used, ["dead"]);
});

Deno.test("access() serves and keeps trying when the newest token cannot be kept", async () => {
  const { store, state } = sharedStore();
  const { used, refresh } = rotatingQontak();
  const logs: string[] = [];
  const tokens = createTokens({
    store,
    refresh,
    log: (level, message, details) =>
      logs.push(`${level} ${message} ${JSON.stringify(details)}`),
  });
  state.readOnly = true;
  assertEquals(await tokens.access("acme"), "a1");
  // The store still has the old one: it is not used again.
  assertEquals(await tokens.access("acme", "a1"), "a2");
  assertEquals(used, ["r0", "r1"]);
  assertEquals(state.record.refresh_token, "r0");
  assertMatch(logs[0]!, /^error .*memory only/);
  state.readOnly = false;
  while (state.record.refresh_token !== "r2") {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(await tokens.access("acme", "a2"), "a3");
  assertEquals(state.record.refresh_token, "r3");
  for (const line of logs) assertNotMatch(line, /\b[ar]\d\b/);
  tokens.close();
});

Deno.test("access() goes on with a good token while the store is out of order", async () => {
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
  // An outage, and never "there are no credentials".
  await assertRejects(() => tokens.access("acme"), StoreError, "not answer");
});

Deno.test("access() never overwrites a newer record", async () => {
  const { store, state } = sharedStore();
  const { refresh } = rotatingQontak();
  const tokens = createTokens({
    store,
    log: () => {},
    refresh: async (token) => {
      const grant = await refresh(token);
      // A person stores a new token while the answer travels.
      state.write({ refresh_token: "by hand" });
      return grant;
    },
  });
  await tokens.access("acme");
  assertEquals(state.record.refresh_token, "by hand");
});
