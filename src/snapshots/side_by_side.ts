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
 * @param run The task. It may call `onAnswer` when the answer to its request
 * begins to arrive. When all requests are answered, the next one is sent while
 * the answers are still read, so that Qontak does not wait for that.
 * @param signal Ends all tasks.
 * @throws What a task threw first.
 */
export async function sideBySide<T>(
  items: Iterable<T>,
  run: (
    item: T,
    signal: AbortSignal,
    onAnswer: () => void,
  ) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  /** Items to run again; the items themselves are taken one by one. */
  const again: T[] = [];
  let isOver = false;
  const own = new AbortController();
  const both = AbortSignal.any([signal, own.signal]);
  let working = 0;
  /** How many requests have no answer yet. */
  let waiting = 0;
  const ends: Promise<void>[] = [];

  /** Takes the next item; undefined if none is left. */
  function take(): { readonly item: T } | undefined {
    if (again.length > 0) return { item: again.pop()! };
    const { done, value } = rest.next();
    return done ? undefined : { item: value };
  }

  /** Runs the task for an item. */
  async function runFor(item: T): Promise<void> {
    let isAnswered = false;
    const end = () => {
      if (!isAnswered) waiting--;
      isAnswered = true;
    };
    waiting++;
    try {
      await run(item, both, () => {
        end();
        // One more at most, so that the answers do not pile up.
        const isIdle = waiting === 0 && working <= SIDE_BY_SIDE && !isOver;
        const next = isIdle ? take() : undefined;
        if (next) ends.push(work(next));
      });
    } finally {
      end();
    }
  }

  async function work(next = take()): Promise<void> {
    working++;
    try {
      for (; next && !isOver; next = take()) {
        try {
          await runFor(next.item);
        } catch (error) {
          // The others go on.
          if (!isOverLimit(error) || working === 1) throw error;
          again.push(next.item);
          return;
        }
        // The one that was added takes its place.
        if (working > SIDE_BY_SIDE) return;
      }
    } catch (error) {
      isOver = true;
      own.abort(error);
    } finally {
      working--;
    }
  }

  for (let i = 0; i < SIDE_BY_SIDE; i++) {
    // Requests that are answered at once may have added some.
    if (working < SIDE_BY_SIDE) ends.push(work());
  }
  // More may be added meanwhile.
  for (const end of ends) await end;
  if (isOver) throw own.signal.reason;
}

/** Whether a request was not sent because the limits allow no more. */
function isOverLimit(error: unknown): boolean {
  return error instanceof UnreachableError && error.reason === "limited";
}
