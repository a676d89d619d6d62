/**
 * What answers say about their conditions: values that may be mistaken, but
 * cannot be refused.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { parseDate } from "../fields/dates.ts";
import { isEmpty, show } from "../values/json.ts";
import { didYouMean, foldText } from "../values/words.ts";
import { eachName, JOINED, namesOf, splitWords } from "./condition_values.ts";
import type { QueryField, Subject } from "./subject.ts";

/** What an answer must say about its conditions. */
export interface Remarks {
  /** Always said. */
  readonly always: string[];
  /** Said if no record matches. */
  readonly ifNone: string[];
}

/** How many values a remark names. */
const MAX_NAMED = 5;

/** The shortest part of a text that is worth a remark, in characters. */
const MIN_PART = 3;

/** How many values are looked for one by one: each takes a pass. */
const MAX_TESTED = 20;

/**
 * Remarks on values that may be mistaken, but cannot be refused: those that no
 * record has, without which a condition selects all records or none, and a text
 * with commas that was taken as one value.
 *
 * @param field The field.
 * @param op How it is compared.
 * @param values The values.
 * @param subject The records that the condition applies to.
 * @param remarks Receives the remarks.
 * @param has Whether any record has any of some values, as the condition
 * compares them.
 */
export function remark(
  field: QueryField,
  op: unknown,
  values: readonly unknown[],
  subject: Subject,
  remarks: Remarks,
  has: (values: readonly unknown[]) => boolean,
): void {
  if (!JOINED.has(op) || field.options?.length) return;
  if (op === "ne" && (field.kind === "date" || field.kind === "number")) {
    const unknown = missing(values, has);
    if (unknown.length > 0) sayUnknown(field, unknown, "", subject, remarks);
  }
  if (field.kind === "date") {
    const [day] = values.filter((one) => /^[+-]\d+[dwmy]$/i.test(String(one)));
    if (day !== undefined) {
      remarks.always.push(
        `${field.called} ${op} ${
          show(day)
        } is that one day: use gte or between for the time since, or until`,
      );
    }
    const timed = values.filter((one) => parseDate(String(one))?.timed);
    if (op !== "ne" && timed.length > 0) {
      remarks.ifNone.push(
        `${field.called} ${op} ${
          called(timed)
        } is that one moment: use between for a span of time`,
      );
    }
    return;
  }
  const isChosen = field.kind === "option" || field.kind === "list";
  if (isChosen || field.kind === "text") {
    // An id that no record has selects none, which shows. Without it, all.
    const named = isChosen && op !== "ne"
      ? values.filter((one) => !/^\d+$/.test(String(one)))
      : values;
    const found = namesOf(field, named, subject);
    const unnamed = named.filter((one) => !found.has(foldText(one)));
    const unknown = field.isPhone ? missing(unnamed, has) : unnamed;
    const isSaid = isChosen || op === "ne" || found.size > 0;
    if (unknown.length > 0 && isSaid) {
      refuseNameOfId(field, unknown, subject);
      const suggestion = isChosen ? like(field, unknown, subject) : "";
      sayUnknown(field, unknown, suggestion + hint(unknown), subject, remarks);
      return;
    }
  }
  if (field.kind === "text" && op !== "ne") {
    const joined = values.length === 1
      ? values.filter((one) => splitWords(one).length > 1)
      : [];
    if (joined.length > 0) {
      remarks.ifNone.push(
        `${field.called} ${op} ${called(joined)}${hint(joined)}`,
      );
    } else if (isPart(field, values, subject)) {
      remarks.ifNone.push(
        `${field.called} ${op} ${
          called(values)
        } compares whole texts: contains finds parts of them`,
      );
    }
  }
}

/**
 * Refuses a name where records have the ids alone: that none has this name would
 * be no answer.
 */
function refuseNameOfId(
  field: QueryField,
  unknown: readonly unknown[],
  { table, resource }: Subject,
): void {
  const name = unknown.find((one) => !/^\d+$/.test(String(one)));
  if (!field.beside || name === undefined) return;
  let ids = 0;
  let names = 0;
  eachName(field, table, (one) => {
    if (/^\d+$/.test(String(one))) ids++;
    else names++;
    return names === 0;
  });
  if (ids === 0 || names > 0) return;
  throw new InputError(
    `${field.called} takes an id, not ${show(name)}: ${
      resource.plural.replaceAll("_", " ")
    } have no names there. search finds the id`,
  );
}

/** The values that no record has. */
function missing(
  values: readonly unknown[],
  has: (values: readonly unknown[]) => boolean,
): readonly unknown[] {
  return has(values)
    ? values.slice(0, MAX_TESTED).filter((one) => !has([one]))
    : values;
}

/** Whether any of some texts is part of a value, which eq does not find. */
function isPart(
  field: QueryField,
  values: readonly unknown[],
  { table }: Subject,
): boolean {
  const parts = values.slice(0, MAX_NAMED).map(foldText)
    .filter(({ length }) => length >= MIN_PART);
  let found = false;
  if (parts.length > 0) {
    eachName(field, table, (name) => {
      const text = foldText(name);
      found = parts.some((part) => text.includes(part));
      return !found;
    });
  }
  return found;
}

/** Values as a sentence names them. */
function called(values: readonly unknown[]): string {
  return `${values.slice(0, MAX_NAMED).map((one) => show(one)).join(", ")}${
    values.length > MAX_NAMED ? ", …" : ""
  }`;
}

function sayUnknown(
  field: QueryField,
  unknown: readonly unknown[],
  more: string,
  { table, resource }: Subject,
  remarks: Remarks,
): void {
  if (table.size === 0) return;
  const plural = resource.plural.replaceAll("_", " ");
  remarks.always.push(
    `No ${plural} have ${field.called} ${called(unknown)}${more}`,
  );
}

/**
 * Remarks on a field that is empty in every record: whether it is empty selects
 * all records or none, which nobody may have expected.
 *
 * @param field The field.
 * @param subject The records.
 * @param remarks Receives the remark.
 */
export function remarkIfNeverSet(
  field: QueryField,
  { table, resource }: Subject,
  remarks: Remarks,
): void {
  if (table.size === 0) return;
  for (const row of table.rows()) if (!isEmpty(field.value(row))) return;
  const plural = resource.plural.replaceAll("_", " ");
  remarks.always.push(`${field.called} is empty in all ${plural}`);
}

/** The name that the only unknown one is most like. */
function like(
  field: QueryField,
  unknown: readonly unknown[],
  { table }: Subject,
): string {
  if (unknown.length > 1) return "";
  const names = new Set<string>();
  eachName(field, table, (name) => {
    if (typeof name === "string") names.add(name);
    return true;
  });
  return didYouMean(String(unknown[0]), names, show);
}

function hint(values: readonly unknown[]): string {
  return values.length === 1 && splitWords(values[0]).length > 1
    ? ' (taken as one value; for several, write a JSON list such as ["A","B"])'
    : "";
}
