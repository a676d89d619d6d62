/**
 * The differences that a change makes, in words: which field, from what, to
 * what.
 *
 * @module
 */
import type { Option } from "../fields/options.ts";
import {
  isSame,
  isSameAt,
  newEffort,
  type Value,
  valuesOf,
} from "../fields/readback.ts";
import type { Setup } from "../fields/setup.ts";
import { showValue } from "../fields/shown.ts";
import type { Field } from "../fields/template.ts";
import { argumentOf, nameKeyOf, type Resource } from "../qontak/resources.ts";
import { createDerived } from "../values/derived.ts";
import {
  defined,
  isEmpty,
  isObject,
  type JsonObject,
  toId,
} from "../values/json.ts";

/** What a change does to a record. */
export interface Differences {
  /** The fields that get another value: `{key, label?, from?, to}`. */
  readonly changed: readonly JsonObject[];
  /** The fields that lose their value: `{key, label?, from?}`. */
  readonly cleared: readonly JsonObject[];
  /** What lists lose: `{key, label?, removed}`. */
  readonly removed: readonly JsonObject[];
}

/** A body, and the record that it changes. */
export interface Comparison {
  /** The kind of record, if it is one. */
  readonly resource?: Resource | undefined;
  /** The record before; undefined if it is new or was not read. */
  readonly before?: JsonObject | undefined;
  /** What is sent. */
  readonly body: JsonObject;
  /** The record after, if the change was carried out. */
  readonly after?: JsonObject | undefined;
}

/**
 * Lists the differences between a record and what a body makes of it. Options
 * are shown with their labels, and fields with theirs, as far as the company's
 * setup can be read.
 *
 * @param setup The company's setup.
 * @param comparison The body and the record.
 */
export async function differencesOf(
  setup: Setup,
  { resource, before, body, after }: Comparison,
): Promise<Differences> {
  const names = resource &&
    await namesOf(setup, resource, { before, body, after });
  const changed: JsonObject[] = [];
  const cleared: JsonObject[] = [];
  const removed: JsonObject[] = [];
  // A label that is sent beside its id says nothing more.
  const labels = new Set(Object.keys(body).map(nameKeyOf));
  for (const one of valuesOf(body)) {
    if (labels.has(one.key)) continue;
    const old = before && one.in(before);
    const stored = after && one.in(after);
    const value = stored === undefined ? one.value : stored;
    // A value that the record does not show may be anything.
    const isKnown = before !== undefined && old !== undefined;
    if (isKnown && isSameAt(one.key, value, old)) continue;
    if (isEmpty(old) && isEmpty(value)) continue;
    const named = names?.(one);
    const field = {
      key: resource ? argumentOf(resource, one.key) : one.key,
      ...defined({ label: named?.label }),
    };
    const shown = named ? named.show(old, before) : old;
    const from = isKnown ? { from: shown ?? null } : {};
    const to = named ? named.show(value, after) : value;
    if (isEmpty(value)) cleared.push({ ...field, ...from });
    else changed.push({ ...field, ...from, to });
    // One related record is shown alone, even where Qontak has a list of one.
    if (
      !Array.isArray(old) || !Array.isArray(shown) || !Array.isArray(value) ||
      isEmpty(value)
    ) continue;
    const isGone = goneFrom(old, value);
    const gone = shown.filter((_, i) => isGone?.[i]);
    if (gone.length > 0) removed.push({ ...field, removed: gone });
  }
  return { changed, cleared, removed };
}

/** How long two lists may be together, and how many pairs are compared. */
const MOST_PARTS = 20_000;

/**
 * Which entries of a list another no longer has; undefined if both are too long
 * to be compared. What changed says so then.
 */
function goneFrom(
  list: readonly unknown[],
  now: readonly unknown[],
): readonly boolean[] | undefined {
  if (list.length + now.length > MOST_PARTS) return undefined;
  const kept = new Set(now.map(textOf));
  const areIds = now.every((one) => toId(one) !== null);
  const effort = newEffort(MOST_PARTS);
  const gone: boolean[] = [];
  for (const one of list) {
    const isKept = kept.has(textOf(one)) ||
      !(areIds && toId(one) !== null) &&
        now.some((part) => effort.left > 0 && isSame(part, one, effort));
    if (effort.left <= 0) return undefined;
    gone.push(!isKept);
  }
  return gone;
}

/** A part of a list as a text: the same for a number and its digits. */
function textOf(part: unknown): string {
  return typeof part === "object" ? JSON.stringify(part) : String(part);
}

/** Keys that say nothing of a change that Qontak made. */
const TRIVIAL: ReadonlySet<string> = new Set([
  "id",
  "slug",
  "created_at",
  "updated_at",
]);

/** The form of Qontak's keys. Anything else is not one. */
const KEY = /^(?:[a-z][a-z0-9_]{0,59}|additional_fields id \d+)$/;

/**
 * Lists what Qontak set by itself: values that were not sent, and that differ
 * from those before, or that a new record has.
 *
 * @param setup The company's setup.
 * @param comparison The body, and the record before and after.
 */
