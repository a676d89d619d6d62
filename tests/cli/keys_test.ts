/** `keys`, run as a person runs it, and servers that accept its keys. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { callTool, type HttpCall } from "../support/call.ts";
import {
  type Ended,
  type HttpProcess,
  run,
  startHttp,
  WITH_KV,
} from "../support/process.ts";
import { noOwnRedis, noRedis, startRedis } from "../support/redis.ts";
import { startVault } from "../support/vault.ts";
import { sleep } from "../support/time.ts";
import { unless } from "../support/unless.ts";

const SEALING = btoa("a key of thirty-two bytes, really".slice(0, 32));

/** The key that `keys create` printed; nothing else is on stdout. */
function keyIn({ code, stdout, stderr }: Ended): { id: string; key: string } {
  assertEquals(code, 0, stderr);
  const [, id] = /^qmcp_([a-z2-7]{12})_[a-z2-7]{52}\n$/.exec(stdout) ?? [];
  assert(id !== undefined, "there is something else on stdout");
  const key = stdout.trim();
  assertStringIncludes(stderr, id);
  assert(!stderr.includes(key.slice(-52)));
  return { id, key };
}

/** Fails if a text contains a key, or the hash of one. */
function assertNoKey(...texts: string[]): void {
  for (const text of texts) {
    assertNotMatch(text, /qmcp_[a-z2-7]{12}_|[a-z2-7]{52}|[0-9a-f]{64}/);
  }
}

function call(
  { url }: HttpProcess,
  key: string,
  tool: string,
  args: Record<string, unknown> = {},
): Promise<HttpCall> {
  return callTool(url, tool, args, { authorization: `Bearer ${key}` });
}

Deno.test("keys create, list and revoke do what they say", async () => {
  await using vault = startVault();
  const env = {
    TOKEN_STORE: "vault",
    VAULT_ADDR: vault.url,
    VAULT_TOKEN: vault.token,
  };
  const keys = (...args: string[]) => run(["keys", ...args], { env });
  assertEquals((await keys("list")).stdout, "no keys yet\n");

  const created = await keys(
    ...["create", "Ratna's laptop", "--tenants", "acme, beta,acme"],
    ...["--scopes", "write,read", "--expires", "90d"],
  );
  const one = keyIn(created);
  assertStringIncludes(created.stderr, 'user_id "acme", user_id "beta"');
  assertStringIncludes(created.stderr, "(write, read)");
  assertStringIncludes(created.stderr, "MCP_STORED_KEYS is not set");
  // A tenant without credentials is not a reason to refuse.
  assertStringIncludes(created.stderr, "qontak-mcp tenants add acme\n");
  const plain = await run(["keys", "create"], {
    env: { ...env, MCP_STORED_KEYS: "true" },
  });
  const other = keyIn(plain);
  assertNotMatch(plain.stderr, /MCP_STORED_KEYS/);

  const listed: Record<string, unknown>[] = JSON.parse(
    (await keys("list", "--json")).stdout,
  );
  assertEquals(listed.length, 2);
  // A key for the metrics needs no company.
  const metrics = await keys("create", "--scopes", "metrics");
  await keys("revoke", keyIn(metrics).id);
  assertStringIncludes(metrics.stderr, "It is for GET /metrics (metrics)");
  assertStringIncludes(metrics.stderr, "MCP_METRICS is not set here");
  assertNotMatch(metrics.stderr, /tenants add|user_id/);
  const shown = (wanted: string) => {
    const { created_at, expires_at = created_at, ...rest } = listed.find((
      { id },
    ) => id === wanted)!;
    assert(Math.abs(Number(created_at) - Date.now() / 1000) < 60);
    const days = (Number(expires_at) - Number(created_at)) / 86_400;
    return { ...rest, days: Math.round(days) };
  };
  assertEquals<unknown>(shown(one.id), {
    id: one.id,
    label: "Ratna's laptop",
    tenants: ["acme", "beta"],
    scopes: ["write", "read"],
    days: 90,
  });
  assertEquals<unknown>(shown(other.id), {
    id: other.id,
    label: "",
    tenants: ["_default"],
    scopes: ["read", "write", "delete"],
    days: 0,
  });
  const table = await keys("list");
  for (
    const row of [
      /^id +label +tenants +scopes +created +ends +last use$/m,
      new RegExp(
        `^${one.id}  Ratna's laptop  acme,beta  write,read .*Z  never$`,
        "m",
      ),
      new RegExp(`^${other.id}  - +_default .*Z  never +never$`, "m"),
    ]
  ) assertMatch(table.stdout, row);

  const revoked = await keys("revoke", one.id);
  assertEquals(revoked.code, 0, revoked.stderr);
  assertStringIncludes(revoked.stdout, "within 60 seconds");
  const again = await keys("revoke", one.id);
  assertEquals([again.code, again.stdout], [1, ""]);
  assertStringIncludes(again.stderr, `There is no key ${one.id}`);
  const left = await keys("list", "--json");
  assertEquals(JSON.parse(left.stdout).length, 1);
  for (const { stdout, stderr } of [table, revoked, again, left]) {
    assertNoKey(stdout, stderr);
  }

  // A key that cannot be read does not hide the others.
  const odd = "a".repeat(12);
  const written = await fetch(
    `${vault.url}/v1/secret/data/qontak/keys/${odd}`,
    {
      method: "POST",
      headers: { "x-vault-token": vault.token },
      body: JSON.stringify({ data: { hash: "hunter2" } }),
    },
  );
  await written.body?.cancel();
  const partly = await keys("list", "--json");
  assertEquals([partly.code, partly.stdout], [1, left.stdout]);
  assertStringIncludes(partly.stderr, `qontak-mcp keys revoke ${odd}`);
  assertNotMatch(partly.stderr, /hunter2/);
});

