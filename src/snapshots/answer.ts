/**
 * What an answer shows: sorted groups or records, as many as fit, and the count
 * of those that do not.
 *
 * @module
 */
import { compare, type Decimal, toDecimal } from "../values/decimal.ts";
import { isEmpty, isObject, type JsonObject } from "../values/json.ts";
import { foldText } from "../values/words.ts";
import type { Zone } from "../values/zone.ts";
import { idIn, isSameId } from "./fields.ts";
import type { QueryField } from "./subject.ts";
import { toEpoch } from "./moments.ts";

/** The maximum size of an answer, in bytes. */
const MAX_ANSWER = 12_000;

/** The default maximum number of groups or rows. */
const LIMIT = 50;
/** How entries are sorted. */
export interface Sorting {
  /** The column of groups, or the field of records. */
  readonly by: string | QueryField;
  /** Whether the largest comes first. */
  readonly isDescending: boolean;
  /** The position of a group, where groups have an order of their own. */
  readonly position?: ((group: JsonObject) => number | undefined) | undefined;
}

/** The entries that fit, and how many do not. */
export interface Shown {
  readonly shown: readonly JsonObject[];
  readonly left: number;
}

/** A value in the form in which it is compared. */
type SortKey = Decimal | string | undefined;

/** Numbers are compared as numbers, and everything else as text. */
function sortKey(value: unknown): SortKey {
  if (isEmpty(value)) return undefined;
  return toDecimal(value) ?? foldText(value);
}

/**
 * Compares values for sorting: numbers before texts, and empty values always
 * last.
 */
function order(a: SortKey, b: SortKey, isDescending: boolean): number {
  if (a === undefined || b === undefined) {
    return Number(a === undefined) - Number(b === undefined);
  }
  const sign = typeof a === "string"
    ? typeof b === "string" ? (a < b ? -1 : a > b ? 1 : 0) : 1
    : typeof b === "string"
    ? -1
    : compare(a, b);
  return isDescending ? -sign : sign;
}

/** What entries of some kind are ordered by. */
interface Order<T> {
  readonly value: (entry: T) => unknown;
  readonly isDescending: boolean;
}

/**
 * The first entries in the order of a value of each, in steps; equal ones in
 * the next of the orders. Those that are equal in all keep their order.
 */
function* firstBy<T>(
  entries: readonly T[],
  orders: readonly Order<T>[],
  most: number,
): Generator<void, T[]> {
  const known = orders.map(() => new Map<unknown, SortKey>());
  const keyOf = (entry: T, at: number): SortKey => {
    const found = orders[at]!.value(entry);
    const keys = known[at]!;
    if (!keys.has(found)) keys.set(found, sortKey(found));
    return keys.get(found);
  };
  const compareEntries = (a: T, b: T): number => {
    for (let at = 0; at < orders.length; at++) {
      const { isDescending } = orders[at]!;
      const sign = order(keyOf(a, at), keyOf(b, at), isDescending);
      if (sign !== 0) return sign;
    }
    return 0;
  };
  const first: T[] = [];
  for (const entry of entries) {
    yield;
    const isAfter = (at: number) => compareEntries(first[at]!, entry) <= 0;
    if (first.length === most && isAfter(most - 1)) continue;
    let [low, high] = [0, first.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isAfter(middle)) low = middle + 1;
      else high = middle;
    }
    first.splice(low, 0, entry);
    if (first.length > most) first.pop();
  }
  return first;
}

/** Keeps as many entries as fit, and counts the others. */
function bound(
  entries: Iterable<JsonObject>,
  count: number,
  limit: number,
): Shown {
  const shown: JsonObject[] = [];
  const encoder = new TextEncoder();
  let size = 0;
  for (const entry of entries) {
    if (shown.length === limit) break;
    size += encoder.encode(JSON.stringify(entry)).length + 1;
    if (size > MAX_ANSWER && shown.length > 0) break;
    shown.push(entry);
  }
  return { shown, left: count - shown.length };
}

