import { assertEquals, assertNotMatch } from "@std/assert";
import {
  createTokenCache,
  type TokenCacheOptions,
} from "../../src/tokens/cache.ts";
import { createSealer } from "../../src/storage/sealing.ts";
import { createMemoryKv } from "../support/memory.ts";

const sealer = createSealer([
  btoa("a key of thirty-two bytes, really")
    .slice(0, 43) + "=",
]);

function setUp(options: Partial<TokenCacheOptions> = {}) {
  const { rows, kv } = createMemoryKv();
  let now = 1_000_000;
  const make = (more: Partial<TokenCacheOptions> = {}) =>
    createTokenCache({
      kv,
      scope: () => Promise.resolve("a scope"),
      now: () => now,
      ...options,
      ...more,
    });
  const token = {
    access_token: "canary",
    expires_at: 1_060,
    expires_in: 120,
    account: "an account",
  };
  return { rows, make, token, wait: (ms: number) => now += ms };
}

Deno.test("createTokenCache() keeps a token until it expires, even if the database fails", async () => {
  const { rows, make, token, wait } = setUp();
  await make().set("acme", token);
  assertEquals([...rows.values()].map(({ expireIn }) => expireIn), [60_000]);
  wait(59_999);
  assertEquals(await make().get("acme"), token);
  wait(1);
  // The row is still there.
  assertEquals(rows.size, 1);
  assertEquals(await make().get("acme"), undefined);
  // An expired token is not stored.
  await make().set("other", token);
  assertEquals(rows.size, 1);
});

Deno.test("createTokenCache() forgets a tenant", async () => {
  const { make, token } = setUp();
  await make().set("acme", token);
  await make().set("other", token);
  await make().remove("acme");
  assertEquals(await make().get("acme"), undefined);
  assertEquals(await make().get("other"), token);
});

Deno.test("createTokenCache() separates tenants and accounts", async () => {
  const { make, token } = setUp();
  const other = make({ scope: () => Promise.resolve("another scope") });
  await make().set("acme", token);
  assertEquals(await make().get("other"), undefined);
  assertEquals(await other.get("acme"), undefined);
});

Deno.test("createTokenCache() seals tokens, and accepts none under another key", async () => {
  const logged: string[] = [];
  const { rows, make, token } = setUp({
    sealer,
    log: (...line) => logged.push(JSON.stringify(line)),
  });
  await make().set("acme", token);
  await make().set("other", token);
  assertNotMatch(Deno.inspect([...rows], { depth: 9 }), /canary/);
  assertEquals(await make().get("acme"), token);
  const [acme, other] = [...rows.keys()];
  rows.set(other!, rows.get(acme!)!);
  assertEquals(await make().get("other"), undefined);
  // Sealed with a key that is no longer set.
  assertEquals(await make({ sealer: createSealer([]) }).get("acme"), undefined);
  assertNotMatch(logged.join(), /canary/);
});

Deno.test("createTokenCache() never holds a refresh token", async () => {
  const { rows, make, token } = setUp();
  const pair = { ...token, access_token: "a", refresh_token: "canary" };
  await make().set("acme", pair);
  assertNotMatch(Deno.inspect([...rows], { depth: 9 }), /canary|refresh/);
});

Deno.test("createTokenCache() continues without a failing database, and logs that once", async () => {
  const broken = new Proxy({}, {
    get() {
      throw new TypeError("canary");
    },
  }) as Deno.Kv;
  const failing = {
    "a broken database": { kv: { open: () => Promise.resolve(broken) } },
    "one that does not open": {
      kv: { open: () => Promise.reject(new Error("canary")) },
    },
    "a store without identity": {
      scope: () => Promise.reject(new Error("canary")),
    },
  };
  for (const [name, options] of Object.entries(failing)) {
    const logged: string[] = [];
    const { make, token } = setUp({
      ...options,
      log: (...line) => logged.push(JSON.stringify(line)),
    });
    const cache = make();
    for (let tries = 0; tries < 2; tries++) {
      await cache.set("acme", token);
      assertEquals(await cache.get("acme"), undefined, name);
      await cache.remove("acme");
    }
    assertEquals(logged.length, 1, name);
    assertNotMatch(logged.join(), /canary/);
  }
  const { make, token } = setUp({
    kv: { open: () => Promise.resolve(undefined) },
    log: () => {
      throw new Error("There is nothing to say");
    },
  });
  await make().set("acme", token);
  assertEquals(await make().get("acme"), undefined);
});

Deno.test("createTokenCache() reads only tokens", async () => {
  for (
    const odd of ["", "{", "null", "[]", '{"access_token":"a"}', 5, {}]
  ) {
    const { rows, make, token } = setUp();
    await make().set("acme", token);
    for (const row of rows.values()) row.value = odd;
    assertEquals(await make().get("acme"), undefined);
  }
});
