/**
 * Who may send a request to one host, and when: rates for each tenant and for
 * all of them, a fair queue, bounds on what is under way, and a pause while
 * the host does not answer.
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

/** How long a request waits at most unless its caller says it, in ms. */
const TIMEOUT = 30_000;

/** A timer that would run longer fires early, in ms. */
const LONGEST_TIMER = 60_000;

/** Gives the right to send requests to one host. */
export interface Limiter {
  /**
   * Waits for the right to send one request.
   *
   * @param tenant Whose request it is.
   * @param signal Gives the place in the queue up.
   * @param timeout How long it may wait, in ms; 30 s when left out. Where it
   * would have to wait longer it is refused at once.
   * @param from Who asks for it, and in which call; a caller and a call of its
   * own when left out.
   * @returns The right.
   * @throws {LimitError} When the request is refused.
   * @throws {unknown} The signal's reason, when it was aborted.
   */
  enter(
    tenant: string,
    signal?: AbortSignal,
    timeout?: number,
    from?: Omit<Source, "tenant">,
  ): Promise<Pass>;
  /** Refuses those who wait, and ends all connections. */
  close(): Promise<void>;
  /** How many tenants are remembered. */
  readonly tenants: number;
  /** How many requests wait. */
  readonly waiting: number;
  /** How many requests are under way. */
  readonly running: number;
}

/** Settings of {@linkcode createLimiter}. */
export interface LimiterOptions {
  /** How many requests of one tenant may be sent; 10 a second, 20 at once. */
  readonly tenant?: Rate;
  /** How many of all tenants may be sent; 50 a second, 100 at once. */
  readonly all?: Rate;
  /** Buckets that other processes draw from as well. */
  readonly shared?: Buckets;
  /** Told when the shared buckets fail. */
  readonly log?: Log;
  /** The time; the clock of the process when left out. */
  readonly clock?: Clock;
}

/**
 * Makes the limiter of the requests to one host.
 *
 * @param options The rates, and where they are shared.
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

  /** Admits those whose turn it is, refuses those whose time is over. */
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

  /** Asks the shared buckets whether one that has its turn may go. */
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

  /** Puts one back that has to wait after all, if it still wants to. */
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

    // deno-lint-ignore require-await -- what is thrown is to be a rejection
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

/** Puts a token back, and learns when the next one comes. */
function putOff(bucket: Bucket, wait: number, now: number): void {
  bucket.giveBack();
  bucket.defer(now, wait);
}

/** Runs something after a while; only the last while that was set counts. */
function createAlarm(clock: Clock, run: () => void) {
  let cancel = () => {};
  return {
    set(wait: number | undefined): void {
      cancel();
      if (wait === undefined) return;
      const ms = Math.min(LONGEST_TIMER, Math.max(1, Math.ceil(wait)));
      cancel = clock.after(ms, run);
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

/** Does something when a signal fires before a promise has settled. */
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
