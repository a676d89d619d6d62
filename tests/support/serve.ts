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

/** A server that closes with its scope. */
export interface Served extends AsyncDisposable {
  /** Its address, without a slash at the end. */
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
 * Serves an MCP server behind the HTTP handler; both close together.
 *
 * @returns Its `url` is the URL of MCP.
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
