/**
 * Resources that run out: file descriptors, the answers of a store, readers,
 * memory.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { look } from "../../scripts/load/watch.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { createRedisStore } from "../../src/tokens/stores/redis.ts";
import { callTool } from "../support/call.ts";
import { program, spawnPiped, startHttp } from "../support/process.ts";
import { noRedis, startRedis } from "../support/redis.ts";
import { settled, sleep, until } from "../support/time.ts";
import { HANDSHAKE, parseLines, request, toolCall } from "../support/rpc.ts";

/** A request over its own connection, as bytes. */
function rawRequest(url: string, method: string): Uint8Array {
  const body = JSON.stringify(request(1, method));
  return new TextEncoder().encode([
    "POST /mcp HTTP/1.1",
    `host: ${new URL(url).host}`,
    "content-type: application/json",
    "accept: application/json, text/event-stream",
    `content-length: ${body.length}`,
    "",
    body,
  ].join("\r\n"));
}

function connectTo(url: string): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(url);
  return Deno.connect({ hostname, port: Number(port) });
}

/** Retries for some seconds until it works. */
async function eventually<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 0;; tries++) {
    try {
      return await run();
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(200);
    }
  }
}

Deno.test({
  name:
    "a server whose file descriptors run out serves its open connections, and new ones once some end",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using server = await startHttp(["--sandbox"], {}, { files: 64 });
    const held: Deno.TcpConn[] = [];
    for (let i = 0; i < 120; i++) {
      try {
        held.push(await connectTo(server.url));
      } catch {
        await sleep(20);
      }
    }
    // A connection from before continues to work.
    const [first] = held;
    await first!.write(rawRequest(server.url, "ping"));
    const answer = new Uint8Array(100);
    await first!.read(answer);
    assertStringIncludes(new TextDecoder().decode(answer), "HTTP/1.1 200 OK");
    for (const one of held) one.close();
    const called = await eventually(() =>
      callTool(server.url, "list_products", { per_page: 1 })
    );
    assertEquals(called.isError, false, called.text);
    const { code, stderr } = await server.stop("SIGTERM");
    assertEquals(code, 0);
    assertStringIncludes(stderr, "Connections cannot be accepted");
    parseLines(stderr);
  },
});

Deno.test("a store that never answers is reported in time, and everything else continues", async () => {
  // It accepts connections and never answers.
  using deaf = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const held: Deno.TcpConn[] = [];
  (async () => {
    for await (const one of deaf) held.push(one);
  })();
  await using sandbox = serveSandbox();
  await using server = await startHttp([], {
    TOKEN_STORE: "redis",
    REDIS_URL: `redis://127.0.0.1:${deaf.addr.port}`,
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_TIMEOUT_MS: "7000",
  });
  const user_id = "acme";
  const [health, ready, mistaken, ...called] = await Promise.all([
    fetch(new URL("/health", server.url)).then((found) => found.json()),
    fetch(new URL("/ready", server.url)).then(async (found) => ({
      http: found.status,
      ...await found.json(),
    })),
    callTool(server.url, "get_deal", { deal_id: "first" }),
    callTool(server.url, "list_products", { user_id }),
    callTool(server.url, "create_product", { user_id, name: "Baru" }),
  ]);
  assertEquals(health.status, "ok");
  assertEquals([ready.http, ready.store, ready.qontak], [503, "failing", "ok"]);
  assertStringIncludes(mistaken.text, "was not run");
  for (const { isError, text } of called) {
    assert(isError, text);
    assertStringIncludes(text, "The token store does not answer");
  }
  assertEquals(sandbox.grantAttempts, 0);
  await server.stop("SIGTERM");
  for (const one of held) one.close();
});

