import { assertEquals, assertStringIncludes } from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { callTool } from "../support/call.ts";
import { bareEnv, root, run, stdFlags } from "../support/process.ts";
import { startVault } from "../support/vault.ts";

/** Runs the entry as a host would, and asks it until it answers. */
async function deployed<T>(
  env: Record<string, string>,
  ask: (url: string) => Promise<T>,
): Promise<T> {
  const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = probe.addr;
  probe.close();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", ...await stdFlags(), `${root}src/deploy.ts`],
    cwd: root,
    env: bareEnv({ ...env, DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` }),
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  try {
    for (let tries = 0;; tries++) {
      try {
        await (await fetch(`${url}/health`)).body?.cancel();
        break;
      } catch (error) {
        if (tries === 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    return await ask(url);
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}

Deno.test("the deploy entry says what is missing instead of serving", async () => {
  await deployed({ QONTAK_REFRESH_TOKEN: "a token" }, async (url) => {
    for (const path of ["/mcp", "/health", "/"]) {
      const response = await fetch(url + path);
      assertEquals(response.status, 503);
      assertStringIncludes(
        await response.text(),
        "set MCP_STORED_KEYS=true and make a key",
      );
    }
  });
});

Deno.test("the deploy entry serves callers with a key", async () => {
  await using sandbox = serveSandbox();
  const hash = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode("a-key")),
  ).toHex();
  await deployed({
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    MCP_API_KEYS: hash,
    MCP_METRICS: "1",
  }, async (url) => {
    const call = (key: string) =>
      callTool(`${url}/mcp`, "list_pipelines", {}, {
        authorization: `Bearer ${key}`,
      });
    assertEquals((await call("another-key")).status, 401);
    assertStringIncludes((await call("a-key")).text, "Corporate Sales");
    const scrape = (key: string) =>
      fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
    const refused = await scrape("another-key");
    assertEquals(refused.status, 401);
    await refused.body?.cancel();
    assertStringIncludes(
      await (await scrape("a-key")).text(),
      'outcome="ok"} 1',
    );
  });
});

Deno.test("the deploy entry serves callers with a key of the store", async () => {
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
  await deployed(env, async (url) => {
    const call = (key: string) =>
      callTool(`${url}/mcp`, "list_pipelines", {}, {
        authorization: `Bearer ${key}`,
      });
    assertEquals((await call("another-key")).status, 401);
    assertStringIncludes((await call(key.trim())).text, "Corporate Sales");
  });
  const nowhere = {
    QONTAK_REFRESH_TOKEN: "a token",
    MCP_STORED_KEYS: "true",
  };
  await deployed(nowhere, async (url) => {
    const response = await fetch(`${url}/health`);
    assertEquals(response.status, 503);
    assertStringIncludes(await response.text(), "nowhere to keep API keys");
  });
});