/**
 * Sorts groups, and shows as many as fit, in steps.
 *
 * @param groups The groups.
 * @param sortings How they are sorted; equal ones by the next of them.
 * @param limit The maximum number of groups.
 */
export function* showGroups(
  groups: readonly JsonObject[],
  sortings: readonly Sorting[],
  limit: number = LIMIT,
): Generator<void, Shown> {
  const orders: Order<JsonObject>[] = [];
  for (const { by, isDescending, position } of sortings) {
    const currency = yield* mainCurrency(groups, String(by));
    const value = (group: JsonObject) => {
      const found = group[String(by)];
      return isObject(found) ? found[currency!] : found;
    };
    orders.push({ value: position ?? value, isDescending });
  }
  const first = yield* firstBy(groups, orders, limit);
  return bound(first, groups.length, limit);
}

/**
 * The currency that most groups have an amount in. Groups are sorted by their
 * amounts in it, because amounts in different currencies have no order.
 */
function* mainCurrency(
  groups: readonly JsonObject[],
  by: string,
): Generator<void, string | undefined> {
  const counts = new Map<string, number>();
  for (const { [by]: value } of groups) {
    yield;
    if (!isObject(value)) continue;
    for (const currency of Object.keys(value)) {
      counts.set(currency, (counts.get(currency) ?? 0) + 1);
    }
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/**
 * Sorts records, and shows as many as fit, in steps.
 *
 * @param rows The rows of the records.
 * @param shown What to show of each.
 * @param sorting The field to sort by, if any.
 * @param options Their ids, the time zone of days, the maximum number, and
 * whether what is empty is shown too.
 */
export function* showRows(
  rows: readonly number[],
  shown: readonly QueryField[],
  sorting: Sorting | undefined,
  { id, zone, limit = LIMIT, isWhole = false }: {
    readonly id: QueryField;
    readonly zone: Zone;
    readonly limit?: number | undefined;
    readonly isWhole?: boolean;
  },
): Generator<void, Shown> {
  const by = sorting?.by;
  const first = sorting && typeof by === "object"
    ? yield* firstBy(
      rows,
      [{ value: comparable(by, zone), isDescending: sorting.isDescending }],
      limit,
    )
    : rows;
  function* present(): Generator<JsonObject> {
    for (const row of first) yield presentRow(row, id, shown, isWhole);
  }
  return bound(present(), rows.length, limit);
}

/** The value of a field that rows are sorted by. */
function comparable(
  { kind, value, shown, beside }: QueryField,
  zone: Zone,
): (row: number) => unknown {
  if (kind === "date") return (row) => toEpoch(value(row), zone);
  return kind === "option" || kind === "list" && beside ? shown : value;
}

/** One value under its key; an id that has a name, with the name beside it. */
function presentValue(
  { name, beside, value }: QueryField,
  row: number,
  shown: unknown,
): JsonObject {
  const id = beside && idIn(value(row));
  return id === undefined || isSameId(shown, id)
    ? { [name]: shown }
    : { [beside!.id]: id, [beside!.name]: shown };
}

function presentRow(
  row: number,
  id: QueryField,
  shown: readonly QueryField[],
  isWhole: boolean,
): JsonObject {
  const entry: JsonObject = { id: id.shown(row) };
  const custom: JsonObject[] = [];
  for (const field of shown) {
    const value = field.shown(row) ?? null;
    if (isEmpty(value) && !isWhole) continue;
    // Strict content recognizes free text in custom fields by the id of the
    // field, and several fields can have one name.
    if (
      field.id !== undefined &&
      (field.isFreeText || isWhole || Object.hasOwn(entry, field.name))
    ) {
      custom.push({ id: field.id, name: field.name, value });
    } else Object.assign(entry, presentValue(field, row, value));
  }
  if (custom.length > 0) entry.additional_fields = custom;
  return entry;
}
