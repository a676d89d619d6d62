/**
 * The results of a run, and the reasons why there may be none.
 *
 * @module
 */
import {
  ForeseenError,
  QontakError,
  UnreachableError,
} from "../../src/errors.ts";
import { isEmpty } from "../../src/values/json.ts";

/** The result for a fact. */
export interface Finding {
  readonly verdict: "as assumed" | "otherwise" | "not tried";
  /** What was seen, or why nothing was seen; no personal data. */
  readonly detail: string;
}

/** The result of one request or step. */
export interface Result {
  readonly result: "worked" | "failed" | "not tried";
  /** Why it did not work; no personal data. */
  readonly why?: string;
}

/** Something could not be tried; the message says why. */
export class NotTried extends Error {
  override readonly name = "NotTried";
}

/** The run ended early; the message says why. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** A tool reported an error. The message contains no personal data. */
export class ToolRefusal extends Error {
  override readonly name = "ToolRefusal";
}

/** Whether the assumption holds, and what was seen. */
export function judged(holds: boolean, detail = ""): Finding {
  return { verdict: holds ? "as assumed" : "otherwise", detail };
}

/** The assumption does not hold. */
export function otherwise(detail: string): Finding {
  return judged(false, detail);
}

/**
 * Returns a value that a test needs.
 *
 * @param value Any value; false and Qontak's empty values count as missing.
 * @param why Why the test is impossible without it.
 * @throws {NotTried} If it is missing.
 */
export function demand<T>(
  value: T,
  why: string,
): Exclude<NonNullable<T>, false> {
  if (value === false || isEmpty(value)) throw new NotTried(why);
  return value as Exclude<NonNullable<T>, false>;
}

/** Why something failed, without any text from Qontak. */
export function reasonOf(error: unknown): string {
  if (error instanceof QontakError) return `Qontak answered ${error.status}`;
  if (error instanceof UnreachableError) {
    return `no answer of Qontak's could be read (${error.reason})`;
  }
  if (error instanceof ForeseenError) return `it ended with ${error.name}`;
  if (
    error instanceof NotTried || error instanceof Stopped ||
    error instanceof ToolRefusal
  ) return error.message;
  throw error;
}

/**
 * Turns a thrown error into a result.
 *
 * @throws {unknown} The error itself, if it is a bug in this program.
 */
export function resultOf(error: unknown): Result & { readonly why: string } {
  const why = reasonOf(error);
  if (error instanceof NotTried || error instanceof Stopped) {
    return { result: "not tried", why };
  }
  const isRequest = error instanceof QontakError ||
    error instanceof UnreachableError;
  return {
    result: "failed",
    why: isRequest ? `${error.endpoint}: ${why}` : why,
  };
}