Deno.test("keys refuses wrong arguments, and repeats no secret", async () => {
  await using vault = startVault();
  const store = {
    TOKEN_STORE: "vault",
    VAULT_ADDR: vault.url,
    VAULT_TOKEN: vault.token,
  };
  const single = { QONTAK_REFRESH_TOKEN: "hunter2" };
  const key = `qmcp_${"a".repeat(12)}_${"b".repeat(52)}`;
  const nowhere = "There is nowhere to keep API keys";
  const table: [string[], Record<string, string>, string][] = [
    [["keys"], store, "keys needs one of: create, list, revoke"],
    [["keys", "create", "my", "laptop"], store, "put quotes around"],
    [["keys", "create", key], store, "at most 60 characters"],
    [["keys", "create", "a\nb"], store, "one line"],
    [["keys", "create", "--tenants", "../acme"], store, "--tenants must be"],
    [["keys", "create", "--tenants", "acme,"], store, "--tenants must be"],
    [["keys", "create", "--scopes", "admin"], store, "--scopes must be some"],
    [["keys", "create", "--scopes", ","], store, "--scopes must be some"],
    [["keys", "create", "--expires", "90"], store, "--expires must be days"],
    [["keys", "create", "--expires", "0d"], store, "--expires must be days"],
    [["keys", "create", "--expires", "2026-01-01"], store, "a future date"],
    [["keys", "create", "--expires", "2027-02-31"], store, "a future date"],
    [["keys", "create", "--json"], store, "--json is for try, tenants list"],
    [["keys", "revoke"], store, "keys revoke needs the id of a key"],
    [["keys", "revoke", key], store, "Do not give the whole key"],
    [["keys", "list", "x"], store, "keys list takes no further words"],
    [["keys", "create"], single, nowhere],
    [["keys", "list"], single, nowhere],
    [
      ["keys", "create", WITH_KV],
      { ...single, TOKEN_CACHE: "memory" },
      nowhere,
    ],
    [
      ["keys", "create", "--tenants", "acme", WITH_KV],
      single,
      "TOKEN_STORE=env holds one",
    ],
    [["--http"], { ...single, MCP_STORED_KEYS: "true" }, nowhere],
    [["--http", "--sandbox"], { MCP_STORED_KEYS: "true" }, nowhere],
    [
      ["--http"],
      { ...single, MCP_STORED_KEYS: "maybe" },
      "must be true or false",
    ],
  ];
  for (let i = 0; i < table.length; i += 2) {
    await Promise.all(
      table.slice(i, i + 2).map(async ([args, env, expected]) => {
        const { code, stdout, stderr } = await run(args, { env });
        assertEquals([code, stdout], [2, ""], stderr);
        assertStringIncludes(stderr, expected);
        assertNotMatch(stderr, /hunter2/);
        assertNoKey(stderr);
      }),
    );
  }
  assertEquals(vault.count(/^(POST|PUT) secret/), 0);
});

