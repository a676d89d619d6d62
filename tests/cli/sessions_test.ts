/** Signing in at the program itself, and `sessions`, as a person runs it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  createBrowser,
  createRawClient,
  rpc,
  serveQontak,
  tokensOf,
} from "../support/sign_in.ts";
import { freePort } from "../support/free_port.ts";
import { run, startHttp, WITH_KV } from "../support/process.ts";
import { noRedis, startRedis } from "../support/redis.ts";
import { sleep } from "../support/time.ts";
import { unless } from "../support/unless.ts";

const SEALING = btoa("a key of thirty-two bytes, really".slice(0, 32));

/** The settings of an endpoint at a port. */
function settings(
  qontak: string,
  port: number,
  store: Record<string, string>,
): Record<string, string> {
  return {
    MCP_SIGN_IN: "qontak",
    MCP_PUBLIC_URL: `http://127.0.0.1:${port}/mcp`,
    QONTAK_BASE_URL: qontak,
    QONTAK_CLIENT_ID: "sandbox",
    QONTAK_CLIENT_SECRET: "sandbox",
    TOKEN_ENCRYPTION_KEY: SEALING,
    ...store,
  };
}

/** Waits until an endpoint refuses a token, and returns the seconds. */
async function untilRefused(url: string, token: string): Promise<number> {
  const start = performance.now();
  while (performance.now() - start < 70_000) {
    const { status } = await rpc(url, token, "tools/list");
    if (status === 401) break;
    await sleep(500);
  }
  return (performance.now() - start) / 1000;
}

Deno.test({
  ...unless(
    noRedis,
    "people sign in at two servers with one Redis, and sessions revoke holds at both within 60 s",
  ),
  async fn() {
    await using qontak = serveQontak();
    await using redis = await startRedis();
    const port = freePort();
    const env = settings(qontak.url, port, {
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: `${redis.prefix}${crypto.randomUUID()}:`,
    });
    await using one = await startHttp(["--port", String(port)], env);
    await using other = await startHttp([], env);
    const origin = new URL(one.url).origin;
    const client = await createRawClient({ origin, url: one.url });
    const first = await tokensOf(client, createBrowser(), { user: 1 });
    // Both servers take the token, and either renews it.
    for (const { url } of [one, other]) {
      const { status, text } = await rpc(
        url,
        first.access_token,
        "tools/call",
        {
          name: "list_deals",
          arguments: {},
        },
      );
      assertEquals(status, 200);
      assert(!text.includes('"isError":true'), text);
    }
    const renewed = await fetch(
      `${new URL(other.url).origin}/oauth/token`,
      {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "refresh_token",
          client_id: client.id,
          refresh_token: first.refresh_token,
        }),
      },
    );
    assertEquals(renewed.status, 200);
    const { access_token } = await renewed.json();
    assertEquals((await rpc(one.url, access_token, "tools/list")).status, 200);
    // Redis has neither tokens of this server nor unsealed ones of Qontak.
    const keys = await redis.send("KEYS", "*") as string[];
    for (const key of keys) {
      const kind = await redis.send("TYPE", key);
      const values = kind === "hash"
        ? await redis.send("HVALS", key) as string[]
        : kind === "string"
        ? [await redis.send("GET", key) as string]
        : [];
      for (const value of values) {
        const isPlain = /qsi[acr]_|refresh_token|client_name/.test(value);
        assert(!isPlain, `${key} is not sealed`);
      }
    }
    const listed = await run(["sessions", "list"], { env });
    assertEquals(listed.code, 0, listed.stderr);
    assertStringIncludes(listed.stdout, "user 512304 of Qontak");
    assertStringIncludes(listed.stdout, "read,write,delete");
    const { stdout } = await run(["sessions", "list", "--json"], { env });
    const [session] = JSON.parse(stdout);
    assertEquals(/[0-9a-f]{64}|qsi/.test(stdout), false);
    const ended = await run(["sessions", "revoke", session.id], { env });
    assertEquals(ended.code, 0, ended.stderr);
    const seconds = await Promise.all(
      [one, other].map(({ url }) => untilRefused(url, access_token)),
    );
    assert(Math.max(...seconds) < 60, String(seconds));
    const again = await run(["sessions", "revoke", session.id], { env });
    assertStringIncludes(again.stderr, "There is no session");
  },
});

