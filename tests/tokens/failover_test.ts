/** Stores that lose records, as Redis may when a replica takes over. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertRejects,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { QontakError, StoreError } from "../../src/errors.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { createRedisLink } from "../../src/storage/redis.ts";
import type { Credentials, TokenStore } from "../../src/tokens/store.ts";
import { createRedisStore } from "../../src/tokens/stores/redis.ts";
import { createTokens } from "../../src/tokens/tokens.ts";
import { createMemoryStore } from "../support/memory.ts";
import { noServer, startRedis, type TestRedis } from "../support/redis.ts";
import { until } from "../support/time.ts";
import { rotatingQontak } from "./rotating.ts";
import { addTenant, assertNoTokens, call, startServer } from "./shared.ts";
import { unless } from "../support/unless.ts";

function redisTest(name: string, fn: () => Promise<void>) {
  Deno.test({
    ...unless(noServer, name),
    fn,
  });
}

/** An address that forwards to one Redis, and after a failover to another. */
function forward(first: string) {
  let port = Number(new URL(first).port);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  async function carry(inner: Deno.TcpConn): Promise<void> {
    open.add(inner);
    try {
      using outer = await Deno.connect({ hostname: "127.0.0.1", port });
      open.add(outer);
      await Promise.race([
        inner.readable.pipeTo(outer.writable),
        outer.readable.pipeTo(inner.writable),
      ]);
    } catch {
      // The connection was cut, or nothing listens there.
    }
    try {
      inner.close();
    } catch {
      // It was closed already.
    }
  }
  const carried = (async () => {
    for await (const inner of listener) void carry(inner);
  })();
  return {
    url: `redis://127.0.0.1:${listener.addr.port}`,
    to(url: string) {
      port = Number(new URL(url).port);
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await carried;
    },
  };
}

/** Starts a Redis that replicas can follow immediately. */
const startMaster = () => startRedis("--repl-diskless-sync-delay", "0");

/** Starts a replica of a Redis. */
async function startReplica(master: TestRedis): Promise<TestRedis> {
  const { port } = new URL(master.url);
  const replica = await startRedis("--replicaof", "127.0.0.1", port);
  await until(
    async () => {
      const state = new RegExp(
        `port=${new URL(replica.url).port},state=online`,
      );
      return state.test(await info(master));
    },
    "the replica follows",
  );
  return replica;
}

async function info({ url }: TestRedis, section = "replication") {
  const link = createRedisLink({ url, role: "test" });
  try {
    return await link.ask((redis) => redis.info(section));
  } finally {
    await link.close();
  }
}

Deno.test({
  ...unless(
    noServer,
    "a server continues, and repairs the store, after a failover that lost Redis' last write",
  ),
  // The forwarder's connections end with their Redis.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using sandbox = serveSandbox();
    await using master = await startMaster();
    await using replica = await startReplica(master);
    await using way = forward(master.url);
    const shared = {
      env: { TOKEN_STORE: "redis", REDIS_URL: way.url },
      args: [],
      user: { user_id: "acme" },
      async [Symbol.asyncDispose]() {},
    };
    await addTenant(sandbox, shared, "acme", sandbox.refreshToken);
    await using server = await startServer(sandbox, shared);
    await using idle = await startServer(sandbox, shared);
    assertEquals((await call(server, shared)).isError, false);
    assertEquals((await call(idle, shared)).isError, false);

    // The replica is disconnected, and takes over without the next refresh.
    await replica.send("REPLICAOF", "NO", "ONE");
    sandbox.expireAccessTokens();
    assertEquals((await call(server, shared)).isError, false);
    await master.kill();
    way.to(replica.url);

    sandbox.expireAccessTokens();
    const last = { isError: true, text: "" };
    await until(async () => {
      Object.assign(last, await call(server, shared));
      return !last.isError || /invalid_grant/.test(last.text);
    }, "the connection is made again");
    assertEquals(last.isError, false, last.text);
    // The other server finds the token that was written back.
    const other = await call(idle, shared);
    assertEquals(other.isError, false, other.text);
    const ended = await server.stop("SIGTERM");
    assertMatch(ended.stderr, /has lost the newest refresh token/);
    assertNoTokens([ended]);
  },
});

redisTest(
  "createRedisStore() waits for a replica if there is one, but needs neither a replica nor the permission to wait",
  async () => {
    await using master = await startMaster();
    const waits = async () =>
      Number(
        /cmdstat_wait:calls=(\d+)/.exec(await info(master, "commandstats"))
          ?.[1] ?? 0,
      );
    const store = createRedisStore({ url: master.url });
    const one = await store.replace("acme", { refresh_token: "1" }, undefined);
    assertEquals(await waits(), 0);
    await using replica = await startReplica(master);
    const two = await store.replace("acme", { refresh_token: "2" }, one);
    assertEquals(await waits(), 1);
    const copy = createRedisStore({ url: replica.url });
    await until(
      async () => (await copy.read("acme"))?.version === two,
      "the replica has it",
    );
    await copy.close?.();
    // A replica that hangs delays a write only for a moment.
    await replica.send("REPLICAOF", "NO", "ONE");
    const start = performance.now();
    const three = await store.replace("acme", { refresh_token: "3" }, two);
    assert(three !== undefined);
    assert(performance.now() - start < 1_000);
    await store.close?.();

    await master.send(
      ...["ACL", "SETUSER", "old", "on", ">p", "resetkeys", "-@all", "+get"],
      ...["+set", "+eval", "+info", "~qontak:tokens:*"],
    );
    await using _second = await startReplica(master);
    const old = createRedisStore({
      url: master.url.replace("redis://", "redis://old:p@"),
    });
    const four = await old.replace("acme", { refresh_token: "4" }, three);
    assert(four !== undefined);
    await old.close?.();
  },
);

