/**
 * Holds the answer to a call back until it is known whether Qontak still accepts
 * the person who signed in. If not, the client can be told with the status of
 * the response to have the person sign in again.
 *
 * @module
 */
import { isObject, type JsonObject } from "../values/json.ts";

/** How long an answer is held back at most, in ms. */
const LONGEST = 5_000;

const isText = (value: unknown) => typeof value === "string";

/**
 * The methods whose answers need Qontak, and whether their params are
 * well-formed. For others no call begins, so nothing would end the hold early.
 */
const METHODS: Readonly<Record<string, (params: JsonObject) => boolean>> = {
  "tools/call": ({ name, arguments: args = {} }) =>
    isText(name) && isObject(args),
  "resources/read": ({ uri }) => isText(uri),
  "completion/complete": ({ ref, argument }) =>
    isObject(ref) && isText(ref.type === "ref/prompt" ? ref.name : ref.uri) &&
    isObject(argument) && isText(argument.name) && isText(argument.value),
};

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
  if (!isObject(message)) return false;
  const { id, method, params } = message;
  return (isText(id) || typeof id === "number") && isObject(params) &&
    typeof method === "string" && Object.hasOwn(METHODS, method) &&
    METHODS[method]!(params);
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
