/**
 * Slows down callers that present no valid credential.
 *
 * @module
 */
import { networkOf } from "../net/address.ts";
import { createLru } from "../storage/lru.ts";

/** How many failures one network may have at once. */
const BURST = 20;

/** How long until one more failure is allowed, in ms. */
const REFILL = 1_000;

/** How many networks are kept in memory. */
const NETWORKS = 10_000;

/** Counts failures by network. */
export interface Throttle {
  /**
   * How many failures are allowed now.
   *
   * @param address Where they would come from.
   */
  room(address: string): number;
  /**
   * How long to wait until another failure is allowed, in whole seconds; 0 if
   * one is allowed now.
   *
   * @param address Where it would come from.
   */
  wait(address: string): number;
  /**
   * Counts one failure.
   *
   * @param address Where it came from.
   * @returns How long to wait, in whole seconds; 0 if the failure is allowed.
   */
  fail(address: string): number;
}

/**
 * Makes the throttle, with a token bucket of failures for each network.
 *
 * @param now The clock, in ms since 1970; the system clock if omitted.
 */
export function createThrottle(now: () => number = Date.now): Throttle {
  /** When the bucket of a network is full again, in ms since 1970. */
  const fullAt = createLru<{ readonly at: number }>(NETWORKS);

  /** How long it takes until the bucket of a network is full, in ms. */
  function refill(network: string, time: number): number {
    return Math.max((fullAt.get(network)?.at ?? 0) - time, 0);
  }

  function waitOf(network: string, time: number): number {
    const over = refill(network, time) + REFILL - BURST * REFILL;
    return over > 0 ? Math.ceil(over / 1000) : 0;
  }

  return {
    room: (address) =>
      BURST - Math.ceil(refill(networkOf(address), now()) / REFILL),
    wait: (address) => waitOf(networkOf(address), now()),
    fail(address) {
      const [network, time] = [networkOf(address), now()];
      const wait = waitOf(network, time);
      if (wait === 0) {
        fullAt.set(network, { at: time + refill(network, time) + REFILL });
      }
      return wait;
    },
  };
}
