/** Requests within the process, or to this machine, use no proxy. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { callTool } from "../support/call.ts";
import { startIssuer } from "../support/issuer.ts";
import {
  bareEnv,
  endedOf,
  program,
  root,
  run,
  startHttp,
} from "../support/process.ts";
import { answersById, toolCall, toStdin } from "../support/rpc.ts";
import { startVault } from "../support/vault.ts";

/** Every variable that names a proxy; nothing listens at the address. */
const PROXIES: Readonly<Record<string, string>> = Object.fromEntries(
  ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [
    [name, "http://127.0.0.1:9"],
    [name.toLowerCase(), "http://127.0.0.1:9"],
  ]),
);

Deno.test("--sandbox answers over stdio beside a proxy that is gone", async () => {
  const { code, stdout } = await run(["--sandbox"], {
    env: PROXIES,
    stdin: toStdin(toolCall(1, "list_deals")),
  });
  assertEquals(code, 0);
  const { result } = answersById(stdout).get(1);
  assertEquals(result.isError ?? false, false, JSON.stringify(result));
  assertEquals(result.structuredContent.records.length, 25);
});

Deno.test("--sandbox answers over HTTP beside a proxy that is gone", async () => {
  await using server = await startHttp(["--sandbox"], PROXIES);
  const { text, isError } = await callTool(server.url, "list_deals");
  assertEquals(isError, false, text);
});

Deno.test("doctor --sandbox works with a proxy that does not answer", async () => {
  const { code, stdout } = await run(["doctor", "--sandbox"], { env: PROXIES });
  assertEquals(code, 0, stdout);
  assertStringIncludes(stdout, "Qontak answers");
  assertStringIncludes(stdout, "clock is 0 s");
});

Deno.test("the demo works with a proxy that does not answer", async () => {
  const ended = endedOf(
    await new Deno.Command(Deno.execPath(), {
      args: await program("demo"),
      env: bareEnv(PROXIES),
      clearEnv: true,
      cwd: root,
      stdin: "null",
    }).output(),
  );
  assertEquals(ended.code, 0, ended.stdout + ended.stderr);
});

Deno.test("requests to Qontak, Vault and an issuer on this machine use no proxy", async () => {
  await using sandbox = serveSandbox();
  await using vault = startVault();
  await using issuer = await startIssuer();
  const env = {
    ...PROXIES,
    QONTAK_BASE_URL: sandbox.url,
    TOKEN_STORE: "vault",
    VAULT_ADDR: vault.url,
    VAULT_TOKEN: vault.createToken(),
    MCP_OAUTH_ISSUER: issuer.url,
    MCP_OAUTH_AUDIENCE: "https://crm.example.com/mcp",
  };
  const added = await run(["tenants", "add", "acme"], {
    env,
    stdin: `${sandbox.refreshToken}\n`,
  });
  assertEquals(added.code, 0, added.stderr);
  await using server = await startHttp([], env);
  const { status, text, isError } = await callTool(
    server.url,
    "list_deals",
    {},
    { authorization: `Bearer ${await issuer.sign()}` },
  );
  assertEquals([status, isError], [200, false], text);
});
