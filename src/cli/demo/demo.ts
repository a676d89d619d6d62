/**
 * A short story in the terminal: a real MCP client, the server, and the
 * built-in CRM, all in this process. Nothing leaves it.
 *
 * @module
 */
import {
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { createSandbox } from "../../sandbox/mod.ts";
import { createServer } from "../../server.ts";
import { DEFAULT_TENANT } from "../../tokens/store.ts";
import { createMemoryStore } from "../../tokens/stores/memory.ts";
import type { Run } from "../command.ts";
import { FAILED, OK } from "../exit.ts";
import { complain } from "../output.ts";
import { createNarrator, showWire } from "./narrator.ts";
import { play } from "./scenes.ts";

/** The address of the server; no request is sent to it. */
const ADDRESS = "http://127.0.0.1/mcp";

/** Plays the demo; with --verbose, what crosses the wire too. */
export const demo: Run = async ({ flags }) => {
  const sandbox = createSandbox();
  const server = createServer({
    store: createMemoryStore({
      [DEFAULT_TENANT]: { refresh_token: sandbox.refreshToken },
    }),
    fetch: (input, init) => sandbox.fetch(new Request(input, init)),
    kv: false,
    // Lines of a log would appear in the middle of the story.
    log() {},
  });
  const transport = new StreamableHTTPClientTransport(new URL(ADDRESS), {
    fetch: (input, init) => server.fetch(new Request(input, init)),
  });
  if (flags.verbose) showWire(transport, sandbox);
  const client = new Client({ name: "demo", version: "1.0.0" }, {
    versionNegotiation: { mode: "auto" },
  });
  try {
    await client.connect(transport);
    await play(createNarrator(client, sandbox));
    return OK;
  } catch (error) {
    complain(`the demo failed: ${(error as Error).message}`);
    return FAILED;
  } finally {
    await client.close();
    await server.close();
  }
};
