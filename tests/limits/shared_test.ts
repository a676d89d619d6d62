/** Limits that several servers share, and what applies while they cannot. */
import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { createLimiter } from "../../src/limits/limiter.ts";
import { openRedisBuckets } from "../../src/limits/shared/redis.ts";
import type { Buckets, Waits } from "../../src/limits/shared/shared.ts";
import { createRedisStore } from "../../src/tokens/stores/redis.ts";
import { createTestClock, settle } from "../support/clock.ts";
import { noRedis, startRedis } from "../support/redis.ts";
import { keepTogether, leastFor, undisturbed } from "./replicas.ts";
import { sleep } from "../support/time.ts";
import { unless } from "../support/unless.ts";

function redisTest(name: string, fn: () => Promise<void>) {
  Deno.test({
    ...unless(noRedis, name),
    fn,
  });
}

const own = () => `qontak:test:limits:${crypto.randomUUID()}:`;

/** Shared counters that answer as a test says. */
function createPlace(answer: (tenant: string) => Promise<Waits>) {
  const asked: string[] = [];
  const shared: Buckets = {
    name: "a place",
    take(tenant) {
      asked.push(tenant);
      return answer(tenant);
    },
    close: () => Promise.resolve(),
  };
  const clock = createTestClock();
  const lines: string[] = [];
  const limits = createLimiter({
    clock,
    shared,
    log: (level, message, details) =>
      lines.push(`${level} ${message} ${JSON.stringify(details)}`),
  });
  let admitted = 0;
  const send = (tenant: string, signal?: AbortSignal) =>
    limits.enter(tenant, signal, 2_000).then((pass) => {
      admitted++;
      pass.done("ok");
    });
  return { asked, clock, lines, limits, send, admitted: () => admitted };
}

const free = { tenant: 0, all: 0 };

Deno.test("a caller without a shared token waits for as long as the shared counters say", async () => {
  const answers: Waits[] = [{ tenant: 700, all: 0 }, free, free];
  const place = createPlace(() => Promise.resolve(answers.shift()!));
  const order: number[] = [];
  for (const number of [1, 2]) place.send("a").then(() => order.push(number));
  await place.clock.pass(690);
  // One request at a time keeps the order of a tenant.
  assertEquals([place.admitted(), place.asked.length], [0, 1]);
  await place.clock.pass(20);
  await place.clock.pass(200);
  assertEquals([order, place.asked.length], [[1, 2], 3]);
  assertEquals([place.limits.running, place.clock.timers], [0, 0]);
});

Deno.test("a caller that would wait too long for a shared token is refused immediately", async () => {
  const place = createPlace(() => Promise.resolve({ tenant: 0, all: 2_500 }));
  const error = await place.send("a").catch((error) => error);
  assertEquals([error.reason, error.seconds], ["limited", 3]);
  // The answer of the shared counters is known now, so no request asks again.
  const next = await place.send("b").catch((error) => error);
  assertEquals([next.reason, place.asked.length], ["limited", 1]);
  assertEquals([place.limits.waiting, place.limits.running], [0, 0]);
});

Deno.test("the first answer may take longer, because a connection has to open", async () => {
  const answers = [Promise.withResolvers<Waits>(), {
    promise: Promise.resolve(free),
  }];
  const place = createPlace(() => answers.shift()!.promise);
  const { clock, lines } = place;
  const [first] = answers as [PromiseWithResolvers<Waits>];
  const sent = place.send("a");
  await clock.pass(1_500);
  assertEquals([place.admitted(), lines], [0, []]);
  first.resolve(free);
  await sent;
  await place.send("a");
  assertEquals([place.asked.length, lines, clock.timers], [2, [], 0]);
});

Deno.test("a caller that gives up while the shared counters are asked leaves nothing behind", async () => {
  const { promise, resolve } = Promise.withResolvers<Waits>();
  const place = createPlace(() => promise);
  const controller = new AbortController();
  const sent = place.send("a", controller.signal).catch((error) => error);
  await settle();
  controller.abort("enough");
  assertEquals(await sent, "enough");
  resolve({ tenant: 100, all: 0 });
  await settle();
  assertEquals([place.limits.waiting, place.limits.running], [0, 0]);
  assertEquals(place.clock.timers, 0);
});

Deno.test("if the shared counters are slow or fail, the server's own limits apply", async () => {
  for (
    const answer of [
      () => new Promise<Waits>(() => {}),
      () => Promise.reject(new Error("the place is shut")),
    ]
  ) {
    let isShut = false;
    const place = createPlace(() => isShut ? answer() : Promise.resolve(free));
    const { clock, lines } = place;
    await place.send("z");
    isShut = true;
    for (let count = 0; count < 60; count++) place.send("a").catch(() => {});
    for (let tenths = 0; tenths < 30; tenths++) await clock.pass(10);
    // The burst of this server alone, without asking for each request.
    assert(place.admitted() >= 21 && place.admitted() <= 24);
    assert(place.asked.length <= 3);
    for (let seconds = 0; seconds < 59; seconds++) {
      place.send("a").catch(() => {});
      await clock.pass(1_000);
    }
    // The shared counters are asked once a second, and the outage is logged
    // once a minute.
    assert(place.asked.length <= 63, `${place.asked.length} questions`);
    assertEquals(lines.length, 1, lines.join("\n"));
    assert(lines[0]!.startsWith("warn The shared limits do not answer"));
    isShut = false;
    await clock.pass(1_500);
    for (let count = 0; count < 5; count++) await place.send("b");
    assertEquals(lines.length, 2);
    assert(lines[1]!.startsWith("info The limits are shared again"));
    assertEquals(place.asked.slice(-5), Array(5).fill("b"));
    await place.limits.close();
  }
});

