/**
 * Decides whether and when to retry a failed request.
 *
 * @module
 */
import { QontakError, UnreachableError } from "../errors.ts";
import { type Endpoint, nameOf } from "./endpoints.ts";

/** The default time that one call may wait in total before retries, in ms. */
export const RETRY_BUDGET = 10_000;

/** The most retries of one request. */
const MOST = 3;

/**
 * The longest wait before the first retry, in ms. It doubles with each retry.
 */
const FIRST = 250;

/**
 * The most that is added to `Retry-After`, in ms, so that clients do not all
 * retry at once.
 */
const SPREAD = 250;

/** Temporary statuses: too many requests, or a proxy's errors. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Settings of {@linkcode createRetries}. */
export interface RetryOptions {
  /**
   * How long all waits of one call may take together, in ms. With 0 there are
   * no retries.
   */
  readonly budget: number;
  /** Returns a number from 0 to 1 for each wait; random by default. */
  readonly random?: () => number;
}

/**
 * Returns how long to wait before a failed request is sent again, in ms;
 * undefined if it is not sent again.
 */
export type WaitAfter = (error: unknown) => number | undefined;

/**
 * Creates the retry policy of one call. All its requests share one budget.
 *
 * @param options The budget and the source of random numbers.
 * @returns A function that returns a {@linkcode WaitAfter} for each request.
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
 * Whether a request may safely be sent again. A read changes nothing. A write
 * is sent again only if it certainly did not arrive, or was rejected before it
 * was carried out.
 */
function isSafe(endpoint: Endpoint, error: unknown): boolean {
  const isOurs = error instanceof UnreachableError ||
    error instanceof QontakError;
  // An error of the token endpoint does not belong to this request. If the
  // refresh token is used again, the next call does it.
  if (!isOurs || error.endpoint !== nameOf(endpoint)) return false;
  const { method } = endpoint;
  if (error instanceof UnreachableError) {
    return error.reason === "network" &&
      (method === "GET" || !error.mayHaveArrived);
  }
  return method === "GET" ? PASSING.has(error.status) : error.status === 429;
}

/**
 * Reads how long a response asks to wait, in seconds.
 *
 * @param headers The response headers. `Retry-After` holds seconds or an HTTP
 * date. A date is compared with the response's `Date`, because clocks differ.
 * @returns The seconds; undefined if the header is missing or has another form.
 */
export function readRetryAfter(headers: Headers): number | undefined {
  const asked = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(asked)) return Math.ceil(Number(asked));
  // The runtime parses other texts, such as "-1", as dates, but HTTP does not
  // allow them.
  const at = /^[A-Za-z]+, /.test(asked) ? Date.parse(asked) : NaN;
  if (Number.isNaN(at)) return undefined;
  const said = Date.parse(headers.get("date") ?? "");
  const now = Number.isNaN(said) ? Date.now() : said;
  return Math.max(0, Math.ceil((at - now) / 1000));
}
