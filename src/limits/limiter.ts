/**
 * Decides which request to a host is sent next, and when: rates for each tenant
 * and for all tenants, a fair queue, a limit on concurrent requests, and a
 * pause while the host does not answer.
 *
 * @module
 */
import { LimitError } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import {
  ALL_RATE,
  type Bucket,
  createBucket,
  type Rate,
  TENANT_RATE,
} from "./bucket.ts";
import type { Source } from "./breaker.ts";
import { type Clock, processClock } from "./clock.ts";
import { type Buckets, withoutFailures } from "./shared/shared.ts";
import {
  createTenants,
  type Pass,
  type PassOutcome,
  type Tenant,
  type Waiter,
} from "./tenants.ts";
import { createUnderWay } from "./under_way.ts";
import { createWaiting } from "./waiting.ts";

export type { Pass, PassOutcome };

/** The longest wait of a request by default, in ms. */
const TIMEOUT = 30_000;

/** The longest timer, in ms. Longer waits wake up early and wait again. */
const LONGEST_TIMER = 60_000;

/** Grants permission to send requests to one host. */
export interface Limiter {
  /**
   * Waits for permission to send one request.
   *
   * @param tenant The tenant of the request.
   * @param signal Cancels the wait.
   * @param timeout The longest wait, in ms; 30 s by default. If the wait would
   * be longer, the request is refused immediately.
   * @param from The caller and the call that make the request. By default, each
   * request counts as a separate caller and call.
   * @returns The permission.
   * @throws {LimitError} When the request is refused.
   * @throws {unknown} The signal's reason, when it is aborted.
   */
  enter(
    tenant: string,
    signal?: AbortSignal,
    timeout?: number,
    from?: Omit<Source, "tenant">,
  ): Promise<Pass>;
  /** Refuses waiting requests, and closes all connections. */
  close(): Promise<void>;
  /** How many tenants are in memory. */
  readonly tenants: number;
  /** How many requests are waiting. */
  readonly waiting: number;
  /** How many requests are in progress. */
  readonly running: number;
  /** How many tenants are blocked, because their requests failed. */
  readonly suspended: number;
}

/** Settings of {@linkcode createLimiter}. */
export interface LimiterOptions {
  /** The request rate of each tenant; 10 a second by default, bursts of 20. */
  readonly tenant?: Rate;
  /**
   * The rate of all tenants together; 50 a second by default, bursts of 100.
   */
  readonly all?: Rate;
  /** Buckets shared with other processes. */
  readonly shared?: Buckets;
  /** Logs when the shared buckets fail. */
  readonly log?: Log;
  /** The clock; the clock of the process by default. */
  readonly clock?: Clock;
}

/**
 * Makes the limiter for requests to one host.
 *
 * @param options The rates and the shared buckets.
 */
