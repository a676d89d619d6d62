/**
 * The conditions of questions: which records match.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { MIDNIGHT, parseDate, whyNoDate } from "../fields/dates.ts";
import { encodeNumber } from "../fields/encode.ts";
import { compare, type Decimal, toDecimal } from "../values/decimal.ts";
import { isEmpty, isObject, parseJson, show } from "../values/json.ts";
import { readNumber } from "../values/numbers.ts";
import { isPhoneOneOf, phoneIn, phonesOf, phoneTest } from "../values/phone.ts";
import { didYouMean, foldText } from "../values/words.ts";
import { remark, remarkIfNeverSet, type Remarks } from "./condition_remarks.ts";
import { meaningOf, valuesOf } from "./condition_values.ts";
import type { Fields } from "./fields.ts";
import type { QueryField, Subject } from "./subject.ts";
import { toEpoch } from "./moments.ts";
import { parsePeriod, type Period, PERIODS } from "./periods.ts";

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

/** The maximum number of values in one condition. */
const MAX_VALUES = 200;

/** The longest value, in characters: some take long to compare. */
const MAX_VALUE = 500;

/** Whether a row meets a condition. */
export type Test = (row: number) => boolean;

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

/**
 * Parses a condition: `{field, op, value}`.
 *
 * @param condition What the caller sent.
 * @param fields Finds fields.
 * @param subject The records that the condition applies to.
 * @param remarks Receives what the answer must say about it.
 * @throws {InputError} Naming what is wrong.
 */
export function parseCondition(
  condition: unknown,
  fields: Fields,
  subject: Subject,
  remarks: Remarks,
): Test {
  if (!isObject(condition)) {
    throw new InputError(
      `each entry of where is {"field", "op", "value"}, not ${show(condition)}`,
    );
  }
  const { field: word, op = "eq", value } = condition;
  const strange = Object.keys(condition).find((key) =>
    key !== "field" && key !== "op" && key !== "value"
  );
  if (strange !== undefined) {
    throw new InputError(
      `an entry of where has no key ${
        show(strange)
      }: it takes field, op and value`,
    );
  }
  if (!OPERATORS.includes(op as Operator)) {
    throw new InputError(
      `op ${show(op)} is not an operator${
        didYouMean(String(op).slice(0, 64), OPERATORS) ||
        `. It is one of ${OPERATORS.join(", ")}`
      }`,
    );
  }
  const named = fields.find(word);
  // A name is resolved as the id beside it: also in part, and "me".
  const field = ["eq", "ne", "in"].includes(String(op))
    ? fields.idOf(named)
    : named;
  if (op === "is_empty" || op === "is_set") {
    if (!isEmpty(value) && String(value) !== "true") {
      const other = op === "is_empty" ? "is_set" : "is_empty";
      throw new InputError(
        `${field.called} ${op} takes no value, not ${
          show(value)
        }: use ${other} for the other records`,
      );
    }
    remarkIfNeverSet(field, subject, remarks);
    const wanted = op === "is_empty";
    return (row) => isEmpty(field.value(row)) === wanted;
  }
  const values = op === "between" && typeof value === "string"
    ? splitRange(value)
    : valuesOf(field, op, value, subject);
  if (values.length === 0 || values.some(isEmpty)) {
    throw new InputError(
      `${field.called} ${op} needs a value; only is_empty and is_set take none`,
    );
  }
  if (values.length > MAX_VALUES) {
    throw new InputError(
      `${field.called} ${op} names ${values.length} values: ${MAX_VALUES} at most`,
    );
  }
  for (const one of values) {
    if (typeof one === "object") {
      throw new InputError(
        `${field.called} ${op} takes texts, numbers, true or false, not ${
          show(one)
        }`,
      );
    }
    const { length } = String(one);
    if (length > MAX_VALUE) {
      throw new InputError(
        `${field.called} ${op} takes values of at most ${MAX_VALUE} characters, not of ${length}`,
      );
    }
  }
  if (op === "between") {
    if (values.length !== 2) {
      throw new InputError(
        `${field.called} between takes two values: [from, to], or from..to`,
      );
    }
    demandOrder(field, values, subject);
    const [from, to] = values.map((one, i) =>
      parseOrdered(i === 0 ? "gte" : "lte", field, one, subject)
    );
    return (row) => from!(row) && to!(row);
  }
  if (op === "contains" || op === "starts_with") {
    const parts = values.map(foldText);
    const inPhones = field.isPhone
      ? values.map((one) => phoneTest(numberIn(one), op))
      : [];
    const hasPart = (one: unknown) => {
      const text = foldText(one);
      return parts.some((part) =>
        op === "contains" ? text.includes(part) : text.startsWith(part)
      );
    };
    const holds = remembered((shown) =>
      [shown].flat().some((one) => !isEmpty(one) && hasPart(one)) ||
      inPhones.some((test) => phonesOf(shown).some(test))
    );
    return (row) => holds(field.shown(row));
  }
  if (Object.hasOwn(ORDER, String(op))) {
    if (values.length !== 1) {
      throw new InputError(`${field.called} ${op} takes one value`);
    }
    return parseOrdered(op as Operator, field, values[0], subject);
  }
  const isAny = parseEqual(field, values, subject);
  remark(field, op, values, subject, remarks, (some) => {
    const isOne = parseEqual(field, some, subject);
    for (const row of subject.table.rows()) if (isOne(row)) return true;
    return false;
  });
  return op === "ne" ? (row) => !isAny(row) : isAny;
}

