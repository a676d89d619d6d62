/**
 * The limits on requests to one host, for programs that embed the server.
 *
 * @module
 */
import type { Log } from "../logging/log.ts";
import { defined } from "../values/json.ts";
import { checkOptions } from "../errors.ts";
import { type Rate, rate } from "./bucket.ts";
import { createLimiter, type Limiter } from "./limiter.ts";
import { bucketsOf, type SharedBuckets } from "./shared/shared.ts";

/** The limits on requests to one host, for one or more servers. */
export interface Limits {
  /** Refuses waiting requests, and closes all connections. */
  close(): Promise<void>;
}

/** Settings of {@linkcode createLimits}. */
export interface LimitsOptions {
  /**
   * The request rate of each tenant.
   *
   * @default {{ perSecond: 10, burst: 20 }}
   */
  readonly tenant?: Rate;
  /**
   * The request rate of all tenants together.
   *
   * @default {{ perSecond: 50, burst: 100 }}
   */
  readonly all?: Rate;
  /** Buckets shared with other processes. */
  readonly shared?: SharedBuckets;
  /** Logs when the shared buckets fail. */
  readonly log?: Log;
}

/** Limits that never delay requests, for measuring what comes after them. */
export const noLimits: Limits = nothingLimited();

function nothingLimited(): Limiter {
  return {
    tenants: 0,
    waiting: 0,
    running: 0,
    suspended: 0,
    enter: () => Promise.resolve({ done() {} }),
    close: () => Promise.resolve(),
  };
}

/**
 * Makes the limits on requests to one host.
 *
 * @example Letting each company send five requests a second
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createLimits } from "@qontak/mcp/limits";
 *
 * const server = createServer({
 *   refreshToken: "a-refresh-token",
 *   limits: createLimits({ tenant: { perSecond: 5, burst: 10 } }),
 * });
 * await server.close();
 * ```
 *
 * @param options The rates and the shared buckets.
 * @returns The limits.
 * @throws {OptionError} When a rate is invalid.
 * @throws {TypeError} When this package did not make the shared buckets.
 */
export function createLimits(options: LimitsOptions = {}): Limits {
  const { shared, ...others } = checkOptions(options, {
    tenant: rate,
    all: rate,
  });
  return createLimiter({
    ...others,
    ...defined({ shared: shared && bucketsOf(shared) }),
  });
}

/**
 * Returns the limiter of limits.
 *
 * @throws {TypeError} When {@linkcode createLimits} did not make them.
 */
export function limiterOf(limits: Limits): Limiter {
  if ("enter" in limits) return limits as Limiter;
  throw new TypeError("limits must be made with createLimits()");
}
