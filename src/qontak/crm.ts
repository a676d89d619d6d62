/**
 * Makes calls to Qontak: authenticates and sends the request, reads the
 * envelope and reports failures. No other code in the project sends requests to
 * the CRM's API.
 *
 * @module
 */
import {
  InputError,
  LimitError,
  QontakError,
  UnreachableError,
  type UnreachableReason,
} from "../errors.ts";
import { type Answer, fateOf, readAnswer } from "./envelope.ts";
import { type Endpoint, nameOf } from "./endpoints.ts";
import { createRetries } from "./retry.ts";
import {
  deadline,
  isTimeUp,
  sleep,
  timeLeft,
  untilAborted,
} from "../net/deadline.ts";
import type { Pass, PassOutcome } from "../limits/limiter.ts";
import { outcomeOf } from "../telemetry/outcome.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Reply } from "../net/reply.ts";
import { connectFailure } from "../net/failure.ts";
import type { Outgoing, Transport } from "../net/transport.ts";
import { defined, type JsonObject } from "../values/json.ts";
import { createListParser, type ParseList } from "../values/json_list.ts";

/**
 * The contents of a request to an endpoint. Keys are checked against the
 * endpoint table.
 */
export interface CallOptions {
  /** The ids in the path, by the name after the colon. */
  readonly path?: Readonly<Record<string, number>>;
  /** The query; undefined entries are omitted. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** The JSON body. */
  readonly body?: JsonObject;
  /** Ends the request when the caller gives up. */
  readonly signal?: AbortSignal;
  /**
   * Called each time the request is about to be sent, after the wait for its
   * turn. If it throws, nothing is sent, and the call throws the same.
   */
  readonly beforeSending?: () => void;
  /**
   * Called when an answer of success begins to arrive: Qontak has prepared it,
   * and can take another request while this one is read.
   */
  readonly onAnswer?: () => void;
  /** What the audit records with a request that may change something. */
  readonly mark?: Mark;
}

/** What a request belongs to. */
export interface Mark {
  /** The id of the plan that it carries out. */
  readonly plan?: string;
  /** The id of the change in the history. */
  readonly undo?: string;
  /** The id of the run that it is part of. */
  readonly run?: string;
}

/**
 * The parts of a request that authentication may need: the method, and the path
 * with its query.
 */
export interface SignableRequest {
  /** The HTTP method. */
  readonly method: string;
  /** The path and query, as in the request line. */
  readonly target: string;
}

/** Authentication headers that Qontak has just rejected with 401. */
export interface Rejected {
  /** The headers. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The time on Qontak's clock, in ms since 1970; NaN if the response had no
   * date.
   */
  readonly date: number;
}

/**
 * Returns the authentication headers. After a rejection it returns new headers,
 * or undefined if there are none.
 */
export type Authorize = (
  request: SignableRequest,
  rejected?: Rejected,
) => Promise<Readonly<Record<string, string>> | undefined>;

/**
 * Waits until one request may be sent.
 *
 * @param signal Ends the wait.
 * @param timeout The longest time to wait, in ms.
 * @throws {LimitError} When the request may not be sent.
 */
export type Enter = (signal: AbortSignal, timeout: number) => Promise<Pass>;

/** Settings of {@linkcode createCrm}. */
export interface CrmOptions {
  /**
   * The base URL of the endpoints' paths, such as
   * https://app.qontak.com/api/v3.1.
   */
  readonly apiUrl: string;
  /** Authenticates the calls. */
  readonly authorize: Authorize;
  /**
   * The error message when Qontak refuses fresh credentials: what it means and
   * what to do.
   */
  readonly unauthorized: string;
  /** Waits until a request may be sent. If omitted, there are no limits. */
  readonly enter?: Enter;
  /** How long one call of an endpoint may take, in ms. */
  readonly timeout: number;
  /** How long all calls may wait in total before retries, in ms. */
  readonly retryBudget: number;
  /** Sends requests. */
  readonly transport: Transport;
  /** Records telemetry about requests. */
  readonly telemetry: Telemetry;
}

