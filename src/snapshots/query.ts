/**
 * Answers questions about a snapshot: which records match, how they are
 * grouped, and what is computed or shown. It checks everything before it
 * computes anything, and reports all problems at once. Numbers are exact, and
 * amounts in different currencies are never added up.
 *
 * @module
 */
import { ForeseenError, problemsError } from "../errors.ts";
import { encodeNumber } from "../fields/encode.ts";
import { choose } from "../fields/options.ts";
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
import { isEmpty, isObject, type JsonObject, show } from "../values/json.ts";
import { readNumber } from "../values/numbers.ts";
import { didYouMean } from "../values/words.ts";
import {
  createFields,
  type Fields,
  type QueryField,
  type Subject,
  toEpoch,
} from "./fields.ts";
import {
  nameUnit,
  parsePeriod,
  type Period,
  PERIODS,
  type Unit,
  UNITS,
} from "./periods.ts";

/** The operators of conditions, as questions write them. */
export const OPERATORS = [
  "eq",
  "ne",
  "in",
  "gt",
  "gte",
  "lt",
  "lte",
  "between",
  "contains",
  "starts_with",
  "is_empty",
  "is_set",
] as const;

type Operator = (typeof OPERATORS)[number];

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

/** A question as the caller sent it. Nothing in it is checked yet. */
export interface Question {
  /** Conditions, all of which must hold: `{field, op, value}`. */
  readonly where?: readonly unknown[] | undefined;
  /** Fields to group by; a date may have a unit after a colon. */
  readonly group_by?: readonly unknown[] | undefined;
  /** What to compute, such as `count` or `sum:size`. */
  readonly measures?: readonly unknown[] | undefined;
  /** A field or measure to sort by; a leading `-` sorts in descending order. */
  readonly sort?: string | undefined;
  /** The maximum number of groups or rows. */
  readonly limit?: number | undefined;
  /** What to show of each record. */
  readonly fields?: readonly unknown[] | undefined;
}

/** The result of a question. */
export interface Answer {
  /** How many records match the conditions. */
  readonly matched: number;
  /** The groups, if there are any. */
  readonly groups?: readonly JsonObject[];
  /** The records, if nothing is grouped or computed. */
  readonly rows?: readonly JsonObject[];
  /** How many groups or rows are not shown. */
  readonly left_out?: number;
  /** How derived fields were determined, by field. */
  readonly rules?: JsonObject;
}

/** The maximum size of an answer, in characters. */
const MAX_ANSWER = 12_000;

/** The default maximum number of groups or rows. */
const LIMIT = 50;

/** The maximum number of conditions, groups or measures in a question. */
const MAX_PARTS = 20;

/** The maximum number of values in one condition. */
const MAX_VALUES = 200;

type Test = (row: number) => boolean;

/** Caches the results of a test by value, because rows share values. */
function remembered(test: (value: unknown) => boolean) {
  const known = new Map<unknown, boolean>();
  return (value: unknown): boolean => {
    const verdict = known.get(value);
    if (verdict !== undefined) return verdict;
    const found = test(value);
    known.set(value, found);
    return found;
  };
}

/** Normalizes a text: ignores differences in case, accents and spacing. */
function plain(value: unknown): string {
  return String(value).normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase()
    .replace(/\s+/g, " ").trim();
}

/** A problem in a part of the question. */
class Problem extends Error {}

/**
 * Conditions that compare the order of values, and the comparison results that
 * each accepts.
 */
const ORDER: Readonly<Partial<Record<Operator, (sign: number) => boolean>>> = {
  gt: (sign) => sign > 0,
  gte: (sign) => sign >= 0,
  lt: (sign) => sign < 0,
  lte: (sign) => sign <= 0,
};

