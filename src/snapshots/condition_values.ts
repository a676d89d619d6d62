/**
 * The values of conditions: one, or a list that is written in any of several
 * ways, and what they mean for a field.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { choose, type Option } from "../fields/options.ts";
import { isMe } from "../fields/people.ts";
import { createDerived } from "../values/derived.ts";
import { isEmpty, isObject, parseSent } from "../values/json.ts";
import { readNumber } from "../values/numbers.ts";
import { foldText } from "../values/words.ts";
import { parsePeriod } from "./periods.ts";
import type { QueryField, Subject } from "./subject.ts";

/** The longest text that is read as a list, in characters. */
const MAX_LIST = 20_000;

/** The conditions whose value can be a list written as one text. */
const LISTED: ReadonlySet<unknown> = new Set([
  "eq",
  "ne",
  "in",
  "contains",
  "starts_with",
]);

/** The same, for words joined by commas: each must be a known value. */
export const JOINED: ReadonlySet<unknown> = new Set(["eq", "ne", "in"]);

/**
 * Whether any condition means the user that calls are made as.
 *
 * @param where The conditions.
 */
export function namesMe(where: readonly unknown[]): boolean {
  return where.some((one) =>
    isObject(one) &&
    [listIn(one.value) ?? one.value].flat().some((value) =>
      isMe(value) || splitWords(value).some(isMe)
    )
  );
}

/**
 * The values of a condition. A list can be written as JSON, or as words joined
 * by commas if each of them is a value of the field and the whole text is not.
 *
 * @param field The field.
 * @param op How it is compared.
 * @param value What the caller sent.
 * @param subject The records that the condition applies to.
 */
export function valuesOf(
  field: QueryField,
  op: unknown,
  value: unknown,
  subject: Subject,
): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value === undefined && field.kind === "flag") return [true];
  if (!LISTED.has(op)) return [value];
  const list = listIn(value);
  if (list) return list;
  const words = JOINED.has(op) ? splitWords(value) : [];
  return words.length > 1 && isJoined(field, String(value), words, subject)
    ? words
    : [value];
}

/** The list in a JSON text. */
function listIn(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== "string" || value.length > MAX_LIST) return undefined;
  const list = /^\s*\[/.test(value) ? parseSent(value) : undefined;
  return Array.isArray(list) ? list : undefined;
}

/** The words of a text that are joined by commas. */
export function splitWords(value: unknown): readonly string[] {
  return typeof value === "string" && value.length <= MAX_LIST
    ? value.split(",").map((word) => word.trim()).filter(Boolean)
    : [];
}

/** Whether a text is several values of a field, and not one. */
function isJoined(
  field: QueryField,
  text: string,
  words: readonly string[],
  subject: Subject,
): boolean {
  switch (field.kind) {
    case "number":
      return readNumber(text) === undefined;
    case "date":
      return parsePeriod(text.slice(0, 64), subject.now, subject.zone) ===
        undefined;
    case "flag":
      return true;
    case "text":
    case "option":
    case "list": {
      if (field.options) return !isKnown(field, text, subject);
      if (field.kind === "text") return false;
      // A name can have a comma itself.
      const isName = (word: string) =>
        namesOf(field, [word], subject).size === 1;
      return !isName(text) &&
        words.every((word) => /^\d+$/.test(word) || isName(word));
    }
  }
}

function isKnown(field: QueryField, value: string, subject: Subject): boolean {
  try {
    meaningOf(field, value, subject);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** What a value means: options by their ids, or a name, folded. */
export type Meaning =
  | { readonly ids: ReadonlySet<string>; readonly name?: undefined }
  | { readonly name: string };

/**
 * What a value means for a field that holds a choice or a reference.
 *
 * @param field The field.
 * @param value One value.
 * @param subject The records that the condition applies to.
 * @throws {InputError} When the field has options, and the value is not one of them.
 */
export function meaningOf(
  field: QueryField,
  value: unknown,
  subject: Subject,
): Meaning {
  const { options, translate = false, people = false } = field;
  if (people && isMe(value)) {
    if (typeof subject.me === "number") {
      return { ids: new Set([String(subject.me)]) };
    }
    if (subject.me) throw subject.me;
  }
  if (!options || options.length === 0) {
    return /^\d+$/.test(String(value))
      ? { ids: new Set([String(value)]) }
      : { name: foldText(value) };
  }
  // Stages of several pipelines may share a name: the value then means all of
  // them.
  const hasIds = options.some(({ id }) => id !== null);
  const named = namedBy(options).get(foldText(value)) ?? [];
  if (named.length > 0) {
    return hasIds
      ? { ids: new Set(named.map(({ id }) => String(id))) }
      : { name: foldText(value) };
  }
  const choice = choose(options, value, { translate, people });
  if (choice.problem === undefined) {
    const { id, name } = choice.option;
    return id === null
      ? { name: foldText(name) }
      : { ids: new Set([String(id)]) };
  }
  // Records can have a currency, a stage or a user that is not offered any more.
  if (namesOf(field, [value], subject).size > 0) {
    return { name: foldText(value) };
  }
  throw new InputError(`${field.called}: ${choice.problem}`);
}

/** Options by their folded names; a cache, because lists may be long. */
const namedBy = createDerived((options: readonly Option[]) =>
  Map.groupBy(options, ({ name }) => foldText(name))
);

/** The names among these, folded, that any record has in a field. */
export function namesOf(
  field: QueryField,
  values: readonly unknown[],
  { table }: Subject,
): ReadonlySet<string> {
  const wanted = new Set(values.map(foldText));
  const found = new Set<string>();
  eachName(field, table, (name) => {
    const folded = foldText(name);
    if (wanted.has(folded)) found.add(folded);
    return found.size < wanted.size;
  });
  return found;
}

/** Calls back with each different name in a field, while that returns true. */
export function eachName(
  { shown, value }: QueryField,
  table: Subject["table"],
  goOn: (name: unknown) => boolean,
): void {
  const known = new Set<unknown>();
  for (const row of table.rows()) {
    for (const found of [shown(row), value(row)]) {
      if (known.has(found)) continue;
      known.add(found);
      for (const one of [found].flat()) {
        if (!isEmpty(one) && !goOn(one)) return;
      }
    }
  }
}
