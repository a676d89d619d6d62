/**
 * Faults: which request one applies to, and how it changes the answer.
 *
 * @module
 */

import type { Denial } from "./access.ts";
import { json, meta, Refusal, refusal, typeOf } from "./answer.ts";
import type { Fault, FaultRule } from "./types.ts";

/** Cuts the connection: before the answer, or in the middle of it. */
export class ConnectionCut extends TypeError {
  /** The part of the answer to send first; absent to send nothing. */
  readonly begun: Response | undefined;

  /** Makes the error that `fetch` would reject with. */
  constructor(begun?: Response) {
    super("Connection closed before the answer was complete");
    this.name = "ConnectionCut";
    this.begun = begun;
  }
}

/** The path of the login page to which a `redirect` fault points. */
export const SIGN_IN_PATH = "/users/sign_in";

/** An HTML page: the login page, or a proxy's error. */
export function htmlPage(title: string, status: number): Response {
  return new Response(
    `<!DOCTYPE html>\n<html><head><title>${title}</title></head>` +
      `<body><h1>${title}</h1></body></html>\n`,
    { status, headers: { "content-type": "text/html; charset=utf-8" } },
  );
}

/** The allowed range of each number of a fault. */
const isCount = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Number(value) >= 0;
const isWhen = (value: unknown): boolean =>
  value === "before" || value === "after";
const isHttp = (value: unknown): boolean =>
  isCount(value) && Number(value) >= 200 && Number(value) <= 599;
const isText = (value: unknown): boolean => typeof value === "string";
const orAbsent = (fits: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || fits(value);

type Check = (value: unknown) => boolean;

/** How a `reshape` fault changes the value of `response`. */
const SHAPES: Readonly<Record<string, (response: unknown) => unknown>> = {
  list: (response) => Array.isArray(response) ? response : [response],
  record: (response) => Array.isArray(response) ? response[0] : response,
  text: withTextIds,
  nothing: () => undefined,
};

/** The same with all ids as text. */
function withTextIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTextIds);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      /(^|_)ids?$/.test(key) && typeof one === "number"
        ? String(one)
        : withTextIds(one),
    ]),
  );
}

const KINDS: Readonly<Record<Fault["kind"], Readonly<Record<string, Check>>>> =
  {
    status: {
      status: (value) => isHttp(value) && Number(value) >= 400,
      retryAfter: orAbsent(isCount),
      when: orAbsent(isWhen),
      body: () => true,
    },
    soft404: {},
    html: { status: orAbsent(isHttp) },
    truncated: {},
    empty: {},
    "content-type": { contentType: orAbsent(isText) },
    delay: { ms: isCount },
    cut: { when: (value) => value === "body" || isWhen(value) },
    redirect: {},
    huge: { bytes: isCount },
    reshape: { as: (value) => Object.hasOwn(SHAPES, String(value)) },
  };

const RULE: Readonly<Record<string, Check>> = {
  fault: (value) => typeof value === "object" && value !== null,
  method: orAbsent(isText),
  path: orAbsent(isText),
  times: orAbsent(isCount),
  skip: orAbsent(isCount),
};

function verify(
  value: object,
  checks: Readonly<Record<string, Check>>,
  of: string,
): void {
  for (const name of Object.keys({ ...value, ...checks })) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!check?.((value as Record<string, unknown>)[name])) {
      throw new TypeError(`Cannot inject the fault: ${of}.${name} is invalid`);
    }
  }
}

/**
 * Checks that a value is a rule.
 *
 * @throws {TypeError} naming what is wrong with it
 */
export function toFaultRule(value: unknown): FaultRule {
  const rule = Object(value) as FaultRule;
  verify(rule, RULE, "rule");
  const { kind, ...rest } = rule.fault;
  if (!Object.hasOwn(KINDS, kind)) {
    throw new TypeError("Cannot inject the fault: fault.kind is unknown");
  }
  verify(rest, KINDS[kind], "fault");
  return rule;
}

interface Waiting {
  readonly rule: FaultRule;
  skip: number;
  times: number;
}

function fits(rule: FaultRule, method: string, path: string): boolean {
  if (rule.method && rule.method.toUpperCase() !== method) return false;
  if (rule.path === undefined) return true;
  return rule.path.endsWith("*")
    ? path.startsWith(rule.path.slice(0, -1))
    : path === rule.path;
}

