/**
 * Everything that crosses the wire to Qontak goes through here: slowly,
 * counted, and written down for the report.
 *
 * @module
 */
import {
  type Endpoint,
  endpoints,
  nameOf,
} from "../../src/qontak/endpoints.ts";
import { TOKEN_PAGE } from "../../src/qontak/oauth.ts";
import { createFetches } from "../../src/net/transport.ts";
import { isObject, type JsonObject } from "../../src/values/json.ts";
import { shapeOf } from "./shape.ts";

/** The token endpoint. */
export const GRANT = "POST /oauth/token";

/** Between the starts of two requests to another machine, in ms. */
const GAP = 200;

/** The most requests of one run; the last ones are kept for cleaning up. */
const LIMIT = 400, RESERVE = 80;

/** So many refusals (429, 5xx, no answer) in a row end the run. */
const PATIENCE = 3;

/** The longest that a request waits for its turn, in ms. */
export const LONGEST_WAIT = 10_000;

/** The run was ended before its end. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** One request and what came back. It stays in memory. */
export interface Exchange {
  /** Method and path with `:id`, as messages name endpoints. */
  readonly endpoint: string;
  /** The id in the path. */
  readonly id?: number;
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  /** The body that was sent, if it was JSON. */
  readonly sent?: JsonObject;
  /** The body that came, if it was a JSON object; of a grant almost nothing. */
  readonly body?: JsonObject;
  /** Keys and types of what came, or a word for what is not JSON. */
  readonly shape: string;
  /** How long it took, in ms. */
  readonly ms: number;
}

/** The way to Qontak. */
export interface Wire extends Disposable {
  /** Sends requests, a write over a connection of its own. */
  readonly fetch: typeof fetch;
  /** Everything so far. */
  readonly seen: readonly Exchange[];
  /** How many requests were sent so far. */
  readonly requests: number;
  /** Names of the headers about limits that were seen. */
  readonly limitHeaders: ReadonlySet<string>;
  /** Why no more requests are sent, if so. */
  readonly stopped: string | undefined;
  /** Lets no more requests out. */
  stop(why: string): void;
  /** Lets the last requests out, for cleaning up. */
  reopen(): Promise<void>;
}

/** Settings of {@linkcode createWire}. */
export interface WireOptions {
  /** Where the API starts, such as https://app.qontak.com/api/v3.1. */
  readonly apiUrl: string;
  /** Whether that is this machine, which need not be spared. */
  readonly loopback: boolean;
  /** Told of every exchange. */
  readonly onExchange: (exchange: Exchange) => void;
}

/**
 * Makes the way to Qontak.
 *
 * @param options Where Qontak is.
 */
export function createWire(options: WireOptions): Wire {
  const { loopback, onExchange } = options;
  const transport = createFetches();
  const nameRequest = createNamer(new URL(options.apiUrl).pathname);
  const seen: Exchange[] = [];
  const limitHeaders = new Set<string>();
  let requests = 0;
  let allowed = LIMIT - RESERVE;
  let refusals = 0;
  let stopped: string | undefined;
  let next = 0;
  let queue: Promise<unknown> = Promise.resolve();

  async function turn(): Promise<void> {
    const wait = next - performance.now();
    if (wait > 0) await sleep(wait);
    if (stopped === undefined && requests >= allowed) {
      stopped = `${requests} requests were sent, and no run may send more`;
    }
    if (stopped !== undefined) throw new Stopped(stopped);
    requests++;
    next = performance.now() + (loopback ? 0 : GAP);
  }

  function judge(endpoint: string, response: Response | undefined): void {
    const status = response?.status ?? 0;
    if (endpoint === GRANT && status >= 400 && status < 500) {
      // Every request would ask again.
      stopped ??=
        `Qontak refused the refresh token with ${status}: make a new one at ${TOKEN_PAGE}`;
    }
    for (const name of response?.headers.keys() ?? []) {
      if (/rate-?limit|retry-after/.test(name)) limitHeaders.add(name);
    }
    if (status !== 0 && status !== 429 && status < 500) {
      refusals = 0;
      return;
    }
    const seconds = Number(response?.headers.get("retry-after") ?? 0) || 1;
    if (!loopback) {
      next = performance.now() + Math.min(seconds * 1000, LONGEST_WAIT);
    }
    if (++refusals >= PATIENCE) {
      stopped ??= `${PATIENCE} requests in a row were answered with ${
        status || "nothing"
      }`;
    }
  }

  async function exchange(
    input: string | URL | Request,
    init: RequestInit = {},
  ): Promise<Response> {
    await turn();
    const url = new URL(input instanceof Request ? input.url : input);
    const method = init.method ?? "GET";
    const base = { ...nameRequest(method, url), ...sentIn(init) };
    const start = performance.now();
    const send = method === "GET" ? transport.read : transport.write;
    let response: Response | undefined;
    let text: string | undefined;
    try {
      response = await send(url, init);
      text = await response.text();
      return new Response(text === "" ? null : text, {
        status: response.status,
        headers: response.headers,
      });
    } finally {
      judge(base.endpoint, text === undefined ? undefined : response);
      const one = {
        ...base,
        status: text === undefined ? 0 : response!.status,
        ms: Math.round(performance.now() - start),
        ...contentOf(text, base.endpoint),
      };
      seen.push(one);
      onExchange(one);
    }
  }

  return {
    fetch(input, init) {
      // One after the other: the tools may ask for several at once.
      const answer = queue.then(() => exchange(input, init));
      queue = answer.catch(() => {});
      return answer;
    },
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
      // A server that has just refused is given time to recover.
      if (stopped !== undefined && !loopback) await sleep(5_000);
      stopped = undefined;
      refusals = 0;
      allowed = LIMIT;
    },
    [Symbol.dispose]() {
      transport.close();
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function sentIn({ body }: RequestInit): { sent?: JsonObject } {
  if (typeof body !== "string") return {};
  const sent: unknown = JSON.parse(body);
  return isObject(sent) ? { sent } : {};
}

function contentOf(
  text: string | undefined,
  endpoint: string,
): { body?: JsonObject; shape: string } {
  if (text === undefined) return { shape: "no answer" };
  if (text === "") return { shape: "an empty body" };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { shape: /^\s*</.test(text) ? "HTML" : "not JSON" };
  }
  const shape = shapeOf(body);
  if (!isObject(body)) return { shape };
  // Tokens are not kept.
  if (endpoint === GRANT) {
    return { shape, body: { expires_in: body.expires_in } };
  }
  return { shape, body };
}

/** Finds which endpoint a request was for, and the id in its path. */
function createNamer(base: string) {
  const all = Object.values(endpoints).flatMap((group) =>
    Object.values<Endpoint>(group)
  ).map((endpoint) => ({
    method: endpoint.method,
    name: nameOf(endpoint),
    pattern: new RegExp(
      `^${endpoint.path.replace(/\/$/, "").replace(/:[a-z_]+/g, "(\\d+)")}/?$`,
    ),
  }));
  return (method: string, { pathname }: URL) => {
    const path = pathname.startsWith(base) ? pathname.slice(base.length) : "";
    if (path === "") return { endpoint: `${method} ${pathname}` };
    for (const { method: own, name, pattern } of all) {
      const found = own === method ? pattern.exec(path) : null;
      if (!found) continue;
      const id = found[1];
      return {
        endpoint: name,
        ...(id === undefined ? {} : { id: Number(id) }),
      };
    }
    return { endpoint: `${method} ${path.replace(/\d+/g, ":id")}` };
  };
}
