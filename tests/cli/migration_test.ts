/** What MIGRATION.md tells people to run, with the records of the Python server. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { root, run } from "../support/process.ts";
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
