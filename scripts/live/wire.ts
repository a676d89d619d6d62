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
import {
  defined,
  isObject,
  type JsonObject,
  parseJson,
} from "../../src/values/json.ts";
import { metaStatusOf, shapeOf } from "./answers.ts";
import { allEndpoints } from "./kinds.ts";
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

/** Whether an exchange succeeded, by its HTTP status and its `meta`. */
export function isGood({ status, body }: Exchange): boolean {
  return status >= 200 && status < 300 && body !== undefined &&
    !(metaStatusOf(body)! >= 400);
}

/** The connection to Qontak. */
export type Wire = ReturnType<typeof createWire>;

/** Creates the connection to Qontak. This machine needs no rate limit. */
export function createWire(
  apiUrl: string,
  loopback: boolean,
  onExchange: (exchange: Exchange) => void = () => {},
) {
  const transport = createFetches();
  const limits = limiterOf(
    loopback ? noLimits : createLimits({ tenant: RATE, all: RATE }),
  );
  // One after the other, because the tools may send several at once.
  const inTurn = createQueue();
  const base = new URL(apiUrl).pathname;
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
    if (requests >= allowed) {
      stopped ??= `${requests} requests were sent, and no run may send more`;
    }
    if (stopped !== undefined) throw new Stopped(stopped);
    requests++;
  }

  /** Checks an answer: whether to wait, and whether to continue. */
  function judge(endpoint: string, status: number, headers = new Headers()) {
    for (const name of headers.keys()) {
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
    const seconds = Number(headers.get("retry-after")) || 1;
    pause = Math.min(seconds * 1_000, LONGEST_WAIT);
    if (++refusals < REFUSALS) return;
    stopped ??= `${REFUSALS} requests in a row were answered with ${
      status || "nothing"
    }`;
  }

  async function exchange(
    input: string | URL | Request,
    init: RequestInit = {},
  ): Promise<Response> {
    await waitForTurn();
    const url = new URL(input instanceof Request ? input.url : input);
    const { method = "GET", body } = init;
    const named = endpointOf(method, url.pathname.replace(base, ""));
    const sent = typeof body === "string" ? parseJson(body) : undefined;
    const send = method === "GET" ? transport.read : transport.write;
    const start = performance.now();
    let response: Response | undefined;
    let text: string | undefined;
    try {
      response = await send(url, init);
      text = await response.text();
      return new Response(text || null, response);
    } finally {
      const status = text === undefined ? 0 : response!.status;
      judge(named.endpoint, status, response?.headers);
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
  }

  return {
    /** Sends requests; each write uses its own connection. */
    fetch: (input: string | URL | Request, init?: RequestInit) =>
      inTurn(() => exchange(input, init)),
    /** All exchanges so far. */
    seen: seen as readonly Exchange[],
    /** The names of the rate limit headers that were seen. */
    limitHeaders: limitHeaders as ReadonlySet<string>,
    /** The number of requests sent so far. */
    get requests() {
      return requests;
    },
    /** Why it sends no more requests, if it was stopped. */
    get stopped() {
      return stopped;
    },
    /** Stops sending requests. */
    stop(why: string) {
      stopped ??= why;
    },
    /** Allows the last requests, for the cleanup. */
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

/** Finds the endpoint of a request, and the id in its path. */
function endpointOf(method: string, path: string) {
  for (const endpoint of allEndpoints) {
    const pattern = endpoint.path.replace(/\/$/, "").replace(/:\w+/g, "(\\d+)");
    const found = endpoint.method === method &&
      new RegExp(`^${pattern}/?$`).exec(path);
    if (!found) continue;
    const id = found[1] === undefined ? undefined : Number(found[1]);
    return { endpoint: nameOf(endpoint), ...defined({ id }) };
  }
  return { endpoint: `${method} ${path.replace(/\d+/g, ":id")}` };
}
