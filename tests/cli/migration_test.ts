/** What MIGRATION.md tells people to run, with the records of the Python server. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { root, run, WITH_KV } from "../support/process.ts";
import { noOwnRedis, startRedis } from "../support/redis.ts";
import { unless } from "../support/unless.ts";

/** Qontak's answer to a refresh, in the form that the Python server keeps. */
async function recordFrom(
  sandbox: { url: string; refreshToken: string },
): Promise<string> {
  const response = await fetch(`${sandbox.url}/oauth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      grant_type: "refresh_token",
      refresh_token: sandbox.refreshToken,
    }),
  });
  const { access_token, refresh_token, expires_in } = await response.json();
  const expires_at = Date.now() / 1000 + expires_in;
  return JSON.stringify({ refresh_token, access_token, expires_at });
}

Deno.test({
  ...unless(
    noOwnRedis,
    "tenants check --all keeps every record of the Python server, and refreshes no good token",
  ),
  async fn() {
    await using redis = await startRedis();
    await using sandbox = serveSandbox();
    const record = await recordFrom(sandbox);
    const key = "qontak:tokens:acme";
    await redis.send("SETEX", key, "21600", record);
    assert(Number(await redis.send("TTL", key)) > 0);
    const { code, stdout, stderr } = await run(["tenants", "check", "--all"], {
      env: {
        TOKEN_STORE: "redis",
        REDIS_URL: redis.url,
        QONTAK_BASE_URL: sandbox.url,
        QONTAK_REFRESH_TOKEN: "that-of-the-python-server",
      },
    });
    assertEquals(code, 0, stderr);
    assertStringIncludes(stdout, "acme");
    assertEquals(await redis.send("TTL", key), -1);
    assertEquals(await redis.send("GET", key), record);
    assertStringIncludes(stderr, "QONTAK_REFRESH_TOKEN is not used");
  },
});

Deno.test({
  ...unless(
    noOwnRedis,
    "migrate names every record that expires and changes nothing, until --apply makes them lasting",
  ),
  async fn() {
    await using redis = await startRedis("--save", "");
    await using sandbox = serveSandbox();
    const record = await recordFrom(sandbox);
    await redis.send("SETEX", "qontak:tokens:acme", "21600", record);
    await redis.send("SETEX", "qontak:tokens:a b", "21600", record);
    await redis.send("SETEX", "qontak:tokens:bad", "21600", "not a record");
    const env = {
      TOKEN_STORE: "redis",
      REDIS_URL: redis.url,
      QONTAK_BASE_URL: sandbox.url,
      QONTAK_REFRESH_TOKEN: "that-of-the-python-server",
      LOG_FORMAT: "json",
    };
    const before = sandbox.requests.length;
    const keys = async () =>
      (await redis.send("KEYS", "*") as string[]).toSorted();
    const all = await keys();
    const shown = await run(["migrate"], { env });
    assertEquals(shown.code, 1, shown.stderr);
    for (
      const part of [
        /^warn +settings +LOG_FORMAT has no effect here/m,
        /^fail +acme +Redis deletes it in (6 h 0|5 h 5\d) min/m,
        /^warn +a b +no tenant can have this name/m,
        /^fail +bad +What is kept for tenant "bad" is not a record/m,
        /^warn +_default +QONTAK_REFRESH_TOKEN is set.*tenants add/m,
        /^skip +writing/m,
      ]
    ) assertMatch(shown.stdout, part);
    assert(Number(await redis.send("TTL", "qontak:tokens:acme")) > 0);
    assertEquals(await keys(), all);
    await redis.send("DEL", "qontak:tokens:bad");
    const applied = await run(["migrate", "--apply", "--json"], { env });
    assertEquals(applied.code, 0, applied.stdout);
    assertStringIncludes(applied.stdout, "from now on does not expire");
    assertStringIncludes(applied.stdout, "stop the Python server");
    assertEquals(await redis.send("TTL", "qontak:tokens:acme"), -1);
    assertEquals(await redis.send("GET", "qontak:tokens:acme"), record);
    assertEquals(sandbox.requests.length, before);
    for (const { stdout, stderr } of [shown, applied]) {
      assert(!`${stdout}${stderr}`.includes("that-of-the-python-server"));
    }
  },
});

Deno.test("migrate reads the token of .env, and finds one that only the Python server reads", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/.env`, "QONTAK_REFRESH_TOKEN=token\n");
    await Deno.mkdir(`${folder}/below`);
    const there = await run([WITH_KV, "migrate"], { cwd: folder });
    assertEquals(there.code, 0, there.stdout + there.stderr);
    assertMatch(there.stdout, /^ok +token +there is a refresh token/m);
    const below = await run(["migrate"], { cwd: `${folder}/below` });
    assertEquals(below.code, 1);
    assertStringIncludes(below.stdout, "../.env exists");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the pages for those who move in name existing commands", async () => {
  const commands = new Set<string>();
  for (const name of ["MIGRATION", "TROUBLESHOOTING"]) {
    const page = await Deno.readTextFile(`${root}.github/${name}.md`);
    for (
      const [, args] of page.replaceAll(/\s+/g, " ").matchAll(
        /`qontak-mcp ([a-z-][^`]*)`/g,
      )
    ) commands.add(args!);
    for (const [, args] of page.matchAll(/^ *qontak-mcp ([^#\n]*)/gm)) {
      commands.add(args!.trim());
    }
  }
  assert(commands.size >= 8, [...commands].join("\n"));
  for (const command of commands) {
    const args = command.split(" ").map((word) =>
      word === "<client>" ? "cursor" : word.startsWith("<") ? "acme" : word
    );
    const { code, stderr } = await run([...args, "--help"]);
    assertEquals(code, 0, `${command}: ${stderr}`);
  }
});
