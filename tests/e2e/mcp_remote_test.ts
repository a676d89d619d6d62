/**
 * mcp-remote, with which clients that know only stdio reach endpoints: it signs
 * the person in. It must be on PATH (`npm install -g mcp-remote`).
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import {
  createBrowser,
  serveEndpoint,
  serveQontak,
} from "../support/sign_in.ts";
import { unless } from "../support/unless.ts";

/** The path of a program; undefined if it is not on PATH. */
async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    const info = await Deno.stat(`${folder}/${name}`).catch(() => undefined);
    if (info?.isFile) return `${folder}/${name}`;
  }
  return undefined;
}

const path = await findProgram("mcp-remote");
const missing = path === undefined ? "mcp-remote is not on PATH" : "";

Deno.test({
  ...unless(missing, "mcp-remote signs a person in, and reads the pipelines"),
  // The SDK's transport waits for the end of the process with a timer.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using qontak = serveQontak();
    await using endpoint = await serveEndpoint({ qontak });
    const home = await Deno.makeTempDir();
    const transport = new StdioClientTransport({
      command: path!,
      args: [endpoint.url, "--transport", "http-only"],
      env: {
        PATH: Deno.env.get("PATH")!,
        HOME: home,
        MCP_REMOTE_CONFIG_DIR: home,
        // The test is the browser.
        BROWSER: "true",
      },
      stderr: "pipe",
    });
    const signedIn = Promise.withResolvers<URL>();
    let said = "";
    transport.stderr?.on("data", (part: unknown) => {
      said += String(part);
      const [url] = /http:\/\/127\.0\.0\.1:\d+\/oauth\/authorize\?\S+(?=\s)/
        .exec(said) ?? [];
      if (url === undefined) return;
      said = "";
      createBrowser().allow(url, { user: 1 })
        .then(signedIn.resolve, signedIn.reject);
    });
    const client = new Client({ name: "tests", version: "1.0.0" });
    await client.connect(transport, { timeout: 60_000 });
    const told = await signedIn.promise;
    assertEquals(told.searchParams.get("iss"), endpoint.origin);
    const result = await client.callTool({
      name: "list_pipelines",
      arguments: {},
    });
    assertStringIncludes(JSON.stringify(result), "Tender");
    await client.close();
    await Deno.remove(home, { recursive: true });
  },
});
