/**
 * The result of a call: an answer, or an error that the model can act on.
 *
 * @module
 */
import type { Advise } from "../advice/advice.ts";
import { sentenceOf } from "../errors.ts";
import { requestId } from "../logging/request_id.ts";
import { bound, MAX_ANSWER } from "../tools/kit/fit.ts";
import { UNTRUSTED } from "../fields/present.ts";
import type { Outline } from "../tools/outline.ts";
import type { Tool } from "../tools/tool.ts";
import type { JsonObject } from "../values/json.ts";
import { cut } from "../values/marks.ts";
import { isAllVisible, visible } from "../values/visible.ts";
import type { Content } from "./contents.ts";
import { fence, hasNoText, makeVisible, withholdQuoted } from "./content.ts";
import { noteJson } from "./message_json.ts";

/** The result that a client receives. */
export interface ToolResult {
  /** The answer, or what went wrong. */
  content: { type: "text"; text: string }[];
  /** The answer as data; absent if something went wrong. */
  structuredContent?: JsonObject;
  /** Whether something went wrong. */
  isError?: boolean;
}

/**
 * The maximum size of an answer when the caller names fields, in characters.
 */
const MAX_ASKED = 250_000;

/** The maximum size of an error, in characters. */
const MAX_FAILURE = 20_000;

/** The space that a truncation mark needs, in characters. */
const MARK = 100;

/**
 * Turns an answer into a result: the same data as compact text and as
 * structured content. Both say that it is data, unless it contains no text.
 *
 * @param tool The tool that answered.
 * @param answer What a tool answered.
 * @param args The arguments of the call.
 */
export function presentAnswer(
  { fenced, hasOwnWords = false }: Pick<Tool, "fenced" | "hasOwnWords">,
  answer: JsonObject,
  args: JsonObject,
): ToolResult {
  const most = Array.isArray(args.fields) ? MAX_ASKED : MAX_ANSWER + 2_000;
  let text = JSON.stringify(answer);
  let shown = answer;
  if (text.length > most || !isAllVisible(text)) {
    // Truncate first, so that no hidden part is processed.
    shown = makeVisible(text.length > most ? bound(answer, most) : answer);
    text = JSON.stringify(shown);
    if (text.length > most) {
      shown = bound(shown, most);
      text = JSON.stringify(shown);
    }
  }
  if (fenced) {
    const data = { ...fenceKeys(shown, fenced), untrusted: UNTRUSTED };
    const json = JSON.stringify(data);
    return resultOf(json, data, json);
  }
  return hasOwnWords || hasNoText(answer)
    ? resultOf(text, shown, text)
    : resultOf(
      fence(text),
      { ...shown, untrusted: UNTRUSTED },
      Object.hasOwn(shown, "untrusted") ? undefined : withNote(text),
    );
}

/** What an answer says at its end, if it has texts of others. */
const NOTE = `,${JSON.stringify({ untrusted: UNTRUSTED }).slice(1)}`;

/** An answer that is not empty as JSON, with that at its end. */
const withNote = (text: string): string => text.slice(0, -1) + NOTE;

/**
 * Makes a result.
 *
 * @param text The answer as text.
 * @param data The answer as data; nothing changes it from now on.
 * @param json The data as JSON, if it is known.
 */
function resultOf(
  text: string,
  data: JsonObject,
  json: string | undefined,
): ToolResult {
  if (json !== undefined) noteJson(data, json);
  return { content: [{ type: "text", text }], structuredContent: data };
}

/** Puts a fence around the texts under some keys. */
function fenceKeys(answer: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => [
      key,
      keys.includes(key) && typeof value === "string" ? fence(value) : value,
    ]),
  );
}

/**
 * Turns an error into a result. Words of others are in quotation marks, so the
 * result needs no fence.
 *
 * @param tool The tool that failed.
 * @param error What was thrown. If it is a fault of this program, the result
 * contains only the request id, which is also in the log.
 * @param settings The source of advice, and whether long quotations are
 * withheld.
 */
export function presentError(
  tool: Outline,
  error: unknown,
  { advise, content }: {
    readonly advise: Advise;
    readonly content: Content;
  },
): ToolResult {
  const sentence = visible(sentenceOf(error, advise) ?? describeFailure(tool));
  const text = content === "strict"
    ? withholdQuoted(sentence, advise({ what: "showContent" }))
    : sentence;
  return {
    content: [{ type: "text", text: shorten(text) }],
    isError: true,
  };
}

function shorten(text: string): string {
  return text.length > MAX_FAILURE + MARK
    ? cut(text, MAX_FAILURE, "the rest was left out")
    : text;
}

function describeFailure({ name, effect }: Outline): string {
  const advice = effect === "read"
    ? "Nothing was changed"
    : "Read the record before you try again: it may have been changed";
  return `${name} failed inside the server; the server's log has more under request ${requestId()}. ${advice}`;
}
