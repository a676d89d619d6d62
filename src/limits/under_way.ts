/**
 * The requests that are under way: how many there are, and how they end.
 *
 * @module
 */
import { LimitError } from "../errors.ts";
import type { Clock } from "./clock.ts";
import type { Tenant, Tenants, Waiter } from "./tenants.ts";
import type { Waiting } from "./waiting.ts";

/** How many requests of one tenant may be under way. */
const TENANT_AT_ONCE = 10;

/** How many requests may be under way in all. */
const AT_ONCE = 50;

/** What {@linkcode createUnderWay} works with. */
export interface UnderWayOptions {
  /** The time. */
  readonly clock: Clock;
  /** Who learns how requests end. */
  readonly tenants: Tenants;
  /** Those who wait. */
  readonly waiting: Waiting;
  /** Called when a place has become free. */
  readonly onDone: () => void;
}

/** The requests that are under way. */
export interface UnderWay {
  /** How many there are. */
  readonly count: number;
  /** Whether no more may be under way. */
  readonly isFull: boolean;
  /**
   * Whether a tenant may have one more under way. It may have as many as
   * there are free places, so that some are left however many are greedy.
   */
  hasPlace(tenant: Tenant): boolean;
  /** Gives a tenant a place. */
  start(tenant: Tenant): void;
  /** Takes a place back whose request is not sent. */
  leave(tenant: Tenant): void;
  /** Lets a request that has a place be sent, or refuses it. */
  admit(waiter: Waiter): void;
}

/** Makes the count of requests under way, which starts at zero. */
export function createUnderWay(options: UnderWayOptions): UnderWay {
  const { clock, tenants, waiting, onDone } = options;
  let count = 0;

  function leave(tenant: Tenant): void {
    tenant.running--;
    count--;
  }

  /** Refuses those who would wait for what is not to be sent. */
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