/** Qontak's CRM for one company. */
export interface Crm {
  /**
   * Calls one endpoint.
   *
   * @param endpoint An entry of the endpoint table.
   * @param options The contents of the request.
   * @returns Qontak's answer.
   * @throws {TypeError} When a key is not in the endpoint's table.
   * @throws {InputError} When the URL is too long.
   * @throws {QontakError} When Qontak refused the request.
   * @throws {UnreachableError} When no usable answer came from Qontak.
   */
  call(endpoint: Endpoint, options?: CallOptions): Promise<Answer>;
}

/**
 * Creates the client that calls Qontak for one company.
 *
 * @param options Qontak's address and the credentials.
 * @returns The CRM.
 */
export function createCrm(options: CrmOptions): Crm {
  const { timeout, retryBudget, telemetry } = options;
  const retries = createRetries({ budget: retryBudget });
  const parseList = createListParser();
  return {
    async call(endpoint, request = {}) {
      const prepared = prepare(options.apiUrl, endpoint, request);
      const waitAfter = retries(endpoint);
      using limit = deadline(timeout, request.signal);
      for (let tries = 1;; tries++) {
        try {
          return await attempt(
            { ...options, parseList },
            prepared,
            limit.signal,
          );
        } catch (error) {
          const wait = waitAfter(error);
          // Do not start a wait that would not end in time.
          if (wait === undefined || wait >= timeLeft(limit.signal)) {
            throw tries === 1 ? error : countTries(error, tries);
          }
          // If the call is cancelled while it waits, report the error that
          // caused the retry.
          await sleep(wait, limit.signal).catch(() => {
            throw countTries(error, tries);
          });
          telemetry.count("upstream_retries", {
            ...labelsOf(endpoint),
            reason: reasonOf(error),
          });
        }
      }
    },
  };
}

/**
 * How much longer than the call's limit to wait for credentials, in ms. The
 * store has a time limit too, and its error is more specific.
 */
const GRACE = 250;

/**
 * The longest wait after which authentication headers may still be sent, in ms.
 */
const FRESH = 1_000;

/** A request without its authentication headers. */
interface Prepared {
  readonly endpoint: Endpoint;
  readonly url: URL;
  /** The ids in the path. */
  readonly ids: readonly number[];
  readonly body: string | undefined;
  readonly beforeSending: CallOptions["beforeSending"];
  readonly onAnswer: CallOptions["onAnswer"];
}

function prepare(
  apiUrl: string,
  endpoint: Endpoint,
  request: CallOptions,
): Prepared {
  const url = buildUrl(apiUrl, endpoint, request);
  checkBody(endpoint, request.body);
  const body = request.body && JSON.stringify(request.body);
  const { path = {}, beforeSending, onAnswer } = request;
  const ids = Object.values(path);
  return { endpoint, url, ids, body, beforeSending, onAnswer };
}

