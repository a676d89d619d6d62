/**
 * Token buckets without timers. The state of a bucket is only the time when it
 * will be full again; each token taken moves that time further into the future.
 *
 * @module
 */

import { isObject } from "../values/json.ts";
import type { Rule } from "../values/rules.ts";

/** A request rate. */
export interface Rate {
  /** The long-term rate per second; Infinity for no limit. */
  readonly perSecond: number;
  /** The most requests at once after a pause. */
  readonly burst: number;
}

/** The largest allowed value of either field, if the rate is limited. */
export const MOST = 100_000;

/** Whether a rate is valid. */
export function isRate({ perSecond, burst }: Rate): boolean {
  return perSecond > 0 && (perSecond <= MOST || perSecond === Infinity) &&
    Number.isInteger(burst) && burst >= 1 && burst <= MOST;
}

/** The rule for a rate. */
export const rate: Rule<Rate> = (value) => {
  if (isObject(value) && isRate(value as unknown as Rate)) {
    return value as unknown as Rate;
  }
  throw new Error(
    `must be like { perSecond: 10, burst: 20 }, up to ${MOST} each and burst a whole number, or perSecond: Infinity for no limit`,
  );
};

/** The rates that apply at the same time. */
export interface Rates {
  /** For each tenant. */
  readonly tenant: Rate;
  /** For all tenants together. */
  readonly all: Rate;
}

/** The default request rate of each tenant. */
export const TENANT_RATE: Rate = { perSecond: 10, burst: 20 };

/** The default request rate of all tenants together. */
export const ALL_RATE: Rate = { perSecond: 50, burst: 100 };

/** The default rate of calls of each caller that send nothing to Qontak. */
export const CALL_RATE: Rate = { perSecond: 100, burst: 1_000 };

/** The time in which a bucket regains one token, in ms. */
export function refill({ perSecond }: Rate): number {
  return 1_000 / perSecond;
}

/**
 * Returns the time until a bucket holds a number of tokens.
 *
 * @param rate The capacity and refill rate of the bucket.
 * @param fullAt When the bucket is full again, in ms.
 * @param now The current time, in ms.
 * @param count The number of tokens.
 * @returns The wait in ms; 0 if the tokens are available.
 */
export function waitFor(
  rate: Rate,
  fullAt: number,
  now: number,
  count = 1,
): number {
  const missing = (count - rate.burst) * refill(rate);
  return Math.max(0, Math.max(fullAt, now) - now + missing);
}

/** A bucket in this process. */
export interface Bucket {
  /** The time until it holds `count` tokens, in ms; one token by default. */
  wait(now: number, count?: number): number;
  /** Takes a token, which must be available. */
  take(now: number): void;
  /** Returns an unused token. */
  giveBack(): void;
  /** Records that the next token is available only in `wait` ms. */
  defer(now: number, wait: number): void;
  /** Whether the bucket is as full as a new one. */
  isFull(now: number): boolean;
}

/** Makes a full bucket. */
export function createBucket(rate: Rate): Bucket {
  let fullAt = -Infinity;
  return {
    wait: (now, count) => waitFor(rate, fullAt, now, count),
    take(now) {
      fullAt = Math.max(fullAt, now) + refill(rate);
    },
    giveBack() {
      fullAt -= refill(rate);
    },
    defer(now, wait) {
      if (wait <= 0) return;
      fullAt = Math.max(fullAt, now + wait + (rate.burst - 1) * refill(rate));
    },
    isFull: (now) => fullAt <= now,
  };
}
