/** Plans and changes in a real Redis. */
import { assert, assertEquals } from "@std/assert";
import { createRedisChangeStore } from "../../../src/changes/stores/redis.ts";
import { isOnPath } from "../../support/process.ts";
import { startRedis } from "../../support/redis.ts";
import { bounds, contract, type Ground, sealing } from "./contract.ts";

const hasServer = await isOnPath("redis-server");

function test(
  name: string,
  fn: (url: string, ground: Required<Ground>) => Promise<void>,
): void {
  Deno.test({
    name: hasServer ? name : `${name} (skipped: no redis-server on PATH)`,
    ignore: !hasServer,
    async fn() {
      // A separate database, which the test may search.
      await using redis = await startRedis("--maxclients", "100");
      await fn(redis.url, groundOf(redis.url));
    },
  });
}

/** Asks Redis in its own words. */
async function ask(url: string, ...command: string[]): Promise<unknown> {
  const { Redis } = await import("ioredis");
  const redis = new Redis(url, { lazyConnect: true });
  const [name = "", ...args] = command;
  const answer = await redis.call(name, ...args);
  redis.disconnect();
  return answer;
}

const textsOf = (kind: string, tenant: string) =>
  `change:qontak:tokens:${kind}:texts:${tenant}`;

const groundOf = (url: string): Required<Ground> => ({
  open: (options) => createRedisChangeStore({ url, ...options }),
  async dump() {
    const all = await ask(url, "HGETALL", textsOf("plan", "acme")) as string[];
    return all.join("\n");
  },
  async move(kind, tenant, from, to) {
    const key = textsOf(kind, tenant);
    const text = await ask(url, "HGET", key, from) as string;
    await ask(url, "HSET", key, to, text);
  },
});

test(
  "createRedisChangeStore() keeps what every store keeps",
  (_, ground) => contract(ground),
);

test(
  "createRedisChangeStore() keeps so much on each shelf",
  (_, ground) => bounds(ground),
);

test(
  "createRedisChangeStore() seals each text for its place",
  (_, ground) => sealing(ground),
);

test("createRedisChangeStore() leaves nothing behind", async (url) => {
  const store = createRedisChangeStore({ url });
  const place = { kind: "plan", tenant: "acme", id: "a" };
  await store.put(place, "one", 60_000);
  await store.put({ ...place, id: "b" }, "two", 60_000);
  await store.replace(place, "one", "longer");
  for (const part of ["texts", "order", "size"]) {
    const key = `change:qontak:tokens:plan:${part}:acme`;
    const left = await ask(url, "PTTL", key) as number;
    assert(left > 0 && left <= 60_000, `${key} expires in ${left} ms`);
  }
  await store.take(place);
  await store.remove({ ...place, id: "b" });
  assertEquals(
    await ask(url, "GET", "change:qontak:tokens:plan:size:acme"),
    "0",
  );
  assertEquals(await ask(url, "HLEN", textsOf("plan", "acme")), 0);
  await store.close?.();
});