/** Sends a request once, or twice if the first credentials are refused. */
async function attempt(
  options: CrmOptions & { readonly parseList: ParseList },
  { endpoint, url, ids, body, beforeSending, onAnswer }: Prepared,
  signal: AbortSignal,
): Promise<Answer> {
  const { authorize, transport, telemetry, unauthorized, parseList } = options;
  const { method } = endpoint;
  const send = method === "GET" ? transport.read : transport.write;
  const signable = { method, target: url.pathname + url.search };
  // Whether Qontak may have carried out the request.
  let isSent = false;
  let pass: Pass | undefined;
  // The headers of the last attempt.
  let proof: Readonly<Record<string, string>> = {};

  async function request(
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    const start = performance.now();
    pass = await waitForTurn(options, signal);
    if (performance.now() - start > FRESH) {
      // Signatures are valid only for a short time, and tokens expire.
      headers = await untilAborted(authorize(signable), signal, GRACE) ??
        headers;
    }
    beforeSending?.();
    isSent = true;
    proof = headers;
    const init: Outgoing = {
      method,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...defined({ body }),
      redirect: "manual",
      signal,
    };
    return await telemetry.watch(
      "request",
      labelsOf(endpoint),
      () => send(url, init),
      (ended) =>
        "value" in ended ? classOf(ended.value.status) : whyNot(signal),
    );
  }

  try {
    const headers = await untilAborted(authorize(signable), signal, GRACE);
    let reply = await request(headers);
    if (reply.status === 401) {
      // Qontak checks credentials before it carries out a request, so even a
      // write may be sent again.
      isSent = false;
      pass?.done("ok");
      const refused = reply;
      const date = Date.parse(refused.headers.get("date") ?? "");
      const fresh = await untilAborted(
        authorize(signable, { headers: proof, date }),
        signal,
        GRACE,
      ).catch((error) => {
        refused.discard();
        throw error;
      });
      if (fresh) {
        await refused.discard();
        reply = await request(fresh);
      }
    }
    if (reply.status < 300) onAnswer?.();
    const answer = await readAnswer(
      endpoint,
      reply,
      unauthorized,
      parseList,
      ids,
    );
    pass?.done("ok");
    return answer;
  } catch (error) {
    const problem = unreachable(endpoint, error, { signal, isSent, options });
    pass?.done(isHeavy(url, body) ? healthOfHeavy(problem) : healthOf(problem));
    throw problem;
  }
}

/** Waits until a request may be sent, under the limits. */
async function waitForTurn(
  { enter, telemetry }: CrmOptions,
  signal: AbortSignal,
): Promise<Pass | undefined> {
  const start = performance.now();
  const observe = (outcome: string) =>
    telemetry.observe(
      "limit_wait_duration",
      (performance.now() - start) / 1000,
      { outcome },
    );
  try {
    // The rest of the time is for the answer.
    const pass = await enter?.(signal, timeLeft(signal) / 2);
    observe("ok");
    return pass;
  } catch (error) {
    observe(error instanceof LimitError ? error.reason : whyNot(signal));
    throw error;
  }
}

/** The labels of an endpoint in metrics. */
function labelsOf({ method, path }: Endpoint) {
  return { method, endpoint: path };
}

/** The class of a status, such as 4xx. */
function classOf(status: number): string {
  return `${Math.floor(status / 100)}xx`;
}

/** Why a request got no response, as a metrics label. */
function whyNot(signal: AbortSignal): UnreachableReason {
  if (!signal.aborted) return "network";
  return isTimeUp(signal) ? "timeout" : "cancelled";
}

/** Why a request is sent again, as a metrics label. */
function reasonOf(error: unknown): string {
  return error instanceof QontakError ? String(error.status) : outcomeOf(error);
}

/**
 * Statuses that do not depend on the request: a proxy sends them when a host is
 * down.
 */
const OUT_OF_ORDER: ReadonlySet<number> = new Set([502, 503, 504]);

/** What a failure says about Qontak as a whole: whether Qontak is failing. */
function healthOf(error: unknown): PassOutcome {
  if (error instanceof QontakError) {
    return OUT_OF_ORDER.has(error.status) ? "failed" : "ok";
  }
  if (!(error instanceof UnreachableError)) return "void";
  const { reason } = error;
  if (reason === "network" || reason === "timeout") return "failed";
  return reason === "cancelled" ? "void" : "ok";
}

/**
 * The longest URL, in characters. For longer ones, hosts close the connection
 * or send an error without a reason.
 */
const MAX_ADDRESS = 8_000;

/**
 * The URL length above which a request may fail because of its size, in
 * characters.
 */
const HEAVY_ADDRESS = 2_000;

/** The same limit for the body. */
const HEAVY_BODY = 64 * 1024;

