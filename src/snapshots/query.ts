/**
 * Answers questions about a snapshot: which records match, how they are
 * grouped, and what is computed or shown. It checks everything before it
 * computes anything, and reports all problems at once.
 *
 * @module
 */
import { ForeseenError, InputError, problemsError } from "../errors.ts";
import { isEmpty, type JsonObject, show } from "../values/json.ts";
import { showGroups, showRows, type Sorting } from "./answer.ts";
import type { Remarks } from "./condition_values.ts";
import { parseCondition, type Test } from "./conditions.ts";
import { createFields, type Fields } from "./fields.ts";
import type { QueryField, Subject } from "./subject.ts";
import {
  computeGroups,
  type Key,
  type Measure,
  parseKey,
  parseMeasure,
} from "./measures.ts";
import { atOnce, inTurns } from "../values/turns.ts";

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
  /** What may be mistaken in the question. */
  readonly notes?: readonly string[];
}

/** The maximum number of conditions, groups or measures in a question. */
const MAX_PARTS = 20;

/** The parts of a question after the check. */
interface Checked {
  readonly tests: readonly Test[];
  readonly keys: readonly Key[];
  readonly measures: readonly Measure[];
  readonly fields: Fields;
  readonly show: readonly QueryField[];
  readonly sorting: readonly Sorting[];
  /** How the fields in it were determined. */
  readonly rules: JsonObject;
  /** What the answer must say about the conditions. */
  readonly remarks: Remarks;
}

