import {
  assert,
  assertEquals,
  assertNotEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { advise } from "../../../src/app/advice.ts";
import { sentenceOf, StoreError } from "../../../src/errors.ts";
import type { Log } from "../../../src/logging/log.ts";
import { keysIn } from "../../../src/auth/key_store.ts";
import { createSealer } from "../../../src/storage/sealing.ts";
import type { TokenStore } from "../../../src/tokens/store.ts";
import { parseRecord } from "../../../src/tokens/stores/record.ts";
import {
  createRedisStore,
  openRedis,
  type RedisStoreOptions,
} from "../../../src/tokens/stores/redis.ts";
import { noRedis, startRedis } from "../../support/redis.ts";
import { keyContract } from "../../auth/key_contract.ts";
import { contract } from "./contract.ts";
import { sleep } from "../../support/time.ts";
import { unless } from "../../support/unless.ts";

const key = () =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));

function redisTest(
  name: string,
  run: (
    make: (options?: Partial<RedisStoreOptions>) => TokenStore,
    redis: Awaited<ReturnType<typeof startRedis>>,
  ) => Promise<void>,
) {
  Deno.test({
    ...unless(noRedis, name),
    async fn() {
      await using redis = await startRedis();
      const stores: TokenStore[] = [];
      const keyPrefix = `qontak:test:${crypto.randomUUID()}:`;
      try {
        await run((options) => {
          const store = createRedisStore({
            url: redis.url,
            keyPrefix,
            timeout: 1_000,
            ...options,
          });
          stores.push(store);
          return store;
        }, redis);
      } finally {
        for (const store of stores) await store.close?.();
      }
    },
  });
}

redisTest("createRedisStore() fulfils the contract of stores", async (make) => {
  await contract(make());
});

redisTest(
  "createRedisStore() fulfils the contract with sealed records",
  async (make) => {
    await contract(make({ sealer: createSealer([key()]) }));
  },
);

redisTest(
  "openRedis() fulfils the contract of keys, separate from tenants",
  async (_make, redis) => {
    const { Redis } = await import("ioredis");
    const client = new Redis(redis.url, { lazyConnect: true });
    for (const sealer of [createSealer([]), createSealer([key()])]) {
      const keyPrefix = `qontak:test:${crypto.randomUUID()}:`;
      const { tokens, keys } = openRedis({ url: redis.url, keyPrefix, sealer });
      try {
        const left = await keyContract(keysIn(keys!));
        await tokens.replace("acme", { refresh_token: "r" }, undefined);
        assertEquals(await tokens.tenants(), ["acme"]);
        assertEquals(await keys!.names(), [left]);
        const name = `key:${keyPrefix}${left}`;
        const raw = await client.get(name);
        // The record of a key is not accepted for another key, or as
        // credentials.
        if (raw!.startsWith("sealed:1:")) {
          await client.set(`key:${keyPrefix}thief`, raw!);
          await client.set(keyPrefix + left, raw!);
          for (
            const read of [() => keys!.read("thief"), () => tokens.read(left)]
          ) {
            await assertRejects(read, StoreError, "another tenant");
          }
        }
      } finally {
        await tokens.close?.();
      }
    }
    client.disconnect();
  },
);

redisTest(
  "createRedisStore() reads what the Python server wrote, and supports key rotation",
  async (make, redis) => {
    const { Redis } = await import("ioredis");
    const keyPrefix = `qontak:test:${crypto.randomUUID()}:`;
    const plain = make({ keyPrefix });
    const kept = { refresh_token: "canary", access_token: "a", expires_at: 5 };
    await plain.replace("_default", kept, undefined);
    const [old, fresh] = [key(), key()];
    const { tokens: sealing, sealed } = openRedis({
      url: redis.url,
      keyPrefix,
      sealer: createSealer([old]),
    });
    // With a key, an unsealed record is refused until it is sealed.
    await assertRejects(
      () => sealing.read("_default"),
      StoreError,
      "is not sealed, though a sealing key is set",
    );
    const { text, version } = (await sealed!.credentials.raw("_default"))!;
    await sealed!.credentials.replace("_default", text, version);
    assertEquals((await sealing.read("_default"))?.credentials, kept);
    await sealing.close?.();
    const rotated = make({ keyPrefix, sealer: createSealer([fresh, old]) });
    assertEquals((await rotated.read("_default"))?.credentials, kept);
    await assertRejects(
      () => plain.read("_default"),
      StoreError,
      "The credentials are sealed, and no key is set",
    );
    await assertRejects(
      () => make({ keyPrefix, sealer: createSealer([key()]) }).read("_default"),
      StoreError,
      "with a key that is not among those that are set",
    );
    assert(Redis);
  },
);

