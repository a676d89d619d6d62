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
import { type Fields, idIn, isSameId } from "./fields.ts";
import type { QueryField, Subject } from "./subject.ts";
import { toEpoch } from "./moments.ts";
import { type Unit, unitNames, UNITS } from "./periods.ts";

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
  /** What the rows of a group have in common. */
  readonly of: (row: number) => unknown;
  /** How ids and their names are shown, if its values are ids. */
  readonly ids?: {
    /** The columns of both. */
    readonly columns: NonNullable<QueryField["beside"]>;
    readonly idOf: (row: number) => unknown;
    readonly nameOf: (row: number) => unknown;
    /** Whether a group can have several ids of one name. */
    readonly areSeveral: boolean;
  };
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
  const [, name, written] = /^(.+):(\w+)$/.exec(String(word)) ?? [];
  const unit = written?.toLowerCase() as Unit | undefined;
  if (name !== undefined && UNITS.includes(unit!)) {
    const field = fields.find(name);
    if (field.kind !== "date") {
      throw new InputError(
        `${field.called} is not a date: it cannot be grouped by ${unit}`,
      );
    }
    const known = new Map<unknown, string | null>();
    const nameOf = unitNames(unit!, zone);
    return {
      name: `${field.name}:${unit}`,
      of(row) {
        const value = field.value(row);
        let named = known.get(value);
        if (named === undefined) {
          const epoch = toEpoch(value, zone);
          named = epoch === undefined ? null : nameOf(epoch);
          known.set(value, named);
        }
        return named;
      },
    };
  }
  if (name !== undefined && fields.known(name)?.kind === "date") {
    throw new InputError(
      `${name} is grouped by ${UNITS.join(", ")}, not by ${show(written)}`,
    );
  }
  const field = fields.find(word);
  if (field.isFreeText) {
    throw new InputError(
      `${field.called} is free text, which makes no groups: group by another field, or find records with contains`,
    );
  }
  const { beside, common, shown } = field;
  const nameOf = (row: number) => shown(row) ?? null;
  if (!beside) return { name: field.name, of: nameOf };
  const idOf = (row: number) => idIn(field.value(row));
  return {
    name: field.name,
    // Two people of one name must not form one group.
    of: common ?? ((row) => idOf(row) ?? nameOf(row)),
    ids: { columns: beside, idOf, nameOf, areSeveral: common !== undefined },
  };
}

/** What is computed for a group. */
export interface Measure {
  readonly name: string;
  readonly kind: MeasureName;
  /** The number of a row, or its moment in ms since 1970. */
  readonly value: (row: number) => Decimal | number | undefined;
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
    if (of !== undefined) {
      throw new InputError(
        `count takes no field, since it counts records: for those with ${
          show(of)
        }, add a condition with is_set`,
      );
    }
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
  const amount = remembered(toDecimal);
  const moment = remembered((value) => toEpoch(value, subject.zone));
  const exact = (row: number) => amount(field.value(row));
  return {
    name: `${kind}:${field.name}`,
    kind: kind as MeasureName,
    value: isDate
      ? (row) => moment(field.value(row))
      : kind === "weighted"
      ? weighted(exact, fields, subject)
      : exact,
    currency: field.isMoney ? fields.currency : undefined,
    ...(isDate ? { text: field.value } : {}),
  };
}

/** How many results are remembered: rows of few different values share them. */
const MOST_REMEMBERED = 4_000;

/** Remembers the results of a function by the value. */
function remembered<T>(compute: (value: unknown) => T): (value: unknown) => T {
  const known = new Map<unknown, T>();
  return (value) => {
    let result = known.get(value);
    if (result === undefined && !known.has(value)) {
      result = compute(value);
      if (known.size < MOST_REMEMBERED) known.set(value, result);
    }
    return result as T;
  };
}

