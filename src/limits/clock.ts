/**
 * The time that limits go by, which tests may set.
 *
 * @module
 */

/** A clock that never goes back. */
export interface Clock {
  /** The time, in ms since some moment. */
  now(): number;
  /**
   * Runs something later, unless it is told not to.
   *
   * @param ms How much later, in ms.
   * @param run What to run.
   * @returns Tells it not to.
   */
  after(ms: number, run: () => void): () => void;
}

/** The clock of the process. */
export const processClock: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
