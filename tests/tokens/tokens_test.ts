import { assertEquals, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { createEnvStore } from "../../src/tokens/stores/env.ts";
import { CredentialsError, DEFAULT_TENANT } from "../../src/tokens/store.ts";
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
  const tokens = createTokens({ store, refresh });
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
