/** `seal`, run as a person runs it, and what servers do before and after it. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { mintKey } from "../../src/auth/stored_keys.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { callTool } from "../support/call.ts";
import { run, startHttp } from "../support/process.ts";
import { noRedis, startRedis, type TestRedis } from "../support/redis.ts";
import { unless } from "../support/unless.ts";

const SEALING = btoa("a key of thirty-two bytes, really".slice(0, 32));

const redisTest = (
  name: string,
  fn: (redis: TestRedis) => Promise<void>,
) =>
  Deno.test({
    ...unless(noRedis, name),
    async fn() {
      await using redis = await startRedis();
      await fn(redis);
    },
  });

redisTest(
  "with a sealing key, a key and a token that somebody wrote into Redis are not accepted",
  async (redis) => {
    await using sandbox = serveSandbox();
    const env = {
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: "planted:",
      TOKEN_ENCRYPTION_KEY: SEALING,
      QONTAK_BASE_URL: sandbox.url,
      MCP_STORED_KEYS: "true",
    };
    const stdin = `${sandbox.refreshToken}\n`;
    const added = await run(["tenants", "add", "acme"], { env, stdin });
    assertEquals(added.code, 0, added.stderr);
    const made = await run(["keys", "create", "--tenants", "acme,beta"], {
      env,
    });
    const good = `Bearer ${made.stdout.trim()}`;

    const planted = await mintKey();
    await redis.send(
      "SET",
      `key:planted:${planted.id}`,
      JSON.stringify({
        hash: planted.hash,
        label: "\x1b[2Jcanary",
        tenants: ["acme"],
        scopes: ["read", "write", "delete"],
        created_at: 1_795_000_000,
      }),
    );
    const token = { refresh_token: "canary-of-a-token", access_token: "x" };
    await redis.send("SET", "planted:beta", JSON.stringify(token));

    await using server = await startHttp([], env);
    const bad = { authorization: `Bearer ${planted.key}` };
    const refused = await callTool(server.url, "list_pipelines", {}, bad);
    assertEquals(refused.status, 503, refused.text);
    const before = sandbox.requests.length;
    const beta = await callTool(server.url, "list_pipelines", {
      user_id: "beta",
    }, { authorization: good });
    assertEquals([beta.status, beta.isError], [200, true]);
    assertStringIncludes(beta.text, "not sealed, though a sealing key is set");
    assertStringIncludes(beta.text, "qontak-mcp seal");
    assertNotMatch(beta.text, /tried \d times|Qontak did not|canary/);
    assertEquals(sandbox.requests.length, before);
    // Sealed records keep working meanwhile.
    const acme = await callTool(server.url, "list_pipelines", {
      user_id: "acme",
    }, { authorization: good });
    assertEquals([acme.status, acme.isError], [200, false], acme.text);
    const { stderr } = await server.stop("SIGTERM");
    assertStringIncludes(stderr, "not sealed, though a sealing key is set");
    assertNotMatch(stderr, /canary/);
  },
);

redisTest(
  "seal shows what is not sealed, and seals it once if a person confirms",
  async (redis) => {
    await using sandbox = serveSandbox();
    const open = {
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: "old:",
      QONTAK_AUDIT: "redis",
      QONTAK_BASE_URL: sandbox.url,
      MCP_STORED_KEYS: "true",
    };
    const env = { ...open, TOKEN_ENCRYPTION_KEY: SEALING };
    // What was stored before there was a key.
    const stdin = `${sandbox.refreshToken}\n`;
    await run(["tenants", "add", "acme"], { env: open, stdin });
    const made = await run(["keys", "create", "Ratna", "--tenants", "acme"], {
      env: open,
    });
    const authorization = `Bearer ${made.stdout.trim()}`;
    const write = { name: "New", price: 5 };
    {
      await using server = await startHttp([], open);
      await callTool(server.url, "create_product", write, { authorization });
    }
    await redis.send("SET", "old:odd\x1b[31m", "no record");

    const bare = await run(["seal"], { env: open });
    assertEquals(bare.code, 2);
    assertStringIncludes(bare.stderr, "openssl rand -base64 32");

    const shown = await run(["seal"], { env });
    assertEquals(shown.code, 1, shown.stderr);
    for (
      const row of [
        /credentials +acme +refresh token, whose SHA-256 begins with [0-9a-f]{8}\n/,
        /key +[a-z2-7]{12} +Ratna: read,write,delete for acme\n/,
        /credentials +odd⟨U\+001B⟩\[31m +no such record/,
        /audit records +1 /,
        /Nothing was sealed/,
      ]
    ) assertMatch(shown.stdout, row);
    assert(!shown.stdout.includes(sandbox.refreshToken));
    assertStringIncludes((await run(["keys", "list"], { env })).stderr, "seal");
    const unread = await run(["audit"], { env });
    assertStringIncludes(unread.stderr, "qontak-mcp seal");

    const sealed = await run(["seal"], { env, stdin: "yes\n" });
    assertStringIncludes(sealed.stdout, "Sealed: 2 of 2 records, 1 audit");
    await redis.send("DEL", "old:odd\x1b[31m");
    assertEquals(await run(["seal", "--apply"], { env }), {
      code: 0,
      stdout: "Everything is sealed\n",
      stderr: "",
    });
    assertStringIncludes((await run(["audit"], { env })).stdout, "acme");
    await using server = await startHttp([], env);
    const called = await callTool(server.url, "list_pipelines", {}, {
      authorization,
    });
    assertEquals([called.status, called.isError], [200, false], called.text);
  },
);
