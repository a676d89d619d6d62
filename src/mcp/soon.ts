/**
 * Answers one plain request over HTTP: with a whole text if the answer is ready
 * within some ms, otherwise with a stream. A stream costs more than a quick call
 * itself, but Deno notices that a client disconnected only after the answer has
 * begun. The client receives the same bytes.
 *
 * The SDK serves all other messages. It makes a server, two streams and several
 * validations for each answer.
 *
 * @module
 */
import type { JsonObject } from "../values/json.ts";
import { jsonOf } from "./message_json.ts";
import { type PlainRequest, plainRequest, respond } from "./plain.ts";
import { REVISIONS, STATELESS } from "./protocol.ts";
import { revisionIn, type ToolMethods } from "./tool_methods.ts";

/** How long an answer may take before its stream begins, in ms. */
const SOON = 100;

/** How often a stream without events tells proxies that it lives, in ms. */
const KEEP_ALIVE = 15_000;

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
 * A message over HTTP as a plain request of a known revision.
 *
 * @param request The HTTP request.
 * @param message Its body, as JSON.
 * @returns The plain request; undefined if the SDK must look at it.
 */
export function plainRequestOver(
  { headers }: Request,
  message: unknown,
): PlainRequest | undefined {
  const plain = plainRequest(message);
  if (!plain) return undefined;
  const { method, params, envelope } = plain;
  const revision = headers.get("mcp-protocol-version");
  const agrees = envelope === undefined
    ? revision === null || REVISIONS.includes(revision)
    : revision === STATELESS && headers.get("mcp-method") === method &&
      (method !== "tools/call" || headers.get("mcp-name") === params.name);
  return agrees ? plain : undefined;
}

/**
 * Answers a request of {@linkcode plainRequestOver}.
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
  // Earlier requests stand alone: what the client can do is not known.
  const revision = revisionIn(request);
  const answer = respond(methods, plain, { signal: gone.signal, revision })
    .finally(() => running.delete(end));
  if (!acceptsEvents) {
    return { body: jsonOf(await answer), headers: JSON_ALONE };
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

/** A message as an event. */
function eventOf(message: JsonObject): string {
  return `event: message\ndata: ${jsonOf(message)}\n\n`;
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