Deno.test("keys create prints no key if the store does not accept it", async () => {
  const away = {
    TOKEN_STORE: "vault",
    VAULT_ADDR: "http://127.0.0.1:9",
    VAULT_TOKEN: "hunter2",
  };
  const { code, stdout, stderr } = await run(["keys", "create"], { env: away });
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, "does not answer");
  assertNotMatch(stderr, /hunter2|shown/);
});

Deno.test({
  ...unless(
    noRedis,
    "a key in Redis opens for its tenants and scopes, until it is revoked",
  ),
  async fn() {
    await using sandbox = serveSandbox();
    await using redis = await startRedis();
    const prefix = `${redis.prefix}${crypto.randomUUID()}:`;
    const env = {
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: prefix,
      TOKEN_ENCRYPTION_KEY: SEALING,
      QONTAK_BASE_URL: sandbox.url,
      MCP_STORED_KEYS: "true",
      LOG_LEVEL: "debug",
    };
    const added = await run(["tenants", "add", "acme"], {
      env,
      stdin: `${sandbox.refreshToken}\n`,
    });
    assertEquals(added.code, 0, added.stderr);
    await using one = await startHttp([], env);
    await using other = await startHttp([], env);
    // The servers are already running, and do not need a restart.
    const create = async (...args: string[]) =>
      keyIn(await run(["keys", "create", ...args], { env }));
    const acme = await create("reader", "--tenants=acme", "--scopes=read");
    const beta = await create("--tenants", "beta");

    for (const server of [one, other]) {
      const own = await call(server, acme.key, "list_pipelines");
      assertEquals([own.status, own.isError], [200, false], own.text);
      assertStringIncludes(own.text, "Corporate Sales");
      const write = await call(server, acme.key, "delete_contact", {
        contact_id: 1,
      });
      assertStringIncludes(write.text, "is not available here");
      // Another tenant's key shows nothing of this tenant, whatever it asks
      // for.
      for (const args of [{}, { user_id: "acme" }]) {
        const foreign = await call(server, beta.key, "list_pipelines", args);
        assertEquals([foreign.status, foreign.isError], [200, true]);
        assertNotMatch(foreign.text, /Corporate Sales/);
      }
      const forged = acme.key.slice(0, 18) + beta.key.slice(18);
      for (const key of [forged, acme.id, ""]) {
        assertEquals((await call(server, key, "list_pipelines")).status, 401);
      }
    }
    const writes = sandbox.requests.filter(({ method, path }) =>
      method !== "GET" && path !== "/oauth/token"
    );
    assertEquals(writes, []);

    const list = async () =>
      JSON.parse((await run(["keys", "list", "--json"], { env })).stdout);
    const used = (await list()).map((
      { id, last_used_at }: { id: string; last_used_at?: number },
    ) => [id, Math.abs(last_used_at! - Date.now() / 1000) < 60]);
    assertEquals(
      new Map(used),
      new Map([[acme.id, true], [beta.id, true]]),
    );
    // In Redis, tenants and keys are separate, and nothing is readable.
    const tenants = await run(["tenants", "list", "--json"], { env });
    assertEquals(
      JSON.parse(tenants.stdout).map(({ tenant }: { tenant: string }) =>
        tenant
      ),
      ["acme"],
    );
    const { Redis } = await import("ioredis");
    const client = new Redis(redis.url, { lazyConnect: true });
    assertMatch((await client.get(`key:${prefix}${acme.id}`))!, /^sealed:1:/);
    client.disconnect();

    const revoked = await run(["keys", "revoke", acme.id], { env });
    assertEquals(revoked.code, 0, revoked.stderr);
    // The promise is 60 s. By then the server would also learn of it when it
    // stores the last use, which is not what this tests.
    const end = Date.now() + 45_000;
    for (const server of [one, other]) {
      while ((await call(server, acme.key, "list_pipelines")).status !== 401) {
        assert(Date.now() < end, "a revoked key works after 45 s");
        await sleep(1_000);
      }
    }
    // It expired by itself, and no process has written it back.
    assertEquals((await call(one, beta.key, "list_pipelines")).status, 200);
    const left = (await list()).map(({ id }: { id: string }) => id);
    assertEquals(left, [beta.id]);

    for (const server of [one, other]) {
      const { stdout, stderr } = await server.stop("SIGTERM");
      assertStringIncludes(stderr, acme.id);
      assertNoKey(stdout, stderr);
    }
  },
});