/** Multiplies an amount by the probability of its stage. */
function weighted(
  value: (row: number) => Decimal | undefined,
  fields: Fields,
  { resource, stages }: Subject,
): (row: number) => Decimal | undefined {
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
  best: Decimal | number | undefined;
  text: unknown;
}

/** One group, while records are added to it. */
interface Group {
  readonly keys: readonly unknown[];
  /** Its first row. */
  readonly first: number;
  /** The ids in it, for each key of which a group can have several. */
  readonly ids: readonly Set<unknown>[];
  count: number;
  readonly totals: readonly Map<string, Total>[];
  /** How many records have no value, by measure. */
  readonly without: number[];
}

/** Whether a value takes the place of the smallest or largest so far. */
function isBetter(
  kind: "min" | "max",
  value: Decimal | number,
  best: Total["best"],
): boolean {
  if (best === undefined) return true;
  const sign = typeof value === "number"
    ? value - (best as number)
    : compare(value, best as Decimal);
  return kind === "min" ? sign < 0 : sign > 0;
}

function addRow(group: Group, measures: readonly Measure[], row: number): void {
  group.count++;
  for (let i = 0; i < measures.length; i++) {
    const measure = measures[i]!;
    if (measure.kind === "count") continue;
    const value = measure.value(row);
    if (value === undefined) {
      group.without[i]!++;
      continue;
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
    total.count++;
    if (measure.kind === "min" || measure.kind === "max") {
      if (!isBetter(measure.kind, value, total.best)) continue;
      total.best = value;
      total.text = measure.text?.(row);
    } else if (typeof value === "object") total.sum = add(total.sum, value);
  }
}

function result({ kind }: Measure, total: Total): unknown {
  if (kind === "avg") return toJson(divide(total.sum, total.count));
  if (kind === "min" || kind === "max") {
    // Dates are shown as they are written.
    return total.text ?? toJson(total.best as Decimal);
  }
  return toJson(total.sum);
}

/** What an answer shows of a group. */
function presentGroup(
  group: Group,
  keys: readonly Key[],
  measures: readonly Measure[],
): JsonObject {
  const shown: JsonObject = {};
  keys.forEach(({ name, ids }, i) => {
    if (!ids) {
      shown[name] = group.keys[i];
      return;
    }
    const { columns, idOf, nameOf, areSeveral } = ids;
    const [id = null, ...others] = areSeveral
      ? [...group.ids[i]!].sort((a, b) => Number(a) - Number(b))
      : [idOf(group.first)];
    const written = nameOf(group.first);
    shown[columns.id] = others.length > 0 ? [id, ...others] : id;
    // What has no name is shown by its id alone.
    if (id === null || !isSameId(written, id)) shown[columns.name] = written;
  });
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
 * Groups rows, and computes the measures of each group, in steps: there may be
 * as many groups as records.
 *
 * @param rows The rows.
 * @param keys What to group by; without any, all rows are one group.
 * @param measures What to compute; without any, the count.
 * @returns What an answer shows of each group.
 */
export function* computeGroups(
  rows: readonly number[],
  keys: readonly Key[],
  measures: readonly Measure[],
): Generator<void, JsonObject[]> {
  const computed = measures.length > 0 ? measures : [COUNT];
  const groups: Group[] = [];
  // A tree with a level for each key: its leaves are the groups.
  const root: Level = new Map();
  function groupOf(row: number): Group {
    const values = keys.map(({ of }) => of(row));
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
        first: row,
        ids: keys.map(() => new Set()),
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
  if (keys.length === 0) groupOf(0);
  for (const row of rows) {
    const group = groupOf(row);
    keys.forEach(({ ids }, i) => {
      if (ids?.areSeveral) group.ids[i]!.add(ids.idOf(row));
    });
    addRow(group, computed, row);
    yield;
  }
  const shown: JsonObject[] = [];
  for (const group of groups) {
    shown.push(presentGroup(group, keys, computed));
    yield;
  }
  return shown;
}
