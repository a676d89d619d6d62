/**
 * Reads the answers of Qontak's API: the `meta` envelope, or whatever comes in
 * its place.
 *
 * @module
 */
import type { Remedy } from "../advice/advice.ts";
import { QontakError, UnreachableError } from "../errors.ts";
import { type Endpoint, nameOf } from "./endpoints.ts";
import { redactBeginning } from "../logging/redact.ts";
import { type Page, readPage } from "./pages.ts";
import { readRetryAfter } from "./retry.ts";
import type { Reply } from "../net/reply.ts";
import { misshapen, overfull } from "../values/bounds.ts";
import {
  defined,
  isObject,
  type JsonObject,
  parseJson,
  show,
} from "../values/json.ts";
import type { ParseList } from "../values/json_list.ts";
import { EVENTS_OF_A_CALL, nextTurn } from "../values/turns.ts";

/** A successful answer. */
export interface Answer {
  /** The contents of `response`; undefined if the answer has only `meta`. */
  readonly response: unknown;
  /** The page, for lists that have pages. */
  readonly page?: Page;
}

/** What to do when something other than Qontak's API answers. */
const CHECK_ADDRESS: Remedy = { what: "checkAddress" };

/** The largest answer that is read, in bytes after decompression. */
export const MAX_BYTES: number = 10 * 1024 * 1024;

/** The most records of a page: three times as many as are ever asked for. */
const MAX_RECORDS = 3_000;

/**
 * The length of an answer after which other calls run before it is used, in
 * characters: it took some ms to parse.
 */
const LARGE = 1_000_000;

/**
 * The length of an answer that is measured before it is parsed, and of a list
 * that is parsed by its repetitions, in characters.
 */
const LONG = 100_000;

/** The answers that records came in, as JSON. */
const answers = new WeakMap<JsonObject, string>();

/**
 * The whole answer that a record came in, as JSON: to keep it takes less than to
 * write the record as JSON again.
 *
 * @param record A record, as {@linkcode readAnswer} returned it.
 * @returns The answer, with the record under `response`; undefined if it is not
 * known.
 */
export function answerWith(record: JsonObject): string | undefined {
  return answers.get(record);
}

/**
 * Reads an answer from Qontak.
 *
 * `meta.status` decides, even in an HTTP 200. Qontak's products report a
 * missing record that way (seen in the samples of its gateway's OpenAPI file).
 *
 * @param endpoint The endpoint that answered, for messages.
 * @param reply The response; its body is read to the end or discarded.
 * @param unauthorized What a 401 means, for the message.
 * @param parseList Parses long lists.
 * @param asked The ids of the records in the request's path, for messages.
 * @returns The contents of a successful answer.
 * @throws {QontakError} When Qontak refused the request.
 * @throws {UnreachableError} When the response is not an answer from Qontak's
 * API.
 */
