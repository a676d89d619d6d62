/**
 * The deploy entry, started with `deno run` and the settings of Deno Deploy:
 * one isolate and several, with and without a database, and on the runtime that
 * Deno's documentation names.
 */
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { callTool } from "../support/call.ts";
import {
  bearer,
  keyEntry,
  NO_DATABASE,
  startDeployed,
} from "../support/deployed.ts";
import { startIssuer } from "../support/issuer.ts";
import {
  type HttpProcess,
  root,
  run,
  stdFlags,
  WITH_KV,
} from "../support/process.ts";
import { freePort } from "../support/free_port.ts";
import { noRedis, startRedis } from "../support/redis.ts";
import { addTenant, assertNoTokens, kinds } from "../tokens/shared.ts";
import { startVault } from "../support/vault.ts";
import { createRawClient, serveQontak, tokensOf } from "../support/sign_in.ts";
import { unless } from "../support/unless.ts";

const KEY = "a-key";

/** The answer of a path. */
// deno-lint-ignore no-explicit-any -- tests read any field of an answer
async function ask({ url }: HttpProcess, path: string): Promise<any> {
  const response = await fetch(new URL(path, url));
  return { code: response.status, ...await response.json() };
}

const listPipelines = ({ url }: HttpProcess, credential: string) =>
  callTool(url, "list_pipelines", {}, bearer(credential));

Deno.test("the deploy entry lets people sign in, beside API keys", async () => {
  const port = freePort();
  const origin = `http://127.0.0.1:${port}`;
  await using qontak = serveQontak();
  await using server = await startDeployed({
    DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
    DENO_KV_DEFAULT_PATH: ":memory:",
    TOKEN_STORE: "kv",
    TOKEN_ENCRYPTION_KEY: btoa(
      "a key of thirty-two bytes, really".slice(0, 32),
    ),
    MCP_SIGN_IN: "qontak",
    MCP_PUBLIC_URL: `${origin}/mcp`,
    MCP_API_KEYS: await keyEntry(KEY),
    QONTAK_BASE_URL: qontak.url,
    QONTAK_CLIENT_ID: "sandbox",
    QONTAK_CLIENT_SECRET: "sandbox",
  }, { args: [WITH_KV] });
  const client = await createRawClient({ origin, url: `${origin}/mcp` });
  const { access_token } = await tokensOf(client);
  const { text } = await listPipelines(server, access_token);
  assertStringIncludes(text, "Tender");
  // The key is accepted, too; there are no credentials for it.
  assertStringIncludes(
    (await listPipelines(server, KEY)).text,
    "no credentials",
  );
});

Deno.test("the deploy entry says what is missing instead of serving", async () => {
  const table: [Record<string, string>, string[]][] = [
    [{}, ["QONTAK_REFRESH_TOKEN is not set"]],
    [{ QONTAK_REFRESH_TOKEN: "canary" }, [
      "set MCP_STORED_KEYS to true and make a key",
    ]],
    [
      { QONTAK_REFRESH_TOKEN: "canary", MCP_API_KEYS: "canary" },
      ["MCP_API_KEYS must hold"],
    ],
    [
      { TOKEN_STORE: "redis", MCP_SIGN_IN: "qontak" },
      ["needs QONTAK_CLIENT_ID and QONTAK_CLIENT_SECRET and MCP_PUBLIC_URL"],
    ],
    [
      { QONTAK_REFRESH_TOKEN: "canary", MCP_STORED_KEYS: "true" },
      ["nowhere to keep API keys"],
    ],
    [
      { TOKEN_STORE: "kv", MCP_API_KEYS: await keyEntry(KEY) },
      ["TOKEN_STORE=kv needs Deno KV"],
    ],
    [
      {
        QONTAK_REFRESH_TOKEN: "canary",
        MCP_OAUTH_ISSUER: "https://login.example.com/",
      },
      ["MCP_OAUTH_ISSUER needs MCP_OAUTH_AUDIENCE"],
    ],
    [
      {
        QONTAK_REFRESH_TOKEN: "canary",
        MCP_OAUTH_ISSUER: "http://login.example.com/",
        MCP_OAUTH_AUDIENCE: "a,,b",
        REDIS_URL: "canary",
      },
      ["REDIS_URL must", "MCP_OAUTH_ISSUER must", "MCP_OAUTH_AUDIENCE must"],
    ],
  ];
  await Promise.all(table.map(async ([env, expected]) => {
    await using server = await startDeployed(env);
    for (const path of ["/mcp", "/health", "/ready", "/"]) {
      // A caller without a credential learns no more.
      assertEquals(await ask(server, path), {
        code: 503,
        status: "not set up",
        note: "The log of this app says what is missing",
      });
    }
    const { stderr } = await server.stop("SIGINT");
    for (const text of expected) assertStringIncludes(stderr, text);
    // It contained no secret, and redaction removed nothing from it.
    assertNotMatch(stderr, /canary|\[secret\]/);
  }));
});

