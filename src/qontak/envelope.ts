/**
 * Reads what Qontak's API sends back: the `meta` envelope, and everything that
 * comes instead of it.
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
import { misshapen } from "../values/bounds.ts";
import {
  defined,
  isObject,
  type JsonObject,
  parseJson,
  show,
} from "../values/json.ts";

/** A good answer. */
export interface Answer {
  /** What Qontak put under `response`; undefined where it sent only `meta`. */
  readonly response: unknown;
  /** The page, on lists that have pages. */
  readonly page?: Page;
}

/** What can be done where something other than Qontak's API answers. */
const CHECK_ADDRESS: Remedy = { what: "checkAddress" };

/** The most that is read of one answer, in bytes once they are decompressed. */
export const MAX_BYTES: number = 10 * 1024 * 1024;

/**
 * Reads an answer of Qontak's.
 *
 * `meta.status` counts, also inside an HTTP 200: Qontak's products answer a
 * missing record that way (seen in the samples of its gateway's OpenAPI file).
 *
 * @param endpoint The endpoint that answered, for messages.
 * @param reply What came back; its body is read to the end or discarded.
 * @param unauthorized What a 401 means, for the message.
 * @returns What a good answer holds.
 * @throws {QontakError} When Qontak said no.
 * @throws {UnreachableError} When this is no answer of Qontak's API.
 */
export async function readAnswer(
  endpoint: Endpoint,
  reply: Reply,
  unauthorized: string,
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
      : advice(status, { said, retryAfter, isEnvelope }, endpoint);
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
      `Qontak's answer is larger than ${MAX_BYTES} bytes and was not read. Ask for fewer records with per_page`,
    );
  }
  const body = parseJson(text ?? "");
  if (!isObject(body)) {
    const what = describe(text, reply.headers.get("content-type"));
    if (reply.status < 300) throw unreadable(`Qontak answered with ${what}`);
    throw refuse(reply.status, "", what);
  }
  const shape = misshapen(body);
  if (shape !== undefined) {
    throw unreadable(`Qontak's answer ${shape} and was not looked at`);
  }
  const meta = isObject(body.meta) ? body.meta : {};
  const inMeta = Number(meta.status);
  const status = inMeta >= 400 ? inMeta : reply.status;
  // An answer without an envelope that has something to say has said no.
  isEnvelope = isObject(body.meta) || "response" in body;
  if (status >= 400 || (!isEnvelope && saidBy(body, meta) !== "")) {
    throw refuse(status, saidBy(body, meta));
  }
  if (!isEnvelope || !holds(endpoint, body.response)) {
    throw unreadable(
      "Qontak's answer does not hold what this endpoint answers",
    );
  }
  const page = readPage(body);
  return { response: body.response, ...defined({ page }) };
}

/**
 * Whether an answer holds what its endpoint promises. A list may be null where
 * it is empty; a write may answer with more or less than is documented.
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
 * The one record of an answer. Qontak's own sample of a single contact is a
 * list, so that the record is looked for by its id.
 *
 * @param endpoint The endpoint that answered, for messages.
 * @param response What it put under `response`.
 * @param id The id that was asked for, where the record must have it.
 * @throws {UnreachableError} When the record is not there.
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
 * Whether Qontak may have carried out a write all the same: its answer was
 * lost, or it broke down over it.
 *
 * @param endpoint The endpoint of the write.
 * @param error What came of it.
 */
export function isFateUnknown(endpoint: Endpoint, error: unknown): boolean {
  if (endpoint.method === "GET") return false;
  return error instanceof UnreachableError
    ? error.mayHaveArrived
    : error instanceof QontakError && error.status >= 500;
}

/** What a person must know about a write whose answer was lost. */
export function fateOf(endpoint: Endpoint): string {
  if (endpoint.method === "GET") return "";
  const look = endpoint.method === "POST"
    ? "look for it in the list, newest first,"
    : "read the record";
  return `. It is unknown whether Qontak carried out the change: ${look} before trying again`;
}

/** The most that is kept of Qontak's own words, in characters. */
const MAX_SAID = 1_000;

/** The most that a message repeats of them, in characters. */
const MAX_QUOTED = 500;

/**
 * Qontak's own words in a message: in quotation marks, since they are data, and
 * in short.
 *
 * @param said The words.
 */
export function quoteSaid(said: string): string {
  return show(said, MAX_QUOTED);
}

/**
 * Qontak's own words: a 401 has them in `error`, all others in `meta`. They
 * may repeat what was sent, to anybody who reads the error.
 */
function saidBy(
  body: Record<string, unknown>,
  meta: Record<string, unknown>,
): string {
  const words = [meta.developer_message, meta.message, body.error, body.message]
    .filter((text) => typeof text === "string" && text !== "");
  return redactBeginning([...new Set(words)].join(": "), MAX_SAID);
}

/** What is known of a refusal beside its status. */
interface Refused {
  /** Qontak's own words. */
  readonly said: string;
  /** How many seconds it asks to wait. */
  readonly retryAfter: number | undefined;
  /** Whether it came in Qontak's envelope. */
  readonly isEnvelope: boolean;
}

function advice(
  status: number,
  { said, retryAfter, isEnvelope }: Refused,
  endpoint: Endpoint,
): string {
  if (status === 403) {
    return ". The user behind the token may not do this: ask a Qontak admin";
  }
  if (status === 404) {
    // A missing record is told in the envelope, a missing path is not.
    return isEnvelope
      ? ". Check the id: the record may be deleted, or another team's"
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

/** Words of a refusal that any refusal may have. */
const GENERIC =
  /\b(?:validation|record|request|params?|parameters?|data|input|entity|content|failed|failure|unprocessable|bad|invalid|errors?|something|went|wrong|is|the|422|400)\b|[^\p{L}\p{N}]+/giu;

/**
 * Whether a refusal says no more than that there is one.
 *
 * @param said Qontak's own words.
 */
export function namesNothing(said: string): boolean {
  return said.replace(GENERIC, "") === "";
}

/** Says what came instead of an envelope, without repeating any of it. */
function describe(text: string | null, contentType: string | null): string {
  if (text === null) {
    return "bytes that are not UTF-8, so that characters would be lost";
  }
  if (text.trim() === "") return "an empty body";
  if (/^\s*<(!doctype|html|head|body)/i.test(text)) {
    return "a page of HTML instead of JSON";
  }
  if (/^\s*[{[]/.test(text)) {
    return parseJson(text) === undefined
      ? "JSON that ends too early or is broken"
      : "a JSON list instead of an object with meta";
  }
  if (contentType === null) {
    return "something that is not JSON (no content type)";
  }
  const [type] = contentType.split(";");
  return `something that is not JSON (${show(type)})`;
}
