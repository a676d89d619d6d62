/**
 * Answers one request of the revisions that most clients speak (up to
 * 2025-11-25): with a whole text if the answer is ready within some ms,
 * otherwise with a stream. A stream costs more than a quick call itself, but
 * Deno notices that a client disconnected only after the answer has begun. The
 * client receives the same bytes.
 *
 * The SDK serves all other messages. Its own transport makes two streams for
 * each answer.
 *
 * @module
 */
import {
  type AuthInfo,
  isLegacyRequest,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type McpServerFactory,
  SUPPORTED_PROTOCOL_VERSIONS,
  type Transport,
} from "@modelcontextprotocol/server";
import { isObject } from "../values/json.ts";

/** How long an answer may take before its stream begins, in ms. */
const SOON = 100;

/** How often a stream without events tells proxies that it lives, in ms. */
const KEEP_ALIVE = 15_000;

/** The methods that are called often. */
const METHODS: ReadonlySet<unknown> = new Set(["tools/call", "tools/list"]);

/** The keys of such a request. */
const KEYS: ReadonlySet<string> = new Set([
  "jsonrpc",
  "id",
  "method",
  "params",
]);

const JSON_ALONE = {
  "content-type": "application/json",
  "cache-control": "no-store",
};

const EVENTS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  connection: "keep-alive",
  "x-accel-buffering": "no",
};

/** The response to one request. */
export interface Soon {
  /** The whole body, or a stream for an answer that takes longer. */
  readonly body: string | ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The headers. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Whether a message is a request that {@linkcode answerSoon} takes: of a known
 * revision, with nothing that needs messages before the answer, such as
 * progress.
 *
 * @param request The HTTP request.
 * @param message Its body, as JSON.
 */
export async function isPlainRequest(
  request: Request,
  message: unknown,
): Promise<boolean> {
  if (!isObject(message) || !METHODS.has(message.method)) return false;
  const { jsonrpc, id, params = {} } = message;
  const isRequest = jsonrpc === "2.0" &&
    (typeof id === "string" || Number.isSafeInteger(id)) &&
    Object.keys(message).every((key) => KEYS.has(key)) &&
    isObject(params) && !Object.hasOwn(params, "_meta");
  if (!isRequest) return false;
  const version = request.headers.get("mcp-protocol-version");
  return (version === null || SUPPORTED_PROTOCOL_VERSIONS.includes(version)) &&
    await isLegacyRequest(request, message);
}

/**
 * Answers a request that {@linkcode isPlainRequest} accepts.
 *
 * @param factory Makes the server that answers.
 * @param request The HTTP request.
 * @param message Its body.
 * @param settings Who calls, and whether the client can read a stream; if not,
 * the answer is JSON, however long it takes.
 */
export async function answerSoon(
  factory: McpServerFactory,
  request: Request,
  message: JSONRPCRequest,
  { authInfo, acceptsEvents }: {
    readonly authInfo: AuthInfo;
    readonly acceptsEvents: boolean;
  },
): Promise<Soon> {
  const server = await factory({
    era: "legacy",
    authInfo,
    requestInfo: request,
  });
  const transport = createTransport();
  await server.connect(transport);
  const end = () => void server.close().catch(() => {});
  request.signal.addEventListener("abort", end, { once: true });
  transport.onmessage?.(message, { authInfo, request });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = acceptsEvents && new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), SOON);
  });
  const answer =
    await (late ? Promise.race([transport.answer, late]) : transport.answer);
  clearTimeout(timer);
  if (!acceptsEvents) {
    return { body: JSON.stringify(answer), headers: JSON_ALONE };
  }
  return {
    body: answer ? eventOf(answer) : streamOf(transport.answer, end),
    headers: EVENTS,
  };
}

/** A transport for one request, whose answer it waits for. */
function createTransport() {
  const { promise: answer, resolve, reject } = Promise.withResolvers<
    JSONRPCMessage
  >();
  // The stream of a client that has gone does not wait for it.
  answer.catch(() => {});
  const transport: Transport & { readonly answer: Promise<JSONRPCMessage> } = {
    answer,
    start: () => Promise.resolve(),
    send(message) {
      // Without a token for progress, nothing else has a place to go.
      if (!("method" in message)) resolve(message);
      return Promise.resolve();
    },
    close() {
      reject(new DOMException("The client has gone", "AbortError"));
      transport.onclose?.();
      return Promise.resolve();
    },
  };
  return transport;
}

/** A message as an event. */
function eventOf(message: JSONRPCMessage): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

/** A stream with one event: the answer. */
function streamOf(
  answer: Promise<JSONRPCMessage>,
  end: () => void,
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
      }, () => {}).finally(() => {
        clearInterval(timer);
        end();
        controller.close();
      }).catch(() => {});
    },
    cancel() {
      clearInterval(timer);
      end();
    },
  });
}