/** Faults that are still to be applied. */
export interface FaultQueue {
  /** Adds a rule. */
  add(rule: FaultRule): void;
  /** Removes all rules. */
  clear(): void;
  /** Takes the fault that applies to this request. */
  take(method: string, path: string): Fault | undefined;
}

/** Makes an empty queue. */
export function createFaultQueue(): FaultQueue {
  let queue: Waiting[] = [];
  return {
    add(rule) {
      const { skip = 0, times = 1 } = rule;
      queue.push({ rule, skip, times });
    },
    clear() {
      queue = [];
    },
    take(method, path) {
      for (const waiting of queue) {
        if (waiting.times === 0 || !fits(waiting.rule, method, path)) continue;
        if (waiting.skip > 0) waiting.skip--;
        else {
          waiting.times--;
          return waiting.rule.fault;
        }
      }
      return undefined;
    },
  };
}

/**
 * The answer of a status fault: a 401 has the body of a denial, any other
 * status an envelope (assumed).
 */
function statusPage(
  fault: Fault & { kind: "status" },
  denial: Denial,
): Response {
  const { status, retryAfter, body } = fault;
  const said = body ??
    (status === 401 ? denial : { meta: meta(status, typeOf(status)) });
  return json(
    said,
    status,
    retryAfter === undefined ? {} : { "retry-after": String(retryAfter) },
  );
}

const CHUNK = 65_536;

/** A stream of about `bytes` bytes that holds at most one chunk in memory. */
function hugeBody(bytes: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const head = JSON.stringify({ meta: meta(200, "Success"), response: "" });
  const chunk = encoder.encode("x".repeat(CHUNK));
  let left = bytes - head.length;
  return new ReadableStream({
    start: (controller) =>
      controller.enqueue(encoder.encode(head.slice(0, -2))),
    pull(controller) {
      if (left > 0) {
        controller.enqueue(chunk.subarray(0, Math.min(left, CHUNK)));
        left -= CHUNK;
      } else {
        controller.enqueue(encoder.encode('"}'));
        controller.close();
      }
    },
  });
}

/**
 * An answer whose body never completes: it ends in an error, or it stays open
 * until the owner of the connection cuts it.
 */
export function withoutEnd(begun: Response, error?: Error): Response {
  const reader = begun.body!.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value } = await reader.read();
      if (value) controller.enqueue(value);
      else if (error) controller.error(error);
    },
  });
  return new Response(body, begun);
}

function halfOf(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2));
}

/**
 * Handles a request under a fault. `sleep` waits ms; `denial` is the body of a
 * 401.
 *
 * @throws {ConnectionCut} if the fault cuts the connection
 */
export async function withFault(
  fault: Fault,
  handle: () => Promise<Response>,
  sleep: (ms: number) => Promise<void>,
  denial: Denial,
): Promise<Response> {
  switch (fault.kind) {
    case "status":
      if (fault.when === "after") await handle();
      return statusPage(fault, denial);
    case "soft404":
      return refusal(new Refusal(404, "Not Found"), { soft: true });
    case "html":
      return htmlPage("Web server is down", fault.status ?? 200);
    case "delay":
      await sleep(fault.ms);
      return await handle();
    case "redirect":
      return new Response(null, {
        status: 302,
        headers: { location: SIGN_IN_PATH },
      });
    case "huge":
      return new Response(hugeBody(fault.bytes), {
        headers: { "content-type": "application/json; charset=utf-8" },
      });
    case "cut":
      if (fault.when === "before") throw new ConnectionCut();
  }
  // The other kinds handle the request first and then damage the answer.
  const answer = await handle();
  const { status, headers } = answer;
  const text = await answer.text();
  switch (fault.kind) {
    case "truncated":
      return new Response(halfOf(text), { status, headers });
    case "empty":
      return new Response(null, { status, headers });
    case "content-type":
      headers.set("content-type", fault.contentType ?? "text/plain");
      return new Response(text, { status, headers });
    case "reshape": {
      if (!text.startsWith("{")) return new Response(text, { status, headers });
      const { response, ...rest } = JSON.parse(text);
      const shaped = SHAPES[fault.as]!(response);
      return new Response(JSON.stringify({ ...rest, response: shaped }), {
        status,
        headers,
      });
    }
    case "cut":
      if (fault.when === "after") throw new ConnectionCut();
      throw new ConnectionCut(new Response(halfOf(text), { status, headers }));
  }
}