Deno.test("the deploy entry ends, and says why, if it cannot listen", async () => {
  await using first = await startDeployed({ QONTAK_REFRESH_TOKEN: "unused" });
  const { host } = new URL(first.url);
  const ended = await startDeployed({
    QONTAK_REFRESH_TOKEN: "unused",
    MCP_API_KEYS: await keyEntry(KEY),
    DENO_SERVE_ADDRESS: `tcp:${host}`,
  }).then(() => "it listens", (error) => String(error));
  assertStringIncludes(ended, "AddrInUse");
  assertNotMatch(ended, /the server continues/);
});

Deno.test("the deploy entry serves callers with a key", async () => {
  await using sandbox = serveSandbox();
  await using server = await startDeployed({
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    MCP_API_KEYS: await keyEntry(KEY, ":_default:read+metrics"),
    MCP_METRICS: "true",
  });
  assertEquals((await listPipelines(server, "another-key")).status, 401);
  const { text } = await listPipelines(server, KEY);
  assertStringIncludes(text, "Corporate Sales");
  const scrape = (key: string) =>
    fetch(new URL("/metrics", server.url), { headers: bearer(key) });
  const refused = await scrape("another-key");
  assertEquals(refused.status, 401);
  await refused.body?.cancel();
  assertStringIncludes(await (await scrape(KEY)).text(), 'outcome="ok"} 1');
});

Deno.test("the deploy entry serves callers with a stored key", async () => {
  await using sandbox = serveSandbox();
  await using vault = startVault();
  const env = {
    QONTAK_BASE_URL: sandbox.url,
    TOKEN_STORE: "vault",
    VAULT_ADDR: vault.url,
    VAULT_TOKEN: vault.token,
    MCP_STORED_KEYS: "true",
  };
  const stdin = `${sandbox.refreshToken}\n`;
  await run(["tenants", "add", "acme"], { env, stdin });
  const made = ["keys", "create", "--tenants", "acme"];
  const { stdout: key } = await run(made, { env });
  await using server = await startDeployed(env);
  assertEquals((await listPipelines(server, "another-key")).status, 401);
  const { text } = await listPipelines(server, key.trim());
  assertStringIncludes(text, "Corporate Sales");
});

Deno.test("the deploy entry takes an issuer's name as it is written, with or without a slash at its end", async () => {
  await using sandbox = serveSandbox();
  for (const path of ["", "/", "/realms/acme", "/realms/acme/"]) {
    await using issuer = await startIssuer({ path });
    await using server = await startDeployed({
      QONTAK_BASE_URL: sandbox.url,
      QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
      MCP_OAUTH_ISSUER: issuer.url,
      MCP_OAUTH_AUDIENCE: "https://crm.example.com/mcp",
    });
    // The tenant has no credentials here, but the caller is accepted.
    const { status, text } = await listPipelines(server, await issuer.sign());
    assertEquals(status, 200, path);
    assertStringIncludes(text, "acme");
    const other = await issuer.sign({
      iss: path.endsWith("/") ? issuer.url.slice(0, -1) : `${issuer.url}/`,
    });
    assertEquals((await listPipelines(server, other)).status, 401, path);
  }
});