function parseCondition(
  condition: unknown,
  fields: Fields,
  subject: Subject,
): Test {
  if (!isObject(condition)) {
    throw new Problem(
      `each entry of where is {"field", "op", "value"}, not ${show(condition)}`,
    );
  }
  const { field: word, op = "eq", value } = condition;
  const strange = Object.keys(condition).find((key) =>
    key !== "field" && key !== "op" && key !== "value"
  );
  if (strange !== undefined) {
    throw new Problem(
      `an entry of where has no key ${
        show(strange)
      }: it takes field, op and value`,
    );
  }
  if (!OPERATORS.includes(op as Operator)) {
    throw new Problem(
      `op ${show(op)} is not an operator${
        didYouMean(String(op).slice(0, 64), OPERATORS) ||
        `. It is one of ${OPERATORS.join(", ")}`
      }`,
    );
  }
  const field = fields.find(word);
  if (op === "is_empty" || op === "is_set") {
    const wanted = op === "is_empty";
    return (row) => isEmpty(field.value(row)) === wanted;
  }
  const values = Array.isArray(value) ? value : [value];
  if (values.length === 0 || values.some(isEmpty)) {
    throw new Problem(
      `${field.called} ${op} needs a value; only is_empty and is_set take none`,
    );
  }
  if (values.length > MAX_VALUES) {
    throw new Problem(
      `${field.called} ${op} names ${values.length} values: ${MAX_VALUES} at most`,
    );
  }
  if (op === "between") {
    if (values.length !== 2) {
      throw new Problem(`${field.called} between takes two values: [from, to]`);
    }
    const [from, to] = values.map((one, i) =>
      parseOrdered(i === 0 ? "gte" : "lte", field, one, subject)
    );
    return (row) => from!(row) && to!(row);
  }
  if (op === "contains" || op === "starts_with") {
    const parts = values.map(plain);
    const holds = remembered((shown) =>
      [shown].flat().some((one) =>
        !isEmpty(one) &&
        parts.some((part) =>
          op === "contains"
            ? plain(one).includes(part)
            : plain(one).startsWith(part)
        )
      )
    );
    return (row) => holds(field.shown(row));
  }
  if (Object.hasOwn(ORDER, String(op))) {
    if (values.length !== 1) {
      throw new Problem(`${field.called} ${op} takes one value`);
    }
    return parseOrdered(op as Operator, field, values[0], subject);
  }
  const tests = values.map((one) => parseEqual(field, one, subject));
  return op === "ne"
    ? (row) => !tests.some((test) => test(row))
    : (row) => tests.some((test) => test(row));
}

function periodOf(field: QueryField, value: unknown, subject: Subject): Period {
  const period = typeof value === "string"
    ? parsePeriod(value.slice(0, 64), subject.now, subject.zone)
    : undefined;
  if (period) return period;
  throw new Problem(`${field.called} takes ${PERIODS}, not ${show(value)}`);
}

function decimalOf(field: QueryField, value: unknown): Decimal {
  const reading = typeof value === "string" ? readNumber(value) : undefined;
  if (reading?.readings) {
    throw new Problem(`${field.called} ${encodeNumber(value).problem}`);
  }
  const decimal = toDecimal(reading?.digits ?? value);
  if (decimal) return decimal;
  throw new Problem(
    `${field.called} takes a number such as 15000000 or 1.5, not ${
      show(value)
    }`,
  );
}

function parseOrdered(
  op: Operator,
  field: QueryField,
  value: unknown,
  subject: Subject,
): Test {
  const holds = ORDER[op]!;
  if (field.kind === "date") {
    const { start, end } = periodOf(field, value, subject);
    // After a day means after all of that day; from a day on includes the day.
    const verdict = remembered((found) => {
      const epoch = toEpoch(found, subject.zone);
      if (epoch === undefined) return false;
      return op === "gt"
        ? epoch >= end
        : op === "gte"
        ? epoch >= start
        : op === "lt"
        ? epoch < start
        : epoch < end;
    });
    return (row) => verdict(field.value(row));
  }
  if (field.kind !== "number") {
    throw new Problem(
      `${field.called} has no order: ${op} and between are for numbers and dates`,
    );
  }
  const wanted = decimalOf(field, value);
  const verdict = remembered((found) => {
    const decimal = toDecimal(found);
    return decimal !== undefined && holds(compare(decimal, wanted));
  });
  return (row) => verdict(field.value(row));
}