export async function readAnswer(
  endpoint: Endpoint,
  reply: Reply,
  unauthorized: string,
  parseList: ParseList,
  asked: readonly number[] = [],
): Promise<Answer> {
  const unreadable = (
    what: string,
    reason: "unreadable" | "redirected" = "unreadable",
    remedy?: Remedy,
  ) =>
    new UnreachableError(
      `${nameOf(endpoint)}: ${what}${fateOf(endpoint)}`,
      {
        endpoint: nameOf(endpoint),
        reason,
        mayHaveArrived: true,
        ...defined({ remedy }),
      },
    );
  const fewer = endpoint.query.includes("per_page")
    ? ". Ask for fewer records with per_page"
    : "";
  const misread = (shape: string) =>
    unreadable(`Qontak's answer ${shape} and was not looked at`);
  let isEnvelope = false;
  const refuse = (status: number, said: string, instead?: string) => {
    const retryAfter = readRetryAfter(reply.headers);
    const words = said !== ""
      ? `: ${quoteSaid(said)}`
      : instead
      ? ` with ${instead}`
      : " without saying why";
    const next = status === 401
      ? `. ${unauthorized}`
      : advice(status, { said, retryAfter, isEnvelope, asked }, endpoint);
    return new QontakError(
      `Qontak answered ${nameOf(endpoint)} with ${status}${words}${next}`,
      {
        endpoint: nameOf(endpoint),
        status,
        said,
        ...defined({
          retryAfter,
          remedy: isEnvelope || status !== 404 ? undefined : CHECK_ADDRESS,
        }),
      },
    );
  };
  if (reply.status >= 300 && reply.status < 400) {
    await reply.discard();
    throw unreadable(
      `Qontak redirected (${reply.status}) instead of answering. The redirect was not followed, so that the token goes nowhere else`,
      "redirected",
      CHECK_ADDRESS,
    );
  }
  const text = await reply.text(MAX_BYTES);
  if (text === undefined) {
    throw unreadable(
      `Qontak's answer is larger than ${MAX_BYTES} bytes and was not read${fewer}`,
    );
  }
  const isLarge = text !== null && text.length > LARGE;
  let shape = text && text.length > LONG ? overfull(text) : undefined;
  if (shape !== undefined) {
    throw unreadable(
      `Qontak's answer ${shape} and was not looked at${fewer}`,
    );
  }
  const list = endpoint.answers === "page" && text && text.length > LONG
    ? parseList(
      endpoint.path,
      text,
      (part, depth) => shape ??= misshapen(part, depth),
    )
    : undefined;
  const body = list ?? parseJson(text ?? "");
  if (isLarge) await nextTurn(EVENTS_OF_A_CALL);
  if (!isObject(body)) {
    const what = describe(text, body, reply.headers.get("content-type"));
    if (reply.status < 300) throw unreadable(`Qontak answered with ${what}`);
    throw refuse(reply.status, "", what);
  }
  if (!list) shape = misshapen(body);
  if (shape !== undefined) {
    throw misread(shape);
  }
  const meta = isObject(body.meta) ? body.meta : {};
  const inMeta = Number(meta.status);
  const status = inMeta >= 400 ? inMeta : reply.status;
  // An answer that has no envelope but has a message is a refusal.
  isEnvelope = isObject(body.meta) || "response" in body;
  if (status >= 400 || (!isEnvelope && saidBy(body, meta) !== "")) {
    throw refuse(status, saidBy(body, meta));
  }
  if (!isEnvelope && endpoint.answers === "bare") return { response: body };
  if (!isEnvelope || !holds(endpoint, body.response)) {
    throw unreadable(
      "Qontak's answer does not hold what this endpoint answers",
    );
  }
  const { response } = body;
  if (
    endpoint.answers === "page" && Array.isArray(response) &&
    response.length > MAX_RECORDS
  ) {
    throw misread(`holds ${response.length} records, more than any page`);
  }
  if (isObject(response)) answers.set(response, text!);
  const page = readPage(body);
  return { response, ...defined({ page }) };
}

/**
 * Whether an answer holds what its endpoint documents. An empty list may be
 * null. A write may return more or less than is documented.
 */
function holds({ answers, method }: Endpoint, response: unknown): boolean {
  if (method !== "GET" || answers === "rooms") return true;
  if (answers === "record") {
    return isObject(response) || Array.isArray(response);
  }
  return Array.isArray(response) || response === null ||
    response === undefined;
}

/**
 * The single record of an answer. Qontak's own sample of a single contact is a
 * list, so the record is found by its id.
 *
 * @param endpoint The endpoint that answered, for messages.
 * @param response The contents of `response`.
 * @param id The requested id, if the record must have it.
 * @throws {UnreachableError} When the answer does not hold the record.
 */
export function recordOf(
  endpoint: Endpoint,
  response: unknown,
  id?: number,
): JsonObject {
  const records = (Array.isArray(response) ? response : [response])
    .filter(isObject);
  const record = id === undefined
    ? records[0]
    : records.find((record) => String(record.id) === String(id));
  if (record) return record;
  throw new UnreachableError(
    `${nameOf(endpoint)}: Qontak's answer does not hold the record${
      id === undefined ? "" : ` ${id}`
    } that was asked for`,
    { endpoint: nameOf(endpoint), reason: "unreadable", mayHaveArrived: true },
  );
}

/**
 * Whether Qontak may have carried out a write that failed: its answer was lost,
 * or Qontak failed while handling it.
 *
 * @param endpoint The endpoint of the write.
 * @param error The error of the write.
 */