Deno.test("the deploy entry says whether there is a database, and works without one", async () => {
  const dir = await Deno.makeTempDir();
  const damaged = `${dir}/damaged.sqlite3`;
  await Deno.writeTextFile(damaged, "no database ".repeat(1_000));
  const table = [
    {
      kv: "ok",
      args: [WITH_KV],
      env: { DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3` },
    },
    { kv: "absent", args: [], env: {}, note: "There is no Deno KV" },
    { kv: "absent", args: [], env: NO_DATABASE, note: "Attach a database" },
    {
      kv: "failing",
      args: [WITH_KV],
      env: { DENO_KV_DEFAULT_PATH: damaged },
      note: "Deno KV cannot be opened",
    },
  ];
  for (const { kv, args, env, note } of table) {
    await using sandbox = serveSandbox();
    await using server = await startDeployed({
      QONTAK_BASE_URL: sandbox.url,
      QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
      MCP_API_KEYS: await keyEntry(KEY),
      ...env,
    }, { args });
    const health = await ask(server, "/health");
    assertEquals([health.code, health.status, health.kv], [200, "ok", kv]);
    const ready = await ask(server, "/ready");
    assertEquals([ready.code, ready.kv], [kv === "failing" ? 503 : 200, kv]);
    for (const { note: said } of [health, ready]) {
      if (note === undefined) assertEquals(said, undefined);
      else assertStringIncludes(said, note);
    }
    const { text } = await listPipelines(server, KEY);
    assertStringIncludes(text, "Corporate Sales");
    // The token that Qontak issued is in the database, or nowhere.
    const { stderr } = await server.stop("SIGINT");
    const isLost = stderr.includes("the new one is in memory only");
    assertEquals(isLost, note !== undefined, stderr);
  }
  await Deno.remove(dir, { recursive: true });
});

Deno.test("the deploy entry says what to do if tokens belong in a database that does not exist", async () => {
  await using server = await startDeployed({
    TOKEN_STORE: "kv",
    MCP_API_KEYS: await keyEntry(KEY),
    ...NO_DATABASE,
  });
  const ready = await ask(server, "/ready");
  assertEquals([ready.code, ready.store, ready.kv], [503, "failing", "absent"]);
  const { text, isError } = await listPipelines(server, KEY);
  assert(isError);
  assertStringIncludes(text, "attach a database on Deno Deploy");
});

const ISOLATES = 3, CALLS = 12, EXPIRIES = 5;

for (const kind of kinds.filter(({ name }) => name !== "vault")) {
  Deno.test({
    ...unless(
      kind.missing,
      `${ISOLATES} isolates on ${kind.name} answer every call and make one refresh for each tenant and expiry`,
    ),
    async fn() {
      const others = ["beta", "gamma"];
      await using sandbox = serveSandbox({
        refreshTokens: others.map((tenant) => `first-of-${tenant}`),
      });
      await using shared = await kind.start(sandbox);
      // Without user_id, there is one company.
      const isSingle = shared.user.user_id === undefined;
      if (!isSingle) {
        for (const tenant of others) {
          const token = `first-of-${tenant}`;
          await addTenant(sandbox, shared, tenant, token);
        }
      }
      const tenants = isSingle ? [undefined] : ["acme", ...others];
      const env = {
        ...shared.env,
        QONTAK_BASE_URL: sandbox.url,
        MCP_API_KEYS: await keyEntry(
          KEY,
          isSingle ? "" : `:${tenants.join("+")}:read`,
        ),
      };
      await using stack = new AsyncDisposableStack();
      const isolates = await Promise.all(
        Array.from(
          { length: ISOLATES },
          () => startDeployed(env, { args: shared.args }),
        ),
      );
      for (const isolate of isolates) stack.use(isolate);
      for (let round = 0; round < EXPIRIES; round++) {
        sandbox.expireAccessTokens();
        const before = sandbox.grants;
        const called = await Promise.all(
          isolates.flatMap(({ url }) =>
            tenants.flatMap((user_id) =>
              Array.from({ length: CALLS }, () =>
                callTool(
                  url,
                  "list_products",
                  { per_page: 1, ...(user_id && { user_id }) },
                  bearer(KEY),
                ))
            )
          ),
        );
        const failed = called.filter(({ isError }) => isError);
        assertEquals(failed.map(({ text }) => text), [], `round ${round}`);
        // Every tenant needs one, and none was made twice.
        assertEquals(sandbox.grants - before, tenants.length, `round ${round}`);
      }
      // No isolate has used a refresh token that was already replaced.
      assertEquals(sandbox.grantAttempts, sandbox.grants);
      const ended = await Promise.all(
        isolates.map((one) => one.stop("SIGINT")),
      );
      assertEquals(ended.map(({ code }) => code), ended.map(() => 0));
      assertNoTokens(ended);
    },
  });
}

Deno.test("the deploy entry works if deno has neither KV nor HTTP clients", async () => {
  await using sandbox = serveSandbox();
  await using server = await startDeployed({
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    MCP_API_KEYS: await keyEntry(KEY),
  }, { entry: "tests/support/narrow.ts", args: [WITH_KV] });
  assertEquals((await ask(server, "/ready")).kv, "absent");
  const { text } = await listPipelines(server, KEY);
  assertStringIncludes(text, "Corporate Sales");
  assertEquals((await server.stop("SIGINT")).code, 0);
});

/** The runtime of Deno Deploy, according to Deno's documentation. */
const RUNTIME = "2.5.0";

/** The path of that deno, which is on npm; empty if npm does not give it. */
const oldDeno = await new Deno.Command("npx", {
  args: ["-y", `deno@${RUNTIME}`, "eval", "console.log(Deno.execPath())"],
  stdin: "null",
  stderr: "inherit",
}).output().then(
  ({ stdout }) => new TextDecoder().decode(stdout).trim(),
  () => "",
);

const noOldDeno = oldDeno ? "" : `npx has no deno@${RUNTIME}`;

Deno.test({
  ...unless(
    noOldDeno,
    `the types of Deno ${RUNTIME} know all that the deploy entry asks for`,
  ),
  async fn() {
    const certificates = Deno.env.get("NODE_EXTRA_CA_CERTS");
    // Its lock file has an older format.
    const flags = (await stdFlags()).filter((flag) =>
      !flag.startsWith("--lock")
    );
    const { success, stderr } = await new Deno.Command(oldDeno, {
      args: ["check", "--no-lock", ...flags, "src/deploy.ts"],
      cwd: root,
      // The types of Node come from npm; this deno finds them in this way.
      env: { NO_COLOR: "1", ...(certificates && { DENO_CERT: certificates }) },
      stdin: "null",
    }).output();
    assert(success, new TextDecoder().decode(stderr));
  },
});

const cannot = noOldDeno || noRedis;

Deno.test({
  ...unless(
    cannot,
    `the deploy entry works on Deno ${RUNTIME}, with Redis, KV and JWTs`,
  ),
  async fn() {
    await using sandbox = serveSandbox();
    await using issuer = await startIssuer();
    await using redis = await startRedis();
    const dir = await Deno.makeTempDir();
    const prefix = `${redis.prefix}${crypto.randomUUID()}:`;
    const shared = {
      env: {
        TOKEN_STORE: "redis",
        TOKEN_ENCRYPTION_KEY: btoa("k-".repeat(16)),
        REDIS_URL: redis.url,
        REDIS_KEY_PREFIX: prefix,
      },
      args: [],
      user: {},
      async [Symbol.asyncDispose]() {},
    };
    await addTenant(sandbox, shared, "acme", sandbox.refreshToken);
    {
      await using server = await startDeployed({
        ...shared.env,
        QONTAK_BASE_URL: sandbox.url,
        MCP_API_KEYS: await keyEntry(KEY, ":acme"),
        MCP_OAUTH_ISSUER: issuer.url,
        MCP_OAUTH_AUDIENCE: "https://crm.example.com/mcp",
        DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3`,
      }, { deno: oldDeno, args: [WITH_KV] });
      const ready = await ask(server, "/ready");
      assertEquals(
        [ready.status, ready.store, ready.kv, ready.qontak],
        ["ready", "ok", "ok", "ok"],
      );
      const page = await fetch(new URL("/", server.url));
      assertStringIncludes(await page.text(), "list_pipelines");
      for (const credential of [KEY, await issuer.sign()]) {
        const { text } = await listPipelines(server, credential);
        assertStringIncludes(text, "Corporate Sales");
      }
      const made = await callTool(server.url, "create_contact", {
        first_name: "Sari",
        last_name: "Wibowo",
      }, bearer(KEY));
      assertNotMatch(made.text, /inside the server/);
      const { code, stderr } = await server.stop("SIGINT");
      assertEquals(code, 0, stderr);
    }
    await Deno.remove(dir, { recursive: true });
  },
});
