/**
 * Errors as one of a few words.
 *
 * @module
 */
import { UnreachableError } from "../qontak/errors.ts";

/** The words for the project's errors, by their names. */
const words: Readonly<Record<string, string>> = {
  InputError: "input",
  ArgumentsError: "input",
  QontakError: "qontak",
  CredentialsError: "credentials",
  StoreError: "store",
};

/**
 * The kind of an error.
 *
 * @param error What was thrown.
 * @returns Why Qontak was not reached, or the kind; "internal" for errors that
 * are not the project's own.
 */
export function outcomeOf(error: unknown): string {
  if (error instanceof UnreachableError) return error.reason;
  const name = error instanceof Error ? error.name : "";
  return Object.hasOwn(words, name) ? words[name]! : "internal";
}
