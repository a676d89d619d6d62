/**
 * Checks a question: every part of it is parsed, and all problems are reported
 * at once.
 *
 * @module
 */
import { ForeseenError, InputError, problemsError } from "../errors.ts";
import { isEmpty, isObject, type JsonObject, show } from "../values/json.ts";
import type { Sorting } from "./answer.ts";
import type { Remarks } from "./condition_remarks.ts";
import { parseCondition, type Test } from "./conditions.ts";
import { createFields, type Fields } from "./fields.ts";
import { type Key, type Measure, parseKey, parseMeasure } from "./measures.ts";
import type { QueryField, Subject } from "./subject.ts";

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

/** The maximum number of conditions, groups or measures in a question. */
const MAX_PARTS = 20;

/** The parts of a question after the check. */
export interface Checked {
  readonly tests: readonly Test[];
  readonly keys: readonly Key[];
  readonly measures: readonly Measure[];
  readonly fields: Fields;
  readonly show: readonly QueryField[];
  /** Whether whole records are shown. */
  readonly isWhole: boolean;
  readonly sorting: readonly Sorting[];
  /** How the fields in it were determined. */
  readonly rules: JsonObject;
  /** What the answer must say about the conditions. */
  readonly remarks: Remarks;
}

/** What was understood of a question, and what is wrong with it. */
interface Parsed {
  readonly checked: Checked;
  readonly problems: readonly string[];
  /** The fields that can be named, if one could not. */
  readonly hints: readonly string[];
}

/**
 * Checks a question.
 *
 * @throws {InputError} Naming everything that is wrong.
 */
export function check(question: Question, subject: Subject): Checked {
  const parsed = parse(question, subject);
  demandRight([parsed]);
  return parsed.checked;
}

/** Throws all problems of some questions in one error. */
function demandRight(parsed: readonly Parsed[]): void {
  const problems = parsed.flatMap(({ problems }) => problems);
  if (problems.length === 0) return;
  const hints = parsed.flatMap(({ hints }) => hints);
  throw problemsError(
    "The query was not run",
    problems,
    hints.length > 0 ? hints.join("\n") : undefined,
  );
}

/**
 * Checks questions before their records are read, which may take many requests.
 *
 * @param questions Each with what it is about; the records may be missing.
 * @throws {InputError} Naming everything that is wrong with any of them.
 */
export function checkFirst(
  questions: readonly (readonly [Question, Subject])[],
): void {
  demandRight(
    questions.map(([question, subject]) => parse(question, subject)),
  );
}

function parse(question: Question, subject: Subject): Parsed {
  const problems: string[] = [];
  let isUnknown = false;
  const rules: JsonObject = {};
  const remarks: Remarks = { always: [], ifNone: [] };
  const inner = createFields(subject, () => isUnknown = true);
  const fields: Fields = {
    ...inner,
    find(word) {
      const field = inner.find(word);
      if (field.rule !== undefined) rules[field.name] = field.rule;
      return field;
    },
  };
  /** Parses every part that it can; each of the others is a problem. */
  function parts<P, T>(
    name: string,
    list: readonly P[] | undefined,
    parse: (part: P) => T,
  ): T[] {
    if (list && list.length > MAX_PARTS) {
      problems.push(`${name} has ${list.length} entries: ${MAX_PARTS} at most`);
      return [];
    }
    return (list ?? []).flatMap((part) => {
      try {
        return [parse(part)];
      } catch (error) {
        // What the operator must do is not a mistake in the question.
        if (!(error instanceof ForeseenError) || error.remedy) throw error;
        problems.push(error.message);
        return [];
      }
    });
  }
  const tests = parts(
    "where",
    question.where,
    (one) => parseCondition(one, fields, subject, remarks),
  );
  // A list that is too long is not read.
  if (tests.length > 0) {
    remarkCurrencies(question.where ?? [], inner, subject, remarks);
  }
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
  const named = question.fields?.filter((one) => one !== "*");
  const isWhole = named?.length !== question.fields?.length;
  const show = [
    ...(isWhole ? fields.all() : []),
    ...parts("fields", named, (one) => fields.find(one)),
  ];
  const asked = [...question.group_by ?? [], ...question.measures ?? []];
  const isGrouped = asked.length > 0;
  if (isGrouped && question.fields && question.fields.length > 0) {
    problems.push(
      "fields chooses what records show, and an answer with group_by or measures has none: leave fields out, or ask for the records",
    );
  }
  const sorting = parts(
    "sort",
    // What is wrong as a group or measure is already said.
    question.sort === undefined ||
      asked.includes(splitSort(question.sort)[0]) &&
        problems.length > 0
      ? []
      : [question.sort],
    (one) =>
      isGrouped
        ? parseGroupSort(one, keys, measures, fields, subject)
        : parseRowSort(one, fields),
  );
  return {
    checked: {
      tests,
      keys,
      measures,
      fields,
      show,
      isWhole,
      sorting,
      rules,
      remarks,
    },
    problems,
    hints: isUnknown ? [inner.names] : [],
  };
}

