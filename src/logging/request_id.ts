/**
 * The request id: one for each HTTP request, and for each tool call over
 * another transport. It connects log lines with the answer that a person asks
 * about.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";

const current = new AsyncLocalStorage<string>();

/** The id of the current request; undefined outside a request. */
export function requestId(): string | undefined {
  return current.getStore();
}

/**
 * Runs code under the current request id, or under a new one.
 *
 * @param run The code; everything that it starts has the id too.
 * @param given The id from the caller; it is used only if it has the form of an
 * id, otherwise a new one is created.
 */
export function withRequestId<T>(
  run: (id: string) => T,
  given = current.getStore(),
): T {
  if (given !== undefined && given === current.getStore()) return run(given);
  const id = given !== undefined && /^[\w-]{1,64}$/.test(given)
    ? given
    // After a letter, digits alone are not taken for a phone number.
    : `a${crypto.randomUUID().slice(-11)}`;
  return current.run(id, run, id);
}
