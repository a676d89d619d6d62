/**
 * The stores in Deno KV. `deno test` has it only with --unstable-kv, so without
 * it these tests run in another process.
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { StoreError } from "../../../src/errors.ts";
import { keysIn } from "../../../src/auth/key_store.ts";
import type { Kv } from "../../../src/storage/kv.ts";
import { createTokenCache } from "../../../src/tokens/cache.ts";
import { createSealer } from "../../../src/storage/sealing.ts";
import { type Credentials, DEFAULT_TENANT } from "../../../src/tokens/store.ts";
import {
  createEnvKeys,
  createEnvStore,
  openEnv,
} from "../../../src/tokens/stores/env.ts";
import { createKvStore, openKv } from "../../../src/tokens/stores/kv.ts";
import { createTokens } from "../../../src/tokens/tokens.ts";
import { keyContract } from "../../auth/key_contract.ts";
import { deno, kvTests, openTestKv, type TestKv } from "../../support/kv.ts";
import { root, stdFlags } from "../../support/process.ts";
import { contract, contractOfOne } from "./contract.ts";
import { rotatingQontak } from "../rotating.ts";

const seconds = () => Math.floor(Date.now() / 1000);
const key = () =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));

const test = kvTests("what is kept in Deno KV", import.meta.filename!);

async function rowsOf({ database }: TestKv) {
  return await Array.fromAsync(database.list({ prefix: [] }));
}

test("createEnvStore() keeps the contract of stores in Deno KV", async ({ kv }) => {
  const credentials = { refresh_token: "canary 0" };
  const plain = createEnvStore({ credentials, kv });
  await plain.replace(
    DEFAULT_TENANT,
    credentials,
    (await plain.read(DEFAULT_TENANT))?.version,
  );
  await contractOfOne(plain, DEFAULT_TENANT);
  const sealer = createSealer([key()]);
  const sealed = createEnvStore({
    credentials: { refresh_token: "canary 1" },
    kv,
    sealer,
  });
  await contractOfOne(sealed, DEFAULT_TENANT);
});

test("createKvStore() keeps the contract of stores", async ({ database }) => {
  await contract(
    createKvStore({ kv: { open: () => Promise.resolve(database) } }),
  );
});

test("createKvStore() keeps the contract with sealed records", async (kv) => {
  const store = createKvStore({
    kv: kv.kv,
    sealer: createSealer([key()]),
  });
  await contract(store);
  const [row] = await Array.fromAsync(
    kv.database.list({ prefix: ["qontak-mcp", "tokens"] }),
  );
  assertMatch(String(row?.value), /^sealed:1:/);
  // A company's record cannot replace that of another.
  await kv.database.set(["qontak-mcp", "tokens", "thief"], row?.value);
  await assertRejects(() => store.read("thief"), StoreError, "another tenant");
});

test("openKv() keeps the contract of keys, apart from tenants", async (kv) => {
  for (const sealer of [createSealer([]), createSealer([key()])]) {
    const { tokens, keys } = openKv({ kv: kv.kv, sealer });
    const left = await keyContract(keysIn(keys!));
    assertEquals(await tokens.tenants(), []);
    const at = ["qontak-mcp", "keys", left];
    const { value } = await kv.database.get(at);
    assertMatch(String(value), /^sealed:1:|^\{/);
    await kv.database.set(["qontak-mcp", "keys", "thief"], value);
    if (String(value).startsWith("sealed")) {
      await assertRejects(() => keys!.read("thief"), StoreError);
    }
    for (const name of ["thief", left]) await keys!.remove(name);
  }
});

test("createEnvKeys() keeps the contract of keys, and two accounts never meet", async ({ kv }) => {
  const make = (credentials: Credentials, baseUrl = "https://one.example") =>
    keysIn(createEnvKeys({ credentials, kv, baseUrl }));
  const left = await keyContract(make({ refresh_token: "one" }));
  assert(await make({ refresh_token: "one" }).read(left));
  for (
    const other of [
      make({ refresh_token: "two" }),
      make({ sso_id: "two" }),
      make({ refresh_token: "one" }, "https://two.example"),
      keysIn(openKv({ kv }).keys!),
    ]
  ) {
    assertEquals(await other.read(left), undefined);
    assertEquals(await other.ids(), []);
    assertEquals(await other.remove(left), false);
  }
  await keyContract(make({ sso_id: "two" }));
});

test("createKvStore() takes both kinds of credentials, and nothing else", async (kv) => {
  const store = createKvStore({ kv: kv.kv });
  const mekari = { sso_id: "u1", client_id: "c", client_secret: "s" };
  await store.replace("acme", mekari, undefined);
  assertEquals((await store.read("acme"))?.credentials, mekari);
  for (const odd of ["canary", 5, { refresh_token: "canary" }, null]) {
    await kv.database.set(["qontak-mcp", "tokens", "odd"], odd);
    const error = await assertRejects(() => store.read("odd"), StoreError);
    assertStringIncludes(error.message, '"odd"');
    assertNotMatch(Deno.inspect(error), /canary/);
  }
});

test("createKvStore() knows its database from others", async (kv) => {
  await using other = await openTestKv();
  await using again = await openTestKv(kv.path);
  const [first, second, third] = await Promise.all(
    [kv, again, other].map(({ kv }) => createKvStore({ kv }).identity()),
  );
  assertEquals(first, second);
  assertNotEquals(first, third);
});

test("createKvStore() uses the expiry in a lease", async ({ database }) => {
  const store = createKvStore({
    kv: { open: () => Promise.resolve(database) },
  });
  const key = ["qontak-mcp", "leases", "acme"];
  // Deno KV shows entries long after their expireIn.
  await database.set(key, { holder: "gone", until: Date.now() - 1 });
  assert(await store.lease!("acme", 60_000, "me"));
  await database.set(key, { holder: "there", until: Date.now() + 60_000 });
  assertEquals(await store.lease!("acme", 60_000, "me"), undefined);
  assert(await store.lease!("acme", 60_000, "there"));
});

test("createKvStore() calls every failure an outage, in its own words", async ({ database }) => {
  const said = {
    "canary: database is locked": "keep it locked",
    "canary: database or disk is full": "disk is full",
    "canary: file is not a database": "damaged",
    "canary: unable to open database file": "DENO_KV_DEFAULT_PATH",
    "canary: no KV database is attached": "Attach one",
    "canary": "TypeError",
  };
  for (const [message, expected] of Object.entries(said).slice(1)) {
    const store = createKvStore({
      kv: { open: () => Promise.reject(new TypeError(message)) },
    });
    const work = [
      () => store.read("acme"),
      () => store.replace("acme", { refresh_token: "canary" }, undefined),
      () => store.remove("acme"),
      () => store.tenants(),
      () => store.lease!("acme", 1, "h"),
      () => store.identity(),
    ];
    for (const ask of work) {
      const error = await assertRejects(ask, StoreError, expected);
      assertNotMatch(Deno.inspect(error), /canary/);
    }
  }
  const none = createKvStore({
    kv: { open: () => Promise.resolve(undefined) },
  });
  await assertRejects(() => none.read("acme"), StoreError, "--unstable-kv");
  // A database that could not be opened is tried again.
  let tries = 0;
  const late = createKvStore({
    kv: {
      open: () => ++tries > 1 ? Promise.resolve(database) : Promise.reject(),
    },
  });
  await assertRejects(() => late.read("acme"), StoreError);
  assertEquals(await late.read("acme"), undefined);
});

test("createKvStore() waits for other writers, for a while", async ({ database }) => {
  let failures = 3;
  const busy = {
    get(key: Deno.KvKey) {
      if (failures-- > 0) throw new TypeError("database is locked");
      return database.get(key);
    },
  } as Deno.Kv;
  const store = createKvStore({ kv: { open: () => Promise.resolve(busy) } });
  assertEquals(await store.read("acme"), undefined);
  failures = Infinity;
  const { now } = performance;
  let passed = 0;
  performance.now = () => now.call(performance) + (passed += 500);
  try {
    await assertRejects(() => store.read("acme"), StoreError, "keep it locked");
  } finally {
    performance.now = now;
  }
});

test("createKvStore() closes only what it has opened", async (kv) => {
  const store = createKvStore({ kv: kv.kv });
  await store.read("acme");
  await store.close!();
  // It is still open; otherwise this would throw.
  await kv.database.get(["a"]);

  // The default database of Deno.openKv().
  Deno.env.set("DENO_KV_DEFAULT_PATH", `${kv.path}2`);
  const own = createKvStore();
  await own.close!();
  await own.replace("acme", { refresh_token: "r" }, undefined);
  await own.close!();
  assert(await own.read("acme"));
  await own.close!();
  Deno.env.delete("DENO_KV_DEFAULT_PATH");
});

for (const kind of ["kv", "env-kv"]) {
  for (const leases of [true, false]) {
    test(
      `${kind}: four processes ${
        leases ? "take turns by leases" : "lose no update without leases"
      }`,
      async (kv) => {
        const store = createKvStore({ kv: kv.kv });
        await store.replace(DEFAULT_TENANT, { refresh_token: "0" }, undefined);
        const env = createEnvStore({
          credentials: { refresh_token: "0" },
          kv: kv.kv,
        });
        const times = leases ? 25 : 50;
        const run = await Promise.all(
          Array.from({ length: 4 }, async () =>
            await deno(
              "run",
              "-A",
              "--no-check",
              "--unstable-kv",
              ...await stdFlags(),
              `${root}tests/support/counter.ts`,
              kind,
              kv.path,
              leases ? `${kv.path}.marker` : "-",
              String(times),
            )),
        );
        assertEquals(run, ["", "", "", ""], run.join(""));
        const counted = await (kind === "kv" ? store : env).read(
          DEFAULT_TENANT,
        );
        assertEquals<Credentials | undefined>(counted?.credentials, {
          refresh_token: String(4 * times),
        });
      },
    );
  }
}

test("createEnvStore() keeps the newest token in Deno KV, sealed, for the next process", async (kv) => {
  const warned: string[] = [];
  const credentials = { refresh_token: "canary 0" };
  const make = (sealer = createSealer([secret])) =>
    openEnv({
      credentials,
      sealer,
      kv: kv.kv,
      log: (_, message) => warned.push(message),
    });
  const secret = key();
  const store = make();
  assertEquals(await store.keeps(), "kv");
  const configured = await store.read(DEFAULT_TENANT);
  assertEquals(configured?.credentials, credentials);
  const next = {
    refresh_token: "canary 1",
    access_token: "canary access",
    expires_at: 2e9,
    expires_in: 21_600,
  };
  const version = await store.replace(
    DEFAULT_TENANT,
    next,
    configured!.version,
  );
  assert(version !== undefined);
  assertEquals(await make().read(DEFAULT_TENANT), {
    credentials: next,
    version,
  });
  // From an old version, or from none.
  for (const old of [configured!.version, undefined]) {
    assertEquals(
      await make().replace(DEFAULT_TENANT, credentials, old),
      undefined,
    );
  }
  assertEquals(await make().identity(), await store.identity());
  assertNotMatch(Deno.inspect(await rowsOf(kv), { depth: 9 }), /canary/);
  assertNotMatch(Deno.inspect(store, { depth: 9 }), /canary/);
  await assertRejects(
    () => make(createSealer([])).read(DEFAULT_TENANT),
    StoreError,
    "no key is set",
  );
  assertEquals(warned, []);
});

test("createEnvStore() lets a newly configured token win, and two accounts never meet", async (kv) => {
  const make = (refresh_token: string) =>
    createEnvStore({ credentials: { refresh_token }, kv: kv.kv });
  const rotate = async (from: string, to: string) => {
    const { version } = (await make(from).read(DEFAULT_TENANT))!;
    await make(from).replace(DEFAULT_TENANT, { refresh_token: to }, version);
  };
  await rotate("one", "one, newer");
  await rotate("other", "other, newer");
  assertEquals((await make("new").read(DEFAULT_TENANT))?.credentials, {
    refresh_token: "new",
  });
  assertEquals((await make("one").read(DEFAULT_TENANT))?.credentials, {
    refresh_token: "one, newer",
  });
  // A token is not sent to another address than the first one.
  const elsewhere = createEnvStore({
    credentials: { refresh_token: "one" },
    baseUrl: "https://elsewhere.example",
    kv: kv.kv,
  });
  assertEquals((await elsewhere.read(DEFAULT_TENANT))?.credentials, {
    refresh_token: "one",
  });
  assertNotEquals(await make("one").identity(), await make("other").identity());
  // A store of several companies does not show them.
  assertEquals(await createKvStore({ kv: kv.kv }).tenants(), []);
});

test("createEnvStore() makes one refresh for all processes that start at once", async (kv) => {
  const qontak = rotatingQontak(30, "canary ");
  const others = await Promise.all(
    Array.from({ length: 4 }, () => openTestKv(kv.path)),
  );
  try {
    const tokens = others.map(({ kv }) =>
      createTokens({
        store: createEnvStore({
          credentials: { refresh_token: "canary 0" },
          kv,
        }),
        refresh: qontak.refresh,
        log: () => {},
      })
    );
    const all = (rejected?: string) =>
      Promise.all(tokens.map((one) => one.access(DEFAULT_TENANT, rejected)));
    assertEquals(new Set(await all()), new Set(["a1"]));
    assertEquals(new Set(await all("a1")), new Set(["a2"]));
    assertEquals(qontak.used.length, 2);
    for (const one of tokens) await one.close();
  } finally {
    for (const other of others) await other[Symbol.asyncDispose]();
  }
});

test("createEnvStore() says so where the database fails", async ({ database }) => {
  let isDown = false;
  const fails = new Proxy(database, {
    get(target, name) {
      if (isDown) throw new TypeError("canary");
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const store = createEnvStore({
    credentials: { refresh_token: "canary" },
    kv: { open: () => Promise.resolve(fails) },
  });
  const { version } = (await store.read(DEFAULT_TENANT))!;
  isDown = true;
  const error = await assertRejects(
    () => store.replace(DEFAULT_TENANT, { refresh_token: "canary" }, version),
    StoreError,
    "Deno KV",
  );
  assertNotMatch(Deno.inspect(error), /canary/);
});

test("createTokenCache() outlives the process, where others write as well", async (kv) => {
  const token = {
    access_token: "canary",
    expires_at: seconds() + 60,
    expires_in: 21_600,
    account: "an account",
  };
  const sealer = createSealer([key()]);
  const scope = () => Promise.resolve("a");
  const make = (kv: Kv) => createTokenCache({ kv, scope, sealer });
  const others = await Promise.all(
    Array.from({ length: 4 }, () => openTestKv(kv.path)),
  );
  try {
    await Promise.all(others.flatMap((other, i) =>
      Array.from(
        { length: 25 },
        (_, j) => make(other.kv).set(`${i}.${j}`, token),
      )
    ));
  } finally {
    for (const other of others) await other[Symbol.asyncDispose]();
  }
  for (const tenant of ["0.0", "0.24", "3.0", "3.24"]) {
    assertEquals(await make(kv.kv).get(tenant), token);
  }
  assertNotMatch(Deno.inspect(await rowsOf(kv)), /canary/);
});