redisTest(
  "createRedisStore() notices that another program wrote over a sealed record",
  async (make) => {
    const lines: string[] = [];
    const log: Log = (level, message, details) =>
      lines.push(`${level} ${message} ${JSON.stringify(details)}`);
    const store = make({ sealer: createSealer([key()]), log });
    await store.replace("acme", { refresh_token: "ours" }, undefined);
    await store.read("acme");
    const plain = make();
    await plain.remove("acme");
    await plain.replace("acme", { refresh_token: "canary" }, undefined);
    const error = await assertRejects(() => store.read("acme"), StoreError);
    const told = sentenceOf(error, advise)!;
    assertStringIncludes(told, "another program, such as the Python server");
    assertStringIncludes(told, "qontak-mcp tenants remove");
    assertEquals(lines.length, 1);
    assertStringIncludes(lines[0]!, "warn A sealed record");
    assertStringIncludes(lines[0]!, "keepStoreApart");
    assertNotMatch(Deno.inspect(error) + lines, /canary/);
    // A record that was never sealed is a different case.
    await plain.replace("beta", { refresh_token: "canary" }, undefined);
    await assertRejects(() => store.read("beta"), StoreError, "is not sealed,");
    assertEquals(lines.length, 1);
  },
);

redisTest(
  "createRedisStore() reports an outage, and works again after it",
  async (make, redis) => {
    const store = make();
    await store.replace("acme", { refresh_token: "canary" }, undefined);
    await redis.kill();
    const error = await assertRejects(() => store.read("acme"), StoreError);
    assertStringIncludes(error.message, "does not answer");
    assertNotMatch(Deno.inspect(error), /canary/);
    await redis.restart();
    for (let tries = 0;; tries++) {
      try {
        const kept = { refresh_token: "canary" };
        assertEquals((await store.read("acme"))?.credentials, kept);
        break;
      } catch (error) {
        if (tries === 50) throw error;
        await sleep(100);
      }
    }
  },
);

Deno.test({
  name: "createRedisStore() names no password when it is refused",
  // The library does not clear the timer of its next attempt.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: refusedConnection,
});

async function refusedConnection() {
  const store = createRedisStore({
    url: "redis://user:hunter2@127.0.0.1:9/0",
    timeout: 500,
  });
  const error = await assertRejects(() => store.read("acme"), StoreError);
  assertStringIncludes(error.message, "127.0.0.1:9");
  assertNotMatch(Deno.inspect(error), /hunter2/);
  await store.close?.();
}

Deno.test("createSealer() seals differently each time, and binds the record to its tenant", async () => {
  const sealer = createSealer([key()]);
  const sealed = await sealer.seal("a record", "acme");
  assertNotMatch(sealed, /record/);
  assertNotEquals(await sealer.seal("a record", "acme"), sealed);
  assertEquals(await sealer.open(sealed, "acme"), "a record");
  assertEquals(await createSealer([]).open("{}", "acme"), "{}");
  await assertRejects(
    () => sealer.open("{}", "acme"),
    StoreError,
    "is not sealed, though a sealing key is set",
  );
  for (
    const [record, tenant] of [
      [sealed, "other"],
      [sealed.slice(0, -4) + "AAAA", "acme"],
      ["sealed:1:", "acme"],
      ["sealed:1:not base64 %", "acme"],
      ["sealed:1:AAAA", "acme"],
    ] as const
  ) await assertRejects(() => sealer.open(record, tenant), StoreError);
});

Deno.test("createSealer() refuses what is not a key, without repeating it", () => {
  for (
    const bad of [
      "",
      "hunter2",
      btoa("too short"),
      "*".repeat(44),
      btoa("\0".repeat(32)),
      btoa("a".repeat(32)),
    ]
  ) {
    const error = assertThrows(() => createSealer([bad]), TypeError);
    assertStringIncludes(error.message, "openssl rand");
    if (bad) assert(!error.message.includes(bad));
  }
});

Deno.test("parseRecord() reads every form of a record, and errors repeat none", () => {
  const table: [unknown, unknown][] = [
    [{ refresh_token: "r" }, { refresh_token: "r" }],
    [{ refresh_token: "r", access_token: null, expires_at: null }, {
      refresh_token: "r",
    }],
    [{ refresh_token: "r", access_token: "a", expires_at: 1700000000.5 }, {
      refresh_token: "r",
      access_token: "a",
      expires_at: 1700000000.5,
    }],
    [{ refresh_token: "r", expires_at: "1700000000" }, {
      refresh_token: "r",
      expires_at: 1700000000,
    }],
    [{ refresh_token: "r", expires_at: "2023-11-14T22:13:20Z" }, {
      refresh_token: "r",
      expires_at: 1700000000,
    }],
  ];
  for (const [record, expected] of table) {
    assertEquals<unknown>(parseRecord(JSON.stringify(record), "t"), expected);
  }
  for (
    const bad of ["", "canary", "[]", "{}", '{"refresh_token":""}', "null"]
  ) {
    const error = assertThrows(() => parseRecord(bad, "acme"), StoreError);
    assertStringIncludes(error.message, '"acme"');
    assert(!error.message.includes("canary"));
  }
});
