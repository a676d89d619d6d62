/**
 * Qontak for tests: the sandbox, with optional code between it and the server
 * under test.
 *
 * @module
 */
import type { Sandbox } from "../../src/sandbox/mod.ts";
import { serve, type Served } from "./serve.ts";

export type { Served };

/** Passes a request on to the sandbox. */
export type Pass = (request: Request) => Promise<Response>;

/** Answers a request, and may pass it on. */
export type Between = (
  request: Request,
  pass: Pass,
) => Response | Promise<Response>;

/** Serves a sandbox with code between it and its clients. */
export function serveUpstream(sandbox: Sandbox, between: Between): Served {
  return serve((request) => between(request, sandbox.fetch));
}

/** Passes every request on, and changes JSON answers. */
export function changing(
  // deno-lint-ignore no-explicit-any -- tests change any field of an answer
  change: (request: string, answer: any) => unknown,
): Between {
  return async (request, pass) => {
    const response = await pass(request);
    const answer = await response.json();
    const { pathname } = new URL(request.url);
    const changed = change(`${request.method} ${pathname}`, answer);
    return Response.json(changed ?? answer, { status: response.status });
  };
}
