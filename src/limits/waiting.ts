/**
 * The requests that wait for their turn: fairly between tenants, bounded in
 * number, each until its deadline.
 *
 * @module
 */
import { LimitError } from "../errors.ts";
import type { Bucket } from "./bucket.ts";
import { createFairQueue } from "./queue.ts";
import type { Tenant, Waiter } from "./tenants.ts";

/** How many requests of one tenant may wait. */
const TENANT_WAITING = 100;

/** How many requests may wait in all. */
const WAITING = 1_000;

/** The requests that wait. */
export interface Waiting {
  /** How many there are. */
  readonly size: number;
  /**
   * Puts a request at the end of its tenant's line.
   *
   * @throws {LimitError} When there is no room for it, or it would have to wait
   * for longer than until its deadline.
   */
  push(waiter: Waiter, now: number): void;
  /** Puts a request back that was taken too early: it is the next again. */
  putBack(waiter: Waiter): void;
  /** Takes the next request of a tenant that may go. */
  take(mayGo: (tenant: Tenant) => boolean): Waiter | undefined;
  /** Drops a request, if it waits. */
  remove(waiter: Waiter): void;
  /** Refuses the requests that there is an error for. */
  refuse(
    errorOf: (waiter: Waiter, index: number) => LimitError | undefined,
  ): void;
  /** Refuses those whose deadline is over. */
  expire(now: number): void;
  /**
   * When somebody has to be looked at, in ms of the clock: a deadline, or a
   * token for a tenant that has a place; undefined where nobody waits.
   */
  next(
    now: number,
    hasPlace: (tenant: Tenant) => boolean,
  ): number | undefined;
}

/**
 * Makes the line of those who wait, empty.
 *
 * @param all The bucket of all tenants together.
 */
export function createWaiting(all: Bucket): Waiting {
  const queue = createFairQueue<Waiter, Tenant>();
  /** No deadline comes earlier, in ms of the clock. */
  let earliest = Infinity;

  /**
   * How long the next request of a tenant has to wait at least, in ms, going
   * by the rates: how long those under way take is not known.
   */
  function expected(tenant: Tenant, now: number): number {
    return Math.max(
      tenant.bucket.wait(now, tenant.waiting.length + 1),
      all.wait(now, queue.ahead(tenant) + 1),
    );
  }

  /** Makes room for a request where there is none; throws where it cannot. */
  function makeRoom({ tenant, deadline }: Waiter, now: number): void {
    const wait = expected(tenant, now);
    const refusal = new LimitError("limited", wait);
    if (wait > deadline - now || tenant.waiting.length >= TENANT_WAITING) {
      throw refusal;
    }
    if (queue.size < WAITING) return;
    // The tenant with most in the queue gives way, as long as that is fair.
    const longest = queue.longest()!;
    if (longest.waiting.length <= tenant.waiting.length + 1) throw refusal;
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
        // Where there is no place, the end of a request wakes up.
        if (!hasPlace(tenant)) continue;
        const token = Math.max(tenant.bucket.wait(now), all.wait(now));
        wait = Math.min(wait, token);
      }
      return wait;
    },
  };
}
