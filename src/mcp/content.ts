/**
 * Prepares text that people wrote for a model: hidden characters become
 * visible, a fence that the text cannot close surrounds it, and free text can
 * be withheld.
 *
 * @module
 */
import { untilAborted } from "../net/deadline.ts";
import { type FreeText, freeTextAt } from "../qontak/texts.ts";
import { isObject, type JsonObject, toId } from "../values/json.ts";
import {
  cut,
  fenceLines,
  nameHidden,
  withheld as withheldMark,
} from "../values/marks.ts";
import { visible } from "../values/visible.ts";
import type { Tool, ToolContext } from "../tools/tool.ts";

/** The maximum length of a name, in characters. A longer text is free text. */
const MAX_NAME = 80;

/** The maximum length of names and other single lines, in characters. */
const MAX_LINE = 200;

/**
 * The maximum length of a quotation in an error or a note, in characters. It
 * has no fence, so it is no longer than a name.
 */
const MAX_QUOTED = MAX_NAME;

/**
 * Keys of an answer whose words come from this server, or from the names that
 * the caller used. All other text in an answer comes from others and is not
 * trusted. If these keys repeat such text, it is in quotation marks.
 */
const OWN_WORDS: ReadonlySet<string> = new Set([
  "applied",
  "cut",
  "formats",
  "incomplete",
  "inexact",
  "not_shown",
  "notes",
  "problems",
  "read",
  "rules",
  "undo",
  "undo_lasts",
  "unconfirmed",
  "unknown_fields",
]);

/** Keys of an answer that each contain a list of field descriptions. */
const FIELD_LISTS: ReadonlySet<string> = new Set([
  "fields",
  "filled_in_by_hand",
  "filled_in_by_qontak",
  "lacks",
  "maybe_required",
  "optional",
  "required",
]);

/** Keys of an answer that each contain a list of differences of values. */
const DIFFERENCES: ReadonlySet<string> = new Set([
  "changed",
  "changes",
  "cleared",
  "ignored",
  "removed",
  "restores",
  "set_by_qontak",
  "stored_differently",
]);

/** Keys of a difference that hold what is stored. */
const STORED: ReadonlySet<string> = new Set(["from", "removed", "stored"]);

/**
 * Keys of an answer whose differences hold as `to` what is stored too, or was.
 */
const CARRIED_OUT: ReadonlySet<string> = new Set([
  "changed",
  "restores",
  "set_by_qontak",
]);

/** Like {@linkcode OWN_WORDS}, for the description of one field. */
const OWN_WORDS_OF_FIELD: ReadonlySet<string> = new Set([
  "instead",
  "uncertain",
]);

/** Keys of an answer whose text comes from this server alone. */
const OWN_TEXT: ReadonlySet<string> = new Set(["undo", "undo_lasts"]);

/**
 * Whether an answer contains only numbers and booleans under keys of this
 * server, and this server's own text, so that it needs no fence.
 *
 * @param answer What a tool answered.
 */
export function hasNoText(answer: JsonObject): boolean {
  return Object.entries(answer).every(([key, value]) =>
    value === null || typeof value === "number" ||
    typeof value === "boolean" || OWN_TEXT.has(key)
  );
}

/**
 * Removes the free text of records from an answer. Names and other single lines
 * stay, but are shortened.
 *
 * @param tool The tool that answered.
 * @param answer What it answered.
 * @param context The company's setup, which knows the types of custom fields.
 * @param args The arguments of the call.
 * @param why The reason, as the marks state it.
 */
