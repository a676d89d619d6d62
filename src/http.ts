/**
 * The web-standard face of the server: `/mcp`, `/health`, and who may call.
 *
 * @module
 */
import {
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from "@modelcontextprotocol/server";
import { timingSafeEqual } from "node:crypto";
import type { QontakServer } from "./server.ts";
import { VERSION } from "./version.ts";

/** Settings of {@linkcode createHandler}. */
export interface HandlerOptions {
  /**
   * SHA-256 hashes (64 hex digits) of the keys that callers may present as
   * `Authorization: Bearer <key>`. Without any, only this machine is served:
   * requests for another host name are refused.
   */
  readonly apiKeys?: readonly string[];
}

/** What `Deno.serve` tells a handler besides the request. */
export interface HandlerInfo {
  /** Settles once the response is delivered; rejects when it cannot be. */
  readonly completed?: Promise<void>;
}

/** Answers HTTP requests. */
export type Handler = (
  request: Request,
  info?: HandlerInfo,
) => Promise<Response>;

/**
 * Makes the handler of an HTTP server: `POST /mcp` speaks MCP in every
 * revision, `GET /health` says that the server is alive.
 *
 * @example Serving on this machine
 * ```ts ignore
 * import { createHandler, createServer } from "@qontak/mcp";
 *
 * const server = createServer({
 *   refreshToken: Deno.env.get("QONTAK_REFRESH_TOKEN")!,
 * });
 * Deno.serve({ hostname: "127.0.0.1", port: 8000 }, createHandler(server));
 * ```
 *
 * @example Asking whether it is alive
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createHandler, createServer } from "@qontak/mcp";
 *
 * const handler = createHandler(createServer({ refreshToken: "a token" }));
 * const response = await handler(new Request("http://127.0.0.1/health"));
 * assertEquals((await response.json()).status, "ok");
 * ```
 *
 * @param server What answers on `/mcp`.
 * @param options Who may call.
 * @returns The handler; it never rejects.
 */
export function createHandler(
  server: QontakServer,
  options: HandlerOptions = {},
): Handler {
  const keys = (options.apiKeys ?? []).map((hash) => decodeHex(hash));

  async function mcp(request: Request): Promise<Response> {
    // With keys, the key decides; without, a web page that has its name
    // pointed at this machine must not get in.
    const refused =
      (keys.length === 0
        ? hostHeaderValidationResponse(request, localhostAllowedHostnames())
        : undefined) ??
        originValidationResponse(request, localhostAllowedOrigins());
    if (refused) return refused;
    if (keys.length > 0 && !await knows(keys, request)) {
      return answer(401, {
        error:
          "This endpoint needs a key: send Authorization: Bearer <key> with one of those that its operator gave out",
      }, { "www-authenticate": "Bearer" });
    }
    return await server.fetch(request);
  }

  return async (incoming, info) => {
    const request = withDisconnect(incoming, info);
    const { pathname } = new URL(request.url);
    if (pathname === "/mcp") return await mcp(request);
    await request.body?.cancel();
    if (pathname === "/health") {
      return request.method === "GET" || request.method === "HEAD"
        ? answer(200, { status: "ok", version: VERSION })
        : answer(405, { error: "Use GET /health" }, { allow: "GET, HEAD" });
    }
    return answer(404, {
      error: "There is nothing here: POST /mcp speaks MCP, GET /health answers",
    });
  };
}

/**
 * The request with a signal that fires when the client goes away. Deno's own
 * also fires after every good answer, and warns about it on stderr.
 */
function withDisconnect(request: Request, info?: HandlerInfo): Request {
  if (!info?.completed) return request;
  const gone = new AbortController();
  info.completed.catch(() => gone.abort());
  // Not a copy of the request: that would listen to its signal as well.
  const { method, headers, body } = request;
  return new Request(request.url, {
    method,
    headers,
    body,
    signal: gone.signal,
  });
}

function answer(
  status: number,
  body: Record<string, unknown>,
  headers: Record<string, string> = {},
): Response {
  return Response.json(body, {
    status,
    headers: { "cache-control": "no-store", ...headers },
  });
}

/** Whether a request presents a key of one of the hashes. */
async function knows(
  keys: readonly Uint8Array[],
  request: Request,
): Promise<boolean> {
  const header = request.headers.get("authorization") ?? "";
  const key = /^Bearer\s+(\S+)$/i.exec(header)?.[1];
  if (key === undefined) return false;
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(key),
  );
  const hash = new Uint8Array(digest);
  // Every hash is compared, so that the time tells nothing.
  return keys.map((known) => timingSafeEqual(known, hash)).includes(true);
}

function decodeHex(hex: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/i.test(hex)) {
    throw new TypeError(
      "An entry of apiKeys is no SHA-256 hash of 64 hex digits",
    );
  }
  return Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
}
