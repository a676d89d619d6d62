/**
 * Time limits: signals that fire when time is up, and functions that wait no
 * longer than a signal allows. Each timer is cleared when its work ends, so a
 * quick call leaves no timer running.
 *
 * @module
 */

/** A limit on how long something may take. Dispose of it to clear its timer. */
export interface Deadline extends Disposable {
  /** Fires when time is up, or when the parent signal fires. */
  readonly signal: AbortSignal;
}

/** When each signal's time is up, in ms on the clock of performance.now(). */
const ends = new WeakMap<AbortSignal, number>();

/**
 * How much time is left before a deadline's signal fires, in ms; Infinity for
 * any other signal.
 */
export function timeLeft(signal: AbortSignal): number {
  return Math.max(0, (ends.get(signal) ?? Infinity) - performance.now());
}

/**
 * Starts a limit.
 *
 * @param ms How long it may take, in ms.
 * @param parent Ends the limit early when it fires, and passes its reason on.
 * @returns The limit. When time is up, the reason of its signal is a
 * DOMException named TimeoutError.
 */
export function deadline(ms: number, parent?: AbortSignal): Deadline {
  // Most requests to Qontak have the whole time of the call that sends them.
  if (parent && timeLeft(parent) <= ms) {
    return { signal: parent, [Symbol.dispose]() {} };
  }
  const controller = new AbortController();
  const giveUp = () => controller.abort(parent?.reason);
  if (parent?.aborted) giveUp();
  parent?.addEventListener("abort", giveUp);
  const timer = setTimeout(
    () => controller.abort(new DOMException("Time is up", "TimeoutError")),
    ms,
  );
  ends.set(controller.signal, performance.now() + ms);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      parent?.removeEventListener("abort", giveUp);
    },
  };
}

/** Whether a signal fired because time was up. */
export function isTimeUp({ reason }: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

/**
 * Waits for a promise, but no longer than a signal allows.
 *
 * @param promise The promise. If the signal fires first, the promise keeps
 * running and its outcome is ignored.
 * @param signal The signal.
 * @param grace How much longer to wait after the signal fires, in ms. It gives
 * work that also listens to the signal time to reject with a more specific
 * error.
 * @throws The signal's reason when it fires first, or what the promise rejects
 * with.
 */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  grace = 0,
): Promise<T> {
  // This runs several times in each call, so it makes one promise only.
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const give = () => reject(signal.reason);
    const end = () => {
      if (grace === 0) give();
      else timer = setTimeout(give, grace);
    };
    const stop = () => {
      if (timer !== undefined) clearTimeout(timer);
      signal.removeEventListener("abort", end);
    };
    promise.then((value) => {
      stop();
      resolve(value);
    }, (error) => {
      stop();
      reject(error);
    });
    // A promise that has its value already comes first.
    if (signal.aborted) queueMicrotask(end);
    else signal.addEventListener("abort", end, { once: true });
  });
}

/**
 * Waits.
 *
 * @param ms How long to wait, in ms.
 * @param signal Ends the wait.
 * @throws The signal's reason when it fires.
 */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await untilAborted(
      new Promise<void>((resolve) => timer = setTimeout(resolve, ms)),
      signal,
    );
  } finally {
    clearTimeout(timer);
  }
}
