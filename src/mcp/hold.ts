/**
 * Holds the answer to a call back until it is known whether Qontak still accepts
 * the person who signed in. If not, the client can be told with the status of
 * the response to have the person sign in again.
 *
 * @module
 */
import { isObject } from "../values/json.ts";

/** How long an answer is held back at most, in ms. */
const LONGEST = 5_000;

/** The methods whose answers need Qontak. */
const METHODS: ReadonlySet<unknown> = new Set([
  "tools/call",
  "resources/read",
  "completion/complete",
]);

/** One answer that is held back. */
export interface Hold {
  /** Qontak has answered a request of the call, or may have carried out one. */
  readonly onQontak: () => void;
  /** Qontak no longer accepts the person, or the person's tokens are gone. */
  readonly onLost: () => void;
  /** The call has ended. */
  readonly onEnd: () => void;
  /**
   * Whether the call got nothing from Qontak, because the person is no longer
   * accepted. It resolves as soon as that is known, or within 5 s.
   */
  readonly isLost: Promise<boolean>;
}

/** Whether the answer to a message needs Qontak. */
export function needsQontak(message: unknown): boolean {
  return isObject(message) && METHODS.has(message.method) &&
    (typeof message.id === "string" || typeof message.id === "number") &&
    isObject(message.params);
}

/** Begins to hold an answer back. */
export function createHold(): Hold {
  const { promise: isLost, resolve } = Promise.withResolvers<boolean>();
  let wasRefused = false;
  const timer = setTimeout(() => resolve(false), LONGEST);
  const end = (verdict: boolean) => {
    clearTimeout(timer);
    resolve(verdict);
  };
  return {
    // Part of the work may be done: the client must see the answer.
    onQontak: () => end(false),
    onLost: () => void (wasRefused = true),
    onEnd: () => end(wasRefused),
    isLost,
  };
}