Deno.test("people sign in at a server with Deno KV, and stay signed in when it restarts", async () => {
  await using qontak = serveQontak();
  const port = freePort();
  const folder = await Deno.makeTempDir();
  const env = settings(qontak.url, port, {
    TOKEN_STORE: "kv",
    QONTAK_DATA_DIR: folder,
  });
  try {
    const args = ["--port", String(port), WITH_KV];
    let access_token: string;
    {
      await using server = await startHttp(args, env);
      const origin = new URL(server.url).origin;
      const client = await createRawClient({ origin, url: server.url });
      ({ access_token } = await tokensOf(client));
    }
    await using server = await startHttp(args, env);
    const { status } = await rpc(server.url, access_token, "tools/list");
    assertEquals(status, 200);
    const { stdout, code } = await run(["sessions", "list", WITH_KV], { env });
    assertEquals(code, 0);
    assertStringIncludes(stdout, "user 512301 of Qontak");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a server without what signing in needs ends with 2 and names it", async () => {
  const all = settings("http://127.0.0.1:9", 9, {
    TOKEN_STORE: "redis",
    REDIS_URL: "redis://127.0.0.1:1",
  });
  const table: readonly (readonly [Record<string, string>, string])[] = [
    [{ QONTAK_CLIENT_ID: "" }, "needs QONTAK_CLIENT_ID:"],
    [
      { QONTAK_CLIENT_SECRET: "", MCP_PUBLIC_URL: "" },
      "needs QONTAK_CLIENT_SECRET and MCP_PUBLIC_URL:",
    ],
    [
      { TOKEN_STORE: "env", QONTAK_REFRESH_TOKEN: "a-token" },
      "needs TOKEN_STORE=redis, kv or vault",
    ],
    [{ TOKEN_ENCRYPTION_KEY: "" }, "needs TOKEN_ENCRYPTION_KEY"],
    [{ QONTAK_AUTH: "hmac" }, "needs QONTAK_AUTH=oauth"],
    [{ MCP_SIGN_IN: "google" }, "MCP_SIGN_IN must be"],
  ];
  for (const [change, expected] of table) {
    const { code, stderr } = await run(["--http", "--port", "0"], {
      env: { ...all, ...change },
    });
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, expected);
  }
});

Deno.test("sessions refuses wrong arguments, and repeats no secret", async () => {
  const off = await run(["sessions", "list"], {
    env: { TOKEN_STORE: "redis", REDIS_URL: "redis://127.0.0.1:1" },
  });
  assertEquals(off.code, 2);
  assertStringIncludes(off.stderr, "MCP_SIGN_IN is off");
  const token = `qsia_512301_${"a".repeat(16)}_${"b".repeat(52)}`;
  const wrong = await run(["sessions", "revoke", token]);
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.stderr, "needs the id of a session");
  assert(!wrong.stderr.includes("bbbb"));
});

Deno.test("--sandbox --http lets a person try to sign in", async () => {
  const port = freePort();
  await using server = await startHttp(["--sandbox", "--port", String(port)], {
    MCP_SIGN_IN: "qontak",
  });
  const origin = new URL(server.url).origin;
  const client = await createRawClient({ origin, url: server.url });
  const { access_token } = await tokensOf(client, createBrowser(), { user: 2 });
  const { text } = await rpc(server.url, access_token, "tools/call", {
    name: "list_deals",
    arguments: {},
  });
  assert(!text.includes('"isError":true'), text);
});
