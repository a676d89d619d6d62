/**
 * What a run finds out about one thing, and why it may find out nothing.
 *
 * @module
 */
import {
  ForeseenError,
  QontakError,
  UnreachableError,
} from "../../src/errors.ts";
import { isEmpty } from "../../src/values/json.ts";

/** What a fact came to. */
export interface Finding {
  readonly verdict: "as assumed" | "otherwise" | "not tried";
  /** What was seen, or why nothing was; holds no personal data. */
  readonly detail: string;
}

/** How one request or step went. */
export interface Result {
  readonly result: "worked" | "failed" | "not tried";
  /** Why it did not work; no personal data. */
  readonly why?: string;
}

/** Something could not be tried; the message is why. */
export class NotTried extends Error {
  override readonly name = "NotTried";
}

/** The run was ended early; the message is why. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** A tool reported an error. Its message holds no personal data. */
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
 * A value without which nothing can be tried.
 *
 * @param value Anything; false and what Qontak shows as empty are missing.
 * @param why Why nothing can be tried without it.
 * @throws {NotTried} Where it is missing.
 */
export function demand<T>(
  value: T,
  why: string,
): Exclude<NonNullable<T>, false> {
  if (value === false || isEmpty(value)) throw new NotTried(why);
  return value as Exclude<NonNullable<T>, false>;
}

/** Why something failed, without a word of what Qontak said. */
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
 * What came of something that was thrown out of.
 *
 * @throws {unknown} The error itself, where it is a fault of this program.
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
