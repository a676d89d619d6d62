/**
 * Work that holds many records in memory, so that a company does only a few
 * such tasks at the same time.
 *
 * @module
 */
import { LimitError } from "../errors.ts";
import { deadline, timeLeft, untilAborted } from "../net/deadline.ts";

/** How many tasks of a company run at the same time. */
export const FEW = 3;

/** The longest that a task waits for its turn, in ms. */
const PATIENCE = 15_000;

/** When to try again after that, in ms. */
const TRY_AGAIN = 5_000;

/**
 * Does a task when fewer than {@linkcode FEW} of the company run. A task whose
 * time is over does not count any more, whether it has ended or not.
 *
 * @throws {LimitError} When it waits too long. The task was not begun.
 */
export type FewAtOnce = <T>(task: () => Promise<T>) => Promise<T>;

/** The tasks of one company. */
interface Tasks {
  running: number;
  /** Start the tasks that wait, oldest first. */
  readonly waiting: Set<() => void>;
}

/**
 * Makes a function that gives what limits the tasks of a company.
 *
 * @returns Takes what separates the company's account from all others, and the
 * signal of a call.
 */
export function createFewAtOnce(): (
  scope: string,
  signal: AbortSignal,
) => FewAtOnce {
  const companies = new Map<string, Tasks>();

  /** Waits for a place; the task has it then. */
  async function enter(tasks: Tasks, signal: AbortSignal): Promise<void> {
    if (tasks.running < FEW) {
      tasks.running++;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    tasks.waiting.add(resolve);
    // Some of the call's time is left for its task.
    using limit = deadline(Math.min(PATIENCE, timeLeft(signal) / 2), signal);
    try {
      await untilAborted(promise, limit.signal);
    } catch {
      tasks.waiting.delete(resolve);
      throw new LimitError(
        "limited",
        TRY_AGAIN,
        `Nothing was sent. This company plans and takes back more than ${FEW} changes at once`,
      );
    }
  }

  /** Gives the place of a task to the one that has waited longest. */
  function leave(scope: string, tasks: Tasks): void {
    const [next] = tasks.waiting;
    if (next) {
      tasks.waiting.delete(next);
      next();
    } else if (--tasks.running === 0) companies.delete(scope);
  }

  return (scope, signal) => async (task) => {
    const tasks = companies.get(scope) ??
      { running: 0, waiting: new Set() };
    companies.set(scope, tasks);
    await enter(tasks, signal);
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      leave(scope, tasks);
    };
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    try {
      return await task();
    } finally {
      signal.removeEventListener("abort", end);
      end();
    }
  };
}
