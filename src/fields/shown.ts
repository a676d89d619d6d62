/**
 * Writes records as answers show them, whatever form Qontak has for a value:
 * ids and amounts are numbers, dates are ISO, ids of options have their names
 * beside them, custom fields their labels, and keys are called as arguments
 * are.
 *
 * @module
 */
import { ForeseenError } from "../errors.ts";
import {
  argumentOf,
  isPersonKey,
  nameKeyOf,
  type Resource,
  resources,
} from "../qontak/resources.ts";
import type { BodyType } from "../qontak/bodies.ts";
import { digitsOf, toDecimal } from "../values/decimal.ts";
import { textOfHtml } from "../values/html.ts";
import { createDerived } from "../values/derived.ts";
import { isEmpty, isObject, type JsonObject, toId } from "../values/json.ts";
import { MONTHS, parseDate, toIso } from "./dates.ts";
import type { Setup } from "./setup.ts";
import type { Field } from "./template.ts";

/** What is known about the records that are shown. */
export interface Shown {
  /** The kind of record. */
  readonly resource: Resource;
  /** The company's fields of that kind, as far as they are needed. */
  readonly fields: readonly Field[];
  /** Why the fields could not be read; undefined if they could. */
  readonly failure?: ForeseenError;
}

/**
 * Finds the labels for records: those of their custom fields, and of options
 * that are only ids there. If the template cannot be read, they are left out;
 * {@linkcode missingLabels} says so.
 *
 * @param setup The company's setup.
 * @param resource The kind of record.
 * @param records What is shown of the records.
 */
export async function labelsFor(
  setup: Setup,
  resource: Resource,
  records: readonly JsonObject[],
): Promise<Shown> {
  const hasTemplate = resource.endpoints.template !== null;
  const needed = records.some((record) =>
    (hasTemplate && !isEmpty(record.additional_fields)) ||
    Object.keys(record).some((key) =>
      lacksName(traitsOf(resource, key), record, key)
    )
  );
  if (!needed) return { resource, fields: [] };
  try {
    const fields = hasTemplate
      ? await setup.fields(resource)
      : peopleIn(await setup.fields(resources.deal));
    return { resource, fields };
  } catch (error) {
    if (!(error instanceof ForeseenError)) throw error;
    return { resource, fields: [], failure: error };
  }
}

/**
 * The key of an answer that says that its labels could not be read; none if
 * they could.
 *
 * @param shown What is known about the records.
 * @param explain Words an error.
 */
export function missingLabels(
  { failure }: Shown,
  explain: (error: unknown) => string,
): JsonObject {
  return failure === undefined ? {} : {
    incomplete: `labels of fields and options could not be read: ${
      explain(failure)
    }`,
  };
}

/**
 * Writes a record as answers show it.
 *
 * @param record What is shown of the record.
 * @param shown What is known about it.
 * @param asked The keys, and names or ids of custom fields, that the caller
 * named, if any. A percentage of 0 is shown only if it is named, or with `*`.
 */
export function showRecord(
  record: JsonObject,
  shown: Shown,
  asked: readonly string[] = [],
): JsonObject {
  const { resource, fields } = shown;
  const whole = asked.includes("*");
  const found: JsonObject = {};
  for (const key in record) {
    const value = record[key];
    if (key === "additional_fields" && Array.isArray(value)) {
      const entries = value.flatMap((entry) =>
        showCustomField(entry, fields, asked)
      );
      if (entries.length > 0 || whole) found[key] = entries;
      continue;
    }
    const text = key === "note" ? textOfHtml(value) : undefined;
    if (text !== undefined) {
      found.note = text;
      found.note_formatting = "left out";
      continue;
    }
    const traits = traitsOf(resource, key);
    found[traits.shown] = showAs(traits, value);
    if (!lacksName(traits, record, key)) continue;
    const option = fields.find((field) => !field.custom && field.key === key)
      ?.options?.find(({ id }) => id !== null && id === toId(value));
    if (option) found[answerKey(resource, nameKeyOf(key)!)] = option.name;
  }
  return found;
}

/** The type of a key, if a body has it. */
function bodyTypeOf(
  { endpoints: { create, update } }: Resource,
  key: string,
): BodyType | undefined {
  return create.body[key] ?? update.body[key];
}

