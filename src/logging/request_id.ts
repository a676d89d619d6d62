/**
 * The id of what is going on: one for each HTTP request, and for each call of
 * a tool that came by another way. Log lines, the answer and the person who
 * asks about it meet in it.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";

const current = new AsyncLocalStorage<string>();

/** The id of what is going on here; undefined outside of any request. */
export function requestId(): string | undefined {
  return current.getStore();
}

/**
 * Does something under an id: that of what is going on already, or a new one.
 *
 * @param run What is done; what it starts has the id as well.
 * @param given The id that the caller has given it; it is taken only where it
 * looks like one, and otherwise a new one.
 */
export function withRequestId<T>(
  run: (id: string) => T,
  given = current.getStore(),
): T {
  const id = given !== undefined && /^[\w-]{1,64}$/.test(given)
    ? given
    : crypto.randomUUID().slice(-12);
  return current.run(id, run, id);
}
