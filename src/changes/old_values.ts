/**
 * The values of a record that its changes replaced, and what others have made of
 * them.
 *
 * @module
 */
import { isSame, type Value, valuesOf } from "../fields/readback.ts";
import type { BodyType } from "../qontak/bodies.ts";
import { argumentOf, nameKeyOf, type Resource } from "../qontak/resources.ts";
import {
  isEmpty,
  isObject,
  type JsonObject,
  show,
  toId,
} from "../values/json.ts";
import type { PastChange } from "./history.ts";
import type { MayShow } from "./may_show.ts";

/** Keys of a body that a change touched, without labels beside ids. */
export function touchedBy(body: JsonObject): string[] {
  const labels = new Set(Object.keys(body).map(nameKeyOf));
  return Object.keys(body).filter((key) => !labels.has(key));
}

/** The types of body keys that hold a list. */
const LISTS: ReadonlySet<BodyType> = new Set<BodyType>([
  "lines",
  "numbers",
  "options",
  "ids",
  "permissions",
]);

/**
 * The values of a record in the form of a body. Qontak returns some single ids
 * as a list of one.
 */
export function valuesFor(
  body: Readonly<Record<string, BodyType>>,
  record: JsonObject,
  keys: readonly string[],
): JsonObject {
  const labels = new Set(Object.keys(body).map(nameKeyOf));
  const values: JsonObject = {};
  for (const key of keys) {
    const type = body[key];
    const value = record[key];
    // A label says nothing that its id does not.
    if (type === undefined || value === undefined || labels.has(key)) continue;
    values[key] = type === "custom"
      ? entriesOf(value)
      : Array.isArray(value) && !LISTS.has(type)
      ? value[0] ?? null
      : value;
  }
  return values;
}

/** Custom fields as a body takes them. */
function entriesOf(value: unknown): JsonObject[] {
  return Array.isArray(value)
    ? value.filter(isObject).map((entry) => ({
      id: toId(entry.id),
      value: isEmpty(entry.value) ? null : entry.value,
    }))
    : [];
}

/** One value that is to be restored. */
interface Old {
  /** The body key, or `additional_fields id N`. */
  readonly key: string;
  /** What it was before. */
  readonly value: unknown;
  /** What the changes made of it; undefined if that is not known. */
  readonly made: unknown;
  /** What it is now. */
  readonly now: unknown;
  /** The body that restores it. */
  readonly body: JsonObject;
}

/**
 * The values that the changes touched: those that were sent, and those that
 * Qontak set with them.
 */
function oldValues(
  { endpoints: { update } }: Resource,
  changes: readonly PastChange[],
  current: JsonObject,
): Old[] {
  const found = new Map<string, Old>();
  // The oldest change knows what was before; the newest what came of it.
  for (const { before = {}, after, body } of changes) {
    const was = valuesFor(update.body, before, Object.keys(update.body));
    for (const one of valuesOf(was)) {
      const made = after ? one.in(after) : undefined;
      const sent = valuesOf(body).find(({ key }) => key === one.key);
      const isTouched = sent !== undefined ||
        made !== undefined && !isSame(one.value, made);
      if (!isTouched) continue;
      found.set(one.key, {
        key: one.key,
        value: one.value,
        made: found.has(one.key)
          ? found.get(one.key)!.made
          : made ?? sent?.value,
        now: one.in(current),
        body: bodyOf(one.key, one.value),
      });
    }
  }
  return [...found.values()];
}

/**
 * The names of the values that the changes sent, and that no record before them
 * shows: what they were is not known.
 *
 * @param resource The kind of record.
 * @param changes Its changes.
 */
export function unknownBefore(
  resource: Resource,
  changes: readonly PastChange[],
): string[] {
  const names = changes.flatMap(({ before = {}, body }) => {
    const touched = touchedBy(body);
    return valuesOf(body)
      .filter(({ key, in: valueIn }) =>
        (touched.includes(key) || !Object.hasOwn(body, key)) &&
        valueIn(before) === undefined
      )
      .map(({ key }) => argumentOf(resource, key));
  });
  return [...new Set(names)];
}

function bodyOf(key: string, value: unknown): JsonObject {
  const [, id] = /^additional_fields id (\d+)$/.exec(key) ?? [];
  return id === undefined
    ? { [key]: isEmpty(value) && !Array.isArray(value) ? null : value }
    : { additional_fields: [{ id: Number(id), value }] };
}

/** What others have made of the values since, one clause each. */
export function conflictsOf(
  resource: Resource,
  changes: readonly PastChange[],
  current: JsonObject,
  mayShow: MayShow,
): string[] {
  return oldValues(resource, changes, current)
    .filter(({ value, made, now }) =>
      !isSame(value, now) && made !== undefined && !isSame(made, now)
    )
    .map(({ key, made, now }) =>
      mayShow(key)
        ? `${argumentOf(resource, key)} is ${show(now ?? null)} now, and was ${
          show(made)
        } after the change`
        : `${argumentOf(resource, key)} has changed`
    );
}

/**
 * What others have made between the changes of values that taking them all back
 * restores. What only the record after the newest change shows is a conflict:
 * see {@linkcode conflictsOf}.
 *
 * @param resource The kind of record.
 * @param changes Its changes, newest first.
 * @param mayShow Which values the clauses may repeat.
 * @returns One clause for each value.
 */
export function changedBetween(
  resource: Resource,
  changes: readonly PastChange[],
  mayShow: MayShow,
): string[] {
  const { body } = resource.endpoints.update;
  const all = (record: JsonObject) =>
    valuesFor(body, record, Object.keys(body));
  return changes.slice(0, -1).flatMap((newer, i) => {
    const olders = changes.slice(i + 1);
    const [older] = olders;
    const { after } = older!;
    if (!after || !newer.before) return [];
    const made = all(after);
    return valuesOf(all(newer.before)).flatMap((one) => {
      const was = one.in(made);
      const isLost = was !== undefined && !isSame(one.value, was) &&
        olders.some((change) => isTouched(one, change));
      if (!isLost) return [];
      const name = argumentOf(resource, one.key);
      return [
        mayShow(one.key)
          ? `${name} was ${show(was)} after ${older!.tool} at ${
            older!.time
          }, and ${
            show(one.value ?? null)
          } before ${newer.tool} at ${newer.time}`
          : `${name} has changed between ${older!.tool} at ${
            older!.time
          } and ${newer.tool} at ${newer.time}`,
      ];
    });
  });
}

/** Whether a change set a value, or Qontak set it with the change. */
function isTouched(
  { key, in: valueIn }: Value,
  { act, before = {}, after, body }: PastChange,
): boolean {
  return act === "create" || valuesOf(body).some((one) => one.key === key) ||
    after !== undefined && !isSame(valueIn(before), valueIn(after));
}

/** The values that restore the record, as an update takes them. */
export function restored(
  resource: Resource,
  changes: readonly PastChange[],
  current: JsonObject,
): JsonObject {
  const bodies = oldValues(resource, changes, current)
    .filter(({ value, now }) => !isSame(value, now))
    .map(({ body }) => body);
  const custom = bodies.flatMap(({ additional_fields: entries }) =>
    Array.isArray(entries) ? entries : []
  );
  return {
    ...Object.assign({}, ...bodies),
    ...(custom.length > 0 ? { additional_fields: custom } : {}),
  };
}
