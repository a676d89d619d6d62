/**
 * Decides which web pages may call, and what the answers to browsers say about
 * it.
 *
 * @module
 */
import type { Advise } from "../advice/advice.ts";
import { LOCAL_NAMES } from "../net/address.ts";
import { answer, type Route } from "./route.ts";

/** The headers of the answer to a preflight request. */
const PREFLIGHT = {
  "access-control-allow-methods": "POST",
  "access-control-allow-headers":
    "authorization, content-type, accept, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, last-event-id, x-request-id, x-qontak-tools",
  "access-control-max-age": "600",
};

/** The response headers that a page may read. */
const READABLE = "www-authenticate, retry-after, mcp-session-id, x-request-id";

/** Settings of {@linkcode withCors}. */
export interface CorsOptions {
  /**
   * The allowed origins, in addition to those of this machine and of the
   * endpoint.
   */
  readonly allowed: readonly string[];
  /** Gives the text that says how to fix a refusal. */
  readonly advise: Advise;
}

/**
 * Lets web pages of some origins call a route. Callers other than web pages may
 * always call it.
 *
 * @param options The origins, and the source of the text for a refusal.
 * @param route The route.
 */
export function withCors(
  { allowed, advise }: CorsOptions,
  route: Route,
): Route {
  return async (request, address) => {
    const origin = request.headers.get("origin");
    if (origin === null) return await route(request, address);
    if (!isAllowed(origin, request, allowed)) {
      return answer(403, {
        error:
          `Web pages of ${origin} may not call: the operator of this endpoint has not allowed that origin. ${
            advise({ what: "allowOrigin" })
          }`,
      }, { vary: "Origin" });
    }
    const isPreflight = request.method === "OPTIONS" &&
      request.headers.has("access-control-request-method");
    const response = isPreflight
      ? new Response(null, { status: 204, headers: PREFLIGHT })
      : await route(request, address);
    response.headers.set("access-control-allow-origin", origin);
    response.headers.append("vary", "Origin");
    response.headers.set("access-control-expose-headers", READABLE);
    return response;
  };
}

/** Whether pages of an origin may call. */
function isAllowed(
  origin: string,
  request: Request,
  allowed: readonly string[],
): boolean {
  if (allowed.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const { host, hostname, protocol } = new URL(origin);
  if (protocol !== "https:" && protocol !== "http:") return false;
  // The endpoint's page. A proxy may have terminated TLS.
  if (host === new URL(request.url).host) return true;
  return LOCAL_NAMES.includes(hostname);
}
