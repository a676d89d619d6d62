/**
 * The web-standard handler of the server: its routes, and the rules for all of
 * them.
 *
 * @module
 */
import { checkOptions } from "../errors.ts";
import { origins } from "../net/address.ts";
import { createFindCaller, proxies } from "../net/proxies.ts";
import { type Advise, adviseEmbedder } from "../advice/advice.ts";
import type { ProtectedResource } from "../auth/protected_resource.ts";
import type { Authenticate, Principal } from "../auth/principal.ts";
import { describeFault } from "../logging/faults.ts";
import { type Log, withRequest } from "../logging/log.ts";
import { noteDelivery } from "../mcp/delivery.ts";
import { withRequestId } from "../logging/request_id.ts";
import type { QontakServer } from "../server.ts";
import { nameServed } from "../telemetry/otel.ts";
import { isObject } from "../values/json.ts";
import { noteArrival } from "../values/turns.ts";
import { createAuth } from "./auth.ts";
import { withCors } from "./cors.ts";
import { health, ready } from "./health.ts";
import type { Page } from "./page/page.ts";
import { answer, get, type Route } from "./route.ts";

/**
 * A year. Not for subdomains: they may belong to other programs.
 */
const HTTPS_ONLY = "max-age=31536000";

/** Settings of {@linkcode createHandler}. */
export interface HandlerOptions {
  /**
   * Identifies the caller by `Authorization: Bearer …`. Without it, only this
   * machine is served: requests for another host name are refused.
   */
  readonly authenticate?: Authenticate;
  /**
   * Whether a credential names something that only callers with a right
   * credential know, such as their session. Such a credential is checked even
   * while other credentials from the same address are wrong: behind a proxy, all
   * callers have one address.
   */
  readonly isKnown?: (bearer: string) => boolean;
  /** Tells callers where to log in with OAuth, if they can. */
  readonly protectedResource?: ProtectedResource;
  /** What answers at further paths, such as those where people sign in. */
  readonly routes?: Readonly<
    Record<
      string,
      (request: Request, address: string) => Response | Promise<Response>
    >
  >;
  /**
   * The origins of web pages that may call, such as https://app.example.com.
   * Pages of this endpoint and of this machine may always call. The list may
   * also name origins of browser extensions and desktop programs, such as
   * chrome-extension://<id> or tauri://localhost.
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * The reverse proxies in front of this server, by their addresses: single
   * ones, blocks such as 10.0.0.0/8, and `private` for all of private networks.
   * What they write into X-Forwarded-For is believed, so that guesses and
   * sign-ins are counted by the addresses of people. By default the header is
   * not read, and all people behind a proxy are counted together.
   */
  readonly trustedProxies?: readonly string[];
  /**
   * Whether every answer tells browsers to reach this host over https only
   * (HSTS), for a year. For hosts that callers reach over https.
   *
   * @default {false}
   */
  readonly httpsOnly?: boolean;
  /**
   * Whether `GET /metrics` answers callers with the scope `metrics`, or all
   * callers if no credential is required.
   *
   * @default {false}
   */
  readonly metrics?: boolean;
  /**
   * Whether the data is invented, as that of the built-in CRM is. The page at
   * `/` then says so.
   *
   * @default {false}
   */
  readonly inventedData?: boolean;
  /** Logs refused callers; never receives a credential. */
  readonly log?: Log;
  /**
   * Gives the text that says how to fix a refusal. If omitted, the text names
   * options.
   */
  readonly advise?: Advise;
}

/** What `Deno.serve` passes to a handler with the request. */
export interface HandlerInfo {
  /**
   * Settles when the response is delivered; rejects if it cannot be delivered.
   */
  readonly completed?: Promise<void>;
  /** Where the request came from. */
  readonly remoteAddr?: unknown;
}

/** Answers HTTP requests. */
export type Handler = (
  request: Request,
  info?: HandlerInfo,
) => Promise<Response>;

/**
 * Makes the handler of an HTTP server. `POST /mcp` speaks MCP in every
 * revision. `GET /health` says that the server is alive. `GET /ready` says
 * whether its dependencies work. `/` is a page for people. Every answer has an
 * `x-request-id`: the one that the caller sent, if it looks like an id.
 *
 * @example Serving on this machine
 * ```ts ignore
 * import { createHandler, createServer } from "@qontak/mcp";
 *
 * const server = createServer({
 *   refreshToken: Deno.env.get("REFRESH_TOKEN")!,
 * });
 * Deno.serve({ hostname: "127.0.0.1", port: 8000 }, createHandler(server));
 * ```
 *
 * @example Asking whether it is alive
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createHandler, createServer } from "@qontak/mcp";
 *
 * const handler = createHandler(createServer({ refreshToken: "a-token" }));
 * const response = await handler(new Request("http://127.0.0.1/health"));
 * assertEquals((await response.json()).status, "ok");
 * ```
 *
 * @param server What answers on `/mcp`.
 * @param given Settings, such as who may call.
 * @returns The handler; it never rejects.
 * @throws {OptionError} When an allowed origin or a trusted proxy is invalid.
 */