export function createLimiter(options: LimiterOptions = {}): Limiter {
  const { clock = processClock, log = () => {} } = options;
  const { tenant: rate = TENANT_RATE, all: rateOfAll = ALL_RATE } = options;
  const rates = { tenant: rate, all: rateOfAll };
  const shared = options.shared && withoutFailures(options.shared, clock, log);
  const all = createBucket(rateOfAll);
  const tenants = createTenants(rate);
  const waiting = createWaiting(all);
  const parts = { clock, tenants, waiting };
  const underWay = createUnderWay({ ...parts, onDone: dispatch });
  const alarm = createAlarm(clock, dispatch);
  let isClosed = false;

  /**
   * Admits requests whose turn it is, and refuses those past their deadline.
   */
  function dispatch(): void {
    const now = clock.now();
    while (!underWay.isFull && all.wait(now) === 0) {
      const waiter = waiting.take((tenant) =>
        underWay.hasPlace(tenant) && tenant.bucket.wait(now) === 0
      );
      if (!waiter) break;
      waiter.tenant.bucket.take(now);
      all.take(now);
      underWay.start(waiter.tenant);
      if (shared) ask(shared, waiter);
      else underWay.admit(waiter);
    }
    waiting.expire(now);
    alarm.set(waiting.next(now, underWay.hasPlace));
  }

  /** Asks the shared buckets whether the next request may be sent. */
  async function ask(shared: Buckets, waiter: Waiter): Promise<void> {
    const { tenant } = waiter;
    tenant.isAsking = true;
    const waits = await shared.take(tenant.name, rates);
    tenant.isAsking = false;
    const wait = Math.max(waits.tenant, waits.all);
    if (wait > 0) {
      const now = clock.now();
      putOff(tenant.bucket, waits.tenant, now);
      putOff(all, waits.all, now);
    }
    if (wait === 0 && !waiter.isGone && !isClosed) {
      underWay.admit(waiter);
    } else {
      underWay.leave(tenant);
      again(waiter, wait);
    }
    dispatch();
  }

  /** Returns a request to the queue if it must wait and is still wanted. */
  function again(waiter: Waiter, wait: number): void {
    if (waiter.isGone) return;
    if (isClosed) return waiter.refuse(stopping());
    if (clock.now() + wait > waiter.deadline) {
      return waiter.refuse(new LimitError("limited", wait));
    }
    waiting.putBack(waiter);
  }

  return {
    get tenants() {
      return tenants.size;
    },
    get waiting() {
      return waiting.size;
    },
    get running() {
      return underWay.count;
    },
    get suspended() {
      return tenants.suspended;
    },

    // deno-lint-ignore require-await -- errors must become rejections
    async enter(name, signal, timeout = TIMEOUT, from = {}) {
      signal?.throwIfAborted();
      if (isClosed) throw stopping();
      const now = clock.now();
      const tenant = tenants.open(name, now);
      const suspended = tenants.suspension(tenant, now);
      if (suspended > 0) throw new LimitError("suspended", suspended);
      const { waiter, pass } = createWaiter(tenant, now + timeout, from);
      waiting.push(waiter, now);
      whenAborted(signal, pass, (reason) => {
        waiting.remove(waiter);
        waiter.refuse(reason);
        dispatch();
      });
      dispatch();
      return pass;
    },

    async close() {
      isClosed = true;
      waiting.refuse(stopping);
      alarm.set(undefined);
      await shared?.close();
    },
  };
}

/** Returns a token, and sets when the next one is available. */
function putOff(bucket: Bucket, wait: number, now: number): void {
  bucket.giveBack();
  bucket.defer(now, wait);
}

/**
 * Runs a function after a delay; setting a new delay replaces the old one. A
 * timer that is early enough stays: most delays become longer with each request,
 * and a new timer costs more than all else here.
 */
function createAlarm(clock: Clock, run: () => void) {
  let cancel: (() => void) | undefined;
  let due = 0;
  return {
    set(wait: number | undefined): void {
      if (wait === undefined) {
        cancel?.();
        cancel = undefined;
        return;
      }
      const ms = Math.min(LONGEST_TIMER, Math.max(1, Math.ceil(wait)));
      const next = clock.now() + ms;
      if (cancel && due <= next) return;
      cancel?.();
      due = next;
      cancel = clock.after(ms, () => {
        cancel = undefined;
        run();
      });
    },
  };
}

function createWaiter(
  tenant: Tenant,
  deadline: number,
  from: Omit<Source, "tenant">,
) {
  const { promise: pass, resolve, reject } = Promise.withResolvers<Pass>();
  const waiter: Waiter = {
    tenant,
    source: { ...from, tenant: tenant.name },
    deadline,
    isGone: false,
    admit(pass) {
      waiter.isGone = true;
      resolve(pass);
    },
    refuse(reason) {
      waiter.isGone = true;
      reject(reason);
    },
  };
  return { waiter, pass };
}

/** Runs a function if a signal is aborted before a promise settles. */
function whenAborted(
  signal: AbortSignal | undefined,
  pending: Promise<unknown>,
  run: (reason: unknown) => void,
): void {
  if (!signal) return;
  const abort = () => run(signal.reason);
  const end = () => signal.removeEventListener("abort", abort);
  signal.addEventListener("abort", abort, { once: true });
  pending.then(end, end);
}

function stopping(): LimitError {
  return new LimitError("limited", 0, "The server is stopping");
}
