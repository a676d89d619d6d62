/**
 * The clock of limits, which tests can replace.
 *
 * @module
 */

/** A monotonic clock. */
export interface Clock {
  /** The time, in ms since an arbitrary start. */
  now(): number;
  /**
   * Runs a function later, unless cancelled.
   *
   * @param ms The delay, in ms.
   * @param run The function.
   * @returns A function that cancels it.
   */
  after(ms: number, run: () => void): () => void;
}

/** The monotonic clock of the process. */
export const processClock: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
