/**
 * Compares what was sent with what Qontak stored.
 *
 * @module
 */
import { isEmpty, isObject, type JsonObject, toId } from "../values/json.ts";
import { compare, toDecimal } from "../values/decimal.ts";
import { MONTHS, parseDate, toIso } from "./dates.ts";

/** A value that Qontak did not store as it was sent. */
export interface Difference {
  /** The body key, or `additional_fields id N`. */
  readonly key: string;
  /** What was sent. */
  readonly sent: unknown;
  /** What is stored. */
  readonly stored: unknown;
}

/** What happened to each value that was sent. */
export interface ReadBack {
  /** Stored as sent. */
  readonly applied: readonly string[];
  /** Not stored: the record has its previous value, or none. */
  readonly ignored: readonly Difference[];
  /** Stored as a different value. */
  readonly stored_differently: readonly Difference[];
  /** Not shown in the record, so the result is unknown. */
  readonly not_shown: readonly string[];
}

/**
 * Compares a body with the record after the write.
 *
 * @param sent The body.
 * @param stored The record after the write.
 * @param previous The record before the write, on an update.
 * @returns What happened to each value.
 */
export function readBack(
  sent: JsonObject,
  stored: JsonObject,
  previous: JsonObject = {},
): ReadBack {
  const applied: string[] = [];
  const ignored: Difference[] = [];
  const differently: Difference[] = [];
  const notShown: string[] = [];
  for (const one of valuesOf(sent)) {
    const now = one.in(stored);
    const { key, value } = one;
    if (now === undefined && !isEmpty(value)) notShown.push(key);
    else if (isSameAt(key, value, now)) applied.push(key);
    else if (isEmpty(now) || isSameAt(key, now, one.in(previous))) {
      ignored.push({ key, sent: value, stored: now ?? null });
    } else differently.push({ key, sent: value, stored: now });
  }
  return {
    applied,
    ignored,
    stored_differently: differently,
    not_shown: notShown,
  };
}

/** One value of a body. */
export interface Value {
  /** The body key, or `additional_fields id N`. */
  readonly key: string;
  /** What was sent. */
  readonly value: unknown;
  /** Finds the same value in a record. */
  in(record: JsonObject): unknown;
}

/**
 * The values of a body, one for each custom field.
 *
 * @param body The body.
 * @param other A record. Values that it has in the same place are left out:
 * most of a record stays as it is.
 */
export function valuesOf(body: JsonObject, other: JsonObject = {}): Value[] {
  return [...standardValues(body, other), ...customValues(body, other)];
}

function standardValues(sent: JsonObject, other: JsonObject): Value[] {
  const found: Value[] = [];
  for (const key in sent) {
    if (key === "additional_fields") continue;
    const value = sent[key];
    if (Object.hasOwn(other, key) && other[key] === value) continue;
    found.push({ key, value, in: (record) => record[key] });
  }
  return found;
}

function customValues(
  { additional_fields: sent }: JsonObject,
  { additional_fields: others }: JsonObject,
): Value[] {
  if (!Array.isArray(sent)) return [];
  /**
   * A cache of each record's entries by id, because every value is looked up in
   * each record.
   */
  const byRecord = new Map<JsonObject, Map<number | null, JsonObject>>();
  const entriesOf = (record: JsonObject, list: unknown[]) => {
    let entries = byRecord.get(record);
    if (!entries) {
      // If several entries share an id, the first one is used.
      entries = new Map(
        list.filter(isObject).reverse().map((one) => [toId(one.id), one]),
      );
      byRecord.set(record, entries);
    }
    return entries;
  };
  const found: Value[] = [];
  for (let index = 0; index < sent.length; index++) {
    const entry = sent[index];
    if (!isObject(entry)) continue;
    const { id, value } = entry;
    const other = Array.isArray(others) ? others[index] : undefined;
    if (isObject(other) && other.id === id && other.value === value) continue;
    found.push({
      key: `additional_fields id ${id}`,
      value,
      in(record) {
        const { additional_fields: list } = record;
        if (!Array.isArray(list)) return undefined;
        const stored = entriesOf(record, list).get(toId(id));
        // Records list all their custom fields, so a missing one is not stored.
        return stored ? stored.value : null;
      },
    });
  }
  return found;
}

/** How many more parts that are not identical may be compared. */
export interface Effort {
  left: number;
}

/**
 * How many parts of records are compared that are not identical: a part takes
 * some µs, and a record can have many.
 */
const MOST_COMPARED = 5_000;

/**
 * The effort of one comparison.
 *
 * @param left How many parts may be compared.
 */
export function newEffort(left = MOST_COMPARED): Effort {
  return { left };
}

/** The longest lists of ids that are compared in any order. */
const MOST_IDS = 10_000;

/**
 * Whether two values of a key mean the same. Lists of ids do so in any order:
 * Qontak returns them in its own.
 *
 * @param key The key, or `additional_fields id N`.
 * @param a One value.
 * @param b The other.
 * @param effort What may be compared; beyond it, values are not the same.
 */
export function isSameAt(
  key: string,
  a: unknown,
  b: unknown,
  effort: Effort = newEffort(),
): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return isSame(a, b, effort);
  if (a.length !== b.length) return false;
  // Most are the same list, read twice.
  if (a.every((one, i) => one === b[i])) return true;
  return key.endsWith("_ids") && a.length <= MOST_IDS
    ? isSame(a.map(String).sort(), b.map(String).sort(), effort)
    : isSame(a, b, effort);
}

/**
 * Whether two values mean the same. It allows for the forms that Qontak
 * returns: numbers as strings, one id as a list of one, dates with a time.
 *
 * @param a One value.
 * @param b The other.
 * @param effort What may be compared; beyond it, values are not the same.
 */
export function isSame(
  a: unknown,
  b: unknown,
  effort: Effort = newEffort(),
): boolean {
  if (a === b) return true;
  if (effort.left-- <= 0) return false;
  // A cleared percentage is returned as "0.0".
  if (isEmpty(a)) return isEmpty(b) || b === "0.0";
  if (isEmpty(b)) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    const [left, right] = [a, b].map((
      value,
    ) => (Array.isArray(value) ? value : [value])) as [unknown[], unknown[]];
    return left.length === right.length &&
      left.every((value, i) => isSame(value, right[i], effort));
  }
  if (isObject(a) && isObject(b)) {
    // The stored object may have more keys than were sent.
    return Object.keys(a).every((key) => isSame(a[key], b[key], effort));
  }
  const [left, right] = [String(a).trim(), String(b).trim()];
  if (left === right) return true;
  if (isNumeric(left) && isNumeric(right)) {
    const [one, other] = [toDecimal(left), toDecimal(right)];
    return one !== undefined && other !== undefined &&
      compare(one, other) === 0;
  }
  if (isCheckinTime(left, right)) return true;
  const [before, after] = [parseDate(left), parseDate(right)];
  return before !== undefined && after !== undefined &&
    before.epoch === after.epoch;
}

/**
 * Whether two check-in times match. Geolocations take seconds since 1970 and
 * return a date such as `21 Jul, 2013`.
 */
function isCheckinTime(sent: string, stored: string): boolean {
  if (!/^\d{9,10}$/.test(sent) || !/^\d{1,2} \w{3}, \d{4}$/.test(stored)) {
    return false;
  }
  const epoch = Number(sent) * 1000;
  const [year, month, day] = toIso({ epoch }).slice(0, 10).split("-");
  return Number(day) === Number.parseInt(stored) &&
    stored.toLowerCase().endsWith(`${MONTHS[Number(month) - 1]}, ${year}`);
}

function isNumeric(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text);
}