function parseEqual(
  field: QueryField,
  value: unknown,
  subject: Subject,
): Test {
  switch (field.kind) {
    case "number": {
      const wanted = decimalOf(field, value);
      const same = remembered((found) => {
        const decimal = toDecimal(found);
        return decimal !== undefined && compare(decimal, wanted) === 0;
      });
      return (row) => same(field.value(row));
    }
    case "date": {
      const { start, end } = periodOf(field, value, subject);
      const within = remembered((found) => {
        const epoch = toEpoch(found, subject.zone);
        return epoch !== undefined && epoch >= start && epoch < end;
      });
      return (row) => within(field.value(row));
    }
    case "flag": {
      const wanted = String(value).toLowerCase();
      if (wanted !== "true" && wanted !== "false") {
        throw new Problem(
          `${field.called} is true or false, not ${show(value)}`,
        );
      }
      return (row) => String(field.value(row) ?? false) === wanted;
    }
    case "option":
    case "list": {
      const ids = idsOf(field, value);
      if (ids) {
        const isOne = remembered((found) =>
          [found].flat().some((one) => ids.has(String(one).trim()))
        );
        return (row) => isOne(field.value(row));
      }
      const wanted = plain(value);
      const isNamed = remembered((shown) =>
        [shown].flat().some((one) => !isEmpty(one) && plain(one) === wanted)
      );
      return (row) => isNamed(field.shown(row)) || isNamed(field.value(row));
    }
    case "text": {
      const wanted = plain(value);
      const same = remembered((found) =>
        [found].flat().some((one) => !isEmpty(one) && plain(one) === wanted)
      );
      return (row) => same(field.value(row));
    }
  }
}

/**
 * The ids that a value means; undefined if the value can only be compared with
 * names.
 */
function idsOf(field: QueryField, value: unknown): Set<string> | undefined {
  const { options, translate = false } = field;
  if (!options || options.every(({ id }) => id === null)) {
    return /^\d+$/.test(String(value)) ? new Set([String(value)]) : undefined;
  }
  const wanted = plain(value);
  // Stages of several pipelines may share a name: the value then means all of
  // them.
  const named = options.filter(({ name }) => plain(name) === wanted);
  if (named.length > 0) return new Set(named.map(({ id }) => String(id)));
  const choice = choose(options, value, { translate });
  if (choice.problem !== undefined) {
    throw new Problem(`${field.called}: ${choice.problem}`);
  }
  return new Set([String(choice.option.id)]);
}

/** One part of a grouping key. */
interface Key {
  readonly name: string;
  readonly of: (row: number) => unknown;
}

