/**
 * MCP over HTTP. The SDK implements the protocol. This module adds what the SDK
 * lacks: a time limit for the body, which is read and parsed only once, and
 * limits for each caller.
 *
 * @module
 */
import type {
  McpHttpHandler,
  McpServerFactory,
} from "@modelcontextprotocol/server";
import type { Principal } from "../auth/principal.ts";
import { ForeseenError } from "../errors.ts";
import type { Rate } from "../limits/bucket.ts";
import { isSized, readSized, readText, SMALL } from "../net/body.ts";
import { deadline, isTimeUp } from "../net/deadline.ts";
import { createAnswers, type Exchange, OverLimitError } from "./answers.ts";
import type { Call } from "./call.ts";
import {
  authInfoOf,
  type Calling,
  callingIn,
  ON_THIS_MACHINE,
} from "./caller.ts";
import { deliveryOf } from "./delivery.ts";
import { createHold, needsQontak } from "./hold.ts";
import { isObject, parseJson, parseSent } from "../values/json.ts";
import { stepUp } from "./step_up.ts";
import { toolChoice } from "../tools/selection.ts";
import { idOf, NOT_UTF8, refusedMessage } from "./messages.ts";
import { ProtocolErrorCode } from "./protocol.ts";
import { asMeant } from "./requests.ts";
import type { ToolMethods } from "./tool_methods.ts";
import { answerSoon, JSON_ALONE, plainRequestOver } from "./soon.ts";

/** The maximum size of a body, in bytes. */
const MAX_BODY = 1024 * 1024;

/** How long a client may take to send its body, in ms. */
const BODY_TIMEOUT = 15_000;

/** Answers requests to an MCP endpoint. */
export interface HttpEndpoint {
  /**
   * Answers one request.
   *
   * @param request The request.
   * @param principal Who calls; undefined if no credential is required.
   */
  fetch(request: Request, principal?: Principal): Promise<Response>;
  /** Ends the requests in progress. */
  close(): Promise<void>;
}

/** Settings of {@linkcode createEndpoint}. */
export interface EndpointOptions {
  /** Makes the methods of tools for a caller. */
  readonly methods: (calling?: Calling) => ToolMethods;
  /** Calls a tool for other methods. */
  readonly call: Call;
  /** How often each caller may call. */
  readonly callRate?: Rate | undefined;
  /** Receives errors outside the protocol. */
  readonly onerror: (error: Error) => void;
}

/**
 * Makes an MCP endpoint.
 *
 * @param options What answers requests.
 */
