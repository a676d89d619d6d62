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

/** What came of trying something. */
interface Tried<T> {
  readonly result: "worked" | "failed" | "not tried";
  /** What it returned, if it worked. */
  readonly value?: T;
  /** Why it did not work; no personal data. */
  readonly why?: string;
  /** What it threw. */
  readonly error?: unknown;
}

/** What came of one read or step, for the report. */
export interface Row extends Pick<Tried<unknown>, "result"> {
  /** The method and path, or the name of the step. */
  readonly name: string;
  /** What happened to the values, or why it failed; no personal data. */
  readonly detail: string;
  /** The HTTP status of a read, if it was answered. */
  readonly http?: number;
  /** How long the answer took, in ms. */
  readonly ms?: number;
  /** The keys and types of the answer. */
  readonly shape?: string;
}

/** Something could not be tried; the message says why. */
export class NotTried extends Error {}

/** The run ended early; the message says why. */
export class Stopped extends NotTried {}

/** Qontak or a tool refused a request. The message has no personal data. */
export class Refused extends Error {}

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
  if (error instanceof NotTried || error instanceof Refused) {
    return error.message;
  }
  throw error;
}

/**
 * Tries something, unless the run has ended.
 *
 * @throws {unknown} What `run` throws, if it is a bug in this program.
 */
export async function tried<T>(
  stopped: string | undefined,
  run: () => T | Promise<T>,
): Promise<Tried<T>> {
  try {
    if (stopped !== undefined) throw new Stopped(stopped);
    return { result: "worked", value: await run() };
  } catch (error) {
    const isRequest = error instanceof QontakError ||
      error instanceof UnreachableError;
    const why = (isRequest ? `${error.endpoint}: ` : "") + reasonOf(error);
    const result = error instanceof NotTried ? "not tried" : "failed";
    return { result, why, error };
  }
}
