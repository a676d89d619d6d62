/**
 * The waiting requests: tenants take turns, their number is limited, and each
 * request has a deadline.
 *
 * @module
 */
import { LimitError } from "../errors.ts";
import type { Bucket } from "./bucket.ts";
import { createFairQueue } from "./queue.ts";
import type { Tenant, Waiter } from "./tenants.ts";

/** How many requests of one tenant can wait. */
const TENANT_WAITING = 100;

/** How many requests can wait in total. */
const WAITING = 1_000;

/** The waiting requests. */
export interface Waiting {
  /** How many requests are waiting. */
  readonly size: number;
  /**
   * Adds a request to the end of its tenant's lane.
   *
   * @throws {LimitError} When the queue is full, or the expected wait is longer
   * than the time to the deadline.
   */
  push(waiter: Waiter, now: number): void;
  /** Returns a request that was taken too early; it is next again. */
  putBack(waiter: Waiter): void;
  /** Takes the next request of a tenant that may send. */
  take(mayGo: (tenant: Tenant) => boolean): Waiter | undefined;
  /** Removes a request, if it is waiting. */
  remove(waiter: Waiter): void;
  /** Refuses each request for which the function returns an error. */
  refuse(
    errorOf: (waiter: Waiter, index: number) => LimitError | undefined,
  ): void;
  /** Refuses requests past their deadline. */
  expire(now: number): void;
  /**
   * How long until the next event, in ms: a deadline, or a token for a tenant
   * below its limit of concurrent requests. Undefined if no request is waiting.
   */
  next(
    now: number,
    hasPlace: (tenant: Tenant) => boolean,
  ): number | undefined;
}

/**
 * Makes an empty queue of waiting requests.
 *
 * @param all The bucket of all tenants.
 */
export function createWaiting(all: Bucket): Waiting {
  const queue = createFairQueue<Waiter, Tenant>();
  /** The earliest possible deadline, in ms of the clock. */
  let earliest = Infinity;

  /**
   * The minimum wait of a tenant's next request by the rates, in ms. The
   * duration of requests in progress is unknown and not counted.
   */
  function expected(tenant: Tenant, now: number): number {
    return Math.max(
      tenant.bucket.wait(now, tenant.waiting.length + 1),
      all.wait(now, queue.ahead(tenant) + 1),
    );
  }

  /** Makes room for a request if the queue is full; throws if it cannot. */
  function makeRoom({ tenant, deadline }: Waiter, now: number): void {
    const wait = expected(tenant, now);
    if (wait > deadline - now || tenant.waiting.length >= TENANT_WAITING) {
      throw new LimitError("limited", wait);
    }
    if (queue.size < WAITING) return;
    // The tenant with the most waiting requests loses one, if that is fair.
    const longest = queue.longest()!;
    if (longest.waiting.length <= tenant.waiting.length + 1) {
      throw new LimitError("limited", wait);
    }
    const last = longest.waiting.at(-1)!;
    queue.remove(longest, last);
    last.refuse(new LimitError("limited", expected(longest, now)));
  }

  function refuse(
    errorOf: (waiter: Waiter, index: number) => LimitError | undefined,
  ): void {
    for (const tenant of [...queue.lanes()]) {
      for (const [index, waiter] of [...tenant.waiting].entries()) {
        const error = errorOf(waiter, index);
        if (!error) continue;
        queue.remove(tenant, waiter);
        waiter.refuse(error);
      }
    }
  }

  return {
    get size() {
      return queue.size;
    },
    push(waiter, now) {
      makeRoom(waiter, now);
      queue.push(waiter.tenant, waiter);
      earliest = Math.min(earliest, waiter.deadline);
    },
    putBack(waiter) {
      queue.putBack(waiter.tenant, waiter);
      earliest = Math.min(earliest, waiter.deadline);
    },
    take: (mayGo) => queue.take(mayGo),
    remove: (waiter) => queue.remove(waiter.tenant, waiter),
    refuse,
    expire(now) {
      if (now < earliest) return;
      earliest = Infinity;
      refuse(({ tenant, deadline }, index) => {
        if (deadline > now) {
          earliest = Math.min(earliest, deadline);
          return undefined;
        }
        return new LimitError("limited", tenant.bucket.wait(now, index + 1));
      });
    },
    next(now, hasPlace) {
      if (queue.size === 0) {
        earliest = Infinity;
        return undefined;
      }
      let wait = earliest - now;
      for (const tenant of queue.lanes()) {
        // At the concurrency limit, the end of a request triggers the next
        // check.
        if (!hasPlace(tenant)) continue;
        const token = Math.max(tenant.bucket.wait(now), all.wait(now));
        wait = Math.min(wait, token);
      }
      return wait;
    },
  };
}