function parseKey(word: unknown, fields: Fields, { zone }: Subject): Key {
  const [, name, unit] = /^(.+):(\w+)$/.exec(String(word)) ?? [];
  if (name !== undefined && UNITS.includes(unit as Unit)) {
    const field = fields.find(name);
    if (field.kind !== "date") {
      throw new Problem(
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
    throw new Problem(
      `${field.called} is free text, which makes no groups: group by another field, or find records with contains`,
    );
  }
  return { name: field.name, of: (row) => field.shown(row) ?? null };
}

/** What is computed for a group. */
interface Measure {
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

function parseMeasure(
  word: unknown,
  fields: Fields,
  subject: Subject,
): Measure {
  const [, kind = "", of] = /^(\w+)(?::(.+))?$/.exec(String(word)) ?? [];
  if (!MEASURES.includes(kind as MeasureName)) {
    throw new Problem(
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
    throw new Problem(`${kind} needs a field: ${kind}:size, for example`);
  }
  const field = fields.find(of);
  const isDate = field.kind === "date";
  if (
    field.kind !== "number" && !(isDate && (kind === "min" || kind === "max"))
  ) {
    throw new Problem(
      `${field.called} is not a number: it has no ${kind}`,
    );
  }
  const known = new Map<unknown, Decimal | undefined>();
  const exact = (value: unknown) => {
    if (!known.has(value)) {
      const epoch = isDate ? toEpoch(value, subject.zone) : undefined;
      known.set(value, toDecimal(isDate ? epoch : value));
    }
    return known.get(value);
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
    throw new Problem(
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

/**
 * Compares numbers as numbers, and everything else as text. Empty values come
 * last.
 */
function order(a: unknown, b: unknown): number {
  if (isEmpty(a) || isEmpty(b)) return Number(isEmpty(a)) - Number(isEmpty(b));
  const [left, right] = [toDecimal(a), toDecimal(b)];
  if (left && right) return compare(left, right);
  return plain(a) < plain(b) ? -1 : plain(a) > plain(b) ? 1 : 0;
}

/** Keeps as many entries as fit, and counts the others. */
function bound(
  entries: Iterable<JsonObject>,
  count: number,
  limit: number,
  most: number,
): { readonly shown: JsonObject[]; readonly left: number } {
  const shown: JsonObject[] = [];
  let size = 0;
  for (const entry of entries) {
    if (shown.length === limit) break;
    size += JSON.stringify(entry).length + 1;
    if (size > most && shown.length > 0) break;
    shown.push(entry);
  }
  return { shown, left: count - shown.length };
}

/** The parts of a question after the check. */
interface Checked {
  readonly tests: readonly Test[];
  readonly keys: readonly Key[];
  readonly measures: readonly Measure[];
  readonly show: readonly QueryField[];
  readonly used: readonly QueryField[];
}

function check(question: Question, subject: Subject): Checked {
  const problems: string[] = [];
  const used: QueryField[] = [];
  const inner = createFields(subject);
  const fields: Fields = {
    currency: inner.currency,
    find(word) {
      const field = inner.find(word);
      used.push(field);
      return field;
    },
  };
  /** Parses every part that it can; each of the others is a problem. */
  function parts<T>(
    name: string,
    list: readonly unknown[] | undefined,
    parse: (part: unknown) => T,
  ): T[] {
    if (list && list.length > MAX_PARTS) {
      problems.push(`${name} has ${list.length} entries: ${MAX_PARTS} at most`);
      return [];
    }
    return (list ?? []).flatMap((part) => {
      try {
        return [parse(part)];
      } catch (error) {
        if (!(error instanceof Problem || error instanceof ForeseenError)) {
          throw error;
        }
        problems.push(error.message);
        return [];
      }
    });
  }
  const tests = parts(
    "where",
    question.where,
    (one) => parseCondition(one, fields, subject),
  );
  const keys = parts(
    "group_by",
    question.group_by,
    (one) => parseKey(one, fields, subject),
  );
  const measures = parts(
    "measures",
    question.measures,
    (one) => parseMeasure(one, fields, subject),
  );
  const show = parts("fields", question.fields, (one) => fields.find(one));
  if (problems.length > 0) {
    throw problemsError("The query was not run", problems);
  }
  return { tests, keys, measures, show, used };
}

/** The rows that match the conditions of a question. */
function select({ table }: Subject, tests: readonly Test[]): number[] {
  return [...table.rows()].filter((row) => tests.every((test) => test(row)));
}

/**
 * The ids of the records that match the conditions.
 *
 * @param where The conditions.
 * @param subject The records that the conditions apply to.
 * @throws {InputError} Naming everything that is wrong.
 */
export function matching(
  where: readonly unknown[],
  subject: Subject,
): number[] {
  const { tests } = check({ where }, subject);
  const id = subject.table.column("id");
  return select(subject, tests).map((row) => Number(id!.values[id!.code(row)]));
}

/**
 * Answers a question.
 *
 * @param question The question.
 * @param subject The records that the question is about.
 * @param summary The fields shown for a record if the question names none.
 * @throws {InputError} Naming everything that is wrong.
 */
export function query(
  question: Question,
  subject: Subject,
  summary: readonly string[],
): Answer {
  const checked = check(question, subject);
  const rows = select(subject, checked.tests);
  const isGrouped = checked.keys.length > 0 || checked.measures.length > 0;
  const answer = isGrouped
    ? groupRows(question, checked, rows)
    : showRows(question, checked, rows, subject, summary);
  const rules = Object.fromEntries(
    checked.used.flatMap(({ name, rule }) => rule ? [[name, rule]] : []),
  );
  return {
    matched: rows.length,
    ...answer,
    ...(Object.keys(rules).length > 0 ? { rules } : {}),
  };
}

function groupRows(
  { sort, limit = LIMIT }: Question,
  { keys, measures }: Checked,
  rows: readonly number[],
): Pick<Answer, "groups" | "left_out"> {
  const computed = measures.length > 0 ? measures : [
    {
      name: "count",
      kind: "count",
      value: () => undefined,
      currency: undefined,
    } as const,
  ];
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const values = keys.map(({ of }) => of(row));
    const name = JSON.stringify(values);
    let group = groups.get(name);
    if (!group) {
      group = {
        keys: values,
        count: 0,
        totals: computed.map(() => new Map()),
        without: computed.map(() => 0),
      };
      groups.set(name, group);
    }
    addRow(group, computed, row);
  }
  // The answer must still include a count of zero.
  if (keys.length === 0 && groups.size === 0) {
    groups.set("", {
      keys: [],
      count: 0,
      totals: computed.map(() => new Map()),
      without: computed.map(() => 0),
    });
  }
  const shown = [...groups.values()].map((group) =>
    presentGroup(group, keys, computed)
  );
  const [, minus, by = ""] = /^(-?)(.*)$/.exec(sort ?? "") ?? [];
  const name = by || (keys[0]?.name ?? "count");
  const known = shown[0] ?? {};
  if (by && shown.length > 0 && !(by in known)) {
    throw problemsError("The query was not run", [
      `sort ${show(by)} is not one of the columns shown: ${
        Object.keys(known).map((key) => show(key)).join(", ")
      }`,
    ]);
  }
  shown.sort((a, b) => {
    const sign = order(comparable(a[name]), comparable(b[name]));
    return minus && !isEmpty(a[name]) && !isEmpty(b[name]) ? -sign : sign;
  });
  const { shown: some, left } = bound(shown, shown.length, limit, MAX_ANSWER);
  return { groups: some, ...(left > 0 ? { left_out: left } : {}) };
}

/** Makes a value comparable: for amounts in several currencies, the first. */
function comparable(value: unknown): unknown {
  return isObject(value) ? Object.values(value)[0] : value;
}

function showRows(
  { sort, limit = LIMIT }: Question,
  { show: named }: Checked,
  rows: number[],
  subject: Subject,
  summary: readonly string[],
): Pick<Answer, "rows" | "left_out"> {
  const fields = createFields(subject);
  const shown = named.length > 0
    ? named
    : summary.flatMap((key) =>
      subject.table.column(key) ? [fields.find(key)] : []
    );
  const [, minus, by] = /^(-?)(.+)$/.exec(sort ?? "-updated_at") ?? [];
  const isSorted = sort !== undefined || subject.table.column("updated_at");
  if (by !== undefined && isSorted) {
    const { kind, value, shown: label } = fields.find(by);
    const sorted = rows.map((row): [number, unknown] => [
      row,
      kind === "date"
        ? toEpoch(value(row), subject.zone)
        : kind === "option"
        ? label(row)
        : value(row),
    ]);
    sorted.sort(([, a], [, b]) => {
      const sign = order(a, b);
      return minus && !isEmpty(a) && !isEmpty(b) ? -sign : sign;
    });
    rows = sorted.map(([row]) => row);
  }
  const id = fields.find("id");
  function* present(): Generator<JsonObject> {
    for (const row of rows) {
      const entry: JsonObject = { id: id.value(row) };
      const custom: JsonObject[] = [];
      for (const field of shown) {
        const value = field.shown(row);
        if (isEmpty(value)) continue;
        // Strict content recognizes free text in custom fields by the id of the
        // field.
        if (field.isFreeText && field.id !== undefined) {
          custom.push({ id: field.id, name: field.name, value });
        } else entry[field.name] = value;
      }
      if (custom.length > 0) entry.additional_fields = custom;
      yield entry;
    }
  }
  const { shown: some, left } = bound(
    present(),
    rows.length,
    limit,
    MAX_ANSWER,
  );
  return { rows: some, ...(left > 0 ? { left_out: left } : {}) };
}
