/**
 * Answers questions about a snapshot: which records match, how they are
 * grouped, and what is computed or shown.
 *
 * @module
 */
import { isEmpty, type JsonObject } from "../values/json.ts";
import { inTurns } from "../values/turns.ts";
import { showGroups, showRows, type Sorting } from "./answer.ts";
import type { Remarks } from "./condition_remarks.ts";
import type { Test } from "./conditions.ts";
import type { Fields } from "./fields.ts";
import { computeGroups } from "./measures.ts";
import {
  check,
  listCurrencies,
  type Question,
  usualOrder,
} from "./question.ts";
import type { QueryField, Subject } from "./subject.ts";

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

/** The same records as they are now. */
export function copyOf(subject: Subject): Subject {
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
 * Answers a question in steps, between which other calls can run.
 *
 * @param question The question.
 * @param subject The records that the question is about.
 * @param summary The fields shown for a record if the question names none.
 * @throws {InputError} Naming everything that is wrong.
 */
export function* answerSteps(
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
      [...checked.sorting, ...usualOrder(keys, subject)],
      question.limit,
    )
    : yield* showRows(
      rows,
      by && by.name !== "id" && !columns.some(({ name }) => name === by.name)
        ? [...columns, by]
        : columns,
      sorting ?? newestFirst(fields, subject),
      {
        id: fields.find("id"),
        zone: subject.zone,
        limit: question.limit,
        isWhole: checked.isWhole,
      },
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
  return [
    `Sorted by number across currencies (${
      listCurrencies(found)
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
