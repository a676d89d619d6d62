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
 * An answer without the free text of records: names and other single lines
 * stay, in short.
 *
 * @param tool The tool that answered.
 * @param answer What it answered.
 * @param context The company's setup, which knows the types of custom fields.
 * @param why What withholds it, as marks say it.
 */
export async function withhold(
  tool: Tool,
  answer: JsonObject,
  { setup, signal }: ToolContext,
  why: string,
): Promise<JsonObject> {
  if (tool.trusted) return answer;
  // Where the types cannot be read in time, the length decides.
  const fields = tool.about
    ? await untilAborted(setup.fields(tool.about), signal).catch(() => [])
    : [];
  const types = new Map(
    fields.filter(({ custom }) => custom)
      .map(({ id, type }) => [id, type.freeText]),
  );

  function custom(value: unknown, id: unknown): unknown {
    return show(value, "value", types.get(toId(id)) ?? "when-long");
  }

  function shorten(value: unknown, key: string): unknown {
    return show(value, key, freeTextAt(key));
  }

  function show(value: unknown, key: string, freeText: FreeText): unknown {
    if (freeText === "always") return withheld(value, why);
    if (typeof value === "string") {
      return freeText === "when-long" && isLong(value)
        ? withheld(value, why)
        : toLine(value, why);
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
    return isObject(value) ? map(value, shorten) : value;
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

  return map(answer, (value, key) => {
    if (key === "record" || key === "records") return shorten(value, key);
    const isOutcome = key === "ignored" || key === "stored_differently";
    return isOutcome && Array.isArray(value) ? value.map(difference) : value;
  });
}

/** Whether a text is more than a name. */
function isLong(text: string): boolean {
  return text.length > MAX_NAME || /[\r\n]/.test(text);
}

/** Says how much there is, instead of showing it. */
function withheld(value: unknown, why: string): unknown {
  if (typeof value === "string") {
    return value === "" ? value : withheldMark(value, why);
  }
  const inside = (one: unknown) => withheld(one, why);
  if (Array.isArray(value)) return value.map(inside);
  return isObject(value) ? map(value, inside) : value;
}

/** One line; where its breaks were, a text that is written back has them. */
function toLine(text: string, why: string): string {
  if (text.length > MAX_LINE) {
    return cut(text, MAX_LINE, why).replace(/\s*[\r\n]+\s*/g, " ");
  }
  return text.replace(/\r\n?|\n/g, nameHidden("\n"));
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