export async function withhold(
  { about }: Tool,
  answer: JsonObject,
  { setup, signal }: ToolContext,
  args: JsonObject,
  why: string,
): Promise<JsonObject> {
  const resource = typeof about === "function" ? about(args) : about;
  // If the types cannot be read in time, the length decides.
  const fields = resource
    ? await untilAborted(setup.fields(resource), signal).catch(() => [])
    : [];
  const unknown: FreeText = resource ? "when-long" : "always";
  const types = new Map(
    fields.filter(({ custom }) => custom)
      .map(({ id, type }) => [id, type.freeText]),
  );

  function custom(value: unknown, id: unknown): unknown {
    return show(value, "value", types.get(toId(id)) ?? unknown);
  }

  function shorten(value: unknown, key: string): unknown {
    return show(value, key, freeTextAt(key));
  }

  function show(value: unknown, key: string, freeText: FreeText): unknown {
    if (typeof value === "string") {
      const isFree = freeText === "always" ||
        (freeText === "when-long" && isLong(value));
      return isFree ? withheld(value, why) : toLine(value, why);
    }
    if (Array.isArray(value)) {
      return value.map((one) =>
        key === "additional_fields" && isObject(one)
          ? map(
            one,
            (part, name) =>
              name === "value" || name === "value_name"
                ? custom(part, one.id)
                : shorten(part, name),
          )
          : show(one, key, freeText)
      );
    }
    if (!isObject(value)) return value;
    // In free text that has parts, only a declared key can be a label.
    return map(shortKeys(value, why), (part, name) => {
      const own = freeTextAt(name);
      return show(
        part,
        name,
        freeText === "always" && own === "when-long" ? freeText : own,
      );
    });
  }

  /** Shortens only stored values: the caller knows what it sent. */
  function difference(one: unknown, list: string): unknown {
    if (!isObject(one)) return one;
    const { key } = one;
    const [, id] = /^additional_fields id (\d+)$/.exec(String(key)) ?? [];
    return map(one, (value, part) => {
      if (part === "label") return texts(value, (text) => toLine(text, why));
      const isStored = STORED.has(part) ||
        (part === "to" && CARRIED_OUT.has(list));
      if (!isStored) return value;
      return id === undefined ? shorten(value, String(key)) : custom(value, id);
    });
  }

  /** Describes one field. Its labels and options are single lines. */
  function described(field: unknown): unknown {
    if (!isObject(field)) return field;
    return map(
      field,
      (value, key) =>
        OWN_WORDS_OF_FIELD.has(key)
          ? texts(value, (text) => withholdQuoted(text, why))
          : texts(value, (text) => toLine(text, why)),
    );
  }

  return map(answer, (value, key) => {
    if (OWN_WORDS.has(key)) {
      return texts(value, (text) => withholdQuoted(text, why));
    }
    if (Array.isArray(value)) {
      if (FIELD_LISTS.has(key)) return value.map(described);
      if (DIFFERENCES.has(key)) {
        return value.map((one) => difference(one, key));
      }
    }
    return shorten(value, key);
  });
}

/** A text in quotation marks, as `show()` writes it. */
const QUOTED = /"(?:[^"\\]|\\.)*"/gs;

/**
 * Shortens long quotations in a sentence of this server.
 *
 * @param sentence The sentence.
 * @param why The reason, as the marks state it.
 */
export function withholdQuoted(sentence: string, why: string): string {
  return sentence.replace(QUOTED, (quoted) => {
    const text = quoted.slice(1, -1);
    return text.length > MAX_QUOTED
      ? `"${cut(text, MAX_QUOTED, why).replace(/\\+(?=… )/, "")}"`
      : quoted;
  });
}

/** Changes all texts in a value. */
function texts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => texts(one, change));
  return isObject(value) ? map(value, (one) => texts(one, change)) : value;
}

/** Shortens the long keys of an object, and keeps them distinct. */
function shortKeys(object: JsonObject, why: string): JsonObject {
  const keys = Object.keys(object);
  if (!keys.some(isLong)) return object;
  const shown = new Set<string>();
  return Object.fromEntries(keys.map((key) => {
    const short = isLong(key) ? cut(oneLine(key), MAX_NAME, why) : key;
    let name = short;
    for (let n = 2; shown.has(name); n++) name = `${short} ${n}`;
    shown.add(name);
    return [name, object[key]];
  }));
}

/** Whether a text is too long for a name, or has several lines. */
function isLong(text: string): boolean {
  return text.length > MAX_NAME || /[\r\n]/.test(text);
}

/** Replaces a text with a mark that states its length. */
function withheld(text: string, why: string): string {
  return text === "" ? text : withheldMark(text, why);
}

/**
 * Writes a text as one line. In a short text, marks replace the line breaks, so
 * that the breaks return if the text is written back.
 */
function toLine(text: string, why: string): string {
  return text.length > MAX_LINE
    ? oneLine(cut(text, MAX_LINE, why))
    : text.replace(/\r\n?|\n/g, nameHidden("\n"));
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, " ");
}

/** Makes hidden characters visible in the texts and keys of an answer. */
export function makeVisible(answer: JsonObject): JsonObject {
  const see = (value: unknown): unknown =>
    typeof value === "string"
      ? visible(value)
      : Array.isArray(value)
      ? value.map(see)
      : isObject(value)
      ? makeVisible(value)
      : value;
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => [visible(key), see(value)]),
  );
}

/**
 * Puts a fence around a text. The fence has a new number each time, so the text
 * cannot close it: if the text contains the number, another one is used. Six
 * digits cost a model few tokens.
 *
 * @param text The text.
 */
export function fence(text: string): string {
  let lines: ReturnType<typeof fenceLines>;
  do {
    const [random] = crypto.getRandomValues(new Uint32Array(1));
    lines = fenceLines(String(random! % 1_000_000).padStart(6, "0"));
  } while (text.includes(lines.close));
  return `${lines.open}\n${text}\n${lines.close}`;
}

function map(
  object: JsonObject,
  change: (value: unknown, key: string) => unknown,
): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, change(value, key)]),
  );
}
