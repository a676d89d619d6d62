/** Plans and changes in a real Redis. */
import { assert, assertEquals } from "@std/assert";
import { createRedisChangeStore } from "../../../src/changes/stores/redis.ts";
import { noServer, startRedis, type TestRedis } from "../../support/redis.ts";
import { claims, undoneOnce } from "./claims.ts";
import { bounds, contract, type Ground, sealing } from "./contract.ts";
import { unless } from "../../support/unless.ts";

function test(
  name: string,
  fn: (redis: TestRedis) => Promise<void>,
): void {
  Deno.test({
    ...unless(noServer, name),
    async fn() {
      // A separate database, which the test may search.
      await using redis = await startRedis("--maxclients", "100");
      await fn(redis);
    },
  });
}

const textsOf = (kind: string, tenant: string) =>
  `change:qontak:tokens:${kind}:texts:${tenant}`;

const groundOf = ({ url, send }: TestRedis): Required<Ground> => ({
  open: (options) => createRedisChangeStore({ url, ...options }),
  async dump() {
    const all = await send("HGETALL", textsOf("plan", "acme")) as string[];
    return all.join("\n");
  },
  async move(kind, tenant, from, to) {
    const key = textsOf(kind, tenant);
    const text = await send("HGET", key, from) as string;
    await send("HSET", key, to, text);
  },
});

test(
  "createRedisChangeStore() keeps what every store keeps",
  (redis) => contract(groundOf(redis)),
);

test(
  "createRedisChangeStore() keeps so much on each shelf",
  (redis) => bounds(groundOf(redis)),
);

test(
  "createRedisChangeStore() seals each text for its place",
  (redis) => sealing(groundOf(redis)),
);

test(
  "createRedisChangeStore() claims a change once, of two servers",
  (redis) => claims(groundOf(redis)),
);

test(
  "createRedisChangeStore() lets two servers take a change back once",
  (redis) => undoneOnce(groundOf(redis)),
);

test("createRedisChangeStore() needs the rights that TOKENS.md names", async ({ url, send }) => {
  const documents = await Deno.readTextFile(
    new URL("../../../.github/TOKENS.md", import.meta.url),
  );
  const [, base = ""] = /resetkeys -@all (\+get .*)/.exec(documents) ?? [];
  const [, more = ""] = /^(\+.* ~change:\S*)$/m.exec(documents) ?? [];
  const rights = `${base} ${more}`.split(" ");
  assert(rights.includes("+hset"), "the rights are not documented");
  await send("ACL", "SETUSER", "q", "on", ">pw", "-@all", ...rights);
  const limited = url.replace("redis://", "redis://q:pw@");
  await contract({
    open: (options) => createRedisChangeStore({ url: limited, ...options }),
  });
});

test("createRedisChangeStore() leaves nothing behind", async ({ url, send }) => {
  const store = createRedisChangeStore({ url });
  const place = { kind: "plan", tenant: "acme", id: "a" };
  await store.put(place, "one", 60_000);
  await store.put({ ...place, id: "b" }, "two", 60_000);
  await store.replace(place, "one", "longer");
  for (const part of ["texts", "order", "size"]) {
    const key = `change:qontak:tokens:plan:${part}:acme`;
    const left = await send("PTTL", key) as number;
    assert(left > 0 && left <= 60_000, `${key} expires in ${left} ms`);
  }
  await store.take(place);
  await store.remove({ ...place, id: "b" });
  assertEquals(
    await send("GET", "change:qontak:tokens:plan:size:acme"),
    "0",
  );
  assertEquals(await send("HLEN", textsOf("plan", "acme")), 0);
  await store.close?.();
});
