/**
 * Sends several requests in parallel, as many as the limits allow.
 *
 * @module
 */
import { UnreachableError } from "../errors.ts";

/** How many requests are sent in parallel. */
const SIDE_BY_SIDE = 8;

/**
 * Runs a task for each item, several in parallel. The first failure ends all of
 * them. If the limits refuse a request, fewer run in parallel.
 *
 * @param items The items.
 * @param run The task.
 * @param signal Ends all tasks.
 * @throws What a task threw first.
 */
export async function sideBySide<T>(
  items: Iterable<T>,
  run: (item: T, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const queue = [...items];
  const own = new AbortController();
  const both = AbortSignal.any([signal, own.signal]);
  let working = 0;

  async function work(): Promise<void> {
    working++;
    try {
      while (queue.length > 0) {
        const item = queue.shift()!;
        try {
          await run(item, both);
        } catch (error) {
          // The others go on.
          if (!isOverLimit(error) || working === 1) throw error;
          queue.unshift(item);
          return;
        }
      }
    } catch (error) {
      queue.length = 0;
      own.abort(error);
      throw error;
    } finally {
      working--;
    }
  }

  const ends = await Promise.allSettled(
    Array.from({ length: SIDE_BY_SIDE }, work),
  );
  if (ends.some(({ status }) => status === "rejected")) {
    throw own.signal.reason;
  }
}

/** Whether a request was not sent because the limits allow no more. */
function isOverLimit(error: unknown): boolean {
  return error instanceof UnreachableError && error.reason === "limited";
}
