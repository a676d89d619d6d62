/**
 * Does many things, some of them at the same time.
 *
 * @module
 */

/**
 * Does something for each entry, in order, a few at a time. After a failure it
 * begins no more, and throws when those under way have ended.
 *
 * @param entries The entries.
 * @param most How many at the same time.
 * @param task What to do; it may end all by returning `false`.
 * @throws What the first task that failed threw.
 */
export async function inParallel<T>(
  entries: Iterable<T>,
  most: number,
  task: (entry: T) => Promise<void | boolean>,
): Promise<void> {
  const left = entries[Symbol.iterator]();
  const failures: unknown[] = [];
  let isOver = false;
  async function work(): Promise<void> {
    while (!isOver) {
      const { done, value } = left.next();
      if (done) return;
      try {
        if (await task(value) === false) isOver = true;
      } catch (error) {
        failures.push(error);
        isOver = true;
      }
    }
  }
  await Promise.all(Array.from({ length: most }, work));
  if (failures.length > 0) throw failures[0];
}
