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

/**
 * Whether an assumption holds, or undefined if nothing shows it, and what was
 * seen; no personal data.
 */
export type Finding = readonly [
  holds: boolean | undefined,
  seen?: string | undefined,
];

/** The result of one request or step. */
export type Result = "worked" | "failed" | "not tried";

/** Something could not be tried; the message says why. */
export class NotTried extends Error {}

/** The run ended early; the message says why. */
export class Stopped extends NotTried {}

/** A tool reported an error. The message contains no personal data. */
export class ToolRefusal extends Error {}

/**
 * Returns a value that a test needs; false and Qontak's empty values count as
 * missing.
 *
 * @throws {NotTried} With `why`, if it is missing.
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
  if (error instanceof NotTried || error instanceof ToolRefusal) {
    return error.message;
  }
  throw error;
}

/**
 * Tries something, unless the run has ended. `failed` makes the result of what
 * it throws; `why` holds no personal data.
 *
 * @throws {unknown} What `run` throws, if it is a bug in this program.
 */
export async function tried<T>(
  stopped: string | undefined,
  run: () => T | Promise<T>,
  failed: (
    failure: { readonly result: Result; readonly why: string },
    error: unknown,
  ) => T,
): Promise<T> {
  try {
    if (stopped !== undefined) throw new Stopped(stopped);
    return await run();
  } catch (error) {
    const why = reasonOf(error);
    if (error instanceof NotTried) {
      return failed({ result: "not tried", why }, error);
    }
    const isRequest = error instanceof QontakError ||
      error instanceof UnreachableError;
    const place = isRequest ? `${error.endpoint}: ` : "";
    return failed({ result: "failed", why: place + why }, error);
  }
}
