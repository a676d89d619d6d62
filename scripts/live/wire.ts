/**
 * All traffic to Qontak passes through here: it is slowed down, counted, and
 * recorded for the report.
 *
 * @module
 */
import { createLimits, limiterOf, noLimits } from "../../src/limits/limits.ts";
import { createFetches } from "../../src/net/transport.ts";
import { nameOf } from "../../src/qontak/endpoints.ts";
import { TOKEN_PAGE } from "../../src/qontak/oauth.ts";
import { createQueue } from "../../src/storage/queue.ts";
import { isObject, type JsonObject, parseJson } from "../../src/values/json.ts";
import { allEndpoints } from "./kinds.ts";
import { shapeOf } from "./shape.ts";
import { Stopped } from "./verdict.ts";

/** The token endpoint. */
export const GRANT = "POST /oauth/token";

/** Five requests per second to another machine, one after the other. */
const RATE = { perSecond: 5, burst: 1 };

/** The most requests of one run; the last ones are reserved for the cleanup. */
const LIMIT = 400, RESERVE = 80;

/** This many refusals (429, 5xx, no answer) in a row end the run. */
const REFUSALS = 3;

/** The longest time that a request waits for its turn, in ms. */
export const LONGEST_WAIT = 10_000;

/** How long to send nothing after a refusal, in ms. */
const RECOVERY = 5_000;

/** A request and its response. It stays in memory. */
export interface Exchange {
  /** The method and path with `:id`, as messages name endpoints. */
  readonly endpoint: string;
  /** The id in the path. */
  readonly id?: number;
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** The request body, if it was a JSON object. */
  readonly sent?: JsonObject;
  /** The response body, if it was a JSON object; for a grant almost nothing. */
  readonly body?: JsonObject;
  /** The keys and types of the response, or a word for what is not JSON. */
  readonly shape: string;
  /** How long it took, in ms. */
  readonly ms: number;
}

