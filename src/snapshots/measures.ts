/**
 * The groups of questions, and what is computed for each. Numbers are exact,
 * and amounts in different currencies are never added up.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import {
  add,
  compare,
  type Decimal,
  divide,
  multiply,
  toDecimal,
  toJson,
  ZERO,
} from "../values/decimal.ts";
import { isObject, type JsonObject, show } from "../values/json.ts";
import type { Fields } from "./fields.ts";
import type { QueryField, Subject } from "./subject.ts";
import { toEpoch } from "./moments.ts";
import { nameUnit, type Unit, UNITS } from "./periods.ts";

/** What can be computed for a group. */
export const MEASURES = [
  "count",
  "sum",
  "avg",
  "min",
  "max",
  "weighted",
] as const;

type MeasureName = (typeof MEASURES)[number];

/** One part of a grouping key. */
export interface Key {
  readonly name: string;
  readonly of: (row: number) => unknown;
}

/**
 * Parses an entry of `group_by`: a field, or a date with a unit after a colon.
 *
 * @throws {InputError} Naming what is wrong.
 */
export function parseKey(
  word: unknown,
  fields: Fields,
  subject: Subject,
): Key {
  const { zone } = subject;
  const [, name, unit] = /^(.+):(\w+)$/.exec(String(word)) ?? [];
  if (name !== undefined && UNITS.includes(unit as Unit)) {
    const field = fields.find(name);
    if (field.kind !== "date") {
      throw new InputError(
        `${field.called} is not a date: it cannot be grouped by ${unit}`,
      );
    }
    const known = new Map<unknown, string | null>();
    return {
      name: `${field.name}:${unit}`,
      of(row) {
        const value = field.value(row);
        let named = known.get(value);
        if (named === undefined) {
          const epoch = toEpoch(value, zone);
          named = epoch === undefined
            ? null
            : nameUnit(epoch, unit as Unit, zone);
          known.set(value, named);
        }
        return named;
      },
    };
  }
  const field = fields.find(word);
  if (field.isFreeText) {
    throw new InputError(
      `${field.called} is free text, which makes no groups: group by another field, or find records with contains`,
    );
  }
  return {
    name: field.name,
    of: hasIds(field) && !isStage(field, subject)
      ? apart(field, subject)
      : (row) => field.shown(row) ?? null,
  };
}

/**
 * Whether a key is that of a stage. Stages of several pipelines share names, and
 * count as one.
 */
function isStage({ key }: QueryField, { resource }: Subject): boolean {
  return key !== undefined && key === resource.place?.stage;
}

/** Whether the values of a field are ids. */
function hasIds({ key, kind }: QueryField): boolean {
  return key !== undefined && (kind === "option" || kind === "list");
}

/**
 * Names what a field holds, and adds the id if several have that name, such as
 * two companies: they must not form one group.
 */
function apart(field: QueryField, { table }: Subject): Key["of"] {
  const owners = new Map<unknown, unknown>();
  const shared = new Set<unknown>();
  for (const row of table.rows()) {
    const [id, name] = [field.value(row), field.shown(row)];
    if (id === undefined || typeof name !== "string") continue;
    if (!owners.has(name)) owners.set(name, String(id));
    else if (owners.get(name) !== String(id)) shared.add(name);
  }
  return (row) => {
    const name = field.shown(row) ?? null;
    return shared.has(name) ? `${name} (id ${field.value(row)})` : name;
  };
}

/** What is computed for a group. */
export interface Measure {
  readonly name: string;
  readonly kind: MeasureName;
  readonly value: (row: number) => Decimal | undefined;
  /** The currency of a row, for amounts that must be kept apart by currency. */
  readonly currency: ((row: number) => unknown) | undefined;
  /**
   * The original text of a row's date, for answers. Dates have only a minimum
   * and a maximum.
   */
  readonly text?: (row: number) => unknown;
}

/**
 * Parses an entry of `measures`, such as `count` or `sum:size`.
 *
 * @throws {InputError} Naming what is wrong.
 */
export function parseMeasure(
  word: unknown,
  fields: Fields,
  subject: Subject,
): Measure {
  const [, kind = "", of] = /^(\w+)(?::(.+))?$/.exec(String(word)) ?? [];
  if (!MEASURES.includes(kind as MeasureName)) {
    throw new InputError(
      `${show(word)} is not a measure: use count, or one of ${
        MEASURES.slice(1).map((one) => `${one}:field`).join(", ")
      }`,
    );
  }
  if (kind === "count") {
    return {
      name: "count",
      kind: "count",
      value: () => undefined,
      currency: undefined,
    };
  }
  if (of === undefined) {
    throw new InputError(`${kind} needs a field: ${kind}:size, for example`);
  }
  const field = fields.find(of);
  const isDate = field.kind === "date";
  if (
    field.kind !== "number" && !(isDate && (kind === "min" || kind === "max"))
  ) {
    throw new InputError(
      `${field.called} is not a number: it has no ${kind}`,
    );
  }
  const known = new Map<unknown, Decimal | undefined>();
  const exact = (value: unknown) => {
    let decimal = known.get(value);
    if (decimal === undefined && !known.has(value)) {
      const epoch = isDate ? toEpoch(value, subject.zone) : undefined;
      decimal = toDecimal(isDate ? epoch : value);
      known.set(value, decimal);
    }
    return decimal;
  };
  const value = (row: number) => exact(field.value(row));
  return {
    name: `${kind}:${field.name}`,
    kind: kind as MeasureName,
    value: kind === "weighted" ? weighted(value, fields, subject) : value,
    currency: field.isMoney ? fields.currency : undefined,
    ...(isDate ? { text: field.value } : {}),
  };
}

