/**
 * Errors, and what may be told of them: of those that were foreseen, their
 * sentence; of all others, where they arose. Their message may hold anything.
 *
 * @module
 */
import type { Log, LogDetails } from "./log.ts";

/** How many frames are told of a stack. */
const MAX_FRAMES = 8;

/**
 * What a log may say of an error that nobody foresaw.
 *
 * @param error What was thrown.
 * @returns The kind of error and where it arose, without its message.
 */
export function describeFault(error: unknown): LogDetails {
  if (!(error instanceof Error)) return { error: typeof error };
  return { error: error.name, stack: framesOf(error) };
}

/** The frames of a stack, which has the message before them. */
function framesOf({ message, stack = "" }: Error): string {
  const isFrame = /^\s+at .*[:(]\d+:\d+\)?$/;
  return stack.split("\n").slice(message.split("\n").length)
    .filter((line) => isFrame.test(line)).slice(0, MAX_FRAMES)
    .map((line) => line.trim()).join(" < ");
}

/**
 * Logs errors that no call waits for, and goes on. Calls share nothing but
 * caches, whose entries are complete before they are put in, so that one
 * call's fault is no reason to break off those of everybody else; what was
 * thrown has ended what threw it. Errors before the server serves, and memory
 * that runs out, do end the process.
 *
 * @param log Told of them.
 * @returns What stops it, for a program that goes on after serving.
 */
export function watchFaults(log: Log): Disposable {
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    log("error", "An error that nothing caught: going on", {
      ...describeFault(event.error),
    });
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    log("error", "A promise that failed with nobody waiting: going on", {
      ...describeFault(event.reason),
    });
  };
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  return {
    [Symbol.dispose]() {
      globalThis.removeEventListener("error", onError);
      globalThis.removeEventListener("unhandledrejection", onRejection);
    },
  };
}