Deno.test({
  ...unless(noRedis, "a revoked key that is put back into Redis opens nothing"),
  async fn() {
    await using sandbox = serveSandbox();
    await using redis = await startRedis();
    const open = {
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: `${redis.prefix}${crypto.randomUUID()}:`,
      QONTAK_BASE_URL: sandbox.url,
      MCP_STORED_KEYS: "true",
    };
    const { Redis } = await import("ioredis");
    const client = new Redis(redis.url, { lazyConnect: true });
    for (const env of [open, { ...open, TOKEN_ENCRYPTION_KEY: SEALING }]) {
      const revoked = keyIn(await run(["keys", "create"], { env }));
      const good = keyIn(await run(["keys", "create"], { env }));
      const place = `key:${open.REDIS_KEY_PREFIX}${revoked.id}`;
      const copy = await client.get(place);
      await run(["keys", "revoke", revoked.id], { env });
      await client.set(place, copy!);
      await using server = await startHttp([], env);
      assertEquals(
        (await call(server, revoked.key, "list_pipelines")).status,
        401,
      );
      assertEquals(
        (await call(server, good.key, "list_pipelines")).status,
        200,
      );
      const list = await run(["keys", "list"], { env });
      assertStringIncludes(list.stderr, `${revoked.id} was revoked, and its`);
      await run(["keys", "revoke", revoked.id], { env });
      assertEquals((await run(["keys", "list"], { env })).code, 0);
      await run(["keys", "revoke", good.id], { env });
    }
    client.disconnect();
  },
});

Deno.test({
  ...unless(noRedis, "lists show what is odd in a store, and obey none of it"),
  async fn() {
    await using redis = await startRedis();
    const prefix = `${redis.prefix}${crypto.randomUUID()}:`;
    const env = {
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: prefix,
    };
    const good = keyIn(await run(["keys", "create", "good"], { env }));
    const key = {
      hash: "0".repeat(64),
      label: "\x1b]0;canary\x07\u202e\nid",
      tenants: ["acme"],
      scopes: ["read"],
      created_at: 1_795_000_000,
    };
    const put = (id: string, record: unknown) =>
      redis.send("SET", `key:${prefix}${id}`, JSON.stringify(record));
    await put("b".repeat(12), key);
    await put("c".repeat(12), { ...key, created_at: 1e300 });
    await put("d\x1b[2J", { hash: "none" });
    const { code, stdout, stderr } = await run(["keys", "list"], { env });
    assertEquals(code, 1);
    assertStringIncludes(stdout, good.id);
    assertStringIncludes(
      stdout,
      "⟨U+001B⟩]0;canary⟨U+0007⟩⟨U+202E⟩⟨U+000A⟩id",
    );
    assertStringIncludes(stderr, `the key ${"c".repeat(12)} cannot be read`);
    // What it has is shown, except its hash.
    assertStringIncludes(
      stderr,
      'It has label "\\u001b]0;canary\\u0007⟨U+202E⟩\\nid", tenants ["acme"], scopes ["read"], created_at a number of 301 digits\n',
    );
    assertNotMatch(stderr, /0{64}/);
    assertStringIncludes(stderr, "the key d⟨U+001B⟩[2J cannot be read");

    const credentials = JSON.stringify({ refresh_token: "hunter2" });
    await redis.send("SET", `${prefix}acme`, credentials);
    await redis.send("SET", `${prefix}\x1b[2J\nbeta`, credentials);
    await redis.send("SET", `${prefix}broken`, "hunter2 \x1b[2J");
    await redis.send("SET", `${prefix}empty`, "{}");
    const tenants = await run(["tenants", "list"], { env });
    assertEquals(
      [tenants.code, tenants.stdout.replaceAll(/ {2,}/g, "  ")],
      [
        1,
        [
          "tenant  state  since  last renewal",
          "⟨U+001B⟩[2J⟨U+000A⟩beta  not used yet  -  -  (no tenant can be called so)",
          "acme  not used yet  -  -\n",
        ].join("\n"),
      ],
    );
    for (const name of ["broken", "empty"]) {
      assertStringIncludes(
        tenants.stderr,
        `the record of ${name} is not a company's credentials`,
      );
    }
    assertNotMatch(tenants.stderr, /hunter2/);
    for (const text of [stdout, stderr, tenants.stdout, tenants.stderr]) {
      // deno-lint-ignore no-control-regex -- the test looks for these
      assertNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    }
  },
});