export function isFateUnknown(endpoint: Endpoint, error: unknown): boolean {
  if (endpoint.method === "GET") return false;
  return error instanceof UnreachableError
    ? error.mayHaveArrived
    : error instanceof QontakError && error.status >= 500;
}

/** A sentence that warns about a write whose answer was lost. */
export function fateOf(endpoint: Endpoint): string {
  if (endpoint.method === "GET") return "";
  const look = endpoint.method === "POST"
    ? "look for it in the list, newest first,"
    : "read the record";
  return `. It is unknown whether Qontak carried out the change: ${look} before trying again`;
}

/** The longest message from Qontak that is kept, in characters. */
const MAX_SAID = 1_000;

/** The longest quotation of Qontak's message, in characters. */
const MAX_QUOTED = 500;

/**
 * Quotes Qontak's message: shortened, and in quotation marks because it is
 * data.
 *
 * @param said Qontak's message.
 */
export function quoteSaid(said: string): string {
  return show(said, MAX_QUOTED);
}

/**
 * Qontak's own message. A 401 has it in `error`, all other answers in `meta`.
 * It may repeat sent values, so anyone who reads the error can see them.
 */
function saidBy(
  body: Record<string, unknown>,
  meta: Record<string, unknown>,
): string {
  const words = [meta.developer_message, meta.message, body.error, body.message]
    .filter((text) => typeof text === "string" && text !== "");
  return redactBeginning([...new Set(words)].join(": "), MAX_SAID);
}

/** Details of a refusal in addition to its status. */
interface Refused {
  /** Qontak's message. */
  readonly said: string;
  /** How many seconds Qontak asks to wait. */
  readonly retryAfter: number | undefined;
  /** Whether the refusal came in Qontak's envelope. */
  readonly isEnvelope: boolean;
  /** The ids of the records in the request's path. */
  readonly asked: readonly number[];
}

function advice(
  status: number,
  { said, retryAfter, isEnvelope, asked }: Refused,
  endpoint: Endpoint,
): string {
  if (status === 403) {
    return ". The user behind the token may not do this: ask a Qontak admin";
  }
  if (status === 404) {
    // Qontak reports a missing record in the envelope, but not a missing path.
    return isEnvelope
      ? `. Check the id${
        asked.map((id) => ` ${id}`).join(" and")
      }: the record may be deleted, or another team's`
      : ". It is not Qontak's answer to a missing record: the address has no such path";
  }
  if (status === 422) {
    return namesNothing(said)
      ? ". Qontak does not name the value that is wrong: check each that was sent"
      : ". Correct what it names and send it again";
  }
  if (status === 429) {
    return `. Wait ${
      retryAfter === undefined ? "a little" : `${retryAfter} s`
    } and try again`;
  }
  if (status < 500) return "";
  const fate = fateOf(endpoint);
  if (retryAfter === undefined) return fate || ". Try again in a moment";
  return fate
    ? `${fate}. Qontak asks to wait ${retryAfter} s`
    : `. Wait ${retryAfter} s and try again`;
}

/** Words that may occur in any refusal. */
const GENERIC =
  /\b(?:validation|record|request|params?|parameters?|data|input|entity|content|failed|failure|unprocessable|bad|invalid|errors?|something|went|wrong|is|the|422|400)\b|[^\p{L}\p{N}]+/giu;

/**
 * Whether a refusal gives no specific reason.
 *
 * @param said Qontak's message.
 */
export function namesNothing(said: string): boolean {
  return said.replace(GENERIC, "") === "";
}

/** Describes what came instead of an envelope, without quoting it. */
function describe(
  text: string | null,
  body: unknown,
  contentType: string | null,
): string {
  if (text === null) {
    return "bytes that are not UTF-8, so that characters would be lost";
  }
  if (text.trim() === "") return "an empty body";
  if (/^\s*<(!doctype|html|head|body)/i.test(text)) {
    return "a page of HTML instead of JSON";
  }
  if (/^\s*[{[]/.test(text)) {
    return body === undefined
      ? "JSON that ends too early or is broken"
      : "a JSON list instead of an object with meta";
  }
  if (contentType === null) {
    return "something that is not JSON (no content type)";
  }
  const [type] = contentType.split(";");
  return `something that is not JSON (${show(type)})`;
}
