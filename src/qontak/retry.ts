/**
 * Whether, and when, a request that failed is sent again.
 *
 * @module
 */
import { QontakError, UnreachableError } from "../errors.ts";
import { type Endpoint, nameOf } from "./endpoints.ts";

/** How long a call waits in all before it sends requests again, in ms. */
export const RETRY_BUDGET = 10_000;

/** How often one request is sent again. */
const MOST = 3;

/** The longest wait before the first repetition, in ms; it doubles. */
const FIRST = 250;

/** What `Retry-After` may be prolonged by, so that not all come at once, in ms. */
const SPREAD = 250;

/** Statuses that pass by themselves: too many requests, or a proxy's. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Settings of {@linkcode createRetries}. */
export interface RetryOptions {
  /**
   * How long all the waits of one call may take together, in ms; with 0
   * nothing is sent again.
   */
  readonly budget: number;
  /** A number from 0 to 1, chosen each time; random when left out. */
  readonly random?: () => number;
}

/**
 * How long to wait after a failure of one request before it is sent again, in
 * ms; undefined where it is not.
 */
export type WaitAfter = (error: unknown) => number | undefined;

/**
 * Makes the retries of one call: a budget that all its requests share.
 *
 * @param options How long it lasts.
 * @returns For each request what says, of each failure of it, how long to wait
 * before it is sent again, in ms; undefined where it is not.
 */
export function createRetries(
  { budget, random = Math.random }: RetryOptions,
): (endpoint: Endpoint) => WaitAfter {
  let left = budget;
  return (endpoint) => {
    let tries = 0;
    return (error) => {
      if (budget === 0 || tries === MOST || !isSafe(endpoint, error)) {
        return undefined;
      }
      const asked = error instanceof QontakError ? error.retryAfter : undefined;
      const wait = asked === undefined
        ? random() * FIRST * 2 ** tries
        : asked * 1000 + random() * SPREAD;
      if (wait > left) return undefined;
      left -= wait;
      tries++;
      return wait;
    };
  };
}

/**
 * Whether a request may be sent again. Reading changes nothing; a write is
 * sent again only where it certainly did not arrive, or was turned away at the
 * door.
 */
function isSafe(endpoint: Endpoint, error: unknown): boolean {
  const isOurs = error instanceof UnreachableError ||
    error instanceof QontakError;
  // What the token endpoint answered is not this request's: a refresh token
  // is offered again by the next call, if at all.
  if (!isOurs || error.endpoint !== nameOf(endpoint)) return false;
  const { method } = endpoint;
  if (error instanceof UnreachableError) {
    return error.reason === "network" &&
      (method === "GET" || !error.mayHaveArrived);
  }
  return method === "GET" ? PASSING.has(error.status) : error.status === 429;
}

/**
 * How long an answer asks to wait, in seconds.
 *
 * @param headers Its headers. `Retry-After` holds seconds or an HTTP date,
 * which counts from the `Date` of the answer: clocks differ.
 * @returns Undefined where it does not ask, or not in one of these forms.
 */
export function readRetryAfter(headers: Headers): number | undefined {
  const asked = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(asked)) return Math.ceil(Number(asked));
  // The runtime reads other texts, such as "-1", as dates; HTTP does not.
  const at = /^[A-Za-z]+, /.test(asked) ? Date.parse(asked) : NaN;
  if (Number.isNaN(at)) return undefined;
  const said = Date.parse(headers.get("date") ?? "");
  const now = Number.isNaN(said) ? Date.now() : said;
  return Math.max(0, Math.ceil((at - now) / 1000));
}
