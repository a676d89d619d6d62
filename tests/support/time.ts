/**
 * Waiting in tests, where no clock of the test's own will do.
 *
 * @module
 */

/** Waits so many milliseconds. */
export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Waits until something holds, for ten seconds at most.
 *
 * @param holds Asked again and again.
 * @param what What is waited for, for the error.
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const end = Date.now() + 10_000;
  while (!await holds()) {
    if (Date.now() > end) throw new Error(`After 10 s still not: ${what}`);
    await sleep(20);
  }
}
