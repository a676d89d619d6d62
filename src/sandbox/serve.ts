/**
 * The sandbox over HTTP.
 *
 * @module
 */

import { ConnectionCut, withoutEnd } from "./faults.ts";
import { startRelay } from "./relay.ts";
import { MemorySandbox } from "./sandbox.ts";
import type { RunningSandbox, SandboxOptions } from "./types.ts";

/** Where a sandbox listens. */
export interface ServeOptions extends SandboxOptions {
  /** The port; 0 (default) takes a free one. */
  readonly port?: number;
  /** The address. Default `127.0.0.1`; others expose it to the network. */
  readonly hostname?: string;
}

/** An HTTP server that listens. */
export interface Serving {
  /** Its address, without a slash at the end. */
  readonly url: string;
  /** Ends every connection and every wait. */
  close(): Promise<void>;
}

/**
 * Serves a handler that can cut its connection by throwing a
 * {@linkcode ConnectionCut}.
 *
 * @param handle Answers a request; the signal ends every wait
 * @param where Where to listen
 * @throws {Deno.errors.AddrInUse} if the port is taken
 */
export function serveCuttable(
  handle: (request: Request, signal: AbortSignal) => Promise<Response>,
  { hostname = "127.0.0.1", port = 0 }: ServeOptions = {},
): Serving {
  const closing = new AbortController();
  // The listener comes first: if the port is taken, nothing else has started.
  const listener = Deno.listen({ hostname, port });
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
  }, async (request, { remoteAddr }) => {
    try {
      return await handle(request, closing.signal);
    } catch (error) {
      const cut = error instanceof ConnectionCut;
      if (!cut && !closing.signal.aborted) throw error;
      const begun = cut ? error.begun : undefined;
      const { port } = remoteAddr as Deno.NetAddr;
      relay.cut(port, begun ? "after the next bytes" : "now");
      // The connection closes before this answer could be sent.
      return begun ? withoutEnd(begun) : new Response(null);
    }
  });
  const relay = startRelay(listener, server.addr.port);
  return {
    url: `http://${hostname}:${listener.addr.port}`,
    async close() {
      closing.abort();
      await relay.close();
      await server.shutdown();
    },
  };
}

class ServedSandbox extends MemorySandbox implements RunningSandbox {
  readonly url: string;
  readonly #serving: Serving;
  #closed: Promise<void> | undefined;

  constructor(options: ServeOptions) {
    super(options);
    this.#serving = serveCuttable(
      (request, signal) => this.handle(request, signal),
      options,
    );
    this.url = this.#serving.url;
  }

  close(): Promise<void> {
    return this.#closed ??= this.#serving.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Starts a sandbox on loopback. It prints nothing.
 *
 * @example Trying a server against it
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { serveSandbox } from "@qontak/mcp/sandbox";
 *
 * await using sandbox = serveSandbox();
 * const server = createServer({
 *   baseUrl: sandbox.url,
 *   refreshToken: sandbox.refreshToken,
 *   kv: false,
 * });
 * console.log(await server.ready());
 * await server.close();
 * ```
 *
 * @param options Its data, its behavior and its port.
 * @throws {Deno.errors.AddrInUse} if the port is taken
 */
export function serveSandbox(options: ServeOptions = {}): RunningSandbox {
  return new ServedSandbox(options);
}
