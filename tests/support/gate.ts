/**
 * A gate in front of the sandbox, which can hold one request.
 *
 * @module
 */
import type { Sandbox } from "../../src/sandbox/mod.ts";
import { type Served, serveUpstream } from "./upstream.ts";

/** A gate between a server and the sandbox. */
export interface Gate extends Served {
  /**
   * Holds the next request to a path: before it reaches the sandbox, so that it
   * never does, or before its answer is returned.
   *
   * @returns Resolves when the request is held.
   */
  hold(path: string, when: "before" | "after"): Promise<void>;
  /** Releases the held request. */
  release(): void;
}

/** Starts a gate in front of a sandbox. */
export function startGate(sandbox: Sandbox): Gate {
  let held: {
    readonly path: string;
    readonly when: "before" | "after";
    readonly arrived: PromiseWithResolvers<void>;
    readonly released: PromiseWithResolvers<void>;
  } | undefined;
  const server = serveUpstream(sandbox, async (request, pass) => {
    const { pathname } = new URL(request.url);
    const holding = held?.path === pathname ? held : undefined;
    if (holding?.when === "before") {
      holding.arrived.resolve();
      await holding.released.promise;
      return new Response(null, { status: 502 });
    }
    const answer = await pass(request);
    holding?.arrived.resolve();
    await holding?.released.promise;
    return answer;
  });
  return {
    ...server,
    hold(path, when) {
      const arrived = Promise.withResolvers<void>();
      held = { path, when, arrived, released: Promise.withResolvers() };
      return arrived.promise;
    },
    release() {
      held?.released.resolve();
      held = undefined;
    },
  };
}