/** The connection to Qontak. */
export interface Wire {
  /** Sends requests; each write uses its own connection. */
  readonly fetch: typeof fetch;
  /** All exchanges so far. */
  readonly seen: readonly Exchange[];
  /** The number of requests sent so far. */
  readonly requests: number;
  /** The names of the rate limit headers that were seen. */
  readonly limitHeaders: ReadonlySet<string>;
  /** Why it sends no more requests, if it was stopped. */
  readonly stopped: string | undefined;
  /** Stops sending requests. */
  stop(why: string): void;
  /** Allows the last requests, for the cleanup. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** Settings of {@linkcode createWire}. */
export interface WireOptions {
  /** The base address of the API, such as https://app.qontak.com/api/v3.1. */
  readonly apiUrl: string;
  /** Whether that is this machine, which needs no rate limit. */
  readonly loopback: boolean;
  /** Called with every exchange. */
  readonly onExchange: (exchange: Exchange) => void;
}

/** Creates the connection to Qontak. */
export function createWire(options: WireOptions): Wire {
  const { loopback, onExchange } = options;
  const transport = createFetches();
  const limits = limiterOf(
    loopback ? noLimits : createLimits({ tenant: RATE, all: RATE }),
  );
  // One after the other, because the tools may send several at once.
  const inTurn = createQueue();
  const nameRequest = createNamer(new URL(options.apiUrl).pathname);
  const seen: Exchange[] = [];
  const limitHeaders = new Set<string>();
  let requests = 0;
  let allowed = LIMIT - RESERVE;
  let refusals = 0;
  let stopped: string | undefined;
  let pause = 0;

  async function waitForTurn(): Promise<void> {
    if (!loopback && pause > 0) await sleep(pause);
    pause = 0;
    (await limits.enter("live")).done("ok");
    if (stopped === undefined && requests >= allowed) {
      stopped = `${requests} requests were sent, and no run may send more`;
    }
    if (stopped !== undefined) throw new Stopped(stopped);
    requests++;
  }

  /** Checks an answer: whether to wait, and whether to continue. */
  function judge(endpoint: string, status: number, headers?: Headers): void {
    for (const name of headers?.keys() ?? []) {
      if (/rate-?limit|retry-after/.test(name)) limitHeaders.add(name);
    }
    if (endpoint === GRANT && status >= 400 && status < 500) {
      // Every request would ask for tokens again.
      stopped ??=
        `Qontak refused the refresh token with ${status}: make a new one at ${TOKEN_PAGE}`;
    }
    if (status !== 0 && status !== 429 && status < 500) {
      refusals = 0;
      return;
    }
    const seconds = Number(headers?.get("retry-after")) || 1;
    pause = Math.min(seconds * 1_000, LONGEST_WAIT);
    if (++refusals >= REFUSALS) {
      stopped ??= `${REFUSALS} requests in a row were answered with ${
        status || "nothing"
      }`;
    }
  }

  async function exchange(
    input: string | URL | Request,
    init: RequestInit = {},
  ): Promise<Response> {
    await waitForTurn();
    const url = new URL(input instanceof Request ? input.url : input);
    const { method = "GET", body } = init;
    const named = nameRequest(method, url);
    const sent = typeof body === "string" ? parseJson(body) : undefined;
    const send = method === "GET" ? transport.read : transport.write;
    const start = performance.now();
    let headers: Headers | undefined;
    let status = 0;
    let text: string | undefined;
    try {
      const response = await send(url, init);
      text = await response.text();
      ({ status, headers } = response);
    } finally {
      judge(named.endpoint, status, headers);
      const one = {
        ...named,
        ...(isObject(sent) ? { sent } : {}),
        ...contentOf(text, named.endpoint),
        status,
        ms: Math.round(performance.now() - start),
      };
      seen.push(one);
      onExchange(one);
    }
    return new Response(text || null, { status, headers });
  }

  return {
    fetch: (input, init) => inTurn(() => exchange(input, init)),
    seen,
    get requests() {
      return requests;
    },
    limitHeaders,
    get stopped() {
      return stopped;
    },
    stop(why) {
      stopped ??= why;
    },
    async reopen() {
      if (stopped !== undefined && !loopback) await sleep(RECOVERY);
      stopped = undefined;
      refusals = 0;
      allowed = LIMIT;
    },
    async close() {
      await limits.close();
      transport.close();
    },
  };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function contentOf(
  text: string | undefined,
  endpoint: string,
): Pick<Exchange, "body" | "shape"> {
  if (text === undefined) return { shape: "no answer" };
  if (text === "") return { shape: "an empty body" };
  const body = parseJson(text);
  if (body === undefined) {
    return { shape: /^\s*</.test(text) ? "HTML" : "not JSON" };
  }
  const shape = shapeOf(body);
  if (!isObject(body)) return { shape };
  // Tokens are not recorded.
  const { expires_in } = body;
  return { shape, body: endpoint === GRANT ? { expires_in } : body };
}

/**
 * Returns a function that finds the endpoint of a request and the id in its
 * path.
 */
function createNamer(base: string) {
  const patterns = allEndpoints.map((endpoint) => {
    const path = endpoint.path.replace(/\/$/, "").replace(/:\w+/g, "(\\d+)");
    return { endpoint, pattern: new RegExp(`^${path}/?$`) };
  });
  return (method: string, { pathname }: URL) => {
    if (!pathname.startsWith(base)) {
      return { endpoint: `${method} ${pathname}` };
    }
    const path = pathname.slice(base.length);
    for (const { endpoint, pattern } of patterns) {
      const found = endpoint.method === method && pattern.exec(path);
      if (!found) continue;
      const [, id] = found;
      return {
        endpoint: nameOf(endpoint),
        ...(id === undefined ? {} : { id: Number(id) }),
      };
    }
    return { endpoint: `${method} ${path.replace(/\d+/g, ":id")}` };
  };
}
