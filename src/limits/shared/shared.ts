/**
 * Limits shared by several processes, as long as their storage answers.
 *
 * @module
 */
import { remedyOf } from "../../errors.ts";
import type { Log } from "../../logging/log.ts";
import type { Rates } from "../bucket.ts";
import type { Clock } from "../clock.ts";

/** The time until the next tokens, in ms. If both are 0, tokens were taken. */
export interface Waits {
  /** For the tenant's bucket. */
  readonly tenant: number;
  /** For the bucket of all tenants. */
  readonly all: number;
}

/** Token buckets shared by several processes. */
export interface SharedBuckets {
  /** The name of the storage, for messages. */
  readonly name: string;
  /** Closes the connections. */
  close(): Promise<void>;
}

/** The same buckets, with the interface that limits use. */
export interface Buckets extends SharedBuckets {
  /**
   * Takes a token from a tenant's bucket and one from the bucket of all
   * tenants, or neither.
   *
   * @param tenant The tenant.
   * @param rates The capacity and refill rate of the buckets.
   * @returns How long to wait if a token is missing.
   * @throws {Error} When the storage fails.
   */
  take(tenant: string, rates: Rates): Promise<Waits>;
}

/**
 * Returns the internal buckets of shared buckets.
 *
 * @throws {TypeError} When this package did not make them.
 */
export function bucketsOf(shared: SharedBuckets): Buckets {
  if ("take" in shared) return shared as Buckets;
  throw new TypeError(
    "shared must be made with createRedisBuckets() or createKvBuckets()",
  );
}

/** The timeout for an answer from the storage, in ms. */
const TIMEOUT = 250;

/** The timeout until the first answer, which includes connecting, in ms. */
const FIRST_TIMEOUT = 3_000;

/** How long to keep waiting if this process itself was busy, in ms. */
const SECOND_LOOK = 20;

/** How long to pause requests after a failure, in ms. */
const REST = 1_000;

/** The shortest time between two log messages about failures, in ms. */
const QUIET = 60_000;

const TAKEN: Waits = { tenant: 0, all: 0 };

/**
 * Makes buckets that never fail. While the storage fails or is slow, only this
 * process's own limits apply.
 *
 * @param buckets The buckets.
 * @param clock The clock.
 * @param log Logs when the storage fails, and when it recovers.
 */
export function withoutFailures(
  buckets: Buckets,
  clock: Clock,
  log: Log,
): Buckets {
  let hasAnswered = false;
  let isOut = false;
  let isTold = false;
  let toldAt = -Infinity;
  let tryAt = -Infinity;

  function fail(error: unknown): void {
    const now = clock.now();
    isOut = true;
    tryAt = now + REST;
    if (now - toldAt < QUIET) return;
    toldAt = now;
    isTold = true;
    log(
      "warn",
      "The shared limits do not answer: each server uses its own",
      {
        place: buckets.name,
        reason: error instanceof Error ? error.message : typeof error,
        ...remedyOf(error),
      },
    );
  }

  function recover(): void {
    isOut = false;
    if (isTold) {
      log("info", "The limits are shared again", { place: buckets.name });
    }
    isTold = false;
  }

  async function ask(tenant: string, rates: Rates): Promise<Waits> {
    const timeout = hasAnswered ? TIMEOUT : FIRST_TIMEOUT;
    try {
      const waits = await within(
        timeout,
        clock,
        () => buckets.take(tenant, rates),
      );
      hasAnswered = true;
      if (isOut) recover();
      return waits;
    } catch (error) {
      fail(error);
      return TAKEN;
    }
  }

  return {
    name: buckets.name,
    async take(tenant, rates) {
      if (!isOut) return await ask(tenant, rates);
      // Requests do not wait for a failing storage.
      const now = clock.now();
      if (now >= tryAt) {
        tryAt = now + REST;
        ask(tenant, rates);
      }
      return TAKEN;
    },
    close: () => buckets.close(),
  };
}

/** Waits at most `ms` ms for an answer. */
function within<T>(
  ms: number,
  clock: Clock,
  ask: () => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let cancel = clock.after(ms, () => {
      // If this process was too busy to read it, the answer has already
      // arrived.
      cancel = clock.after(
        SECOND_LOOK,
        () => reject(new Error(`no answer within ${ms} ms`)),
      );
    });
    ask().then(resolve, reject).finally(() => cancel());
  });
}
