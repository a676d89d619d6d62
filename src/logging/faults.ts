/**
 * What may be logged about an error: the sentence of an expected error, and for
 * all others the place where they were thrown. The message of an unexpected
 * error may contain anything.
 *
 * @module
 */
import type { Log, LogDetails } from "./log.ts";

/** How many frames of a stack are logged. */
const MAX_FRAMES = 8;

/**
 * Describes an unexpected error for the log.
 *
 * @param error The thrown value.
 * @returns The kind of error and where it was thrown, without its message.
 */
export function describeFault(error: unknown): LogDetails {
  if (!(error instanceof Error)) return { error: typeof error };
  return { error: error.name, stack: framesOf(error) };
}

/** The frames of a stack, without the message before them. */
function framesOf({ message, stack = "" }: Error): string {
  const isFrame = /^\s+at .*[:(]\d+:\d+\)?$/;
  return stack.split("\n").slice(message.split("\n").length)
    .filter((line) => isFrame.test(line)).slice(0, MAX_FRAMES)
    .map((line) => line.trim()).join(" < ");
}

/**
 * Logs errors that no call waits for, and continues. Calls share only caches,
 * and a cache entry is complete before it is stored, so an error in one call
 * does not affect the others. Errors before the server serves, and running out
 * of memory, do end the process.
 *
 * @param log Writes the log lines.
 * @returns A handle that stops it, for programs that keep running after
 * serving.
 */
export function watchFaults(log: Log): Disposable {
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    log("error", "An uncaught error; the server continues", {
      ...describeFault(event.error),
    });
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    log("error", "An unhandled rejection; the server continues", {
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
