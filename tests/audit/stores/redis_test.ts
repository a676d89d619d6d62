/** Audit records in a real Redis. */
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { StoreError } from "../../../src/errors.ts";
import { createRedisAuditStore } from "../../../src/audit/mod.ts";
import { run } from "../../support/process.ts";
import { noServer, startRedis, type TestRedis } from "../../support/redis.ts";
import { argumentsFor } from "../../../src/sandbox/samples.ts";
import { createWorld } from "../../support/world.ts";
import { allOf, contract, recordOf } from "./contract.ts";
import { sleep } from "../../support/time.ts";
import { unless } from "../../support/unless.ts";

function test(
  name: string,
  fn: (redis: TestRedis) => Promise<void>,
  /** Whether the test checks for leaked timers. */
  isClean = true,
): void {
  Deno.test({
    ...unless(noServer, name),
    sanitizeOps: isClean,
    sanitizeResources: isClean,
    async fn() {
      // A separate database, which the test may search.
      await using redis = await startRedis("--maxclients", "100");
      await fn(redis);
    },
  });
}

const RECORDS = "audit:qontak:tokens:records";

test("createRedisAuditStore() keeps what every store keeps", async ({ url, send }) => {
  await contract({
    open: (days, sealer) =>
      createRedisAuditStore({ url, days, ...(sealer ? { sealer } : {}) }),
    async dump() {
      const all = await send("HGETALL", RECORDS) as string[];
      return all.filter((_, i) => i % 2 === 1);
    },
    async swap(from, to) {
      const text = await send("HGET", RECORDS, from) as string;
      await send("HSET", RECORDS, to, text);
    },
  });
});

test("audit shows no character that a terminal obeys", async ({ url }) => {
  const store = createRedisAuditStore({ url, days: 1 });
  const principal = "key\u001b[2J\u009b\u202e\u200b";
  await store.end({ ...recordOf("a"), principal });
  await store.close?.();
  const { stdout } = await run(["audit"], {
    env: { QONTAK_AUDIT: "redis", REDIS_URL: url },
  });
  assertStringIncludes(stdout, "key⟨U+001B⟩[2J⟨U+009B⟩⟨U+202E⟩⟨U+200B⟩");
});

test("createRedisAuditStore() forgets what is too old or too many", async ({ url, send }) => {
  const counts = async () => [
    await send("HLEN", RECORDS),
    await send("ZCARD", "audit:qontak:tokens:ids"),
  ];
  const store = createRedisAuditStore({ url, days: 1, most: 20 });
  for (let i = 0; i < 5; i++) {
    await store.begin(recordOf(`old ${i}`, { daysAgo: 2 }));
  }
  await store.begin(recordOf("new"));
  assertEquals(await counts(), [1, 1]);
  for (let i = 0; i < 30; i++) await store.begin(recordOf(`new ${i}`));
  assertEquals(await counts(), [20, 20]);
  const tools = (await allOf(store)).map((record) => record?.tool);
  assertEquals([tools[0], tools.at(-1)], ["new 29", "new 10"]);
  // If nothing more is written, everything expires.
  for (const key of [RECORDS, "audit:qontak:tokens:ids"]) {
    const left = await send("PTTL", key) as number;
    assert(left > 0 && left <= 24 * 60 * 60 * 1000);
  }
  await store.close?.();
});

test("createRedisAuditStore() lists more than one page", async ({ url }) => {
  const store = createRedisAuditStore({ url, days: 1 });
  const records = Array.from({ length: 450 }, (_, i) => recordOf(`n ${i}`));
  await Promise.all(records.map((record) => store.begin(record)));
  assertEquals(await allOf(store), records.toReversed());
  await store.close?.();
});

/** The permissions that .github/AUDIT.md names are sufficient. */
const RIGHTS =
  "+info +eval +hset +hsetnx +hmget +hdel +zadd +zcard +zrange +zrangebylex +zrevrangebylex +zrem +pexpire ~audit:qontak:tokens:*";

test("createRedisAuditStore() needs no more rights than the documents name", async ({ url, send }) => {
  const documents = await Deno.readTextFile(
    new URL("../../../.github/AUDIT.md", import.meta.url),
  );
  assertStringIncludes(documents, RIGHTS);
  const rules = ["on", ">word", "resetkeys", "-@all", ...RIGHTS.split(" ")];
  await send("ACL", "SETUSER", "qontak", ...rules);
  const store = createRedisAuditStore({
    url: url.replace("redis://", "redis://qontak:word@"),
    days: 1,
    most: 2,
  });
  for (let i = 0; i < 4; i++) await store.begin(recordOf(`n ${i}`));
  await store.end(recordOf("last"));
  await store.begin(recordOf("old", { daysAgo: 2 }));
  assertEquals((await allOf(store)).length, 2);
  await store.close?.();
});

test(
  "createRedisAuditStore() says that Redis does not answer, without the password",
  async ({ url, kill }) => {
    const store = createRedisAuditStore({
      url: url.replace("redis://", "redis://user:hunter2@"),
      days: 1,
    });
    await kill();
    const error = await assertRejects(
      () => store.begin(recordOf("a")),
      StoreError,
      "The store of audit records does not answer: Redis at 127.0.0.1:",
    );
    assertNotMatch(error.message, /hunter2/);
    await store.close?.();
  },
  false,
);

test(
  "a write continues if Redis stops, and records continue when it is back",
  async ({ url, kill, restart }) => {
    const store = createRedisAuditStore({ url, days: 1 });
    await using world = await createWorld({ audit: { store } });
    const { required } = await world.ok("get_required_fields_for_contact");
    const create = () =>
      world.ok("create_contact", {
        ...argumentsFor(required),
        allow_duplicate: true,
      });
    await create();
    await kill();
    const during = await create();
    const lost = world.logs.filter((line) => line.includes('"error"'));
    assert(lost.length > 0);
    for (const line of lost) {
      assertStringIncludes(line, "An audit record could not be kept");
    }
    // The log has the record that the store lacks.
    assert(world.logs.some((line) => {
      const { message, record } = JSON.parse(line);
      return message === "A write was sent" && record === during.id;
    }));
    await restart();
    const isKept = async (id: number) => {
      const all = await allOf(store).catch(() => []);
      return all.some((one) => one?.record === id);
    };
    for (let tries = 0; tries < 50; tries++) {
      const { id } = await create();
      if (await isKept(id)) return;
      await sleep(100);
    }
    throw new Error("No record was kept after Redis came back");
  },
  false,
);

Deno.test({
  name:
    "a Redis that accepts connections and never answers does not delay a write",
  // The library does not clear the timers of unanswered commands.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const open: Deno.Conn[] = [];
    const accepting = (async () => {
      for await (const connection of listener) open.push(connection);
    })();
    const store = createRedisAuditStore({
      url: `redis://127.0.0.1:${listener.addr.port}`,
      days: 1,
    });
    {
      await using world = await createWorld({ audit: { store } });
      const { required } = await world.ok("get_required_fields_for_contact");
      await world.ok("create_contact", argumentsFor(required));
      assertStringIncludes(world.logs.join(), "is not kept after 1000 ms");
    }
    listener.close();
    await accepting;
    for (const connection of open) connection.close();
  },
});
