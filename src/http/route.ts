/**
 * Routes: functions that answer the requests for one path. Also their answers
 * outside MCP.
 *
 * @module
 */
import { redactAll } from "../logging/redact.ts";

/**
 * Answers the requests for one path.
 *
 * @param request The request.
 * @param address Where it came from, in front of trusted proxies; empty if the
 * host does not say.
 */
export type Route = (
  request: Request,
  address: string,
) => Response | Promise<Response>;

/**
 * Makes a read-only route.
 *
 * @param route Answers `GET` and `HEAD`; all other methods get a 405.
 */
export function get(route: Route): Route {
  return async (request, address) => {
    await request.body?.cancel();
    if (request.method === "GET" || request.method === "HEAD") {
      return await route(request, address);
    }
    const { pathname } = new URL(request.url);
    return answer(405, { error: `Use GET ${pathname}` }, {
      allow: "GET, HEAD",
    });
  };
}

/**
 * Makes a JSON answer that caches must not store.
 *
 * @param status The HTTP status.
 * @param body The content; credentials in it are removed.
 * @param headers Further headers.
 */
export function answer(
  status: number,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json(redactAll(body), {
    status,
    headers: { "cache-control": "no-store", ...headers },
  });
}