Deno.test({
  ...unless(
    noOwnRedis,
    "a key works on while Redis is away, and then is not called wrong",
  ),
  async fn() {
    await using sandbox = serveSandbox();
    await using redis = await startRedis();
    const env = {
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      QONTAK_BASE_URL: sandbox.url,
      MCP_STORED_KEYS: "true",
    };
    await run(["tenants", "add"], { env, stdin: `${sandbox.refreshToken}\n` });
    const { key } = keyIn(await run(["keys", "create"], { env }));
    const fresh = keyIn(await run(["keys", "create"], { env }));
    await using server = await startHttp([], env);
    assertEquals((await call(server, key, "list_pipelines")).status, 200);
    await redis.kill();
    const known = await call(server, key, "list_pipelines");
    assertEquals([known.status, known.isError], [200, false], known.text);
    const unread = await call(server, fresh.key, "list_pipelines");
    assertEquals(unread.status, 503);
    assertStringIncludes(unread.text, "try again in a moment");
    assertNotMatch(unread.text, /127\.0\.0\.1|[Rr]edis/);
    const { stderr } = await server.stop("SIGTERM");
    assertNoKey(stderr);
  },
});

Deno.test("a key in Deno KV is valid only for the account for which it was made", async () => {
  await using sandbox = serveSandbox();
  const dir = await Deno.makeTempDir();
  try {
    const env = {
      QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
      QONTAK_BASE_URL: sandbox.url,
      TOKEN_ENCRYPTION_KEY: SEALING,
      DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3`,
      MCP_STORED_KEYS: "true",
    };
    const keys = (...args: string[]) =>
      run(["keys", ...args, WITH_KV], { env });
    const { id, key } = keyIn(await keys("create"));
    {
      await using server = await startHttp([WITH_KV], env);
      const own = await call(server, key, "list_pipelines");
      assertStringIncludes(own.text, "Corporate Sales");
      assertEquals((await call(server, "none", "list_pipelines")).status, 401);
    }
    // Qontak has replaced the token meanwhile; the key belongs to the account.
    const [kept] = JSON.parse((await keys("list", "--json")).stdout);
    assertEquals(kept.id, id);
    assert(kept.last_used_at > 0);
    const found = await run(["doctor", WITH_KV], { env });
    assertStringIncludes(found.stdout, "1 key is kept");
    await using stranger = await startHttp([WITH_KV], {
      ...env,
      QONTAK_REFRESH_TOKEN: "of-another-account",
    });
    assertEquals((await call(stranger, key, "list_pipelines")).status, 401);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test({
  ...unless(
    noRedis,
    "tenants add and remove name the keys that may still call for the tenant",
  ),
  async fn() {
    await using sandbox = serveSandbox();
    await using redis = await startRedis();
    const env = {
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: `${redis.prefix}${crypto.randomUUID()}:`,
      QONTAK_BASE_URL: sandbox.url,
    };
    const create = async (...args: string[]) =>
      keyIn(await run(["keys", "create", ...args], { env }));
    const acme = await create("--tenants", "acme,beta");
    const beta = await create("--tenants", "beta");
    const gone = await create("--tenants", "acme");
    await run(["keys", "revoke", gone.id], { env });
    const stdin = `${sandbox.refreshToken}\n`;
    for (
      const [args, input] of [
        [["tenants", "add", "acme"], stdin],
        [["tenants", "remove", "acme"], ""],
      ] as const
    ) {
      const { code, stderr } = await run([...args], { env, stdin: input });
      assertEquals(code, 0, stderr);
      assertStringIncludes(
        stderr,
        `These API keys may still call for user_id "acme": ${acme.id}. `,
      );
      for (const { id } of [beta, gone]) assert(!stderr.includes(id), stderr);
    }
  },
});