/**
 * The fields that list the users of Qontak. It publishes no other list of them,
 * so records without a template need those of another kind.
 *
 * @param fields The fields of another kind.
 */
export function peopleIn(fields: readonly Field[]): readonly Field[] {
  return fields.filter(({ custom, key }) => !custom && isPersonKey(key));
}

/** What is known about one key of the records of a kind. */
interface KeyTraits {
  /** Its key in answers. */
  readonly shown: string;
  /** Writes a value that is not a list. */
  readonly write: (value: unknown) => unknown;
  /** Whether it holds one related record, or its name. */
  readonly isSingle: boolean;
  /**
   * The keys that may have the name, if it holds the id of an option or of a
   * user, and a list has their names.
   */
  readonly names: readonly string[];
}

/** The traits of keys by kind of record. */
const knownTraits = createDerived((_: Resource) =>
  new Map<string, KeyTraits>()
);

/** How many keys are remembered. Records have a few dozen. */
const MOST_KEYS = 1_000;

/** The traits of a key: each record asks for all of its keys. */
function traitsOf(resource: Resource, key: string): KeyTraits {
  const known = knownTraits(resource);
  let traits = known.get(key);
  if (traits) return traits;
  const isListed = resource.endpoints.template === null
    ? isPersonKey(key)
    : bodyTypeOf(resource, key) === "option";
  const nameKey = isListed ? nameKeyOf(key) : undefined;
  traits = {
    shown: answerKey(resource, key),
    write: writerOf(resource, key),
    isSingle: bodyTypeOf(resource, key.replace(/_name$/, "_id")) === "record",
    names: nameKey === undefined ? [] : [nameKey, fullNameKey(nameKey)],
  };
  if (known.size < MOST_KEYS) known.set(key, traits);
  return traits;
}

/**
 * Whether a record has the id of an option or of a user, but not the name of
 * it, and a list has the name.
 */
function lacksName(
  { names }: KeyTraits,
  record: JsonObject,
  key: string,
): boolean {
  return names.length > 0 && !isEmpty(record[key]) &&
    names.every((name) => isEmpty(record[name]));
}

/** A task's `user_id` has its name in `user_full_name`. */
export function fullNameKey(nameKey: string): string {
  return nameKey.replace(/_name$/, "_full_name");
}

/** The keys in answers of the names of ids, by the keys in records. */
const nameKeys = createDerived((resource: Pick<Resource, "arguments">) => {
  const found = new Map<string, string>();
  for (const [id, argument] of Object.entries(resource.arguments)) {
    const name = nameKeyOf(id);
    const shown = nameKeyOf(argument);
    if (name === undefined || shown === undefined) continue;
    for (const key of [name, fullNameKey(name)]) {
      if (!found.has(key)) found.set(key, shown);
    }
  }
  return found;
});

/**
 * The key in answers: that of the argument, also for the name of an id.
 *
 * @param resource The kind of record.
 * @param key A key of a body or record.
 */
export function answerKey(
  resource: Pick<Resource, "arguments">,
  key: string,
): string {
  return nameKeys(resource).get(key) ?? argumentOf(resource, key);
}

/** The custom fields by id. */
const customFields = createDerived((fields: readonly Field[]) =>
  // The first of several with the same id counts.
  new Map(
    fields.filter(({ custom }) => custom).toReversed()
      .map((one) => [one.id, one]),
  )
);

/**
 * Writes the value of one key as answers show it.
 *
 * @param resource The kind of record.
 * @param key The key; not that of custom fields.
 * @param value The value, as Qontak has it.
 */
export function showValue(
  resource: Resource,
  key: string,
  value: unknown,
): unknown {
  return showAs(traitsOf(resource, key), value);
}

function showAs(traits: KeyTraits, value: unknown): unknown {
  if (!Array.isArray(value)) return traits.write(value);
  // Some lists show one related record as a list.
  const [one, ...others] = value;
  return traits.isSingle && others.length === 0
    ? showAs(traits, one ?? null)
    : value.map((one) => showAs(traits, one));
}