export function createEndpoint(
  { methods, call, callRate, onerror }: EndpointOptions,
): HttpEndpoint {
  const answers = createAnswers(callRate);
  /** What cancels the requests that the SDK does not see. */
  const running = new Set<() => void>();
  let isClosed = false;
  let loaded: Promise<McpHttpHandler> | undefined;
  const load = async (): Promise<McpHttpHandler> => {
    const { createMcpHandler, serverFor } = await import("./sdk.ts");
    const factory: McpServerFactory = ({ authInfo }) =>
      serverFor(methods(callingIn(authInfo)), call);
    const handler = createMcpHandler(factory, {
      // Deno notices that a client disconnected only after the answer has begun.
      responseMode: "sse",
      onerror,
    });
    if (isClosed) await handler.close();
    return handler;
  };
  /** The SDK's handler. Many servers never receive what needs it. */
  const handler = () => loaded ??= load();

  /** Answers a message or a batch. */
  async function answer(
    request: Request,
    principal: Principal | undefined,
    exchange: Exchange,
  ): Promise<Response> {
    const body = await readBody(request, exchange);
    if (body instanceof Response) return exchange.pass(body);
    const sent = parseSent(body);
    if (sent === undefined) {
      return exchange.pass(
        refuse(400, ProtocolErrorCode.ParseError, NO_JSON),
      );
    }
    const refused = refusedMessage(sent);
    if (refused) {
      const { id, problem } = refused;
      return exchange.pass(
        refuse(400, ProtocolErrorCode.InvalidRequest, problem, id),
      );
    }
    exchange.count(Array.isArray(sent) ? sent.length : 1);
    let choice: readonly string[];
    try {
      choice = choiceOf(request);
    } catch (error) {
      const problem = `This connection ${(error as Error).message}`;
      return exchange.pass(
        refuse(400, ProtocolErrorCode.InvalidParams, problem, idOf(sent)),
      );
    }
    const parsedBody = asMeant(sent);
    const challenge = stepUp(parsedBody, principal);
    if (challenge !== undefined) {
      return exchange.pass(insufficient(challenge));
    }
    const onLost = needsQontak(parsedBody) ? principal?.onLost : undefined;
    const hold = onLost && createHold();
    const calling = { principal, exchange, choice, hold };
    /** Returns an answer, or a 401 if the person must sign in again. */
    const unlessLost = async (response: Response) => {
      if (!hold || !await hold.isLost) return response;
      try {
        await onLost();
      } catch (error) {
        // Without that, the client would come back with the same session.
        if (!(error instanceof ForeseenError)) throw error;
        return response;
      }
      await response.body?.cancel();
      return exchange.pass(signInAgain());
    };
    const delivery = deliveryOf(request);
    // The SDK refuses all requests after the end.
    const plain = isClosed
      ? undefined
      : delivery && plainRequestOver(request, parsedBody);
    if (delivery && plain) {
      const { body, headers } = await answerSoon(
        methods(calling),
        request,
        plain,
        { acceptsEvents: acceptsEvents(request), running },
      );
      return await unlessLost(
        typeof body === "string"
          ? exchange.whole(body, headers, delivery)
          : exchange.pass(new Response(body, { headers })),
      );
    }
    const authInfo = authInfoOf(calling);
    const sdk = await handler();
    const response = exchange.pass(
      await sdk.fetch(acceptingBoth(request), { authInfo, parsedBody }),
    );
    if (!isStream(response)) return response;
    const held = await unlessLost(response);
    return acceptsEvents(request) || isSubscription(parsedBody)
      ? held
      : await withoutEvents(held, Array.isArray(parsedBody));
  }

  return {
    async fetch(request, principal) {
      if (request.method !== "POST" || !await isJson(request)) {
        await request.body?.cancel();
        return await (await handler()).fetch(request);
      }
      let exchange: Exchange | undefined;
      try {
        exchange = answers.open(principal?.name ?? ON_THIS_MACHINE);
        // The host may never read the response of a client that has gone.
        request.signal.addEventListener("abort", exchange.end, { once: true });
        return await answer(request, principal, exchange);
      } catch (error) {
        exchange?.end();
        await request.body?.cancel().catch(() => {});
        if (!(error instanceof OverLimitError)) throw error;
        return tooMany(error);
      }
    },
    async close() {
      isClosed = true;
      for (const cancel of running) cancel();
      await (await loaded)?.close();
    },
  };
}

/** Whether a request says that its body is JSON. */
async function isJson({ headers }: Request): Promise<boolean> {
  const type = headers.get("content-type");
  // What nearly all clients send. The SDK knows the rules for the others.
  if (type === "application/json") return true;
  const { isJsonContentType } = await import("./sdk.ts");
  return isJsonContentType(type);
}

/** How many characters a choice of tools may have. */
const MAX_CHOICE = 4_000;

/**
 * The words with which a connection narrows the tools: `?tools=`, `?toolsets=`,
 * and a header. It repeats them in each request, so its list stays the same.
 *
 * @throws {Error} When a word is unknown, as a phrase.
 */
function choiceOf({ url, headers }: Request): readonly string[] {
  const header = headers.get("x-qontak-tools");
  // Most connections take all tools.
  if (header === null && !url.includes("?")) return [];
  const { searchParams } = new URL(url);
  const given = [
    ...searchParams.getAll("tools"),
    ...searchParams.getAll("toolsets"),
    header ?? "",
  ].join(",");
  if (given.length > MAX_CHOICE) {
    throw new Error(`may name tools in at most ${MAX_CHOICE} characters`);
  }
  const words = given.split(",").filter((word) => word.trim() !== "");
  return words.length === 0 ? [] : toolChoice(words);
}

/** Whether a client can read a stream of events. */
function acceptsEvents({ headers }: Request): boolean {
  return headers.get("accept")?.includes("text/event-stream") === true;
}

/** Whether a response is a stream of events. */
function isStream({ headers }: Response): boolean {
  return headers.get("content-type") === "text/event-stream";
}

