/**
 * The check of credentials, with a bound on how many wrong ones of a network
 * are checked at all: each check may ask a store or an issuer.
 *
 * @module
 */
import type { Authenticate, Principal } from "../auth/principal.ts";
import { networkOf } from "../net/address.ts";
import { sha256 } from "../storage/hash.ts";
import { createLru } from "../storage/lru.ts";
import type { Throttle } from "./throttle.ts";

/**
 * How long a credential that was right is checked whatever else comes from its
 * network, in ms. It is checked each time all the same.
 */
const REMEMBERED = 3_600_000;

/** How many of them are remembered, as hashes. */
const MOST_REMEMBERED = 10_000;

/**
 * Checks a credential that came from an address.
 *
 * @returns Who presents it; undefined where it is wrong; or how long to wait,
 * in whole seconds, where it was not checked.
 * @throws {StoreError | IssuerError} When it cannot be checked now.
 */
export type Check = (
  bearer: string,
  address: string,
) => Promise<Principal | number | undefined>;

/**
 * Makes the check. Of a network, no more credentials that were not right before
 * are checked at once than may be wrong; further ones wait for these, and are
 * not checked where too many of these are wrong.
 *
 * @param authenticate Finds out who presents a credential.
 * @param throttle Counts the wrong ones.
 * @param now The clock, in ms since 1970; the system's when left out.
 */
export function createCheck(
  authenticate: Authenticate,
  throttle: Throttle,
  now: () => number = Date.now,
): Check {
  const right = createLru<{ readonly until: number }>(MOST_REMEMBERED);
  /** What is checked now, by the hash of the credential. */
  const running = new Map<string, Promise<Principal | undefined>>();
  /** The same by network. */
  const underWay = new Map<string, Set<Promise<unknown>>>();

  async function run(
    hash: string,
    bearer: string,
    address: string,
  ): Promise<Principal | undefined> {
    const principal = await authenticate(bearer);
    if (principal) {
      right.set(hash, { until: now() + REMEMBERED });
    } else {
      right.delete(hash);
      throttle.fail(address);
    }
    return principal;
  }

  function start(
    hash: string,
    bearer: string,
    address: string,
  ): Promise<Principal | undefined> {
    const network = networkOf(address);
    const checking = run(hash, bearer, address);
    const done = checking.then(() => {}, () => {}).then(() => {
      running.delete(hash);
      others.delete(done);
      if (others.size === 0) underWay.delete(network);
    });
    const others = underWay.get(network) ?? new Set();
    underWay.set(network, others.add(done));
    running.set(hash, checking);
    return checking;
  }

  return async (bearer, address) => {
    const hash = await sha256(bearer);
    if ((right.get(hash)?.until ?? 0) > now()) {
      return await run(hash, bearer, address);
    }
    for (;;) {
      // Another request may be having the same credential checked.
      const same = running.get(hash);
      if (same) return await same;
      const wait = throttle.wait(address);
      if (wait > 0) return wait;
      const others = underWay.get(networkOf(address));
      // All that is under way may turn out to be wrong.
      if (!others || others.size < throttle.room(address)) {
        return await start(hash, bearer, address);
      }
      await Promise.race(others);
    }
  };
}