/** Whether a request is so large that it may fail because of its size. */
function isHeavy({ href }: URL, body = ""): boolean {
  return href.length > HEAVY_ADDRESS || body.length > HEAVY_BODY;
}

/**
 * What the failure of a large request says about Qontak: at most that Qontak
 * answered.
 */
function healthOfHeavy(error: unknown): PassOutcome {
  return healthOf(error) === "ok" ? "ok" : "void";
}

/** Adds the number of attempts to an error's message. */
function countTries(error: unknown, tries: number): unknown {
  if (error instanceof Error) error.message += `. It was tried ${tries} times`;
  return error;
}

/**
 * Converts a failed fetch into an error that describes it. Errors that already
 * describe the failure are returned unchanged.
 */
function unreachable(
  endpoint: Endpoint,
  error: unknown,
  { signal, isSent, options: { timeout, apiUrl } }: {
    readonly signal: AbortSignal;
    readonly isSent: boolean;
    readonly options: CrmOptions;
  },
): unknown {
  if (error instanceof LimitError && !signal.aborted) {
    const { reason, seconds } = error;
    return new UnreachableError(
      `${nameOf(endpoint)} was not sent. ${error.message}`,
      {
        endpoint: nameOf(endpoint),
        reason,
        mayHaveArrived: false,
        retryAfter: seconds,
      },
    );
  }
  const unsent = isSent ? connectFailure(error, apiUrl) : undefined;
  const isFetchFailure = unsent || error instanceof TypeError ||
    error instanceof DOMException || error instanceof Deno.errors.Http;
  if (!isFetchFailure && error !== signal.reason) return error;
  const name = nameOf(endpoint);
  const fate = isSent ? fateOf(endpoint) : ". Nothing was sent";
  if (signal.aborted) {
    return new UnreachableError(
      !isTimeUp(signal)
        ? `${name} was cancelled by the caller${fate}`
        : isSent
        ? `${name}: Qontak did not answer within ${timeout} ms${fate}`
        : `${name}: there were no credentials for it within ${timeout} ms${fate}`,
      {
        endpoint: name,
        reason: whyNot(signal),
        mayHaveArrived: isSent,
        ...(isTimeUp(signal)
          ? { remedy: { what: isSent ? "raiseTimeout" : "findWhatHangs" } }
          : {}),
      },
    );
  }
  if (unsent) {
    return new UnreachableError(
      `${name}: Qontak could not be reached: ${unsent.reason}. Nothing was sent`,
      {
        endpoint: name,
        reason: "network",
        mayHaveArrived: false,
        remedy: unsent.remedy ?? { what: "checkNetwork" },
      },
    );
  }
  return new UnreachableError(
    `${name}: the connection to Qontak broke before an answer came${
      fate || ". Try again"
    }`,
    { endpoint: name, reason: "network", mayHaveArrived: isSent },
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
  if (url.href.length > MAX_ADDRESS) throw tooLong(endpoint, url);
  return url;
}

function tooLong(endpoint: Endpoint, { href, searchParams }: URL): InputError {
  const [[key, value] = ["", ""]] = [...searchParams]
    .toSorted(([, a], [, b]) => b.length - a.length);
  return new InputError(
    `${
      nameOf(endpoint)
    } was not sent: ${key} has ${value.length} characters, which makes an address of ${href.length}, and at most ${MAX_ADDRESS} fit. Send a shorter value`,
  );
}

function checkBody(endpoint: Endpoint, body: JsonObject | undefined): void {
  const unknown = Object.keys(body ?? {}).filter((key) =>
    !Object.hasOwn(endpoint.body, key)
  );
  if (unknown.length > 0) refuse(endpoint, "body key", unknown);
}

/**
 * Throws for an unknown key. Qontak would silently drop it, so it is a bug in
 * this program.
 */
function refuse(endpoint: Endpoint, what: string, names: string[]): never {
  throw new TypeError(
    `${nameOf(endpoint)} has no ${what} ${names.join(", ")}`,
  );
}