export function createHandler(
  server: QontakServer,
  given: HandlerOptions = {},
): Handler {
  const options = checkOptions(given, {
    allowedOrigins: origins(),
    trustedProxies: proxies(),
  });
  const { authenticate, protectedResource, allowedOrigins = [] } = options;
  const { advise = adviseEmbedder } = options;
  const log = withRequest(options.log ?? (() => {}));
  const findCaller = createFindCaller(
    options.trustedProxies ?? [],
    (peer) =>
      log(
        "warn",
        `Requests come through a proxy at ${peer} that is not trusted: all people behind it are counted as one address where guesses and sign-ins are slowed down. ${
          advise({ what: "trustProxies" })
        }`,
      ),
  );
  const onlyCallers = createAuth({
    authenticate,
    isKnown: options.isKnown,
    protectedResource,
    log,
    advise,
  });
  let loaded: Promise<Page> | undefined;
  /** Most requests are not for the page, so it is loaded with the first. */
  const page = () =>
    loaded ??= import("./page/page.ts").then(({ createPage }) =>
      createPage(server, {
        needsKey: authenticate !== undefined,
        signsIn: protectedResource !== undefined,
        isInvented: options.inventedData ?? false,
      })
    );
  const readable: Readonly<Record<string, Route>> = {
    "/": async (request) => await (await page())(request),
    "/health": () => health(server),
    "/ready": () => ready(server),
    ...(options.metrics
      ? { "/metrics": onlyCallers((_, caller) => metrics(server, caller)) }
      : {}),
  };
  const further = options.routes ?? {};
  const mcp = withCors(
    { allowed: allowedOrigins, advise },
    onlyCallers((request, caller) => server.fetch(request, caller)),
  );
  /** Sends a person who opens the address of MCP in a browser to the page. */
  const mcpOrPointer: Route = async (request, caller) =>
    isBrowserVisit(request)
      ? answer(405, {
        error:
          "MCP clients send POST to this address. The page for people is at / of this server",
      }, { allow: "POST" })
      : await mcp(request, caller);

  function routeOf(pathname: string): Route | undefined {
    if (pathname === "/mcp") return mcpOrPointer;
    if (Object.hasOwn(further, pathname)) return further[pathname];
    return Object.hasOwn(readable, pathname)
      ? get(readable[pathname]!)
      : undefined;
  }

  /** Its paths depend on the address by which callers reach the endpoint. */
  async function metadata(request: Request): Promise<Response> {
    await request.body?.cancel();
    return await protectedResource?.respond(request) ??
      answer(404, {
        error: `There is nothing here. POST /mcp speaks MCP; GET answers at ${
          Object.keys(readable).join(", ")
        }`,
      });
  }

  async function respond(
    request: Request,
    info: HandlerInfo | undefined,
  ): Promise<Response> {
    // Deno puts any value of the Host header into the URL.
    const url = URL.parse(request.url);
    if (!url) {
      await request.body?.cancel();
      return answer(400, { error: "The header Host names no host" });
    }
    if (request.method === "TRACE") {
      await request.body?.cancel();
      return answer(405, { error: "TRACE is not answered here" }, {
        allow: "GET, HEAD, POST, OPTIONS",
      });
    }
    const { pathname } = url;
    if (pathname === "/mcp/") {
      return await respond(
        new Request(withoutSlash(request.url), request),
        info,
      );
    }
    const route = routeOf(pathname);
    nameServed(request.method, route ? pathname : "elsewhere");
    return await (route ?? metadata)(
      watchDisconnect(request, info),
      findCaller(addressOf(info), request.headers.get("x-forwarded-for")),
    );
  }

  return (request, info) =>
    withRequestId(async (id) => {
      noteArrival();
      const response = await respond(request, info).catch((error) => {
        // Otherwise the host would print the whole error.
        log("error", "A request failed because of a fault in this server", {
          ...describeFault(error),
        });
        return answer(500, {
          error:
            `The server failed; its log has more under request ${id}. Try again in a moment`,
        });
      });
      response.headers.set("x-request-id", id);
      if (options.httpsOnly) {
        response.headers.set("strict-transport-security", HTTPS_ONLY);
      }
      return response;
      // If one process serves twice, Deno may start a request in the context of
      // another one, so a request never inherits its id from the context.
    }, request.headers.get("x-request-id") ?? "");
}

/**
 * The metrics of all companies, in Prometheus text format. If credentials are
 * required, only callers with the right scope may read them.
 */
function metrics(
  server: QontakServer,
  caller: Principal | undefined,
): Response {
  if (caller && !caller.scopes.includes("metrics")) {
    return answer(403, {
      error:
        "Your credential is not for the metrics of this server: they count the calls of all companies. Ask its operator for a key with the scope metrics",
    });
  }
  return new Response(server.metrics(), {
    headers: {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "cache-control": "no-store",
    },
  });
}

/** Whether a browser asks for a page to show. */
function isBrowserVisit({ method, headers }: Request): boolean {
  return method === "GET" && /\btext\/html\b/.test(headers.get("accept") ?? "");
}

/** The address of MCP without the slash that some people and clients add. */
function withoutSlash(address: string): URL {
  const url = new URL(address);
  url.pathname = "/mcp";
  return url;
}

/** Which address connected, if the host says so. */
function addressOf(info: HandlerInfo | undefined): string {
  const { remoteAddr } = info ?? {};
  return isObject(remoteAddr) && typeof remoteAddr.hostname === "string"
    ? remoteAddr.hostname
    : "";
}

/**
 * Returns the same request, with a signal that fires when the client
 * disconnects. Deno's signal also fires after every successful answer, with a
 * warning on stderr. A new request only for another signal would copy every
 * header.
 */
function watchDisconnect(
  request: Request,
  info: HandlerInfo | undefined,
): Request {
  if (!info?.completed) return request;
  const gone = new AbortController();
  info.completed.catch(() => gone.abort());
  noteDelivery(request, info.completed);
  return Object.defineProperty(request, "signal", { value: gone.signal });
}
