/**
 * A real MCP client, the server, and the built-in CRM, all in this process.
 * Nothing leaves it.
 *
 * @module
 */
import {
  Client,
  StreamableHTTPClientTransport,
  type Transport,
} from "@modelcontextprotocol/client";
import { createSandbox, type Sandbox } from "../sandbox/mod.ts";
import { createServer, type ServerOptions } from "../server.ts";
import { DEFAULT_TENANT } from "../tokens/store.ts";
import { createMemoryStore } from "../tokens/stores/memory.ts";

/** The address of the server; no request is sent to it. */
const ADDRESS = "http://127.0.0.1/mcp";

/** A client of a server on the sandbox; all three close together. */
export interface SandboxClient extends AsyncDisposable {
  readonly client: Client;
  readonly sandbox: Sandbox;
}

/** Settings of {@linkcode connectToSandbox}. */
export interface SandboxClientOptions {
  /** What the client calls itself. */
  readonly name: string;
  /** Sees the transport before the client connects. */
  readonly watch?: (transport: Transport, sandbox: Sandbox) => void;
  /** Further options of the server. */
  readonly server?: Partial<ServerOptions>;
}

/**
 * Connects a client to a server on a new sandbox.
 *
 * @param options The client's name, and what else differs.
 */
export async function connectToSandbox(
  { name, watch, server: further }: SandboxClientOptions,
): Promise<SandboxClient> {
  await using stack = new AsyncDisposableStack();
  const sandbox = createSandbox();
  const server = createServer({
    store: createMemoryStore({
      [DEFAULT_TENANT]: { refresh_token: sandbox.refreshToken },
    }),
    fetch: (input, init) => sandbox.fetch(new Request(input, init)),
    kv: false,
    // Lines of a log would appear between the answers.
    log() {},
    ...further,
  });
  stack.defer(() => server.close());
  const transport = new StreamableHTTPClientTransport(new URL(ADDRESS), {
    fetch: (input, init) => server.fetch(new Request(input, init)),
  });
  watch?.(transport, sandbox);
  const client = new Client({ name, version: "1.0.0" }, {
    versionNegotiation: { mode: "auto" },
  });
  stack.defer(() => client.close());
  await client.connect(transport);
  const owned = stack.move();
  return {
    client,
    sandbox,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