/** Whether the answer is a stream that stays open. */
function isSubscription(message: unknown): boolean {
  return isObject(message) && message.method === "subscriptions/listen";
}

/**
 * The same request with both types of answers that the SDK demands: it is this
 * module that gives the client the one that it can read.
 */
function acceptingBoth(request: Request): Request {
  const accept = request.headers.get("accept") ?? "";
  if (BOTH.every((type) => accept.includes(type))) return request;
  const { url, method, signal } = request;
  const headers = new Headers(request.headers);
  headers.set("accept", BOTH.join(", "));
  return new Request(url, { method, headers, signal });
}

const BOTH = ["application/json", "text/event-stream"];

/** The messages of a stream of events. */
function eventMessages(stream: string): unknown[] {
  return Array.from(
    stream.matchAll(/^data: (.*)$/gm),
    ([, data]) => parseJson(data!),
  );
}

/** An answer as JSON, for clients that read no streams: only the results. */
async function withoutEvents(
  response: Response,
  isBatch: boolean,
): Promise<Response> {
  if (!isStream(response)) return response;
  const answers = eventMessages(await response.text())
    .filter((message) => isObject(message) && !("method" in message));
  return new Response(JSON.stringify(isBatch ? answers : answers[0]), {
    status: response.status,
    headers: JSON_ALONE,
  });
}

/**
 * Reads the body of a request, with limits on size and time: a client that
 * sends slowly must not block the server.
 */
async function readBody(
  request: Request,
  { receive }: Exchange,
): Promise<string | Response> {
  using limit = deadline(BODY_TIMEOUT);
  try {
    const size = Number(request.headers.get("content-length") ?? 0);
    if (size > MAX_BODY) {
      await request.body?.cancel();
      return tooLarge();
    }
    // A host that tells when answers are delivered passes on no more bytes than
    // the header says.
    const isSure = deliveryOf(request) !== undefined &&
      isSized(request.headers, Math.min(SMALL, MAX_BODY));
    if (isSure) receive(size);
    const text = await (isSure
      ? readSized(request, limit.signal)
      : readText(request.body, MAX_BODY, limit.signal, receive));
    return text === null
      ? refuse(400, ProtocolErrorCode.ParseError, NOT_UTF8)
      : text ?? tooLarge();
  } catch (error) {
    if (error instanceof OverLimitError) throw error;
    return isTimeUp(limit.signal)
      ? refuse(
        408,
        REFUSED,
        `The body did not arrive within ${BODY_TIMEOUT} ms`,
      )
      : refuse(400, REFUSED, "The body ended before it was complete");
  }
}

function tooLarge(): Response {
  return refuse(
    413,
    REFUSED,
    `The body is too large: send at most ${MAX_BODY} bytes`,
  );
}

/** Refuses a call beyond the scopes of the caller. */
function insufficient(challenge: string): Response {
  const response = refuse(
    403,
    REFUSED,
    "The person has not allowed this yet: ask for the scopes of the challenge",
  );
  response.headers.set("www-authenticate", challenge);
  return response;
}

/** Tells a client that the person must sign in again. */
function signInAgain(): Response {
  const problem = "Qontak no longer accepts the person: sign in again";
  const response = refuse(401, REFUSED, problem);
  response.headers.set(
    "www-authenticate",
    `Bearer error="invalid_token", error_description="${problem}"`,
  );
  return response;
}

/** Refuses a request of a caller that is over a limit. */
function tooMany(
  { code, message, data, retryAfter }: OverLimitError,
): Response {
  const error = { code, message, data };
  return Response.json({ jsonrpc: "2.0", id: null, error }, {
    status: 429,
    headers: {
      "cache-control": "no-store",
      "retry-after": String(retryAfter),
    },
  });
}

/** The JSON-RPC error code for requests that the HTTP server refuses. */
const REFUSED = -32_000;

const NO_JSON = "The body is not JSON. Send one JSON-RPC message";

/** Makes an error response. Its id is null if no request could be read. */
function refuse(
  status: number,
  code: number,
  message: string,
  id: string | number | null = null,
): Response {
  return Response.json({ jsonrpc: "2.0", id, error: { code, message } }, {
    status,
    headers: { "cache-control": "no-store" },
  });
}
