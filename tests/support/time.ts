/**
 * Waiting in tests that cannot use a clock of their own.
 *
 * @module
 */

/** Waits a number of milliseconds. */
export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Waits until a count has stayed the same for a while, for at most a minute.
 *
 * @param count The count, which is looked at repeatedly.
 * @param what What counts, for the error.
 * @param still How long it has to stay the same, in ms.
 */
export async function settled(
  count: () => number,
  what: string,
  still = 1_500,
): Promise<number> {
  const end = Date.now() + 60_000;
  for (let last = count();; last = count()) {
    await sleep(still);
    if (count() === last) return last;
    if (Date.now() > end) throw new Error(`It continued for a minute: ${what}`);
  }
}

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
