/**
 * Answers one request that lists or calls tools and needs nothing else of the
 * SDK: with a whole text if the answer is ready within some ms, otherwise with a
 * stream. A stream costs more than a quick call itself, but Deno notices that a
 * client disconnected only after the answer has begun. The client receives the
 * same bytes.
 *
 * The SDK serves all other messages. It makes a server, two streams and several
 * validations for each answer.
 *
 * @module
 */
import {
  classifyInboundRequest,
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
  type ProtocolError,
  ProtocolErrorCode,
  SERVER_INFO_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/server";
import { createLru } from "../storage/lru.ts";
import { defined, isObject, type JsonObject } from "../values/json.ts";
import { IDENTITY } from "../version.ts";
import { CACHE_HINTS } from "./extras.ts";
import {
  revisionIn,
  type ToolMethods,
  type ToolRequest,
} from "./tool_methods.ts";

/** How long an answer may take before its stream begins, in ms. */
const SOON = 100;

/** How often a stream without events tells proxies that it lives, in ms. */
const KEEP_ALIVE = 15_000;

/** The revision in which each request says what earlier ones said at first. */
const STATELESS = "2026-07-28";

/** What a request of that revision says with its params. */
const ENVELOPE: readonly string[] = [
  PROTOCOL_VERSION_META_KEY,
  CLIENT_INFO_META_KEY,
  CLIENT_CAPABILITIES_META_KEY,
];

/** The params of the methods. */
const METHODS: Readonly<Record<PlainRequest["method"], readonly string[]>> = {
  "tools/call": ["name", "arguments"],
  "tools/list": [],
};

/** The keys of such a request. */
const KEYS: readonly string[] = ["jsonrpc", "id", "method", "params"];

/** A request that {@linkcode answerSoon} takes. */
export interface PlainRequest {
  readonly id: string | number;
  readonly method: "tools/call" | "tools/list";
  readonly params: JsonObject;
  /** What it says with its params; undefined before revision 2026-07-28. */
  readonly envelope: JsonObject | undefined;
}

/** The headers of an answer as JSON. */
export const JSON_ALONE: Readonly<Record<string, string>> = {
  "content-type": "application/json",
  "cache-control": "no-store",
};

const EVENTS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  connection: "keep-alive",
  "x-accel-buffering": "no",
};

/** How a request is answered. */
export interface SoonOptions {
  /**
   * Whether the client can read a stream; if not, the answer is JSON, however
   * long it takes.
   */
  readonly acceptsEvents: boolean;
  /** What cancels the requests in progress; this one is there until it ends. */
  readonly running: Set<() => void>;
}

