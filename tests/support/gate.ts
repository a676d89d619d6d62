/**
 * A gate on the way to the sandbox, to stop the world at one request.
 *
 * @module
 */
import type { RunningSandbox } from "../../src/sandbox/mod.ts";

/** Stands between a server and the sandbox, and can hold one request. */
export interface Gate extends AsyncDisposable {
  readonly url: string;
  /**
   * Holds the next request to a path: before it reaches the sandbox, which it
   * then never does, or before its answer goes back.
   *
   * @returns Resolves when the request is held.
   */
  hold(path: string, when: "before" | "after"): Promise<void>;
  /** Lets what is held go on. */
  release(): void;
}

/** Starts a gate in front of a sandbox. */
export function startGate(sandbox: RunningSandbox): Gate {
  let held: {
    readonly path: string;
    readonly when: "before" | "after";
    readonly arrived: PromiseWithResolvers<void>;
    readonly released: PromiseWithResolvers<void>;
  } | undefined;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request;
      const body = method === "GET" ? null : await request.text();
      const holding = held?.path === pathname ? held : undefined;
      if (holding?.when === "before") {
        holding.arrived.resolve();
        await holding.released.promise;
        return new Response(null, { status: 502 });
      }
      const answer = await fetch(sandbox.url + pathname + search, {
        method,
        headers,
        body,
      });
      const text = await answer.text();
      holding?.arrived.resolve();
      await holding?.released.promise;
      return new Response(text, {
        status: answer.status,
        headers: answer.headers,
      });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    hold(path, when) {
      const arrived = Promise.withResolvers<void>();
      held = { path, when, arrived, released: Promise.withResolvers() };
      return arrived.promise;
    },
    release() {
      held?.released.resolve();
      held = undefined;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
