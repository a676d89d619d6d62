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
import { recordIn, shapeOf } from "./answers.ts";
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
  readonly http: number;
  /** `meta.status` if it is a refusal, otherwise the HTTP status. */
  readonly status: number;
  /** Whether it succeeded: a JSON object, and no refusal. */
  readonly ok: boolean;
  /** The request body; empty if it was not a JSON object. */
  readonly sent: JsonObject;
  /** The response body, empty likewise; for a grant almost nothing. */
  readonly body: JsonObject;
  /** The record in the body; empty if there is none. */
  readonly record: JsonObject;
  /** The keys and types of the response, or a word for what is not JSON. */
  readonly shape: string;
  /** How long it took, in ms. */
  readonly ms: number;
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
  const prefix = new URL(apiUrl).pathname;
  const state = {
    /** All exchanges so far. */
    seen: [] as Exchange[],
    /** The names of the rate limit headers that were seen. */
    limitHeaders: new Set<string>(),
    /** The number of requests sent so far. */
    requests: 0,
    /** Why it sends no more requests, if it was stopped. */
    stopped: undefined as string | undefined,
  };
  let allowed = LIMIT - RESERVE, refusals = 0, pause = 0;

  const sleep = (ms: number) =>
    new Promise((resolve) => setTimeout(resolve, loopback ? 0 : ms));

  /** Stops sending requests. */
  const stop = (why: string) => void (state.stopped ??= why);

  async function waitForTurn(): Promise<void> {
    if (pause > 0) await sleep(pause);
    pause = 0;
    (await limits.enter("live")).done("ok");
    if (state.requests >= allowed) {
      stop(`${state.requests} requests were sent, and no run may send more`);
    }
    if (state.stopped !== undefined) throw new Stopped(state.stopped);
    state.requests++;
  }

  /** Checks an answer: whether to wait, and whether to continue. */
  function judge({ endpoint, http }: Exchange, headers = new Headers()) {
    for (const name of headers.keys()) {
      if (/rate-?limit|retry-after/.test(name)) state.limitHeaders.add(name);
    }
    if (endpoint === GRANT && http >= 400 && http < 500) {
      // Every request would ask for tokens again.
      stop(
        `Qontak refused the refresh token with ${http}: make a new one at ${TOKEN_PAGE}`,
      );
    }
    const isOutOfOrder = http === 0 || http === 429 || http >= 500;
    refusals = isOutOfOrder ? refusals + 1 : 0;
    if (!isOutOfOrder) return;
    const seconds = Number(headers.get("retry-after")) || 1;
    pause = Math.min(seconds * 1_000, LONGEST_WAIT);
    if (refusals < REFUSALS) return;
    stop(
      `${REFUSALS} requests in a row were answered with ${http || "nothing"}`,
    );
  }

  async function exchange(
    input: string | URL | Request,
    init: RequestInit = {},
  ): Promise<Response> {
    await waitForTurn();
    const url = new URL(input instanceof Request ? input.url : input);
    const { method = "GET", body } = init;
    // Each write uses its own connection.
    const send = method === "GET" ? transport.read : transport.write;
    const start = performance.now();
    let response: Response | undefined, text: string | undefined;
    try {
      response = await send(url, init);
      text = await response.text();
      return new Response(text || null, response);
    } finally {
      const named = endpointOf(method, url.pathname.replace(prefix, ""));
      const one = {
        ...named,
        ...contentOf(named.endpoint, text, response?.status),
        sent: objectIn(typeof body === "string" ? parseJson(body) : undefined),
        ms: Math.round(performance.now() - start),
      };
      judge(one, response?.headers);
      state.seen.push(one);
      onExchange(one);
    }
  }

  return Object.assign(state, {
    stop,
    /** Sends requests. */
    fetch: (input: string | URL | Request, init?: RequestInit) =>
      inTurn(() => exchange(input, init)),
    /** Allows the last requests, for the cleanup. */
    async reopen() {
      if (state.stopped !== undefined) await sleep(RECOVERY);
      state.stopped = undefined;
      refusals = 0;
      allowed = LIMIT;
    },
    async close() {
      await limits.close();
      transport.close();
    },
  });
}

const objectIn = (value: unknown) => isObject(value) ? value : {};

/** What a response holds; its text is undefined if there was no response. */
function contentOf(endpoint: string, text?: string, status = 0) {
  const parsed = parseJson(text ?? "");
  const word = text === undefined
    ? "no answer"
    : text === ""
    ? "an empty body"
    : /^\s*</.test(text)
    ? "HTML"
    : "not JSON";
  const body = objectIn(parsed);
  const http = text === undefined ? 0 : status;
  const inMeta = Number(objectIn(body.meta).status);
  return {
    http,
    status: inMeta >= 400 ? inMeta : http,
    ok: isObject(parsed) && http >= 200 && http < 300 && !(inMeta >= 400),
    // Tokens are not recorded.
    body: endpoint === GRANT ? { expires_in: body.expires_in } : body,
    record: recordIn(body.response),
    shape: parsed === undefined ? word : shapeOf(parsed),
  };
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
