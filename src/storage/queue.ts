/**
 * Runs tasks one after another.
 *
 * @module
 */

/** Makes a function that runs tasks one after another. */
export function createQueue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const run = last.then(task);
    last = run.catch(() => {});
    return run;
  };
}
