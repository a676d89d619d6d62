/**
 * Slowing down callers that present no valid credential.
 *
 * @module
 */
import { networkOf } from "../net/address.ts";
import { createLru } from "../storage/lru.ts";

/** How many failures of one network pass at once. */
const BURST = 20;

/** How long it takes until another one passes, in ms. */
const REFILL = 1_000;

/** How many networks are remembered. */
const NETWORKS = 10_000;

/** Counts failures by the network that they come from. */
export interface Throttle {
  /**
   * How many failures pass now.
   *
   * @param address Where they would come from.
   */
  room(address: string): number;
  /**
   * How long to wait until another failure passes, in whole seconds; 0 where
   * one passes now.
   *
   * @param address Where it would come from.
   */
  wait(address: string): number;
  /**
   * Counts one failure.
   *
   * @param address Where it came from.
   * @returns How long to wait, in whole seconds; 0 where it passes.
   */
  fail(address: string): number;
}

/**
 * Makes the throttle: a bucket of failures for each network.
 *
 * @param now The clock, in ms since 1970; the system's when left out.
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
