/**
 * Slowing down callers that present no valid credential.
 *
 * @module
 */
import { createLru } from "../storage/lru.ts";

/** How many failures of one address pass at once. */
const BURST = 20;

/** How long it takes until another one passes, in ms. */
const REFILL = 1_000;

/** How many addresses are remembered. */
const ADDRESSES = 10_000;

/** Counts failures by address. */
export interface Throttle {
  /**
   * Counts one failure.
   *
   * @param address Where it came from.
   * @returns How long to wait, in whole seconds; 0 where it passes.
   */
  fail(address: string): number;
}

/**
 * Makes the throttle: a bucket of failures for each address.
 *
 * @param now The clock, in ms since 1970; the system's when left out.
 */
export function createThrottle(now: () => number = Date.now): Throttle {
  /** When the bucket of an address is full again, in ms since 1970. */
  const fullAt = createLru<{ readonly at: number }>(ADDRESSES);
  return {
    fail(address) {
      const time = now();
      const at = Math.max(fullAt.get(address)?.at ?? 0, time) + REFILL;
      const over = at - time - BURST * REFILL;
      if (over > 0) return Math.ceil(over / 1000);
      fullAt.set(address, { at });
      return 0;
    },
  };
}
