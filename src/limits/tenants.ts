/**
 * What is remembered of tenants, and for how long.
 *
 * @module
 */
import { type Breaker, createBreaker, type Source } from "./breaker.ts";
import { type Bucket, createBucket, type Rate } from "./bucket.ts";
import type { Lane } from "./queue.ts";

/** How many tenants are remembered. */
const TENANTS = 5_000;

/** How many failures of one tenant, or of one caller, count against the host. */
const SHARE = 2;

/** How many of the tenants are looked at whether they can be forgotten. */
const SWEEP = 8;

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

/** A request that waits. */
export interface Waiter {
  readonly tenant: Tenant;
  readonly source: Source;
  /** When it is refused, in ms of the clock. */
  readonly deadline: number;
  isGone: boolean;
  admit(pass: Pass): void;
  refuse(reason: unknown): void;
}

/** What is remembered of a tenant. */
export interface Tenant extends Lane<Waiter> {
  readonly name: string;
  readonly bucket: Bucket;
  /** Made with its first failure. */
  breaker?: Breaker;
  running: number;
  /** Whether the shared buckets are being asked: one at a time keeps order. */
  isAsking: boolean;
}

/** Which breakers let a request through to see whether requests work again. */
export interface Attempt {
  /** Whether it tries the host. */
  readonly isTry: boolean;
  /** Whether it tries for its own tenant. */
  readonly isOwnTry: boolean;
}

/** The tenants of one host, and whether requests may be sent at all. */
export interface Tenants {
  /** How many are remembered. */
  readonly size: number;
  /** A tenant by its name, which is now the one used last. */
  open(name: string, now: number): Tenant;
  /** How long nothing of a tenant may be sent, in ms. */
  suspension(tenant: Tenant, now: number): number;
  /** Learns that a request is sent. */
  begin(tenant: Tenant, now: number): Attempt;
  /** Learns how a request ended. */
  end(
    { tenant, source }: Pick<Waiter, "tenant" | "source">,
    outcome: PassOutcome,
    attempt: Attempt,
    now: number,
  ): void;
}

/**
 * Makes the memory of tenants, empty.
 *
 * @param rate How many requests each may send.
 */
export function createTenants(rate: Rate): Tenants {
  const host = createBreaker(SHARE);
  /** The one that was used least recently comes first. */
  const tenants = new Map<string, Tenant>();

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

  return {
    get size() {
      return tenants.size;
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
        // What failed while the host was out of order says nothing any more.
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
