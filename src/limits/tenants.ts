/**
 * The state of tenants in memory, and how long it is kept.
 *
 * @module
 */
import { type Breaker, createBreaker, type Source } from "./breaker.ts";
import { type Bucket, createBucket, type Rate } from "./bucket.ts";
import type { Lane } from "./queue.ts";

/** How many tenants to keep in memory. */
const TENANTS = 5_000;

/** How many failures of one tenant or caller count against the host. */
const SHARE = 2;

/** How many tenants to check for removal each time. */
const SWEEP = 8;

/** The outcome of a request. */
export type PassOutcome = "ok" | "failed" | "void";

/** The permission to send one request. */
export interface Pass {
  /**
   * Frees the place for the next request. Only the first call counts.
   *
   * @param outcome "ok" for any answer from the host; "failed" if the host was
   * unreachable, timed out or reported that it is unavailable; "void" if
   * nothing was sent or the caller cancelled.
   */
  done(outcome: PassOutcome): void;
}

/** A waiting request. */
export interface Waiter {
  readonly tenant: Tenant;
  readonly source: Source;
  /** When the request is refused, in ms of the clock. */
  readonly deadline: number;
  isGone: boolean;
  admit(pass: Pass): void;
  refuse(reason: unknown): void;
}

/** The state of a tenant. */
export interface Tenant extends Lane<Waiter> {
  readonly name: string;
  readonly bucket: Bucket;
  /** Created at the tenant's first failure. */
  breaker?: Breaker;
  running: number;
  /**
   * Whether a request to the shared buckets is pending; one at a time keeps
   * order.
   */
  isAsking: boolean;
}

/** Which breakers treat a request as a trial. */
export interface Attempt {
  /** Whether it is a trial request for the host. */
  readonly isTry: boolean;
  /** Whether it is a trial request for its tenant. */
  readonly isOwnTry: boolean;
}

/** The tenants of one host, and whether they may send requests. */
export interface Tenants {
  /** How many tenants are in memory. */
  readonly size: number;
  /** How many of them are blocked, because requests failed. */
  readonly suspended: number;
  /** Returns a tenant by name, and marks it as most recently used. */
  open(name: string, now: number): Tenant;
  /** How long a tenant's requests are blocked, in ms. */
  suspension(tenant: Tenant, now: number): number;
  /** Records that a request is sent. */
  begin(tenant: Tenant, now: number): Attempt;
  /** Records the outcome of a request. */
  end(
    { tenant, source }: Pick<Waiter, "tenant" | "source">,
    outcome: PassOutcome,
    attempt: Attempt,
    now: number,
  ): void;
}

/**
 * Makes an empty collection of tenants.
 *
 * @param rate The request rate of each tenant.
 */
export function createTenants(rate: Rate): Tenants {
  const host = createBreaker(SHARE);
  /** The least recently used tenant comes first. */
  const tenants = new Map<string, Tenant>();

  /** Removes some tenants whose state is the same as that of a new tenant. */
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

  return {
    get size() {
      return tenants.size;
    },
    get suspended() {
      if (host.isOpen) return tenants.size;
      let count = 0;
      for (const { breaker } of tenants.values()) {
        if (breaker?.isOpen) count++;
      }
      return count;
    },
    open(name, now) {
      const tenant: Tenant = tenants.get(name) ?? {
        name,
        bucket: createBucket(rate),
        waiting: [],
        running: 0,
        isAsking: false,
      };
      tenants.delete(name);
      forget(now);
      tenants.set(name, tenant);
      return tenant;
    },
    suspension: ({ name, breaker }, now) =>
      Math.max(host.wait(now, name), breaker?.wait(now, name) ?? 0),
    begin: ({ name, breaker }, now) => ({
      isTry: host.begin(now, name),
      isOwnTry: breaker?.begin(now, name) ?? false,
    }),
    end({ tenant, source }, outcome, { isTry, isOwnTry }, now) {
      if (outcome === "ok") {
        delete tenant.breaker;
        // Earlier failures may be due to the outage of the host, so they are
        // dropped.
        if (host.succeed()) {
          for (const one of tenants.values()) delete one.breaker;
        }
      } else if (outcome === "failed") {
        tenant.breaker ??= createBreaker();
        tenant.breaker.fail(now, source, isOwnTry);
        host.fail(now, source, isTry);
      } else {
        if (isTry) host.spare(tenant.name);
        if (isOwnTry) tenant.breaker?.spare(tenant.name);
      }
    },
  };
}