Deno.test({
  name:
    "a store that hangs for a while does not stop callers with a token, and is asked again afterwards",
  ignore: noRedis !== "",
  async fn() {
    await using sandbox = serveSandbox({ refreshTokens: ["of-beta"] });
    await using redis = await startRedis("--loglevel", "warning");
    const keyPrefix = `${redis.prefix}${crypto.randomUUID()}:`;
    const store = createRedisStore({ url: redis.url, keyPrefix });
    const { refreshToken: refresh_token } = sandbox;
    await store.replace("acme", { refresh_token }, undefined);
    await store.replace("beta", { refresh_token: "of-beta" }, undefined);
    await store.close!();
    await using server = await startHttp([], {
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: keyPrefix,
      QONTAK_BASE_URL: sandbox.url,
    });
    const call = (user_id: string) =>
      callTool(server.url, "list_products", { user_id, per_page: 1 });
    assertEquals((await call("acme")).isError, false);
    await redis.send("CLIENT", "PAUSE", "8000", "ALL");
    const waiting = call("beta");
    for (let i = 0; i < 5; i++) {
      assertEquals((await call("acme")).isError, false);
    }
    assertStringIncludes((await waiting).text, "does not answer");
    await eventually(async () => {
      const { isError, text } = await call("beta");
      assertEquals(isError, false, text);
    });
    assertEquals(sandbox.grantAttempts, 2);
  },
});

/** The most memory that 200 unread answers may use, in KiB. */
const ROOM = 160 * 1024;

Deno.test({
  name: "clients that read slowly or never delay only their own answers",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = await startHttp(["--sandbox"]);
    const request = rawRequest(server.url, "tools/list");
    const callAll = async (what: string) => {
      const called = await Promise.all(
        Array.from(
          { length: 20 },
          () => callTool(server.url, "list_products", { per_page: 1 }),
        ),
      );
      for (const { isError } of called) assertEquals(isError, false, what);
    };
    await callAll("nobody reads slowly");
    const before = (await look(server.pid))!;
    const clients = await Promise.all(
      Array.from({ length: 200 }, () => connectTo(server.url)),
    );
    let read = 0;
    const slow = setInterval(() => {
      for (const client of clients.slice(0, 100)) {
        client.read(new Uint8Array(1)).then(() => read++, () => {});
      }
    }, 1_000);
    for (const client of clients) await client.write(request);
    await callAll("200 do not read");
    // One client keeps sending requests.
    const insatiable = await connectTo(server.url);
    let asked = 0;
    const asking = (async () => {
      try {
        for (;;) {
          await insatiable.write(request);
          asked += request.byteLength;
        }
      } catch {
        // Its connection is cut at the end.
      }
    })();
    const what = "requests are taken although nobody reads the answers";
    const soFar = await settled(() => asked, what);
    await callAll("one asks on and on");
    assertEquals(asked, soFar, what);
    assert(read > 0);
    const { rss } = (await look(server.pid))!;
    assert(rss - before.rss < ROOM, `${before.rss} KiB became ${rss} KiB`);
    clearInterval(slow);
    for (const one of [...clients, insatiable]) one.close();
    await asking;
    await eventually(async () => {
      const { files } = (await look(server.pid))!;
      assert(files < before.files + 25, `${files} file descriptors`);
    });
    await callAll("they have gone");
  },
});

Deno.test("a stdio client that sends without reading is paused, and then gets all its answers", async () => {
  const child = spawnPiped(await program("--sandbox"), {
    env: { QONTAK_RATE_LIMIT: "0", QONTAK_GLOBAL_RATE_LIMIT: "0" },
    stderr: "piped",
  });
  const stderr = new Response(child.stderr).text();
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  // Long lines, so that the pipe holds few of them.
  const send = async (message: object) => {
    const line = JSON.stringify(message);
    await writer.write(encoder.encode(`${line.padEnd(4_096)}\n`));
  };
  const CALLS = 1_500;
  let sent = 0;
  const sending = (async () => {
    for (const message of HANDSHAKE) await send(message);
    for (let id = 0; id < CALLS; id++) {
      await send(toolCall(id, "list_products", { per_page: 5 }));
      sent++;
    }
    await writer.close();
  })();
  await until(() => sent > 0, "the first call is taken");
  await settled(() => sent, "calls are taken");
  assert(sent < 400, `${sent} were taken`);
  const text = await new Response(child.stdout).text();
  await sending;
  const answers = parseLines(text);
  const ids = new Set(answers.map(({ id }) => id));
  assertEquals(ids.size, CALLS + 1);
  assert(answers.every(({ result }) => result && !result.isError));
  const { code } = await child.status;
  assertEquals([code, await stderr], [0, ""]);
});