redisTest("createRedisBuckets() keeps limits for several servers", async () => {
  await using redis = await startRedis();
  const keyPrefix = own();
  await keepTogether(() => openRedisBuckets({ url: redis.url, keyPrefix }));
});

redisTest(
  "take() writes keys that expire by themselves, separate from the tokens",
  async () => {
    await using redis = await startRedis();
    const keyPrefix = own();
    const buckets = openRedisBuckets({ url: redis.url, keyPrefix });
    const rates = {
      tenant: { perSecond: 3, burst: 2 },
      all: { perSecond: 10, burst: 10 },
    };
    const taken = [];
    for (let count = 0; count < 3; count++) {
      taken.push(await buckets.take("acme", rates));
    }
    assertEquals(taken.slice(0, 2), [free, free]);
    assert(taken[2]!.tenant > 300 && taken[2]!.tenant <= 334);
    assertEquals(taken[2]!.all, 0);
    const store = createRedisStore({ url: redis.url, keyPrefix });
    assertEquals(await store.tenants(), []);
    await store.close?.();
    const { Redis } = await import("ioredis");
    const client = new Redis(redis.url, { lazyConnect: true });
    const keys = (await client.keys(`*${keyPrefix}*`)).sort();
    assertEquals(keys, [`limit:${keyPrefix}*`, `limit:${keyPrefix}acme`]);
    for (const key of keys) {
      const left = await client.pttl(key);
      assert(left > 0 && left <= 700, `${key} lives for ${left} ms`);
    }
    // A clock that was set back leaves the bucket empty, not below empty.
    await client.set(`limit:${keyPrefix}acme`, "9".repeat(15) + "0");
    const { tenant } = await buckets.take("acme", rates);
    assert(tenant > 300 && tenant <= 334, `${tenant} ms`);
    client.disconnect();
    await buckets.close();
  },
);

redisTest(
  "a user of Redis needs only the permissions that the documents name",
  async () => {
    const documents = await Deno.readTextFile(
      new URL("../../.github/TOKENS.md", import.meta.url),
    );
    const [, base = ""] = /resetkeys -@all (\+get .*)/.exec(documents) ?? [];
    const [, more = ""] =
      /QONTAK_LIMITS=redis` also `([^`]+)`/.exec(documents) ??
        [];
    await using redis = await startRedis("--requirepass", "admin");
    const admin = redis.url.replace("redis://", "redis://:admin@");
    const { Redis } = await import("ioredis");
    const client = new Redis(admin, { lazyConnect: true });
    const rights = `${base} ${more}`.split(" ");
    await client.call("ACL", "SETUSER", "q", "on", ">pw", "-@all", ...rights);
    client.disconnect();
    const buckets = openRedisBuckets({
      url: redis.url.replace("redis://", "redis://q:pw@"),
    });
    const rate = { perSecond: 1, burst: 1 };
    assertEquals(await buckets.take("a", { tenant: rate, all: rate }), free);
    await buckets.close();
  },
);

redisTest(
  "during an outage of Redis each server uses its own limits",
  async () => {
    await undisturbed(async () => {
      await using redis = await startRedis("--maxmemory", "100mb");
      const keyPrefix = own();
      const rate = { perSecond: 20, burst: 5 };
      const lines: string[] = [];
      const replicas = Array.from({ length: 3 }, () =>
        createLimiter({
          tenant: rate,
          all: { perSecond: 1_000, burst: 1_000 },
          shared: openRedisBuckets({
            url: redis.url.replace("redis://", "redis://:canary-password@"),
            keyPrefix,
          }),
          log: (level, message, details) =>
            lines.push(`${level} ${message} ${JSON.stringify(details)}`),
        }));
      const flood = async (each: number) => {
        const start = performance.now();
        await Promise.all(
          replicas.flatMap((limits) =>
            Array.from({ length: each }, async () => {
              (await limits.enter("a", undefined, 60_000)).done("ok");
            })
          ),
        );
        return performance.now() - start;
      };
      await using _closing = {
        async [Symbol.asyncDispose]() {
          for (const limits of replicas) await limits.close();
        },
      };
      const before = await flood(5);
      if (lines.length > 0) return false;
      assert(before >= leastFor(15, rate), `${before} ms while Redis is there`);
      await redis.kill();
      const during = await flood(15);
      // Each server uses its own limit, and keeps it.
      assert(during >= leastFor(15, rate), `${during} ms without Redis`);
      assertEquals(lines.length, 3, lines.join("\n"));
      for (const line of lines) {
        assert(line.startsWith("warn The shared limits do not answer"), line);
        assertNotMatch(line, /canary-password/);
      }
      await redis.restart();
      const end = performance.now() + 20_000;
      while (lines.length < 6 && performance.now() < end) {
        await flood(1);
        await sleep(200);
      }
      assertEquals(lines.slice(3).map((line) => line.split(" ")[0]), [
        "info",
        "info",
        "info",
      ]);
      // A second failure within a minute is not logged.
      return await flood(10) >= leastFor(30, rate);
    });
  },
);
