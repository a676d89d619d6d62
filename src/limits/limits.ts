/**
 * Who may send a request to one host, and when: rates for each tenant and for
 * all of them, a fair queue, bounds on what is under way, and a pause while
 * the host does not answer.
 *
 * @module
 */
import { LimitError } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import { type Breaker, createBreaker } from "./breaker.ts";
import { type Bucket, createBucket, type Rate } from "./bucket.ts";
import { type Clock, processClock } from "./clock.ts";
import { createFairQueue, type Lane } from "./queue.ts";
import { type SharedBuckets, withoutFailures } from "./shared/shared.ts";

/** How many requests of one tenant may be sent unless set otherwise. */
export const TENANT_RATE: Rate = { perSecond: 10, burst: 20 };

/** How many requests of all tenants may be sent unless set otherwise. */
export const ALL_RATE: Rate = { perSecond: 50, burst: 100 };

/** How many requests of one tenant may be under way. */
const TENANT_AT_ONCE = 10;

/** How many requests may be under way in all. */
const AT_ONCE = 50;

/** How many requests of one tenant may wait. */
const TENANT_WAITING = 100;

/** How many requests may wait in all. */
const WAITING = 1_000;

/** How many tenants are remembered. */
const TENANTS = 5_000;

/** How long a request waits at most unless its caller says it, in ms. */
const PATIENCE = 30_000;

/** How many failures of one tenant count against the host. */
const SHARE = 2;

/** How many of the tenants are looked at whether they can be forgotten. */
const SWEEP = 8;

/** A timer that would run longer fires early, in ms. */
const LONGEST_TIMER = 60_000;

/** How a request ended. */
export type PassOutcome = "ok" | "failed" | "void";

/** The right to send one request. */
export interface Pass {
  /**
   * Gives the place to the next one. Only the first call counts.
   *
   * @param outcome "ok" for any answer of the host; "failed" where it was not
   * reached, did not answer in time or said that it is out of order; "void"
   * where nothing was sent or the caller gave up.
   */
  done(outcome: PassOutcome): void;
}

/** The limits of the requests to one host. */
export interface Limits {
  /**
   * Waits for the right to send one request.
   *
   * @param tenant Whose request it is.
   * @param signal Gives the place in the queue up.
   * @param patience How long it may wait, in ms; 30 s when left out. Where it
   * would have to wait longer it is refused at once.
   * @returns The right.
   * @throws {LimitError} When the request is refused.
   * @throws {unknown} The signal's reason, when it was aborted.
   */
  enter(tenant: string, signal?: AbortSignal, patience?: number): Promise<Pass>;
  /** Refuses whoever waits, and ends all connections. */
  close(): Promise<void>;
}

/** Limits that let everything pass, for those who measure what comes after. */
export const noLimits: Limits = {
  enter: () => Promise.resolve({ done() {} }),
  close: () => Promise.resolve(),
};

/** Settings of {@linkcode createLimits}. */
export interface LimitsOptions {
  /**
   * How many requests of one tenant may be sent.
   *
   * @default {{ perSecond: 10, burst: 20 }}
   */
  readonly tenant?: Rate;
  /**
   * How many requests of all tenants may be sent.
   *
   * @default {{ perSecond: 50, burst: 100 }}
   */
  readonly all?: Rate;
  /** Buckets that other processes draw from as well. */
  readonly shared?: SharedBuckets;
  /** Told when the shared buckets fail. */
  readonly log?: Log;
  /** The time; the clock of the process when left out. */
  readonly clock?: Clock;
}

/** The limits, and figures to watch them by. */
export interface CountedLimits extends Limits {
  /** How many tenants are remembered. */
  readonly tenants: number;
  /** How many requests wait. */
  readonly waiting: number;
  /** How many requests are under way. */
  readonly running: number;
}

/** What is remembered of a tenant. */
interface Tenant extends Lane<Waiter> {
  readonly name: string;
  readonly bucket: Bucket;
  /** Made with its first failure. */
  breaker?: Breaker;
  running: number;
  /** Whether the shared buckets are being asked: one at a time keeps order. */
  isAsking: boolean;
}

/** A request that waits. */
interface Waiter {
  readonly tenant: Tenant;
  /** When it is refused, in ms of the clock. */
  readonly deadline: number;
  isGone: boolean;
  admit(pass: Pass): void;
  refuse(reason: unknown): void;
}

