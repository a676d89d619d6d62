/**
 * The web-standard face of the server: `/mcp`, `/health`, `/metrics`, and who
 * may call.
 *
 * @module
 */
import {
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
} from "@modelcontextprotocol/server";
import { ForeseenError } from "../errors.ts";
import type { Authenticate, Principal } from "../auth/principal.ts";
import type { ProtectedResource } from "../auth/jwt.ts";
import { createThrottle } from "./throttle.ts";
import { describeFault } from "../logging/faults.ts";
import type { KvState } from "../storage/kv.ts";
import { type Log, withRequest } from "../logging/log.ts";
import { createPage, type Page } from "./page/page.ts";
import { redactAll } from "../logging/redact.ts";
import { withRequestId } from "../logging/request_id.ts";
import type { QontakServer } from "../server.ts";
import { nameServed } from "../telemetry/otel.ts";
import { isObject } from "../values/json.ts";
import { VERSION } from "../version.ts";

/** Answers the requests for one path. */
type Route = (
  request: Request,
  address: string,
) => Response | Promise<Response>;

/** Settings of {@linkcode createHandler}. */
export interface HandlerOptions {
  /**
   * Finds out who presents `Authorization: Bearer …`. Without it, only this
   * machine is served: requests for another host name are refused.
   */
  readonly authenticate?: Authenticate;
  /** Tells callers where to log in by OAuth, where they can. */
  readonly protectedResource?: ProtectedResource;
  /**
   * The origins of web pages that may call, such as https://app.example.com,
   * besides pages of this endpoint itself and of this machine.
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Whether `GET /metrics` answers, to those who may call.
   *
   * @default {false}
   */
  readonly metrics?: boolean;
  /** Told of refused callers; never told a credential. */
  readonly log?: Log;
}

/** What `Deno.serve` tells a handler besides the request. */
export interface HandlerInfo {
  /** Settles once the response is delivered; rejects when it cannot be. */
  readonly completed?: Promise<void>;
  /** Where the request came from. */
  readonly remoteAddr?: unknown;
}

/** Answers HTTP requests. */
export type Handler = (
  request: Request,
  info?: HandlerInfo,
) => Promise<Response>;

/** The largest body that is read, in bytes. */
const MAX_BODY = 1024 * 1024;

/** How long a client may take to send its body, in ms. */
const BODY_LIMIT = 15_000;

/**
 * Makes the handler of an HTTP server: `POST /mcp` speaks MCP in every
 * revision, `GET /health` says that the server is alive, `GET /ready` whether
 * what it needs works, and `/` is a page for people. Every answer has an
 * `x-request-id`: the caller's own, where it sent one that looks like one.
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
  const { authenticate, protectedResource, allowedOrigins = [] } = options;
  const log = withRequest(options.log ?? (() => {}));
  const throttle = createThrottle();

  /** Who calls; a response where it is refused. */
  async function identify(
    request: Request,
    address: string,
  ): Promise<Principal | undefined | Response> {
    if (!authenticate) return undefined;
    const header = request.headers.get("authorization") ?? "";
    const bearer = /^Bearer\s+(\S+)$/i.exec(header)?.[1];
    try {
      const principal = bearer && await authenticate(bearer);
      if (principal) return principal;
    } catch (error) {
      const isOutage = error instanceof ForeseenError &&
        (error.kind === "store" || error.kind === "issuer");
      if (!isOutage) throw error;
      log("error", "A caller's credential could not be checked", {
        reason: error.message,
      });
      return answer(503, {
        error: "Credentials cannot be checked right now: try again in a moment",
      }, { "retry-after": "5" });
    }
    const wait = throttle.fail(address);
    if (wait > 0) {
      return answer(429, {
        error: `Too many requests without a valid credential: wait ${wait} s`,
      }, { "retry-after": String(wait) });
    }
    log("warn", "A caller without a valid credential was refused", {
      presented: bearer !== undefined,
    });
    return answer(401, {
      error:
        "This endpoint needs a credential: send Authorization: Bearer <key> with a key that its operator gave out, or log in by OAuth where it offers that",
    }, {
      "www-authenticate":
        protectedResource?.unauthorized(request, bearer !== undefined) ??
          "Bearer",
    });
  }

  /** Lets in whoever may call; a response for others. */
  async function admit(
    request: Request,
    address: string,
  ): Promise<Principal | undefined | Response> {
    // With credentials, they decide; without, a web page that has its name
    // pointed at this machine must not get in.
    const foreign = authenticate
      ? undefined
      : hostHeaderValidationResponse(request, localhostAllowedHostnames());
    return foreign ?? await identify(request, address);
  }

  async function mcp(request: Request, address: string): Promise<Response> {
    const caller = await admit(request, address);
    if (caller instanceof Response) return caller;
    if (request.method !== "POST") return await server.fetch(request, caller);
    const body = await readBody(request);
    if (body instanceof Response) return body;
    const { method, headers, signal } = request;
    return await server.fetch(
      new Request(request.url, { method, headers, body, signal }),
      caller,
    );
  }

  /** Lets web pages call, where they may, and no others. */
  async function withCors(
    request: Request,
    run: () => Promise<Response>,
  ): Promise<Response> {
    const origin = request.headers.get("origin");
    if (origin === null) return await run();
    if (!isAllowed(origin, request, allowedOrigins)) {
      return answer(403, {
        error:
          `Web pages of ${origin} may not call: the operator allows origins with MCP_ALLOWED_ORIGINS`,
      }, { vary: "Origin" });
    }
    const isPreflight = request.method === "OPTIONS" &&
      request.headers.has("access-control-request-method");
    const response = isPreflight
      ? new Response(null, { status: 204, headers: PREFLIGHT })
      : await run();
    const headers = new Headers(response.headers);
    headers.set("access-control-allow-origin", origin);
    headers.append("vary", "Origin");
    headers.set(
      "access-control-expose-headers",
      "www-authenticate, retry-after, mcp-session-id, x-request-id",
    );
    const { status, statusText } = response;
    return new Response(response.body, { status, statusText, headers });
  }

  // The definitions are written out when somebody first looks at them.
  let page: Page | undefined;

  /** What answers besides MCP, by path. */
  const routes: Readonly<Record<string, Route>> = {
    async "/health"() {
      const kv = await server.kv();
      return answer(200, { status: "ok", version: VERSION, kv, ...about[kv] });
    },
    async "/ready"() {
      const found = await server.ready();
      const isReady = Object.values(found).every((one) => one !== "failing");
      return answer(isReady ? 200 : 503, {
        status: isReady ? "ready" : "not ready",
        ...found,
        ...about[found.kv],
      });
    },
    "/": (request) =>
      (page ??= createPage({
        tools: server.listed,
        needsKey: authenticate !== undefined,
      }))(request),
    ...(options.metrics
      ? {
        "/metrics": async (request, address) => {
          const caller = await admit(request, address);
          if (caller instanceof Response) return caller;
          return new Response(server.metrics(), {
            headers: { "content-type": METRICS, "cache-control": "no-store" },
          });
        },
      }
      : {}),
  };

  async function respond(
    incoming: Request,
    info: HandlerInfo | undefined,
  ): Promise<Response> {
    // Deno puts whatever Host says into the address.
    if (!URL.canParse(incoming.url)) {
      await incoming.body?.cancel();
      return answer(400, { error: "The header Host names no host" });
    }
    const request = withDisconnect(incoming, info);
    const address = addressOf(info);
    const { pathname } = new URL(request.url);
    const isKnown = pathname === "/mcp" || Object.hasOwn(routes, pathname);
    nameServed(request.method, isKnown ? pathname : "elsewhere");
    if (pathname === "/mcp") {
      return await withCors(request, () => mcp(request, address));
    }
    await request.body?.cancel();
    const metadata = await protectedResource?.respond(request);
    if (metadata) return metadata;
    const route = isKnown ? routes[pathname] : undefined;
    if (!route) {
      return answer(404, {
        error:
          "There is nothing here: POST /mcp speaks MCP, GET /health answers",
      });
    }
    return request.method === "GET" || request.method === "HEAD"
      ? await route(request, address)
      : answer(405, { error: `Use GET ${pathname}` }, { allow: "GET, HEAD" });
  }

  return (request, info) =>
    withRequestId(async (id) => {
      const response = await respond(request, info).catch((error) => {
        // The host would print the whole error.
        log("error", "A request failed for a reason of our own", {
          ...describeFault(error),
        });
        return answer(500, {
          error:
            `The server failed; its log has more under request ${id}. Try again in a moment`,
        });
      });
      response.headers.set("x-request-id", id);
      return response;
      // Where one process serves twice, as with --sandbox, Deno may start a
      // request inside of what another one began: an id is never taken from it.
    }, request.headers.get("x-request-id") ?? "");
}

