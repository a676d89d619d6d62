/**
 * Checks credentials, and limits how many wrong credentials of one network are
 * checked: each check may query a store or an issuer.
 *
 * @module
 */
import type { Authenticate, Principal } from "../auth/principal.ts";
import { networkOf } from "../net/address.ts";
import { quickSha256 } from "../storage/hash.ts";
import { createLru } from "../storage/lru.ts";
import type { Throttle } from "./throttle.ts";

/**
 * How long a valid credential is exempt from the limit of its network, in ms.
 * It is still checked each time.
 */
const REMEMBERED = 3_600_000;

/** How many valid credentials are remembered, as hashes. */
const MOST_REMEMBERED = 10_000;

/**
 * Checks a credential that came from an address.
 *
 * @returns Who presents it; undefined if it is wrong; or, if it was not
 * checked, how long to wait, in whole seconds.
 * @throws {StoreError | IssuerError} When it cannot be checked now.
 */
export type Check = (
  bearer: string,
  address: string,
) => Promise<Principal | number | undefined>;

/**
 * Makes the check. It limits how many unknown credentials of one network are
 * checked at once: no more than the number of failures still allowed. Further
 * credentials wait for these checks, and are not checked if too many of these
 * credentials are wrong.
 *
 * @param authenticate Identifies who presents a credential.
 * @param throttle Counts the wrong credentials.
 * @param isKnown Whether a credential names something that cannot be guessed;
 * it is not limited.
 * @param now The clock, in ms since 1970; the system clock if omitted.
 */
export function createCheck(
  authenticate: Authenticate,
  throttle: Throttle,
  isKnown: (bearer: string) => boolean = () => false,
  now: () => number = Date.now,
): Check {
  const right = createLru<{ readonly until: number }>(MOST_REMEMBERED);
  /** Checks in progress, by the hash of the credential. */
  const running = new Map<string, Promise<Principal | undefined>>();
  /** Checks in progress, by network. */
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
    const hash = await quickSha256(bearer);
    if ((right.get(hash)?.until ?? 0) > now() || isKnown(bearer)) {
      return await run(hash, bearer, address);
    }
    for (;;) {
      // Another request may be checking the same credential.
      const same = running.get(hash);
      if (same) return await same;
      const wait = throttle.wait(address);
      if (wait > 0) return wait;
      const others = underWay.get(networkOf(address));
      // All credentials being checked may turn out to be wrong.
      if (!others || others.size < throttle.room(address)) {
        return await start(hash, bearer, address);
      }
      await Promise.race(others);
    }
  };
}
