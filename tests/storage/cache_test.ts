import { assertEquals, assertRejects } from "@std/assert";
import { createAccess } from "../../src/qontak/connection.ts";
import { createCache } from "../../src/storage/cache.ts";
import { createSealer } from "../../src/storage/sealing.ts";
import { type RunningSandbox, serveSandbox } from "../../src/sandbox/mod.ts";
import {
  createMemoryKv,
  createMemoryStore,
  type MemoryRow,
} from "../support/memory.ts";
import { run, WITH_KV } from "../support/process.ts";
import { HANDSHAKE, toolCall, toStdin } from "../support/rpc.ts";

function counting() {
  let loads = 0;
  return {
    load: () => Promise.resolve(++loads),
    loads: () => loads,
  };
}

Deno.test("get() loads once for all simultaneous callers, and again when the entry is old", async () => {
  let now = 0;
  const cache = createCache({ lifetime: 100, size: 10, now: () => now });
  const { load } = counting();
  assertEquals(
    await Promise.all([1, 2, 3].map(() => cache.get("a", load))),
    [1, 1, 1],
  );
  now = 99;
  assertEquals(await cache.get("a", load), 1);
  now = 100;
  assertEquals(await cache.get("a", load), 2);
});

Deno.test("get() fails for all waiting callers, and then tries again", async () => {
  const cache = createCache({ lifetime: 100, size: 10 });
  const fail = () => Promise.reject(new Error("down"));
  await assertRejects(() => cache.get("a", fail), Error, "down");
  assertEquals(await cache.get("a", () => Promise.resolve(1)), 1);
});

Deno.test("get() keeps the most recently used entries if there are too many", async () => {
  const cache = createCache({ lifetime: 100, size: 2 });
  const { load, loads } = counting();
  for (const key of ["a", "b", "a", "c", "a"]) await cache.get(key, load);
  assertEquals(loads(), 3);
  await cache.get("b", load);
  assertEquals(loads(), 4);
});

Deno.test("get() keeps the entries of others, no matter how many one owner requests", async () => {
  const cache = createCache({ lifetime: 100, size: 10, share: 4 });
  const { load, loads } = counting();
  for (const other of ["a/x", "b/x", "b/y"]) await cache.get(other, load);
  for (let i = 0; i < 50; i++) await cache.get(`greedy/${i}`, load);
  assertEquals(loads(), 53);
  for (const other of ["a/x", "b/x", "b/y", "greedy/49", "greedy/46"]) {
    await cache.get(other, load);
  }
  assertEquals(loads(), 53);
  await cache.get("greedy/45", load);
  assertEquals(loads(), 54);
});

Deno.test("a company that fills its share evicts no entries of another", async () => {
  const store = createMemoryStore({
    acme: { refresh_token: "a" },
    other: { refresh_token: "b" },
  });
  const access = createAccess({ store, log: () => {}, kv: false });
  const cache = createCache({ lifetime: 100_000, size: 100, share: 4 });
  const { load, loads } = counting();
  const fill = async (tenant: string, count: number) => {
    const { scope } = await access.account(tenant);
    for (let i = 0; i < count; i++) await cache.get(`${scope}/${i}`, load);
  };
  await fill("other", 4);
  await fill("acme", 50);
  await fill("other", 4);
  assertEquals(loads(), 54);
  await access.close();
});

Deno.test("entries in the KV are sealed if there is a key, and open only under their own key", async () => {
  const { rows, kv } = createMemoryKv();
  const sealer = createSealer([
    btoa("a key of thirty-two bytes, really".slice(0, 32)),
  ]);
  const make = () => createCache({ lifetime: 1_000, size: 10, kv, sealer });
  const get = (key: string) =>
    make().get(key, () => Promise.resolve(["loaded"]));
  await make().get("acme/x", () => Promise.resolve(["canary"]));
  assertEquals(JSON.stringify([...rows]).includes("canary"), false);
  assertEquals(await get("acme/x"), ["canary"]);
  const [[name, sealed]] = [...rows] as [[string, MemoryRow]];
  // Another company's template under this company's key.
  rows.set(name.replace("acme", "other"), sealed);
  assertEquals(await get("other/x"), ["loaded"]);
  // An entry that somebody with access to the database has written.
  rows.set(name, {
    value: JSON.stringify({ value: ["forged"], at: Date.now() }),
  });
  assertEquals(await get("acme/x"), ["loaded"]);
});

Deno.test("forget() drops only what starts with a prefix", async () => {
  const cache = createCache({ lifetime: 100, size: 10 });
  const { load, loads } = counting();
  await cache.get("acme/fields", load);
  await cache.get("acme2/fields", load);
  cache.forget("acme/");
  await cache.get("acme2/fields", load);
  assertEquals(loads(), 2);
  await cache.get("acme/fields", load);
  assertEquals(loads(), 3);
});

Deno.test("forget() also drops entries in the KV, whose values contain their expiry", async () => {
  const { kv } = createMemoryKv();
  let now = 1000;
  const { load, loads } = counting();
  const make = () =>
    createCache({ lifetime: 100, size: 10, kv, now: () => now });
  assertEquals(await make().get("a/x", load), 1);
  const cache = make();
  assertEquals(await cache.get("a/x", load), 1);
  cache.forget("a/");
  assertEquals(await cache.get("a/x", load), 2);
  now = 1099;
  assertEquals(await make().get("a/x", load), 2);
  now = 1101;
  assertEquals(await make().get("a/x", load), 3);
  assertEquals(loads(), 3);
});

Deno.test("a missing or failing KV changes nothing", async () => {
  const broken = {
    get: () => Promise.reject(new Error("down")),
    set: () => Promise.reject(new TypeError("too large")),
  } as unknown as Deno.Kv;
  for (const database of [broken, undefined]) {
    const kv = { open: () => Promise.resolve(database) };
    const cache = createCache({ lifetime: 100, size: 10, kv });
    const { load } = counting();
    assertEquals(await cache.get("a", load), 1);
    assertEquals(await cache.get("a", load), 1);
  }
});

Deno.test("the setup of a company survives the process if there is a KV", async () => {
  const dir = await Deno.makeTempDir();
  await using one = serveSandbox({ rotateRefreshTokens: false });
  await using other = serveSandbox({ rotateRefreshTokens: false });
  const ask = async (sandbox: RunningSandbox) => {
    const before = sandbox.requests.length;
    const { code, stdout, stderr } = await run([WITH_KV], {
      env: {
        QONTAK_BASE_URL: sandbox.url,
        QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
        DENO_KV_DEFAULT_PATH: `${dir}/kv`,
      },
      stdin: toStdin(...HANDSHAKE, toolCall(2, "get_contact_template")),
    });
    assertEquals(code, 0, stderr);
    assertEquals(stdout.includes("first_name"), true, stdout);
    return sandbox.requests.slice(before)
      .filter(({ path }) => path.endsWith("/info")).length;
  };
  try {
    assertEquals(await ask(one), 1);
    assertEquals(await ask(one), 0);
    // The same token at another address is another company.
    assertEquals(await ask(other), 1);
    assertEquals(await ask(one), 0);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
