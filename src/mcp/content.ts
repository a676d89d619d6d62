/**
 * How text that people wrote is handed to a model: with nothing hidden in it,
 * between a fence that it cannot close, and on request not at all.
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

/** Whether the free text of records is shown. */
export type Content = "open" | "strict";

/** Both. */
export const CONTENTS: readonly Content[] = ["open", "strict"];

/** A text longer than this is more than a name, in characters. */
const MAX_NAME = 80;

/** The most that is shown of names and other single lines, in characters. */
const MAX_LINE = 200;

/**
 * Keys of an answer with words of this server, or with what the caller named.
 * All other text in an answer comes from others and is not trusted. Where these
 * keys repeat it, it is in quotation marks.
 */
const OWN_WORDS: ReadonlySet<string> = new Set([
  "applied",
  "cut",
  "formats",
  "incomplete",
  "not_shown",
  "notes",
  "read",
  "rules",
  "unconfirmed",
  "unknown_fields",
]);

/** Keys of an answer that describe fields, a list of them each. */
const FIELD_LISTS: ReadonlySet<string> = new Set([
  "fields",
  "filled_in_by_hand",
  "filled_in_by_qontak",
  "optional",
  "required",
]);

/** The same as {@linkcode OWN_WORDS}, in what is said of one field. */
const OWN_WORDS_OF_FIELD: ReadonlySet<string> = new Set([
  "instead",
  "uncertain",
]);

/**
 * Whether an answer has nothing but numbers and switches under keys of this
 * server: it needs no fence.
 *
 * @param answer What a tool answered.
 */
export function hasNoText(answer: JsonObject): boolean {
  return Object.values(answer).every((value) =>
    value === null || typeof value === "number" || typeof value === "boolean"
  );
}

/**
 * An answer without the free text of records: names and other single lines
 * stay, in short.
 *
 * @param tool The tool that answered.
 * @param answer What it answered.
 * @param context The company's setup, which knows the types of custom fields.
 * @param args The arguments that it was called with.
 * @param why What withholds it, as marks say it.
 */
export async function withhold(
  { about }: Tool,
  answer: JsonObject,
  { setup, signal }: ToolContext,
  args: JsonObject,
  why: string,
): Promise<JsonObject> {
  const resource = typeof about === "function" ? about(args) : about;
  // Where the types cannot be read in time, the length decides.
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
    // In a free text that has parts, only what is declared may be a label.
    return map(shortKeys(value, why), (part, name) => {
      const own = freeTextAt(name);
      return show(
        part,
        name,
        freeText === "always" && own === "when-long" ? freeText : own,
      );
    });
  }

  /** What is stored; what was sent, the caller knows. */
  function difference(one: unknown): unknown {
    if (!isObject(one)) return one;
    const { key, stored } = one;
    const [, id] = /^additional_fields id (\d+)$/.exec(String(key)) ?? [];
    return {
      ...one,
      stored: id === undefined
        ? shorten(stored, String(key))
        : custom(stored, id),
    };
  }

  /** What is said of one field; its labels and options are single lines. */
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
      if (key === "ignored" || key === "stored_differently") {
        return value.map(difference);
      }
    }
    return shorten(value, key);
  });
}

/** A text in quotation marks, as `show()` writes it. */
const QUOTED = /"(?:[^"\\]|\\.)*"/gs;

/**
 * A sentence of this server in which long quotations are cut.
 *
 * @param sentence The sentence.
 * @param why What withholds the rest, as marks say it.
 */
export function withholdQuoted(sentence: string, why: string): string {
  return sentence.replace(QUOTED, (quoted) => {
    const text = quoted.slice(1, -1);
    return text.length > MAX_LINE
      ? `"${cut(text, MAX_LINE, why).replace(/\\+(?=… )/, "")}"`
      : quoted;
  });
}

/** A value with all its texts changed. */
function texts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => texts(one, change));
  return isObject(value) ? map(value, (one) => texts(one, change)) : value;
}

/** An object whose keys are no texts: long ones are cut, and stay apart. */
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

/** Whether a text is more than a name. */
function isLong(text: string): boolean {
  return text.length > MAX_NAME || /[\r\n]/.test(text);
}

/** Says how much there is, instead of showing it. */
function withheld(text: string, why: string): string {
  return text === "" ? text : withheldMark(text, why);
}

/** One line; where its breaks were, a text that is written back has them. */
function toLine(text: string, why: string): string {
  return text.length > MAX_LINE
    ? oneLine(cut(text, MAX_LINE, why))
    : text.replace(/\r\n?|\n/g, nameHidden("\n"));
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, " ");
}

/** An answer with nothing hidden in its texts, nor in its keys. */
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
 * Puts a fence around a text. Its number is new each time, and the text cannot
 * end it: one that happens to hold the number gets another. Six digits cost a
 * model few tokens.
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