/** Multiplies an amount by the probability of its stage. */
function weighted(
  value: Measure["value"],
  fields: Fields,
  { resource, stages }: Subject,
): Measure["value"] {
  if (!resource.place || stages.every((stage) => !stage.probability)) {
    throw new InputError(
      "weighted needs stages with a win probability, which only deals have",
    );
  }
  const stage = fields.find(resource.place.stage);
  const chances = new Map(
    stages.map(({ id, probability }) => [String(id), toDecimal(probability)]),
  );
  return (row) => {
    const amount = value(row);
    const chance = chances.get(String(stage.value(row)));
    return amount && chance && multiply(amount, chance);
  };
}

/** The running totals of a measure in one group and currency. */
interface Total {
  sum: Decimal;
  count: number;
  best: Decimal | undefined;
  text: unknown;
}

/** One group, while records are added to it. */
interface Group {
  readonly keys: readonly unknown[];
  count: number;
  readonly totals: readonly Map<string, Total>[];
  /** How many records have no value, by measure. */
  readonly without: number[];
}

function addRow(group: Group, measures: readonly Measure[], row: number): void {
  group.count++;
  measures.forEach((measure, i) => {
    if (measure.kind === "count") return;
    const value = measure.value(row);
    if (value === undefined) {
      group.without[i]!++;
      return;
    }
    const currency = measure.currency
      ? String(measure.currency(row) ?? "no currency")
      : "";
    const totals = group.totals[i]!;
    let total = totals.get(currency);
    if (!total) {
      total = { sum: ZERO, count: 0, best: undefined, text: undefined };
      totals.set(currency, total);
    }
    total.sum = add(total.sum, value);
    total.count++;
    const sign = total.best && compare(value, total.best);
    const isBetter = sign === undefined ||
      (measure.kind === "min" ? sign < 0 : sign > 0);
    if (isBetter) {
      total.best = value;
      total.text = measure.text?.(row);
    }
  });
}

function result({ kind }: Measure, total: Total): unknown {
  if (kind === "avg") return toJson(divide(total.sum, total.count));
  if (kind === "min" || kind === "max") {
    return total.text ?? toJson(total.best!);
  }
  return toJson(total.sum);
}

/** What an answer shows of a group. */
function presentGroup(
  group: Group,
  keys: readonly Key[],
  measures: readonly Measure[],
): JsonObject {
  const shown: JsonObject = Object.fromEntries(
    keys.map(({ name }, i) => [name, group.keys[i]]),
  );
  measures.forEach((measure, i) => {
    if (measure.kind === "count") {
      shown.count = group.count;
      return;
    }
    const totals = [...group.totals[i]!];
    shown[measure.name] = measure.currency
      ? Object.fromEntries(
        totals.sort(([a], [b]) => a < b ? -1 : 1)
          .map(([currency, total]) => [currency, result(measure, total)]),
      )
      : totals[0]
      ? result(measure, totals[0][1])
      : null;
    const without = group.without[i]!;
    if (without > 0) shown[`without_${measure.name.split(":")[1]}`] = without;
  });
  return shown;
}

/** A level of the tree of groups. */
type Level = Map<unknown, unknown>;

/** The key of a group in the last level. */
const LEAF = Symbol("group");

/** The measure of a question that names none. */
const COUNT: Measure = {
  name: "count",
  kind: "count",
  value: () => undefined,
  currency: undefined,
};

/**
 * Groups rows, and computes the measures of each group.
 *
 * @param rows The rows.
 * @param keys What to group by; without any, all rows are one group.
 * @param measures What to compute; without any, the count.
 * @returns What an answer shows of each group.
 */
export function computeGroups(
  rows: readonly number[],
  keys: readonly Key[],
  measures: readonly Measure[],
): JsonObject[] {
  const computed = measures.length > 0 ? measures : [COUNT];
  const groups: Group[] = [];
  // A tree with a level for each key: its leaves are the groups.
  const root: Level = new Map();
  function groupOf(values: readonly unknown[]): Group {
    let level = root;
    for (const value of values) {
      const key = isObject(value) || Array.isArray(value)
        ? `\n${JSON.stringify(value)}`
        : value;
      let next = level.get(key) as Level | undefined;
      if (!next) level.set(key, next = new Map());
      level = next;
    }
    let group = level.get(LEAF) as Group | undefined;
    if (!group) {
      group = {
        keys: values,
        count: 0,
        totals: computed.map(() => new Map()),
        without: computed.map(() => 0),
      };
      level.set(LEAF, group);
      groups.push(group);
    }
    return group;
  }
  // The answer must still include a count of zero.
  if (keys.length === 0) groupOf([]);
  for (const row of rows) {
    addRow(groupOf(keys.map(({ of }) => of(row))), computed, row);
  }
  return groups.map((group) => presentGroup(group, keys, computed));
}