/** The response to one request. */
export interface Soon {
  /** The whole body, or a stream for an answer that takes longer. */
  readonly body: string | ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The headers. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A message as a request that {@linkcode answerSoon} takes: well-formed, of a
 * known revision, with nothing that needs messages before the answer, such as
 * progress.
 *
 * @param request The HTTP request.
 * @param message Its body, as JSON.
 * @returns The request; undefined if the SDK must look at it.
 */
export function plainRequest(
  request: Request,
  message: unknown,
): PlainRequest | undefined {
  if (!isObject(message) || !hasOnly(message, KEYS)) return undefined;
  const { jsonrpc, id, method, params: given = {} } = message;
  if (!isObject(given)) return undefined;
  const { _meta: envelope, ...params } = given;
  const isRequest = jsonrpc === "2.0" &&
    (typeof id === "string" || Number.isSafeInteger(id)) &&
    typeof method === "string" && Object.hasOwn(METHODS, method) &&
    hasOnly(params, METHODS[method as PlainRequest["method"]]);
  if (!isRequest) return undefined;
  const { name, arguments: args = {} } = params;
  if (
    method === "tools/call" && (typeof name !== "string" || !isObject(args))
  ) {
    return undefined;
  }
  const isPlain = envelope === undefined
    ? isEarlier(request)
    : isObject(envelope) && isStateless(request, message, envelope, name);
  return isPlain ? { id, method, params, envelope } as PlainRequest : undefined;
}

/** Whether a request without an envelope is of a revision that has none. */
function isEarlier(request: Request): boolean {
  const revision = revisionIn(request);
  return revision === undefined ||
    SUPPORTED_PROTOCOL_VERSIONS.includes(revision);
}

/** Whether all that a request says of itself agrees, as the SDK demands. */
function isStateless(
  { headers, method: httpMethod }: Request,
  body: JsonObject,
  envelope: JsonObject,
  name: unknown,
): boolean {
  const { method } = body;
  return headers.get("mcp-protocol-version") === STATELESS &&
    headers.get("mcp-method") === method &&
    (method !== "tools/call" || headers.get("mcp-name") === name) &&
    envelope[PROTOCOL_VERSION_META_KEY] === STATELESS &&
    hasOnly(envelope, ENVELOPE) &&
    isKnownOr(
      envelope,
      () => classifyInboundRequest({ httpMethod, body }).kind === "modern",
    );
}

/** The envelopes that were right lately, as JSON. */
const rightOnes = createLru<true>(200);

/** The longest envelope that is remembered, in characters. */
const MAX_REMEMBERED = 2_000;

/**
 * Whether an envelope is right. A client repeats the same one with each request,
 * and to check it costs more than all else that is checked here.
 *
 * @param envelope The envelope.
 * @param check Whether it is right; nothing else of the request may matter.
 */
function isKnownOr(envelope: JsonObject, check: () => boolean): boolean {
  const text = JSON.stringify(envelope);
  if (rightOnes.get(text)) return true;
  const isRight = check();
  if (isRight && text.length <= MAX_REMEMBERED) rightOnes.set(text, true);
  return isRight;
}

function hasOnly(object: JsonObject, keys: readonly string[]): boolean {
  return Object.keys(object).every((key) => keys.includes(key));
}

/**
 * Answers a request of {@linkcode plainRequest}.
 *
 * @param methods The methods for the caller.
 * @param request The HTTP request.
 * @param plain The request in its body.
 * @param options How to answer.
 */
export async function answerSoon(
  methods: ToolMethods,
  request: Request,
  plain: PlainRequest,
  { acceptsEvents, running }: SoonOptions,
): Promise<Soon> {
  const gone = new AbortController();
  const end = () => gone.abort();
  request.signal.addEventListener("abort", end, { once: true });
  running.add(end);
  const answer = respond(methods, request, plain, gone.signal)
    .finally(() => running.delete(end));
  if (!acceptsEvents) {
    return { body: JSON.stringify(await answer), headers: JSON_ALONE };
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), SOON);
  });
  const ready = await Promise.race([answer, late]);
  clearTimeout(timer);
  return {
    body: ready ? eventOf(ready) : streamOf(answer, end),
    headers: EVENTS,
  };
}

/** The JSON-RPC response to a request, whose keys the SDK orders like this. */
async function respond(
  methods: ToolMethods,
  request: Request,
  { id, method, params, envelope }: PlainRequest,
  signal: AbortSignal,
): Promise<JsonObject> {
  const asked: ToolRequest = {
    signal,
    requestState: () => undefined,
    // Earlier requests stand alone: what the client can do is not known.
    capabilities: envelope?.[CLIENT_CAPABILITIES_META_KEY],
    revision: revisionIn(request),
    tell: undefined,
  };
  try {
    const result = await (method === "tools/list"
      ? methods.list(asked)
      : methods.call(params as { readonly name: string }, asked));
    return {
      result: envelope ? complete(method, result as JsonObject) : result,
      jsonrpc: "2.0",
      id,
    };
  } catch (error) {
    return { jsonrpc: "2.0", id, error: errorOf(error) };
  }
}

/** A result with what revision 2026-07-28 adds to each. */
function complete(
  method: PlainRequest["method"],
  result: JsonObject,
): JsonObject {
  return {
    ...result,
    resultType: result.resultType ?? "complete",
    ...(method === "tools/list" ? CACHE_HINTS[method] : {}),
    _meta: {
      ...(result._meta as JsonObject),
      [SERVER_INFO_META_KEY]: IDENTITY,
    },
  };
}

/** A thrown error as JSON-RPC has it. */
function errorOf(error: unknown): JsonObject {
  const { code, message, data } = error as Partial<ProtocolError>;
  return {
    code: Number.isSafeInteger(code) ? code : ProtocolErrorCode.InternalError,
    message: message ?? "Internal error",
    ...defined({ data }),
  };
}

/** A message as an event. */
function eventOf(message: JsonObject): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

/** A stream with one event: the answer. A client that is gone cancels it. */
function streamOf(
  answer: Promise<JsonObject>,
  onGone: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setInterval> | undefined;
  return new ReadableStream({
    start(controller) {
      timer = setInterval(
        () => controller.enqueue(encoder.encode(": keepalive\n\n")),
        KEEP_ALIVE,
      );
      answer.then((message) => {
        controller.enqueue(encoder.encode(eventOf(message)));
      }).finally(() => {
        clearInterval(timer);
        controller.close();
      }).catch(() => {});
    },
    cancel() {
      clearInterval(timer);
      onGone();
    },
  });
}