/** What writes the values of a key as answers show them. */
function writerOf(
  resource: Resource,
  key: string,
): (value: unknown) => unknown {
  const type = bodyTypeOf(resource, key);
  switch (type) {
    case "option":
    case "options":
    case "record":
    case "ids":
      return idOf;
    case "number":
    case "numbers":
    case "amount":
      return numberOf;
    case "date":
      return isoOf;
  }
  // Qontak also has ids that are texts; a body or a resource declares those.
  if (
    type === undefined && !Object.hasOwn(resource.shows, key) &&
    /(^|_)ids?$/.test(key)
  ) return idOf;
  return isDateKey(key) ? isoOf : (value) => value;
}

/** An id as a number; what is not one stays as it is. */
function idOf(value: unknown): unknown {
  return toId(value) ?? value;
}

function isDateKey(key: string): boolean {
  return /(_at|_date)$|^(date|when)$/.test(key);
}

/** The most digits that a JSON number keeps in every program. */
const MOST_DIGITS = 15;

/**
 * Writes a number as answers show it: as a number instead of its text, if no
 * digit is lost.
 *
 * @param value The number, as Qontak has it.
 */
export function numberOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const decimal = toDecimal(value);
  return decimal && digitsOf(decimal) <= MOST_DIGITS ? Number(value) : value;
}

/** The smallest number that is a time in seconds since 1970. */
const FIRST_SECOND = 100_000_000;

/** The smallest number that is a time in ms since 1970. */
const FIRST_MILLISECOND = 100_000_000_000;

/** The last day that a date can hold in every time zone, in ms since 1970. */
const LAST_MILLISECOND = 8_639_999_900_000_000;

/**
 * Converts a time that Qontak writes as a number to ms since 1970.
 *
 * @param value Seconds, or ms as check-ins have them.
 * @returns Undefined if the number cannot be a time.
 */
export function epochOf(value: number): number | undefined {
  return value >= FIRST_SECOND && value < FIRST_MILLISECOND
    ? value * 1_000
    : value >= FIRST_MILLISECOND && value <= LAST_MILLISECOND
    ? value
    : undefined;
}

/**
 * Writes a date of Qontak's as ISO. What is ISO already stays as it is, and so
 * does what is not a date.
 *
 * @param value ISO, day first, with the month's name, or seconds or ms since
 * 1970.
 */
export function isoOf(value: unknown): unknown {
  if (typeof value === "number") {
    const epoch = epochOf(value);
    return epoch === undefined ? value : toIso({ epoch });
  }
  if (typeof value !== "string" || /^\d{4}-\d\d-\d\d($|T)/.test(value)) {
    return value;
  }
  const [, day, name = "", year] =
    /^(\d{1,2}) (\w{3}),? (\d{4})$/.exec(value) ??
      [];
  const month = MONTHS.indexOf(name.toLowerCase()) + 1;
  const moment = parseDate(month > 0 ? `${year}-${month}-${day}` : value);
  if (!moment) return value;
  return moment.timed ? toIso(moment) : moment.day;
}

/** One custom field, or nothing if it is an empty percentage. */
function showCustomField(
  entry: unknown,
  fields: readonly Field[],
  asked: readonly string[],
): unknown[] {
  if (!isObject(entry)) return [entry];
  const { id, name, value, value_name, ...rest } = entry;
  const field = customFields(fields).get(toId(id));
  if (!field) return [entry];
  const shown = showCustomValue(field, value);
  // Qontak shows 0.0 for a percentage that is not set.
  if (
    field.type.name === "percentage" && shown === 0 &&
    !["*", String(id), String(name)].some((one) => asked.includes(one))
  ) return [];
  return [{
    id: toId(id) ?? id,
    name,
    ...(field.label === name ? {} : { label: field.label }),
    value: shown,
    ...(value_name === undefined || value_name === value ? {} : { value_name }),
    ...rest,
  }];
}

function showCustomValue({ type }: Field, value: unknown): unknown {
  switch (type.name) {
    case "number":
    case "percentage":
      return numberOf(value);
    case "date":
    case "date_time":
      return isoOf(value);
    case "select":
      return toId(value) ?? value;
    case "multiple_select":
      return typeof value === "string" && /^\d+(,\d+)*$/.test(value)
        ? value.split(",").map(Number)
        : value;
    default:
      return value;
  }
}
