/**
 * Limits on MCP messages, except for arguments, which have separate limits: the
 * size of a batch, and the size of values that answers repeat.
 *
 * @module
 */
import { MAX_ENTRIES, tooMuch } from "../values/bounds.ts";
import { isObject, type JsonObject } from "../values/json.ts";

/**
 * The maximum number of messages in a batch: each is a call and gets an answer.
 */
export const MAX_BATCH = 20;

/** The maximum length of an id, progress token or method, in characters. */
const MAX_NAME = 200;

/** The error for a message whose bytes are not valid UTF-8. */
export const NOT_UTF8 =
  "The message is not UTF-8, so characters would be lost: send UTF-8, or use JSON escapes such as \\u00e9";

/** The maximum number of keys of the message itself. */
const MAX_KEYS = 20;

/** A message that is refused. */
export interface Refused {
  /** The id for the answer; null if there is no id that can be repeated. */
  readonly id: string | number | null;
  /** The reason, and what to do, as a sentence. */
  readonly problem: string;
}

/**
 * Says what is wrong with a message or a batch.
 *
 * @param value What was sent, as JSON.
 * @returns Undefined if nothing is wrong. It does not check whether the value
 * is a valid message.
 */
export function refusedMessage(value: unknown): Refused | undefined {
  if (!Array.isArray(value)) return refusedOne(value);
  if (value.length > MAX_BATCH) {
    return {
      id: null,
      problem:
        `A batch may have at most ${MAX_BATCH} messages, not ${value.length}: send the others after the answer`,
    };
  }
  const ids = new Set<string>();
  for (const message of value) {
    const refused = refusedOne(message);
    if (refused) return { ...refused, id: null };
    if (!isObject(message) || !isId(message.id)) continue;
    const id = JSON.stringify(message.id);
    if (ids.has(id)) {
      return {
        id: null,
        problem:
          `Two requests of the batch have the id ${id}, so their answers would look alike: give each its own id`,
      };
    }
    ids.add(id);
  }
  return undefined;
}

function refusedOne(message: unknown): Refused | undefined {
  if (!isObject(message)) return undefined;
  const { id, method, params } = message;
  if (Object.keys(message).length > MAX_KEYS) {
    return { id: null, problem: `A message has at most ${MAX_KEYS} keys` };
  }
  if (isLong(id)) return { id: null, problem: tooLong("id") };
  const answered = isId(id) ? id : null;
  if (isLong(method)) return { id: answered, problem: tooLong("method") };
  const problem = isObject(params) ? problemOf(params) : undefined;
  return problem === undefined ? undefined : { id: answered, problem };
}

/** Says which part of a request's params is too large. */
function problemOf(params: JsonObject): string | undefined {
  const { arguments: args, ...others } = params;
  const { _meta: meta } = params;
  if (isObject(meta) && isLong(meta.progressToken)) {
    return tooLong("progressToken");
  }
  const much = tooMuch(others);
  if (much !== undefined) return `What the request carries ${much}`;
  // Each argument has separate limits.
  const count = isObject(args) ? Object.keys(args).length : 0;
  return count > MAX_ENTRIES
    ? `There are ${count} arguments: no tool takes more than ${MAX_ENTRIES}`
    : undefined;
}

/**
 * Finds the id of a request whose other parts cannot be read.
 *
 * @param value What was sent, as JSON.
 * @returns Null if there is no id that can be repeated unchanged.
 */
export function idOf(value: unknown): string | number | null {
  const id = isObject(value) ? value.id : undefined;
  return isId(id) && !isLong(id) && !String(id).includes("\uFFFD") ? id : null;
}

function isId(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function isLong(value: unknown): boolean {
  return typeof value === "string" && value.length > MAX_NAME;
}

function tooLong(what: string): string {
  return `A message's ${what} may have at most ${MAX_NAME} characters`;
}