/** How many currencies a remark names. */
const MAX_CURRENCIES = 5;

/** The first currencies of some rows, as a part of a remark. */
export function listCurrencies(found: ReadonlySet<unknown>): string {
  const names = [...found].slice(0, MAX_CURRENCIES).join(", ");
  return `${names}${found.size > MAX_CURRENCIES ? ", …" : ""}`;
}

/** Says that a condition compares amounts in several currencies. */
function remarkCurrencies(
  where: readonly unknown[],
  { known, currency }: Fields,
  { table }: Subject,
  remarks: Remarks,
): void {
  const conditions = where.filter(isObject);
  const money = conditions.flatMap(({ field, op }) => {
    const found = COMPARING.has(op) ? known(field) : undefined;
    return found?.isMoney ? [found.called] : [];
  });
  const isChosen = conditions.some(({ field }) =>
    known(field)?.key === "currency"
  );
  if (money.length === 0 || isChosen || !currency) return;
  const found = new Set<unknown>();
  for (const row of table.rows()) {
    if (!isEmpty(currency(row))) found.add(currency(row));
  }
  if (found.size < 2) return;
  remarks.always.push(
    `${money[0]} is compared as a number, whatever the currency (${
      listCurrencies(found)
    }): add a condition on currency to compare amounts`,
  );
}

/** The operators that compare amounts. */
const COMPARING: ReadonlySet<unknown> = new Set([
  "gt",
  "gte",
  "lt",
  "lte",
  "between",
]);

/** Splits the direction from what is sorted by: `-size`, or `size desc`. */
function splitSort(sort: string): [string, boolean] {
  const word = sort.trim();
  const [, name, direction] = /^(.+?)\s+(asc|desc)$/i.exec(word) ?? [];
  if (name !== undefined) return [name, direction!.toLowerCase() === "desc"];
  return word.startsWith("-") ? [word.slice(1), true] : [word, false];
}

function parseRowSort(sort: string, fields: Fields): Sorting {
  const [word, isDescending] = splitSort(sort);
  return { by: fields.find(word), isDescending };
}

/** The column that a key is sorted by: the names of ids. */
export function sortedBy({ name, ids }: Key): string {
  return ids?.columns.name ?? name;
}

/**
 * The order of groups that the question leaves open: by each key in turn.
 *
 * @param keys What groups them.
 * @param subject The records that are grouped.
 */
export function usualOrder(
  keys: readonly Key[],
  subject: Subject,
): Sorting[] {
  return keys.flatMap((key) => [
    orderOf(key, subject),
    // Two people of one name are two groups.
    ...(key.ids ? [{ by: key.ids.columns.id, isDescending: false }] : []),
  ]);
}

/**
 * The order of one key: stages as the pipeline has them, and others by what
 * they show, which is time for periods. Templates do not say the order of the
 * stages of tickets.
 */
function orderOf(key: Key, { resource: { place }, stages }: Subject): Sorting {
  const by = sortedBy(key);
  const column = key.ids?.columns.id;
  if (!place || typeof place.stages === "string" || column !== place.stage) {
    return { by, isDescending: false };
  }
  const positions = new Map(stages.map(({ id }, i) => [id, i]));
  return {
    by,
    isDescending: false,
    position(group) {
      const found = [group[column]].flat().flatMap((id) =>
        positions.get(Number(id)) ?? []
      );
      return found.length === 0 ? undefined : Math.min(...found);
    },
  };
}

/** Groups are sorted by what they show, under any of its names. */
function parseGroupSort(
  sort: string,
  keys: readonly Key[],
  measures: readonly Measure[],
  fields: Fields,
  subject: Subject,
): Sorting {
  const [word, isDescending] = splitSort(sort);
  const columns = [
    ...keys.map(sortedBy),
    ...measures.map(({ name }) => name),
    ...(measures.length === 0 ? ["count"] : []),
  ];
  const isShown = (name: string) => columns.includes(name);
  if (isShown(word)) return { by: word, isDescending };
  for (
    const parse of [
      () => sortedBy(parseKey(word, fields, subject)),
      () => parseMeasure(word, fields, subject).name,
    ]
  ) {
    try {
      const name = parse();
      if (isShown(name)) return { by: name, isDescending };
    } catch (error) {
      if (!(error instanceof ForeseenError)) throw error;
    }
  }
  throw new InputError(
    `sort ${show(word)} is not one of the columns shown: ${
      columns.map((name) => show(name)).join(", ")
    }`,
  );
}
