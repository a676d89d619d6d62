/**
 * Limits that several processes share, for as long as the place where they are
 * kept answers.
 *
 * @module
 */
import { remedyOf } from "../../errors.ts";
import type { Log } from "../../logging/log.ts";
import type { Rates } from "../bucket.ts";
import type { Clock } from "../clock.ts";

/** How long until the next tokens are there, in ms; 0 for both: taken. */
export interface Waits {
  /** For the tenant's bucket. */
  readonly tenant: number;
  /** For everybody's bucket. */
  readonly all: number;
}

/** Buckets that several processes draw from. */
export interface SharedBuckets {
  /** Where they are kept, for messages. */
  readonly name: string;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** The same, as limits use them. */
export interface Buckets extends SharedBuckets {
  /**
   * Takes a token from a tenant's bucket and one from everybody's, or neither.
   *
   * @param tenant The tenant.
   * @param rates How much the buckets hold, and how fast they fill.
   * @returns How long to wait where a token is missing.
   * @throws {Error} When the place is out of order.
   */
  take(tenant: string, rates: Rates): Promise<Waits>;
}

/**
 * The buckets behind shared buckets.
 *
 * @throws {TypeError} When this package did not make them.
 */
export function bucketsOf(shared: SharedBuckets): Buckets {
  if ("take" in shared) return shared as Buckets;
  throw new TypeError(
    "shared must be made with createRedisBuckets() or createKvBuckets()",
  );
}

/** How long the place may take to answer, in ms. */
const TIMEOUT = 250;

/** How long it may take until it has answered once, in ms: it is connected. */
const FIRST_TIMEOUT = 3_000;

/** How long a process that was busy itself looks for the answer, in ms. */
const SECOND_LOOK = 20;

/** How long it is left alone after it failed, in ms. */
const REST = 1_000;

/** How often it is said that it fails, at most, in ms. */
const QUIET = 60_000;

const TAKEN: Waits = { tenant: 0, all: 0 };

/**
 * Makes buckets that never fail: while the place is out of order or slow, the
 * limits of this process go on alone.
 *
 * @param buckets The buckets.
 * @param clock The time.
 * @param log Told when the place fails, and when it is back.
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
      "The shared limits do not answer: each server goes by its own",
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
      // Nobody waits for a place that is out of order.
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

/** Waits for an answer no longer than so many ms. */
function within<T>(
  ms: number,
  clock: Clock,
  ask: () => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let cancel = clock.after(ms, () => {
      // Where this process was too busy to read it, the answer is there.
      cancel = clock.after(
        SECOND_LOOK,
        () => reject(new Error(`no answer within ${ms} ms`)),
      );
    });
    ask().then(resolve, reject).finally(() => cancel());
  });
}