/** Prometheus' text format. */
const METRICS = "text/plain; version=0.0.4; charset=utf-8";

/** What follows where Deno KV does not work: said to whoever asks for health. */
const about: Readonly<Record<KvState, { readonly note?: string }>> = {
  ok: {},
  unused: {},
  absent: {
    note:
      "There is no Deno KV: what TOKEN_STORE does not keep elsewhere is in memory only, and ends with this process. Attach a database to the app on Deno Deploy, or start with deno run --unstable-kv",
  },
  failing: {
    note:
      "Deno KV cannot be opened, or does not answer: the log of this process says more",
  },
};

/** What a browser is told before it calls. */
const PREFLIGHT = {
  "access-control-allow-methods": "POST",
  "access-control-allow-headers":
    "authorization, content-type, accept, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, last-event-id, x-request-id",
  "access-control-max-age": "600",
};

/** Whether pages of an origin may call. */
function isAllowed(
  origin: string,
  request: Request,
  allowed: readonly string[],
): boolean {
  if (allowed.includes(origin) || !URL.canParse(origin)) {
    return allowed.includes(origin);
  }
  const { host, hostname, protocol } = new URL(origin);
  if (protocol !== "https:" && protocol !== "http:") return false;
  // The endpoint's own page. A proxy may have taken the TLS off.
  if (host === new URL(request.url).host) return true;
  return localhostAllowedOrigins().includes(hostname);
}

/**
 * The body of a request, bounded in size and in time: what a client sends
 * drop by drop must not hold the server.
 */
async function readBody(
  request: Request,
): Promise<Uint8Array<ArrayBuffer> | Response> {
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY) {
    await request.body?.cancel();
    return tooLarge();
  }
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel().catch(() => {});
  }, BODY_LIMIT);
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > MAX_BODY) {
        await reader.cancel();
        return tooLarge();
      }
      chunks.push(value);
    }
  } catch {
    return answer(400, { error: "The body ended before it was complete" });
  } finally {
    clearTimeout(timer);
  }
  if (isLate) {
    return answer(408, {
      error: `The body did not arrive within ${BODY_LIMIT} ms`,
    });
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}

function tooLarge(): Response {
  return answer(413, { error: `A body may have at most ${MAX_BODY} bytes` });
}

/** Where a request came from, as far as the host tells. */
function addressOf(info: HandlerInfo | undefined): string {
  const { remoteAddr } = info ?? {};
  return isObject(remoteAddr) && typeof remoteAddr.hostname === "string"
    ? remoteAddr.hostname
    : "";
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
  return Response.json(redactAll(body), {
    status,
    headers: { "cache-control": "no-store", ...headers },
  });
}
