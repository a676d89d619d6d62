/**
 * The sandbox over HTTP.
 *
 * @module
 */

import { ConnectionCut, withoutEnd } from "./faults.ts";
import { type Relay, startRelay } from "./relay.ts";
import { MemorySandbox } from "./sandbox.ts";
import type { RunningSandbox, SandboxOptions } from "./types.ts";

/** Where a sandbox listens. */
export interface ServeOptions extends SandboxOptions {
  /** The port; 0 (default) takes a free one. */
  readonly port?: number;
  /** The address. Default `127.0.0.1`; anything else opens it to others. */
  readonly hostname?: string;
}

class ServedSandbox extends MemorySandbox implements RunningSandbox {
  readonly url: string;
  readonly #closing = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #relay: Relay;
  #closed: Promise<void> | undefined;

  constructor(options: ServeOptions) {
    super(options);
    const { hostname = "127.0.0.1", port = 0 } = options;
    // The listener comes first: where the port is taken, nothing was started.
    const listener = Deno.listen({ hostname, port });
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen() {},
    }, async (request, { remoteAddr }) => {
      try {
        return await this.handle(request, this.#closing.signal);
      } catch (error) {
        const cut = error instanceof ConnectionCut;
        if (!cut && !this.#closing.signal.aborted) throw error;
        const begun = cut ? error.begun : undefined;
        const { port } = remoteAddr as Deno.NetAddr;
        this.#relay.cut(port, begun ? "after the next bytes" : "now");
        // Without a begun answer, nobody is there to get this one.
        return begun ? withoutEnd(begun) : new Response(null);
      }
    });
    this.#relay = startRelay(listener, this.#server.addr.port);
    this.url = `http://${hostname}:${listener.addr.port}`;
  }

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await this.#relay.close();
    await this.#server.shutdown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Starts a sandbox on loopback. It prints nothing.
 *
 * @throws {Deno.errors.AddrInUse} where the port is taken
 */
export function serveSandbox(options: ServeOptions = {}): RunningSandbox {
  return new ServedSandbox(options);
}
