/**
 * HTTP on a free port of loopback, for as long as a test needs it.
 *
 * @module
 */
import {
  createHandler,
  type HandlerOptions,
  type QontakServer,
} from "../../mod.ts";

/** What listens; it ends with its scope. */
export interface Served extends AsyncDisposable {
  /** Where it listens: no slash at the end. */
  readonly url: string;
}

/** Serves a handler. */
export function serve(handler: Deno.ServeHandler<Deno.NetAddr>): Served {
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    handler,
  );
  return {
    url: `http://127.0.0.1:${http.addr.port}`,
    [Symbol.asyncDispose]: () => http.shutdown(),
  };
}

/**
 * Serves an MCP server behind the HTTP handler; both end together.
 *
 * @returns Its `url` is where MCP is spoken.
 */
export function serveMcp(
  server: QontakServer,
  options: HandlerOptions = {},
): Served {
  const http = serve(createHandler(server, options));
  return {
    url: `${http.url}/mcp`,
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]();
      await server.close();
    },
  };
}