export async function setByQontak(
  setup: Setup,
  { resource, before, body, after = {} }: Comparison,
): Promise<readonly JsonObject[]> {
  const sent = new Set(valuesOf(body).map(({ key }) => key));
  const effort = newEffort();
  const found = valuesOf(after, before).filter((one) => {
    const { key, value } = one;
    if (sent.has(key) || TRIVIAL.has(key)) return false;
    if ([value].flat().some(isObject)) return false;
    const old = before && one.in(before);
    const isSet = before
      ? old !== undefined && !isSameAt(key, value, old, effort) &&
        !(isNothing(value) && isNothing(old))
      : !isNothing(value);
    return isSet && KEY.test(key) && !isNameOf(key, after);
  });
  if (found.length === 0) return [];
  const names = resource &&
    await namesOf(setup, resource, { before, body: after });
  return found.map((one) => {
    const named = names?.(one);
    const old = before && one.in(before);
    return {
      key: resource ? argumentOf(resource, one.key) : one.key,
      ...defined({ label: named?.label }),
      ...(before
        ? { from: (named ? named.show(old, before) : old) ?? null }
        : {}),
      to: (named ? named.show(one.value, after) : one.value) ?? null,
    };
  });
}

/** Whether a value is nothing: empty, or a percentage that is not set. */
function isNothing(value: unknown): boolean {
  return isEmpty(value) || Number(value) === 0;
}

/** Whether a key holds only the name of an id that the record has too. */
function isNameOf(key: string, record: JsonObject): boolean {
  const [, stem] = /^(.+?)(?:_full)?_names?$/.exec(key) ?? [];
  return stem !== undefined &&
    [`${stem}_id`, `${stem}_ids`].some((id) => Object.hasOwn(record, id));
}

/** The words for one field. */
interface Named {
  /** The label of the field. */
  readonly label: string | undefined;
  /**
   * Writes a value, with the label of an option.
   *
   * @param value The value.
   * @param record The record that holds it.
   */
  show(value: unknown, record?: JsonObject): unknown;
}

/** The fields by the keys of their values. */
const byKey = createDerived((fields: readonly Field[]) =>
  new Map(
    fields.map((field) => [
      field.custom ? `additional_fields id ${field.id}` : field.key,
      field,
    ]),
  )
);

/** Finds the labels of the fields and options that a body names. */
async function namesOf(
  setup: Setup,
  resource: Resource,
  { before, body }: Comparison,
): Promise<(value: Value) => Named> {
  const fields = await setup.fields(resource).catch(() => []);
  const places = await placesOf(setup, resource, { before, body });
  return (one) => {
    const field = byKey(fields).get(one.key);
    const options = [
      ...field?.options ?? [],
      ...field?.items ?? [],
      ...places.get(one.key) ?? [],
    ];
    return {
      label: field?.label,
      show: (value, record) =>
        withLabels(
          showValue(resource, one.key, value),
          options,
          record && labelIn(record, one.key),
        ),
    };
  };
}

/** The pipelines and stages that a record or a body names, by their keys. */
async function placesOf(
  setup: Setup,
  resource: Resource,
  { before = {}, body }: Comparison,
): Promise<ReadonlyMap<string, readonly Option[]>> {
  const { place } = resource;
  const found = new Map<string, readonly Option[]>();
  if (!place || !(place.pipeline in body || place.stage in body)) return found;
  const pipelines = [body, before].map((one) => toId(one[place.pipeline]))
    .filter((id) => id !== null);
  const lists = [...new Set(pipelines)].map((id) => setup.stages(resource, id));
  try {
    found.set(place.pipeline, await setup.pipelines(resource));
    found.set(place.stage, (await Promise.all(lists)).flat());
  } catch {
    // Ids are shown without their names.
  }
  return found;
}

/** The label that a record shows beside a value. */
function labelIn(record: JsonObject, key: string): unknown {
  const [, id] = /^additional_fields id (\d+)$/.exec(key) ?? [];
  if (id === undefined) return record[nameKeyOf(key) ?? ""];
  const { additional_fields: list } = record;
  const entry = Array.isArray(list)
    ? list.filter(isObject).find((entry) => toId(entry.id) === Number(id))
    : undefined;
  return entry?.value_name;
}

function withLabels(
  value: unknown,
  options: readonly Option[],
  label: unknown,
): unknown {
  if (Array.isArray(value)) {
    const labels = Array.isArray(label) ? label : [];
    return value.map((one, i) => withLabels(one, options, labels[i]));
  }
  // Some lists show one related record as a list, with its name in another.
  if (Array.isArray(label)) return withLabels(value, options, label[0]);
  const id = toId(value);
  if (id === null) return value;
  const option = options.find((option) => option.id === id);
  const name = option ? option.name : label;
  return typeof name === "string" && name !== "" && name !== String(value)
    ? `${name} (id ${id})`
    : value;
}
