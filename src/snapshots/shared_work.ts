/**
 * Work that several calls wait for: it runs once, and ends when no call waits
 * any more.
 *
 * @module
 */
import { timeLeft } from "../net/deadline.ts";

/** Receives the progress of the work, as a sentence. */
export type Tell = (message: string) => void;

/** The longest part of a call's time that is kept for its answer, in ms. */
const FOR_THE_ANSWER = 1_500;

/** Work in progress. */
export interface SharedWork {
  /** Settles with the work. */
  readonly done: Promise<void>;
  /** Whether no call waits for it any more, so that it is ending. */
  readonly isEnding: boolean;
  /**
   * Waits for the work.
   *
   * @param signal Ends the wait.
   * @param tell Receives the progress.
   * @returns "late" if a part of the call's time must now be left for its
   * answer.
   * @throws What the work threw, or the signal's reason.
   */
  wait(signal: AbortSignal, tell: Tell | undefined): Promise<"done" | "late">;
}

/**
 * Starts work.
 *
 * @param run The work; its signal fires when no call waits any more.
 */
export function shareWork(
  run: (signal: AbortSignal, tell: Tell) => Promise<void>,
): SharedWork {
  const controller = new AbortController();
  const tellers = new Set<Tell>();
  let waiting = 0;
  const done = run(controller.signal, (message) => {
    for (const tell of tellers) tell(message);
  });
  // Calls that wait receive the error. If none waits, it is not a fault.
  done.catch(() => {});
  return {
    done,
    get isEnding() {
      return controller.signal.aborted;
    },
    async wait(signal, tell) {
      signal.throwIfAborted();
      waiting++;
      // Each wait has its own function, so that none removes that of another.
      const own: Tell | undefined = tell && ((message) => tell(message));
      if (own) tellers.add(own);
      const late = Promise.withResolvers<"late">();
      const left = timeLeft(signal);
      const time = Math.min(left - Math.min(FOR_THE_ANSWER, left / 4), 2 ** 30);
      const timer = setTimeout(() => late.resolve("late"), Math.max(0, time));
      const giveUp = () => late.reject(signal.reason);
      signal.addEventListener("abort", giveUp);
      try {
        return await Promise.race([
          done.then(() => "done" as const),
          late.promise,
        ]);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
        if (own) tellers.delete(own);
        if (--waiting === 0) {
          controller.abort(new DOMException("Nobody waits", "AbortError"));
        }
      }
    },
  };
}
