/**
 * The first answers on stdio, which are made without the SDK, are those of the
 * SDK.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { run } from "../support/process.ts";
import { HANDSHAKE, request, toolCall, toStdin } from "../support/rpc.ts";

const INITIALIZED = HANDSHAKE[1]!;

/** What clients say first. */
const OPENINGS: Readonly<Record<string, object>> = {
  "a client that can do nothing": { protocolVersion: "2025-06-18" },
  "a client of an unknown revision": { protocolVersion: "2099-01-01" },
  "a client that shows views": {
    capabilities: {
      roots: { listChanged: true },
      extensions: {
        "io.modelcontextprotocol/ui": {
          mimeTypes: ["text/html;profile=mcp-app"],
        },
      },
    },
  },
  "a client that says nothing of itself": { clientInfo: null },
  "a client that is not valid": { clientInfo: "a client" },
};

/** The lines of stdout, by what they answer. */
async function answersTo(
  ...messages: readonly object[]
): Promise<readonly string[]> {
  const { code, stdout, stderr } = await run(["--sandbox"], {
    stdin: toStdin(...messages),
  });
  assertEquals(code, 0, stderr);
  return stdout.trim().split("\n").filter((line) => !line.includes('"warm"'))
    .map((line) => line.replace(/(<\/?qontak-data) \d{6}>/g, "$1>"))
    .toSorted();
}

for (const [name, differs] of Object.entries(OPENINGS)) {
  Deno.test(`the first answers on stdio to ${name} are the SDK's`, async () => {
    const messages = [
      request("first", "initialize", {
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo: { name: "tests", version: "1.0.0" },
        ...differs,
      }),
      request("early", "tools/list", {}),
      INITIALIZED,
      request("tools", "tools/list"),
      request("page", "tools/list", { cursor: "none" }),
      toolCall("call", "list_pipelines"),
      request("prompts", "prompts/list"),
      request("again", "tools/list"),
    ];
    const own = await answersTo(request("warm", "ping"), ...messages);
    assert(own.length === 7, `${own.length} answers`);
    assertEquals(await answersTo(...messages), own);
  });
}
