/**
 * Long computations that let others run in between.
 *
 * @module
 */

/** How long to compute before others get a turn, in ms. */
const TURN = 15;

/**
 * Runs a computation to its end, and lets others run every few ms.
 *
 * @param steps The computation; it yields where it can be interrupted.
 * @param signal Ends the computation.
 * @returns What it returns.
 * @throws The reason of the signal.
 */
export async function inTurns<T>(
  steps: Generator<void, T>,
  signal?: AbortSignal,
): Promise<T> {
  let start = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() - start < TURN) continue;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    start = performance.now();
  }
}

/** Runs a short computation to its end at once. */
export function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
