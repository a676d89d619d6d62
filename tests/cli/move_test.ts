/** `tenants move`, run as a person runs it, between real stores. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { callTool } from "../support/call.ts";
import {
  bareEnv,
  program,
  root,
  run,
  startHttp,
  WITH_KV,
} from "../support/process.ts";
import { noOwnRedis, startRedis } from "../support/redis.ts";
import { sleep } from "../support/time.ts";
import { startVault } from "../support/vault.ts";
import { unless } from "../support/unless.ts";

/** A sandbox, a Redis and a Vault, and the variables that name them. */
async function createPlace(refreshTokens: readonly string[] = []) {
  const redis = await startRedis("--save", "");
  const vault = startVault();
  const sandbox = serveSandbox({ refreshTokens, rotateRefreshTokens: true });
  const env = {
    REDIS_URL: redis.url,
    VAULT_ADDR: vault.url,
    VAULT_TOKEN: vault.token,
    QONTAK_BASE_URL: sandbox.url,
  };
  return {
    sandbox,
    redis,
    vault,
    env,
    in: (
      store: string,
      args: readonly string[],
      { stdin = "", more = {} } = {},
    ) =>
      run([...args], { env: { ...env, TOKEN_STORE: store, ...more }, stdin }),
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      await vault[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
    },
  };
}

const listed = (text: string): string[] =>
  JSON.parse(text).map(({ tenant }: { tenant: string }) => tenant);

Deno.test({
  ...unless(
    noOwnRedis,
    "tenants move takes companies and keys to another store and back, and they work there",
  ),
  async fn() {
    await using place = await createPlace(["first", "second"]);
    for (const [at, id] of ["acme", "beta"].entries()) {
      const token = ["first\n", "second\n"][at]!;
      const added = await place.in("vault", ["tenants", "add", id], {
        stdin: token,
      });
      assertEquals(added.code, 0, added.stderr);
    }
    const key = async (label: string) => {
      const { stdout } = await place.in("vault", [
        "keys",
        "create",
        label,
        "--tenants",
        "acme",
      ]);
      return stdout.trim();
    };
    const good = await key("good"), revoked = await key("revoked");
    await place.in("vault", ["keys", "revoke", revoked.slice(5, 17)]);

    const asked = await place.in("vault", ["tenants", "move", "--to", "redis"]);
    assertEquals(asked.code, 1);
    assertStringIncludes(asked.stderr, "companies 2, API keys 1");
    assertStringIncludes(asked.stdout, "Nothing was moved");
    assertEquals(await place.redis.send("DBSIZE"), 0);

    const moved = await place.in("vault", [
      "tenants",
      "move",
      "--to",
      "redis",
      "--apply",
    ]);
    assertEquals(moved.code, 0, moved.stdout + moved.stderr);
    assertMatch(moved.stdout, /^company +acme +moved$/m);
    assertMatch(moved.stdout, /start the servers with TOKEN_STORE=redis/);
    const left = await place.in("vault", ["tenants", "list", "--json"]);
    assertEquals(listed(left.stdout), []);
    const grants = place.sandbox.grants;
    const checked = await place.in("redis", ["tenants", "check", "--all"]);
    assertEquals(checked.code, 0, checked.stdout);
    // No token was spent: the access tokens moved as well.
    assertEquals(place.sandbox.grants, grants);
    {
      await using server = await startHttp([], {
        ...place.env,
        TOKEN_STORE: "redis",
        MCP_STORED_KEYS: "true",
      });
      const status = async (key: string) => {
        const { status } = await callTool(server.url, "list_pipelines", {}, {
          authorization: `Bearer ${key}`,
        });
        return status;
      };
      assertEquals([await status(good), await status(revoked)], [200, 401]);
    }
    const back = await place.in("redis", [
      "tenants",
      "move",
      "--to",
      "vault",
    ], { stdin: "yes\n" });
    assertEquals(back.code, 0, back.stdout + back.stderr);
    const again = await place.in("vault", ["tenants", "list", "--json"]);
    assertEquals(listed(again.stdout), ["acme", "beta"]);
    assertEquals(
      (await place.in("vault", ["keys", "list"])).stdout.includes("good"),
      true,
    );
  },
});