function check(question: Question, subject: Subject): Checked {
  const problems: string[] = [];
  const rules: JsonObject = {};
  const remarks: Remarks = { always: [], ifNone: [] };
  const inner = createFields(subject);
  const fields: Fields = {
    currency: inner.currency,
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
  const isGrouped = keys.length > 0 || measures.length > 0;
  if (isGrouped && show.length > 0) {
    problems.push(
      "fields chooses what records show, and an answer with group_by or measures has none: leave fields out, or ask for the records",
    );
  }
  const sorting = parts(
    "sort",
    question.sort === undefined ? [] : [question.sort],
    (one) =>
      isGrouped
        ? parseGroupSort(one, keys, measures, fields, subject)
        : parseRowSort(one, fields),
  );
  if (problems.length > 0) {
    throw problemsError("The query was not run", problems);
  }
  return { tests, keys, measures, fields, show, sorting, rules, remarks };
}

/** Splits the minus from what is sorted by. */
function splitSort(sort: string): [string, boolean] {
  const word = sort.trim();
  return word.startsWith("-") ? [word.slice(1), true] : [word, false];
}

function parseRowSort(sort: string, fields: Fields): Sorting {
  const [word, isDescending] = splitSort(sort);
  return { by: fields.find(word), isDescending };
}

/** The column that a key is sorted by: the names of ids. */
function sortedBy({ name, ids }: Key): string {
  return ids?.columns.name ?? name;
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

/** The same records as they are now. */
function copyOf(subject: Subject): Subject {
  const { table, parent } = subject;
  return {
    ...subject,
    table: table.copy(),
    ...(parent
      ? { parent: { ...parent, subject: copyOf(parent.subject) } }
      : {}),
  };
}

/** The rows that pass some tests. */
function* rowsOf(
  { table }: Subject,
  tests: readonly Test[],
): Generator<void, number[]> {
  const rows: number[] = [];
  for (const row of [...table.rows()]) {
    if (tests.every((test) => test(row))) rows.push(row);
    yield;
  }
  return rows;
}

/** What is to be said, now that it is known how many records match. */
function saidOf({ always, ifNone }: Remarks, matched: number): string[] {
  return matched === 0 ? [...always, ...ifNone] : always;
}

/** The records that match some conditions. */
export interface Selected {
  /** Their rows. */
  readonly rows: readonly number[];
  /** What may be mistaken in the conditions. */
  readonly notes: readonly string[];
}

/**
 * Finds the records that match the conditions.
 *
 * @param where The conditions.
 * @param subject The records that the conditions apply to.
 * @throws {InputError} Naming everything that is wrong.
 */
export async function select(
  where: readonly unknown[],
  subject: Subject,
): Promise<Selected> {
  return await inTurns({
    of: subject,
    copy: copyOf,
    *steps(subject): Generator<void, Selected> {
      const { tests, remarks } = check({ where }, subject);
      const rows = yield* rowsOf(subject, tests);
      return { rows, notes: saidOf(remarks, rows.length) };
    },
  });
}

/**
 * Answers a question of a caller, and lets other calls run meanwhile: many
 * values may have to be compared with many records.
 *
 * @param question The question.
 * @param subject The records that the question is about.
 * @param summary The fields shown for a record if the question names none.
 * @param signal Ends the search.
 * @throws {InputError} Naming everything that is wrong.
 */
export async function queryInTurns(
  question: Question,
  subject: Subject,
  summary: readonly string[],
  signal: AbortSignal,
): Promise<Answer> {
  return await inTurns({
    of: subject,
    copy: copyOf,
    steps: (subject) => answerSteps(question, subject, summary),
    signal,
  });
}

/**
 * Answers a short question of this server at once.
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
  return atOnce(answerSteps(question, subject, summary));
}

function* answerSteps(
  question: Question,
  subject: Subject,
  summary: readonly string[],
): Generator<void, Answer> {
  const checked = check(question, subject);
  const { tests, keys, measures, show: named, fields, rules } = checked;
  const rows = yield* rowsOf(subject, tests);
  const [sorting] = checked.sorting;
  const isGrouped = keys.length > 0 || measures.length > 0;
  const by = typeof sorting?.by === "object" ? sorting.by : undefined;
  const columns = named.length > 0 ? named : known(summary, fields, subject);
  const { shown, left } = isGrouped
    ? yield* showGroups(
      yield* computeGroups(rows, keys, measures),
      sorting ??
        { by: keys[0] ? sortedBy(keys[0]) : "count", isDescending: false },
      question.limit,
    )
    : yield* showRows(
      rows,
      by && by.name !== "id" && !columns.some(({ name }) => name === by.name)
        ? [...columns, by]
        : columns,
      sorting ?? newestFirst(fields, subject),
      { id: fields.find("id"), zone: subject.zone, limit: question.limit },
    );
  const notes = [
    ...saidOf(checked.remarks, rows.length),
    ...yield* mixed(rows, by, fields),
  ];
  return {
    matched: rows.length,
    [isGrouped ? "groups" : "rows"]: shown,
    ...(left > 0 ? { left_out: left } : {}),
    ...(Object.keys(rules).length > 0 ? { rules } : {}),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

/** How many currencies a note names. */
const MAX_CURRENCIES = 5;

/** Says that rows are sorted by amounts in several currencies. */
function* mixed(
  rows: readonly number[],
  by: QueryField | undefined,
  { currency }: Fields,
): Generator<void, string[]> {
  if (!by?.isMoney || !currency) return [];
  const found = new Set<unknown>();
  for (const row of rows) {
    yield;
    if (!isEmpty(by.value(row)) && !isEmpty(currency(row))) {
      found.add(currency(row));
    }
  }
  if (found.size < 2) return [];
  const names = [...found].slice(0, MAX_CURRENCIES).join(", ");
  return [
    `Sorted by number across currencies (${names}${
      found.size > MAX_CURRENCIES ? ", …" : ""
    }): add a condition on currency to compare amounts`,
  ];
}

/** The fields among these that any record has. */
function known(
  names: readonly string[],
  fields: Fields,
  { table }: Subject,
): QueryField[] {
  return names.filter((name) => table.column(name))
    .map((name) => fields.find(name));
}

/** The order of records if the question names none. */
function newestFirst(fields: Fields, subject: Subject): Sorting | undefined {
  const [by] = known(["updated_at"], fields, subject);
  return by && { by, isDescending: true };
}