/** Both ends of a range in one text: `2026-10..2026-11`, or JSON. */
function splitRange(text: string): readonly unknown[] {
  const list = parseJson(text.slice(0, MAX_VALUE));
  if (Array.isArray(list)) return list;
  return text.split(/\.\.|,| to | s\/d /).map((part) => part.trim());
}

function periodOf(field: QueryField, value: unknown, subject: Subject): Period {
  const period = typeof value === "string"
    ? parsePeriod(value.slice(0, 64), subject.now, subject.zone)
    : undefined;
  const time = field.isDay ? parseDate(String(value))?.time : undefined;
  if (time !== undefined && time !== MIDNIGHT) {
    throw new InputError(
      `${field.called} holds days: leave out the time of ${show(value)}`,
    );
  }
  if (period) return period;
  throw new InputError(
    `${field.called} takes ${PERIODS}, not ${show(value)}${whyNoDate(value)}`,
  );
}

function decimalOf(field: QueryField, value: unknown): Decimal {
  const reading = typeof value === "string" ? readNumber(value) : undefined;
  if (reading?.readings) {
    throw new InputError(`${field.called} ${encodeNumber(value).problem}`);
  }
  const decimal = toDecimal(reading?.digits ?? value);
  if (decimal) return decimal;
  throw new InputError(
    `${field.called} takes a number such as 15000000 or 1.5, not ${
      show(value)
    }`,
  );
}

/** Refuses a range whose end is before its beginning: nothing is in it. */
function demandOrder(
  field: QueryField,
  [from, to]: readonly unknown[],
  subject: Subject,
): void {
  const isReversed = field.kind === "date"
    ? periodOf(field, from, subject).start >= periodOf(field, to, subject).end
    : field.kind === "number" &&
      compare(decimalOf(field, from), decimalOf(field, to)) > 0;
  if (!isReversed) return;
  throw new InputError(
    `${field.called} between ${show(from)} and ${
      show(to)
    } has nothing in it: give the lower end first`,
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
  // Ids have an order too, by which a reader can continue a long answer.
  if (field.kind !== "number" && field.key !== "id") {
    throw new InputError(
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

/**
 * Whether a field has any of some values. All values are compared at once,
 * since there may be many of them, and many records.
 */
function parseEqual(
  field: QueryField,
  values: readonly unknown[],
  subject: Subject,
): Test {
  switch (field.kind) {
    case "number": {
      const wanted = values.map((value) => decimalOf(field, value));
      const same = remembered((found) => {
        const decimal = toDecimal(found);
        return decimal !== undefined &&
          wanted.some((one) => compare(decimal, one) === 0);
      });
      return (row) => same(field.value(row));
    }
    case "date": {
      const periods = values.map((value) => periodOf(field, value, subject));
      const within = remembered((found) => {
        const epoch = toEpoch(found, subject.zone);
        return epoch !== undefined &&
          periods.some(({ start, end }) => epoch >= start && epoch < end);
      });
      return (row) => within(field.value(row));
    }
    case "flag": {
      const wanted = new Set<string>(values.map((value) => {
        const word = String(value).toLowerCase();
        if (word === "true" || word === "false") return word;
        throw new InputError(
          `${field.called} is true or false, not ${show(value)}`,
        );
      }));
      return (row) => wanted.has(String(field.value(row) ?? false));
    }
    case "option":
    case "list": {
      const ids = new Set<string>();
      const names = new Set<string>();
      for (const value of values) {
        const meant = meaningOf(field, value, subject);
        if (meant.name !== undefined) names.add(meant.name);
        else for (const id of meant.ids) ids.add(id);
      }
      const isOne = remembered((found) =>
        [found].flat().some((one) => ids.has(String(one).trim()))
      );
      const isNamed = hasOneOf(names);
      return (row) =>
        isOne(field.value(row)) ||
        (names.size > 0 &&
          (isNamed(field.shown(row)) || isNamed(field.value(row))));
    }
    case "text": {
      // A text that has options is one of a few words.
      const texts = field.options
        ? values.map((value) =>
          meaningOf(field, value, subject).name ?? foldText(value)
        )
        : values.map(foldText);
      const isText = hasOneOf(new Set(texts));
      if (field.isPhone !== true) return (row) => isText(field.value(row));
      const isPhone = isPhoneOneOf(values.map(numberIn));
      const isSame = remembered((found) => phonesOf(found).some(isPhone));
      return (row) => isText(field.value(row)) || isSame(field.value(row));
    }
  }
}

/** The phone number in a value, or the value. */
function numberIn(value: unknown): string {
  return phoneIn(String(value)) ?? String(value);
}

/** Tests whether a text, or one of several, is one of some folded texts. */
function hasOneOf(wanted: ReadonlySet<string>): (found: unknown) => boolean {
  return remembered((found) =>
    [found].flat().some((one) => !isEmpty(one) && wanted.has(foldText(one)))
  );
}