Deno.test({
  ...unless(
    noOwnRedis,
    "tenants move changes nothing where the new store has other credentials",
  ),
  async fn() {
    await using place = await createPlace(["first", "second"]);
    await place.in("vault", ["tenants", "add", "acme"], { stdin: "first\n" });
    await place.in("redis", ["tenants", "add", "acme"], { stdin: "second\n" });
    const before = await place.redis.send("GET", "qontak:tokens:acme");
    const moved = await place.in("vault", [
      "tenants",
      "move",
      "acme",
      "--to",
      "redis",
      "--apply",
    ]);
    assertEquals(moved.code, 1);
    assertMatch(
      moved.stdout,
      /acme +stays in vault: redis has other credentials for it/,
    );
    assertEquals(await place.redis.send("GET", "qontak:tokens:acme"), before);
    assertEquals(
      listed((await place.in("vault", ["tenants", "list", "--json"])).stdout),
      ["acme"],
    );
    for (
      const [args, sentence] of [
        [["--to", "vault"], "--to vault is the store that TOKEN_STORE names"],
        [["--to", "env"], "--to must be one of redis, kv"],
        [[], "--to must be one of redis, kv"],
        [["nobody", "--to", "redis"], "There are no credentials for"],
      ] as const
    ) {
      const refused = await place.in("vault", ["tenants", "move", ...args]);
      assertEquals(refused.code, 2, refused.stdout);
      assertStringIncludes(refused.stderr, sentence);
    }
  },
});

Deno.test({
  ...unless(
    noOwnRedis,
    "tenants move loses nothing when it is killed, and continues when it runs again",
  ),
  async fn() {
    await using place = await createPlace();
    const names = Array.from({ length: 300 }, (_, i) => `company-${i}`);
    for (const name of names) {
      await place.redis.send(
        "SET",
        `qontak:tokens:${name}`,
        JSON.stringify({ refresh_token: `token of ${name}` }),
      );
    }
    // It is killed while one record is on its way.
    const writing = place.vault.delay(
      /^(POST|PUT) secret\/data\/.*company-150$/,
      120_000,
    );
    const args = await program("tenants", "move", "--to", "vault", "--apply");
    const child = new Deno.Command(Deno.execPath(), {
      args,
      cwd: root,
      clearEnv: true,
      env: bareEnv({ ...place.env, TOKEN_STORE: "redis" }),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await writing.held;
    child.kill("SIGKILL");
    await child.status;
    const there = async (store: string) =>
      listed((await place.in(store, ["tenants", "list", "--json"])).stdout);
    const [inRedis, inVault] = [await there("redis"), await there("vault")];
    assertEquals(inRedis.length > 0 && inVault.length > 0, true);
    assertEquals(inVault.includes("company-150"), false);
    assertEquals(
      new Set([...inRedis, ...inVault]).size,
      names.length,
      "a company was lost",
    );
    writing.end();
    // The lease of the killed process has to expire.
    await sleep(10_500);
    const rest = await place.in("redis", [
      "tenants",
      "move",
      "--to",
      "vault",
      "--apply",
    ]);
    assertEquals(rest.code, 0, rest.stdout.slice(-500));
    assertEquals([await there("redis"), await there("vault")], [
      [],
      names.toSorted(),
    ]);
  },
});

Deno.test({
  ...unless(
    noOwnRedis,
    "tenants move makes no plain text of sealed credentials unless it is asked to",
  ),
  async fn() {
    await using place = await createPlace(["first"]);
    const data = await Deno.makeTempDir();
    const more = { XDG_DATA_HOME: data };
    const added = await place.in("kv", [WITH_KV, "tenants", "add", "acme"], {
      stdin: "first\n",
      more,
    });
    assertEquals(added.code, 0, added.stderr);
    const args = [WITH_KV, "tenants", "move", "--to", "redis", "--apply"];
    const refused = await place.in("kv", args, { more });
    assertEquals(refused.code, 2, refused.stdout);
    assertStringIncludes(refused.stderr, "TOKEN_ENCRYPTION_KEY is not set");
    assertEquals(await place.redis.send("DBSIZE"), 0);
    const moved = await place.in("kv", [...args, "--unsealed"], { more });
    assertEquals(moved.code, 0, moved.stdout + moved.stderr);
    assertMatch(moved.stdout, /^company +acme +moved$/m);
    await Deno.remove(data, { recursive: true });
  },
});

Deno.test("tenants move copies the company of the environment, and says what to remove", async () => {
  await using sandbox = serveSandbox();
  const env = { QONTAK_BASE_URL: sandbox.url };
  const moved = await run(
    [WITH_KV, "tenants", "move", "--to", "kv", "--apply"],
    {
      env: { ...env, QONTAK_REFRESH_TOKEN: sandbox.refreshToken },
    },
  );
  assertEquals(moved.code, 0, moved.stdout + moved.stderr);
  assertStringIncludes(moved.stdout, "Remove QONTAK_REFRESH_TOKEN");
  const checked = await run([WITH_KV, "tenants", "check"], {
    env: { ...env, TOKEN_STORE: "kv" },
  });
  assertEquals(checked.code, 0, checked.stdout + checked.stderr);
});
