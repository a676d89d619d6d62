/**
 * The outcome label of an error.
 *
 * @module
 */
import { ForeseenError, UnreachableError } from "../errors.ts";

/**
 * The kind of an error.
 *
 * @param error The error.
 * @returns Why Qontak was not reached, or the kind; "internal" for unexpected
 * errors.
 */
export function outcomeOf(error: unknown): string {
  if (error instanceof UnreachableError) return error.reason;
  return error instanceof ForeseenError ? error.kind : "internal";
}
