/**
 * A circuit breaker: after failures in a row nothing is sent for a while, then
 * one request tries.
 *
 * @module
 */

/** How many failures without an answer in between open it. */
const IN_A_ROW = 5;

/** For how long a failure counts, in ms. */
const MEMORY = 5 * 60_000;

/** How long it rests at first, in ms; each failed try doubles it. */
const REST = 5_000;

/** How long it rests at most, in ms. */
const LONGEST_REST = 60_000;

/** The breaker. */
export interface Breaker {
  /** How long nothing may be sent, in ms; 0 where a request may be sent. */
  wait(now: number): number;
  /**
   * Learns that a request is sent. While the breaker is open that request is
   * the one that tries: the next one comes after another rest.
   *
   * @returns Whether it is the one that tries.
   */
  begin(now: number): boolean;
  /**
   * Learns of an answer, which closes it.
   *
   * @returns Whether it was open.
   */
  succeed(): boolean;
  /** Learns that a request of `who` failed. */
  fail(now: number, who: string, isTry: boolean): void;
  /** Learns that the one that tries was not sent: another may try. */
  spare(now: number): void;
  /** Whether it is as if nothing had ever failed. */
  isQuiet(now: number): boolean;
}

/**
 * Makes a breaker, closed.
 *
 * @param share How many failures of one tenant count: the others must come
 * from somebody else, so that one whose questions are too heavy does not stop
 * those whose questions are answered. All count when left out.
 */
export function createBreaker(share: number = IN_A_ROW): Breaker {
  /** Failures since the last answer, by tenant. */
  const failures = new Map<string, number>();
  let failedAt = -Infinity;
  /** How long the current rest is, in ms; 0 where it is closed. */
  let rest = 0;
  let until = -Infinity;

  return {
    wait: (now) => rest > 0 ? Math.max(0, until - now) : 0,
    begin(now) {
      if (rest === 0) return false;
      // Also a try that never ends must not keep others from trying.
      until = now + rest;
      return true;
    },
    succeed() {
      const wasOpen = rest > 0;
      failures.clear();
      rest = 0;
      return wasOpen;
    },
    fail(now, who, isTry) {
      if (rest > 0) {
        if (!isTry) return;
        rest = Math.min(2 * rest, LONGEST_REST);
        until = now + rest;
        failedAt = now;
        return;
      }
      if (now - failedAt > MEMORY) failures.clear();
      failedAt = now;
      failures.set(who, Math.min(share, (failures.get(who) ?? 0) + 1));
      const count = failures.values().reduce((sum, one) => sum + one, 0);
      if (count < IN_A_ROW) return;
      rest = REST;
      until = now + rest;
    },
    spare(now) {
      if (rest > 0) until = now;
    },
    isQuiet: (now) => failures.size === 0 || now - failedAt > MEMORY,
  };
}
