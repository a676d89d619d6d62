/**
 * Token buckets without timers: all there is to remember of one is when it
 * will be full again. Each token that is taken moves that moment further away.
 *
 * @module
 */

import { isObject } from "../values/json.ts";
import type { Rule } from "../values/rules.ts";

/** How many requests may be sent. */
export interface Rate {
  /** How many a second in the long run; Infinity for no limit. */
  readonly perSecond: number;
  /** How many at once after a pause. */
  readonly burst: number;
}

/** The most of either that a rate may have, where it is a limit at all. */
export const MOST = 100_000;

/** Whether a rate can be held. */
export function isRate({ perSecond, burst }: Rate): boolean {
  return perSecond > 0 && (perSecond <= MOST || perSecond === Infinity) &&
    Number.isInteger(burst) && burst >= 1 && burst <= MOST;
}

/** A rate. */
export const rate: Rule<Rate> = (value) => {
  if (isObject(value) && isRate(value as unknown as Rate)) {
    return value as unknown as Rate;
  }
  throw new Error(
    `must be like { perSecond: 10, burst: 20 }, up to ${MOST} each and burst a whole number, or perSecond: Infinity for no limit`,
  );
};

/** The rates that hold at the same time. */
export interface Rates {
  /** For each tenant. */
  readonly tenant: Rate;
  /** For all tenants together. */
  readonly all: Rate;
}

/** How many requests of one tenant may be sent unless set otherwise. */
export const TENANT_RATE: Rate = { perSecond: 10, burst: 20 };

/** How many requests of all tenants may be sent unless set otherwise. */
export const ALL_RATE: Rate = { perSecond: 50, burst: 100 };

/** How long a bucket takes to get one token back, in ms. */
export function refill({ perSecond }: Rate): number {
  return 1_000 / perSecond;
}

/**
 * How long until a bucket holds some tokens.
 *
 * @param rate What the bucket holds, and how fast it fills.
 * @param fullAt When it is full again, in ms.
 * @param now The time, in ms.
 * @param count How many tokens.
 * @returns The wait in ms; 0 where they are there.
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

/** A bucket of one process. */
export interface Bucket {
  /** How long until it holds `count` tokens, one when left out; in ms. */
  wait(now: number, count?: number): number;
  /** Takes a token, which must be there. */
  take(now: number): void;
  /** Puts a token back that was not used after all. */
  giveBack(): void;
  /** Learns from elsewhere that the next token comes in `wait` ms. */
  defer(now: number, wait: number): void;
  /** Whether it is as if it had never been used. */
  isFull(now: number): boolean;
}

/** Makes a bucket, full. */
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
