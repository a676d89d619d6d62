/**
 * Errors as one of a few words.
 *
 * @module
 */
import { ForeseenError, UnreachableError } from "../errors.ts";

/**
 * The kind of an error.
 *
 * @param error What was thrown.
 * @returns Why Qontak was not reached, or the kind; "internal" for errors that
 * were not foreseen.
 */
export function outcomeOf(error: unknown): string {
  if (error instanceof UnreachableError) return error.reason;
  return error instanceof ForeseenError ? error.kind : "internal";
}
