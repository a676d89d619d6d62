/**
 * One call to Qontak: who calls, the request, the envelope, and one of two
 * errors. Nothing else in the project sends a request to the CRM's API.
 *
 * @module
 */
import { type Answer, fateOf, readAnswer } from "./envelope.ts";
import { type Endpoint, nameOf } from "./endpoints.ts";
import { UnreachableError } from "./errors.ts";
import type { JsonObject } from "../values.ts";
import type { Transport } from "../transport.ts";

/** What a request to an endpoint carries. Keys are checked against its table. */
export interface CallOptions {
  /** The ids in the path, by the name that stands after the colon. */
  readonly path?: Readonly<Record<string, number>>;
  /** The query; undefined entries are left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** The JSON body. */
  readonly body?: JsonObject;
  /** Ends the request when the caller gives up. */
  readonly signal?: AbortSignal;
}

/** What is proven with credentials: a method, and a path with its query. */
export interface SignableRequest {
  /** The HTTP method. */
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly target: string;
}

/** Headers that Qontak has just answered with 401. */
export interface Rejected {
  /** The headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Qontak's clock, in ms since 1970; NaN where it did not say. */
  readonly date: number;
}

/**
 * Gives the headers that prove who calls. After a rejection the result is a
 * fresh set, or undefined when there is none to be had.
 */
export type Authorize = (
  request: SignableRequest,
  rejected?: Rejected,
) => Promise<Readonly<Record<string, string>> | undefined>;

/** Settings of {@linkcode createCrm}. */
export interface CrmOptions {
  /** Where the endpoints' paths start, such as https://app.qontak.com/api/v3.1. */
  readonly apiUrl: string;
  /** Who calls. */
  readonly authorize: Authorize;
  /** What it means that fresh credentials are refused, and what to do. */
  readonly unauthorized: string;
  /** How long one request may take, in ms. */
  readonly timeout: number;
  /** Sends requests. */
  readonly transport: Transport;
}

/** Qontak's CRM as one company sees it. */
export interface Crm {
  /**
   * Calls one endpoint.
   *
   * @param endpoint An entry of the endpoint table.
   * @param options What the request carries.
   * @returns What Qontak answered.
   * @throws {TypeError} When a key is not in the endpoint's table.
   * @throws {QontakError} When Qontak said no.
   * @throws {UnreachableError} When Qontak was not reached.
   */
  call(endpoint: Endpoint, options?: CallOptions): Promise<Answer>;
}

/**
 * Makes the one way to call Qontak for one company.
 *
 * @param options Where Qontak is, and who calls.
 * @returns The CRM.
 */
export function createCrm(options: CrmOptions): Crm {
  const { apiUrl, authorize, timeout, transport, unauthorized } = options;

  async function attempt(
    endpoint: Endpoint,
    url: URL,
    headers: Readonly<Record<string, string>>,
    { body, signal }: CallOptions,
  ): Promise<Response> {
    const limit = AbortSignal.timeout(timeout);
    const request: RequestInit = {
      method: endpoint.method,
      headers: { accept: "application/json", ...headers },
      redirect: "manual",
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    };
    if (body !== undefined) {
      request.body = JSON.stringify(body);
      request.headers = {
        ...request.headers,
        "content-type": "application/json",
      };
    }
    const send = endpoint.method === "GET" ? transport.read : transport.write;
    return await send(url, request);
  }

  async function call(
    endpoint: Endpoint,
    request: CallOptions = {},
  ): Promise<Answer> {
    const url = buildUrl(apiUrl, endpoint, request);
    checkBody(endpoint, request.body);
    const signable = {
      method: endpoint.method,
      target: url.pathname + url.search,
    };
    let headers = await authorize(signable) ?? {};
    try {
      let response = await attempt(endpoint, url, headers, request);
      if (response.status === 401) {
        // A 401 comes before the request is carried out, so that even a
        // write may be repeated once.
        const refused = response.body;
        const date = Date.parse(response.headers.get("date") ?? "");
        const rejected = { headers, date };
        const fresh = await authorize(signable, rejected).catch((error) => {
          refused?.cancel();
          throw error;
        });
        if (fresh) {
          await refused?.cancel();
          headers = fresh;
          response = await attempt(endpoint, url, headers, request);
        }
      }
      return await readAnswer(endpoint, response, unauthorized);
    } catch (error) {
      throw unreachable(endpoint, error, request.signal, timeout);
    }
  }

  return { call };
}

/**
 * Puts a failed fetch into words. Errors that already say what happened pass
 * through as they are.
 */
function unreachable(
  endpoint: Endpoint,
  error: unknown,
  signal: AbortSignal | undefined,
  timeout: number,
): unknown {
  const isFetchFailure = error instanceof TypeError ||
    error instanceof DOMException || error instanceof Deno.errors.Http;
  if (!isFetchFailure && !signal?.aborted) return error;
  const name = nameOf(endpoint);
  const fate = fateOf(endpoint);
  if (signal?.aborted) {
    return new UnreachableError(
      `${name} was cancelled by the caller${fate}`,
      { endpoint: name, reason: "cancelled", mayHaveArrived: true },
    );
  }
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return new UnreachableError(
      `${name}: Qontak did not answer within ${timeout} ms${fate}. QONTAK_TIMEOUT_MS sets the limit`,
      { endpoint: name, reason: "timeout", mayHaveArrived: true },
    );
  }
  // The runtime's message can hold the whole URL with its query.
  const refused = error instanceof Error &&
    /connection refused|dns error|failed to lookup/i.test(error.message);
  return new UnreachableError(
    refused
      ? `${name}: Qontak could not be reached at all (connection refused, or the host name is unknown). Nothing was sent. Check the network and QONTAK_BASE_URL`
      : `${name}: the connection to Qontak broke before an answer came${
        fate || ". Try again"
      }`,
    { endpoint: name, reason: "network", mayHaveArrived: !refused },
  );
}

function buildUrl(
  apiUrl: string,
  endpoint: Endpoint,
  { path = {}, query = {} }: CallOptions,
): URL {
  const unused = new Set(Object.keys(path));
  const filled = endpoint.path.replace(/:([a-z_]+)/g, (_, name: string) => {
    const id = path[name];
    unused.delete(name);
    if (!Number.isSafeInteger(id) || id! < 0) {
      throw new TypeError(
        `${nameOf(endpoint)} takes a whole number as ${name}, not ${id}`,
      );
    }
    return encodeURIComponent(String(id));
  });
  if (unused.size > 0) refuse(endpoint, "path id", [...unused]);
  const url = new URL(apiUrl + filled);
  for (const [key, value] of Object.entries(query)) {
    if (!endpoint.query.includes(key)) refuse(endpoint, "query", [key]);
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  return url;
}

function checkBody(endpoint: Endpoint, body: JsonObject | undefined): void {
  const unknown = Object.keys(body ?? {}).filter((key) =>
    !Object.hasOwn(endpoint.body, key)
  );
  if (unknown.length > 0) refuse(endpoint, "body key", unknown);
}

/** Qontak would drop it without a word, so it is a fault of this program. */
function refuse(endpoint: Endpoint, what: string, names: string[]): never {
  throw new TypeError(
    `${nameOf(endpoint)} has no ${what} ${names.join(", ")}`,
  );
}
