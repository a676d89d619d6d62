/**
 * Waiting in tests that cannot use a clock of their own.
 *
 * @module
 */

/** Waits a number of milliseconds. */
export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Waits until a condition holds, for at most thirty seconds.
 *
 * @param holds The condition, which is checked repeatedly.
 * @param what What the test waits for, for the error.
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const end = Date.now() + 30_000;
  while (!await holds()) {
    if (Date.now() > end) throw new Error(`After 30 s still not: ${what}`);
    await sleep(20);
  }
}
