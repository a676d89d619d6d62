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
 * @param items The items. Each is taken when its turn comes, so that a task can
 * end a list that is made as it is read.
 * @param run The task.
 * @param signal Ends all tasks.
 * @throws What a task threw first.
 */
export async function sideBySide<T>(
  items: Iterable<T>,
  run: (item: T, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  /** Items to run again; the items themselves are taken one by one. */
  const again: T[] = [];
  let isOver = false;
  const own = new AbortController();
  const both = AbortSignal.any([signal, own.signal]);
  let working = 0;

  async function work(): Promise<void> {
    working++;
    try {
      while (!isOver) {
        const next = again.length > 0
          ? { done: false, value: again.pop()! }
          : rest.next();
        if (next.done) return;
        const item = next.value as T;
        try {
          await run(item, both);
        } catch (error) {
          // The others go on.
          if (!isOverLimit(error) || working === 1) throw error;
          again.push(item);
          return;
        }
      }
    } catch (error) {
      isOver = true;
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
