/**
 * The requests in progress: their number and their outcomes.
 *
 * @module
 */
import { LimitError } from "../errors.ts";
import type { Clock } from "./clock.ts";
import type { Tenant, Tenants, Waiter } from "./tenants.ts";
import type { Waiting } from "./waiting.ts";

/** How many requests of one tenant can be in progress. */
const TENANT_AT_ONCE = 10;

/** How many requests can be in progress in total. */
const AT_ONCE = 50;

/** Settings of {@linkcode createUnderWay}. */
export interface UnderWayOptions {
  /** The clock. */
  readonly clock: Clock;
  /** Records the outcomes of requests. */
  readonly tenants: Tenants;
  /** The waiting requests. */
  readonly waiting: Waiting;
  /** Called when a request has ended. */
  readonly onDone: () => void;
}

/** The requests in progress. */
export interface UnderWay {
  /** How many requests are in progress. */
  readonly count: number;
  /** Whether the total limit is reached. */
  readonly isFull: boolean;
  /**
   * Whether a tenant may have one more request in progress. A tenant may have
   * at most as many as there are free places, so some stay free for others.
   */
  hasPlace(tenant: Tenant): boolean;
  /** Reserves a place for a tenant. */
  start(tenant: Tenant): void;
  /** Frees the place of a request that is not sent. */
  leave(tenant: Tenant): void;
  /** Sends a request that has a place, or refuses it. */
  admit(waiter: Waiter): void;
}

/** Makes the count of requests in progress, starting at zero. */
export function createUnderWay(options: UnderWayOptions): UnderWay {
  const { clock, tenants, waiting, onDone } = options;
  let count = 0;

  function leave(tenant: Tenant): void {
    tenant.running--;
    count--;
  }

  /** Refuses waiting requests of tenants whose requests are blocked. */
  function refuseSuspended(now: number): void {
    waiting.refuse(({ tenant }) => {
      const wait = tenants.suspension(tenant, now);
      return wait > 0 ? new LimitError("suspended", wait) : undefined;
    });
  }

  return {
    get count() {
      return count;
    },
    get isFull() {
      return count >= AT_ONCE;
    },
    hasPlace: (tenant) =>
      !tenant.isAsking &&
      tenant.running < Math.min(TENANT_AT_ONCE, AT_ONCE - count),
    start(tenant) {
      tenant.running++;
      count++;
    },
    leave,
    admit(waiter) {
      const { tenant } = waiter;
      const now = clock.now();
      const suspended = tenants.suspension(tenant, now);
      if (suspended > 0) {
        leave(tenant);
        return waiter.refuse(new LimitError("suspended", suspended));
      }
      const attempt = tenants.begin(tenant, now);
      if (attempt.isTry || attempt.isOwnTry) refuseSuspended(now);
      let isDone = false;
      waiter.admit({
        done(outcome) {
          if (isDone) return;
          isDone = true;
          leave(tenant);
          const now = clock.now();
          tenants.end(waiter, outcome, attempt, now);
          if (outcome === "failed") refuseSuspended(now);
          onDone();
        },
      });
    },
  };
}
