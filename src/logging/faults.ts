/**
 * Errors, and what may be told of them: of those that were foreseen, their
 * sentence; of all others, where they arose. Their message may hold anything.
 *
 * @module
 */
import type { Log, LogDetails } from "./log.ts";
import { QontakError, UnreachableError } from "../qontak/errors.ts";
import { redact, redactSecrets } from "./redact.ts";
import { CredentialsError, StoreError } from "../tokens/store.ts";
import { InputError } from "../tools/tool.ts";

/** Errors whose message was made to be read. */
const told = [QontakError, UnreachableError, CredentialsError, StoreError];

/**
 * The sentence of an error that was foreseen, without what must not be told.
 *
 * @param error What was thrown.
 * @returns Its sentence, or undefined for a fault of this program.
 */
export function sentenceOf(error: unknown): string | undefined {
  // It speaks of the caller's own values, and of the company's own users.
  if (error instanceof InputError) return redactSecrets(error.message);
  return told.some((kind) => error instanceof kind)
    ? redact((error as Error).message)
    : undefined;
}

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