/** A store whose record a test can set back, and processes that use it. */
function bench(losesWrites = true) {
  const records: Record<string, Credentials> = {
    acme: { refresh_token: "r0" },
  };
  const store: TokenStore = { ...createMemoryStore(records), losesWrites };
  const lines: string[] = [];
  const qontak = rotatingQontak();
  const start = (refresh = qontak.refresh) =>
    createTokens({
      store,
      refresh,
      log: (level, message) => lines.push(`${level} ${message}`),
    });
  return { records, store, lines, qontak, start };
}

const tokenOf = (credentials: Credentials | undefined) =>
  credentials && "refresh_token" in credentials
    ? credentials.refresh_token
    : undefined;

Deno.test("access() writes back what the store has lost, after one refresh or several", async () => {
  const { records, qontak, start, lines } = bench();
  const tokens = start();
  let access = "";
  const seen: Credentials[] = [records.acme!];
  for (let i = 0; i < 4; i++) {
    access = await tokens.access("acme", access);
    seen.push(records.acme!);
  }
  // Each earlier state, including the first one.
  for (const old of seen) {
    records.acme = old;
    access = await tokens.access("acme", access);
    assertEquals(tokenOf(records.acme), `r${access.slice(1)}`);
  }
  // No refresh token was used twice.
  assertEquals(new Set(qontak.used).size, qontak.used.length);
  for (const line of lines) assertNotMatch(line, /\br\d/);
  await tokens.close();
});

Deno.test("access() checks after a minute whether the store still has the token", async () => {
  using time = new FakeTime();
  const { records, store, start } = bench();
  const tokens = start();
  const old = records.acme!;
  await tokens.access("acme");
  records.acme = old;
  const pass = async (ms: number) => {
    time.tick(ms);
    // The work that the timers started continues.
    for (let i = 0; i < 50; i++) await Promise.resolve();
  };
  // There is no call. The store fails at the first check.
  const read = store.read;
  Object.assign(store, {
    read: () => Promise.reject(new StoreError("It does not answer")),
  });
  await pass(60_000);
  Object.assign(store, { read });
  assertEquals(tokenOf(records.acme), "r0");
  await pass(60_000);
  assertEquals(tokenOf(records.acme), "r1");
  await tokens.close();
});

Deno.test("access() keeps a new token that it received while the store lost its last write", async () => {
  const { records, qontak, start, lines } = bench();
  const first = records.acme!;
  let isBack = false;
  const tokens = start(async (token) => {
    const grant = await qontak.refresh(token);
    // The failover happens between the grant and storing it.
    if (isBack) records.acme = first;
    return grant;
  });
  const access = await tokens.access("acme");
  isBack = true;
  await tokens.access("acme", access);
  assertEquals(tokenOf(records.acme), "r2");
  assertEquals(lines.filter((line) => /Another process/.test(line)), []);
  await tokens.close();
});

Deno.test("access() tries its own token if Qontak refuses an older one of another process", async () => {
  const { records, qontak, start } = bench();
  const [one, two] = [start(), start()];
  const first = await one.access("acme");
  const old = records.acme!;
  await two.access("acme", first);
  // The second process exchanged a token that the first had received; the store
  // has an older one.
  records.acme = {
    ...old,
    refresh_token: "r-before",
    expires_at: Date.now() / 1000 - 10_000 + 21_600,
  };
  assertEquals(await two.access("acme", "a2"), "a3");
  assertEquals(tokenOf(records.acme), "r3");
  assertEquals(qontak.used.includes("r-before"), false);
  for (const tokens of [one, two]) await tokens.close();
});

Deno.test("access() does not replace what a person or another process has stored", async () => {
  const { records, start } = bench();
  const tokens = start();
  const access = await tokens.access("acme");
  // It may belong to another account, so the old token is never used instead.
  records.acme = { refresh_token: "by hand" };
  await assertRejects(() => tokens.access("acme", access), QontakError);
  // Only the time of the refusal is noted beside it.
  const { refused_at, ...kept } = records.acme as { refused_at?: number };
  assertEquals(kept, { refresh_token: "by hand" });
  assertEquals(typeof refused_at, "number");
  // A removed company stays removed.
  delete records.acme;
  await assertRejects(() => tokens.access("acme", access), Error, "no cred");
  assertEquals(records.acme, undefined);
  await tokens.close();
});

Deno.test("access() gives up if its own token is invalid as well", async () => {
  const { records, qontak, start } = bench();
  const tokens = start();
  const old = records.acme!;
  const access = await tokens.access("acme");
  // A program without the store has used it.
  await qontak.refresh("r1");
  records.acme = old;
  for (let tries = 0; tries < 3; tries++) {
    await assertRejects(
      () => tokens.access("acme", access),
      QontakError,
      "invalid_grant",
    );
  }
  // Each invalid token was tried once.
  assertEquals(qontak.used.filter((token) => token === "r1").length, 2);
  await tokens.close();
});