/**
 * Makes the limits of the requests to one host.
 *
 * @example Letting each company send five requests a second
 * ```ts
 * import { createLimits, createServer } from "@qontak/mcp";
 *
 * const server = createServer({
 *   refreshToken: "a refresh token",
 *   limits: createLimits({ tenant: { perSecond: 5, burst: 10 } }),
 * });
 * await server.close();
 * ```
 *
 * @param options The rates, and where they are shared.
 * @returns The limits.
 */
export function createLimits(options: LimitsOptions = {}): CountedLimits {
  const { clock = processClock, log = () => {} } = options;
  const rates = {
    tenant: options.tenant ?? TENANT_RATE,
    all: options.all ?? ALL_RATE,
  };
  const shared = options.shared &&
    withoutFailures(options.shared, clock, log);
  const all = createBucket(rates.all);
  const host = createBreaker(SHARE);
  const queue = createFairQueue<Waiter, Tenant>();
  /** The one that was used least recently comes first. */
  const tenants = new Map<string, Tenant>();
  let running = 0;
  /** No deadline comes earlier, in ms of the clock. */
  let earliest = Infinity;
  let cancelTimer = () => {};
  let isClosed = false;

  function open(name: string, now: number): Tenant {
    const tenant: Tenant = tenants.get(name) ?? {
      name,
      bucket: createBucket(rates.tenant),
      waiting: [],
      running: 0,
      isAsking: false,
    };
    tenants.delete(name);
    forget(now);
    tenants.set(name, tenant);
    return tenant;
  }

  /** Forgets some of those whose return would change nothing. */
  function forget(now: number): void {
    let looked = 0;
    for (const [name, tenant] of tenants) {
      const isFull = tenants.size >= TENANTS;
      if (looked++ >= SWEEP && !isFull) break;
      const { bucket, breaker } = tenant;
      if (tenant.running > 0 || tenant.waiting.length > 0) continue;
      const isIdle = bucket.isFull(now) && (breaker?.isQuiet(now) ?? true);
      if (isIdle || isFull) tenants.delete(name);
    }
  }

  /** How long nothing of a tenant may be sent, in ms. */
  function suspension({ breaker }: Tenant, now: number): number {
    return Math.max(host.wait(now), breaker?.wait(now) ?? 0);
  }

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

  /**
   * Whether a tenant may have one more under way. It may have as many as
   * there are free places, so that some are left however many are greedy.
   */
  function hasPlace(tenant: Tenant): boolean {
    return !tenant.isAsking &&
      tenant.running < Math.min(TENANT_AT_ONCE, AT_ONCE - running);
  }

  /** Admits those whose turn it is, refuses those whose time is over. */
  function dispatch(): void {
    const now = clock.now();
    while (running < AT_ONCE && all.wait(now) === 0) {
      const waiter = queue.take((tenant) =>
        hasPlace(tenant) && tenant.bucket.wait(now) === 0
      );
      if (!waiter) break;
      const { tenant } = waiter;
      tenant.bucket.take(now);
      all.take(now);
      tenant.running++;
      running++;
      if (shared) ask(shared, waiter);
      else admit(waiter);
    }
    expire(now);
    setTimer(now);
  }

  /** Asks the shared buckets whether one that has its turn may go. */
  async function ask(shared: SharedBuckets, waiter: Waiter): Promise<void> {
    const { tenant } = waiter;
    tenant.isAsking = true;
    const waits = await shared.take(tenant.name, rates);
    tenant.isAsking = false;
    const wait = Math.max(waits.tenant, waits.all);
    if (wait > 0) {
      const now = clock.now();
      tenant.bucket.giveBack();
      all.giveBack();
      tenant.bucket.defer(now, waits.tenant);
      all.defer(now, waits.all);
    }
    if (wait === 0 && !waiter.isGone && !isClosed) {
      admit(waiter);
    } else {
      leave(tenant);
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
    queue.putBack(waiter.tenant, waiter);
    earliest = Math.min(earliest, waiter.deadline);
  }

  function leave(tenant: Tenant): void {
    tenant.running--;
    running--;
  }

  function admit(waiter: Waiter): void {
    const { tenant } = waiter;
    const now = clock.now();
    const suspended = suspension(tenant, now);
    if (suspended > 0) {
      leave(tenant);
      return waiter.refuse(new LimitError("suspended", suspended));
    }
    const isTry = host.begin(now);
    const isOwnTry = tenant.breaker?.begin(now) ?? false;
    if (isTry || isOwnTry) refuseSuspended(now);
    let isDone = false;
    waiter.admit({
      done(outcome) {
        if (isDone) return;
        isDone = true;
        leave(tenant);
        learn(tenant, outcome, isTry, isOwnTry);
        dispatch();
      },
    });
  }

  /** Tells the breakers how a request ended. */
  function learn(
    tenant: Tenant,
    outcome: PassOutcome,
    isTry: boolean,
    isOwnTry: boolean,
  ): void {
    const now = clock.now();
    if (outcome === "ok") {
      delete tenant.breaker;
      // What failed while the host was out of order says nothing any more.
      if (host.succeed()) {
        for (const one of tenants.values()) delete one.breaker;
      }
    } else if (outcome === "failed") {
      tenant.breaker ??= createBreaker();
      tenant.breaker.fail(now, tenant.name, isOwnTry);
      host.fail(now, tenant.name, isTry);
      refuseSuspended(now);
    } else {
      if (isTry) host.spare(now);
      if (isOwnTry) tenant.breaker?.spare(now);
    }
  }

  /** Refuses those who would wait for what is not to be sent. */
  function refuseSuspended(now: number): void {
    refuseWhere((waiter) => {
      const wait = suspension(waiter.tenant, now);
      return wait > 0 ? new LimitError("suspended", wait) : undefined;
    });
  }

  /** Refuses those who wait and for whom there is an error. */
  function refuseWhere(
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

  /** Refuses those whose time is over. */
  function expire(now: number): void {
    if (now < earliest) return;
    earliest = Infinity;
    refuseWhere(({ tenant, deadline }, index) => {
      if (deadline > now) {
        earliest = Math.min(earliest, deadline);
        return undefined;
      }
      return new LimitError("limited", tenant.bucket.wait(now, index + 1));
    });
  }

  /** Wakes up when the next one can go, or has to. */
  function setTimer(now: number): void {
    cancelTimer();
    if (queue.size === 0) {
      earliest = Infinity;
      return;
    }
    let wait = earliest - now;
    for (const tenant of queue.lanes()) {
      // Where there is no place, the end of a request wakes up.
      if (running >= AT_ONCE || !hasPlace(tenant)) continue;
      wait = Math.min(wait, Math.max(tenant.bucket.wait(now), all.wait(now)));
    }
    const ms = Math.min(LONGEST_TIMER, Math.max(1, Math.ceil(wait)));
    cancelTimer = clock.after(ms, dispatch);
  }

  /** Makes room for a request where there is none; throws where it cannot. */
  function makeRoom(tenant: Tenant, wait: number, patience: number): void {
    const refusal = new LimitError("limited", wait);
    if (wait > patience || tenant.waiting.length >= TENANT_WAITING) {
      throw refusal;
    }
    if (queue.size < WAITING) return;
    // Whoever has most in the queue gives way, as long as that is fair.
    const longest = queue.longest()!;
    if (longest.waiting.length <= tenant.waiting.length + 1) throw refusal;
    const last = longest.waiting.at(-1)!;
    queue.remove(longest, last);
    last.refuse(new LimitError("limited", expected(longest, clock.now())));
  }

  return {
    get tenants() {
      return tenants.size;
    },
    get waiting() {
      return queue.size;
    },
    get running() {
      return running;
    },

    // deno-lint-ignore require-await -- what is thrown is to be a rejection
    async enter(name, signal, patience = PATIENCE) {
      signal?.throwIfAborted();
      if (isClosed) throw stopping();
      const now = clock.now();
      const tenant = open(name, now);
      const suspended = suspension(tenant, now);
      if (suspended > 0) throw new LimitError("suspended", suspended);
      makeRoom(tenant, expected(tenant, now), patience);
      const { promise, resolve, reject } = Promise.withResolvers<Pass>();
      const end = () => {
        waiter.isGone = true;
        signal?.removeEventListener("abort", giveUp);
      };
      const waiter: Waiter = {
        tenant,
        deadline: now + patience,
        isGone: false,
        admit(pass) {
          end();
          resolve(pass);
        },
        refuse(reason) {
          end();
          reject(reason);
        },
      };
      const giveUp = () => {
        queue.remove(tenant, waiter);
        waiter.refuse(signal?.reason);
        dispatch();
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      queue.push(tenant, waiter);
      earliest = Math.min(earliest, waiter.deadline);
      dispatch();
      return promise;
    },

    async close() {
      isClosed = true;
      refuseWhere(stopping);
      cancelTimer();
      await shared?.close();
    },
  };
}

function stopping(): LimitError {
  return new LimitError("limited", 0, "The server is stopping");
}
