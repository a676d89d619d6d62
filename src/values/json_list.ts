/**
 * Parses long lists of records, which repeat themselves: most custom fields of
 * a record are empty, and are written as those of the record before. Those are
 * only compared with it. Of the others, many are written as in a record before
 * them, and only the rest is parsed. That takes less time and memory than
 * `JSON.parse`, and the value is the same.
 *
 * @module
 */
import { isObject, type JsonObject } from "./json.ts";

/** What comes before the records. */
const BEGIN = '"response":[';

/** What comes before the custom fields of a record, which are its last key. */
const FIELDS = '"additional_fields":[';

/** Takes the place of the records. */
const MARK = "the records";

/** The beginning of a custom field, up to its value. */
const FIELD = /^\{"id":\d+,"name":"[^"\\]*",/;

/** The most custom fields of a record. */
const MOST_FIELDS = 500;

/** How often records may have other custom fields than those before. */
const MOST_FORMS = 20;

/** How many brackets the text of one custom field may have. */
const MOST_BRACKETS = 20;

/** The longest text before the records that is parsed more than once. */
const LONGEST_HEAD = 50_000;

/**
 * How many characters of custom fields may be parsed without success: a bracket
 * in a text looks like the end of its field.
 */
const MOST_FAILED = 500_000;

/** How deep records and their custom fields are in the whole. */
const RECORD_DEPTH = 2, FIELD_DEPTH = 4;

/** How many different texts of one custom field are remembered on a page. */
const MOST_SEEN = 100;

/** Receives each part that is parsed, and how deep it is in the whole. */
export type Check = (part: unknown, depth: number) => void;

/** A custom field that the records have at one place. */
interface Field {
  /** Its text up to the value: the id and the name. */
  readonly begin: string;
  /** Its whole text, and what it means, if it is empty. */
  empty?: { readonly text: string; readonly value: unknown };
}

/** The custom fields that the records have. */
type Form = readonly Field[];

/**
 * What the custom fields of a form mean, by the rest of their texts, for one
 * page: a part of its text keeps all of it in memory.
 */
type Seen = Map<string, unknown>[];

/** A record, and where its custom fields end. */
interface Found {
  readonly record: JsonObject;
  readonly end: number;
}

/**
 * Parses a list of records.
 *
 * @param name What the records are: lists of one name have similar fields.
 * @param text The JSON: an object with the records in `response`.
 * @param check Receives each part that is parsed.
 * @returns The same as `JSON.parse`, but equal custom fields may be one object,
 * which is frozen; undefined if the text has another form, or is not
 * JSON.
 */
export type ParseList = (
  name: string,
  text: string,
  check: Check,
) => JsonObject | undefined;

/** Makes a parser of long lists. What it learns from one helps with the next. */
export function createListParser(): ParseList {
  const forms = new Map<string, Form>();
  return (name, text, check) => {
    try {
      return parseList(
        text,
        check,
        forms.get(name),
        (form) => forms.set(name, form),
      );
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  };
}

function parseList(
  text: string,
  check: Check,
  form: Form | undefined,
  keep: (form: Form) => void,
): JsonObject | undefined {
  const start = text.indexOf(BEGIN) + BEGIN.length;
  if (start < BEGIN.length || text[start] !== "{") return undefined;
  if (start > LONGEST_HEAD) return undefined;
  const head = text.slice(0, start);
  // Only in the outermost object do two brackets close everything.
  JSON.parse(`${head}]}`);
  const parsed = parseRecords(text, start, check, form);
  const whole = JSON.parse(`${head}"${MARK}"${text.slice(parsed.end)}`);
  check(whole, 0);
  // The last of several keys with one name counts.
  if (whole.response?.[0] !== MARK || whole.response.length > 1) otherwise();
  whole.response = parsed.records;
  keep(parsed.form);
  return whole;
}

/** The text has another form, or is not JSON. */
function otherwise(): never {
  throw new SyntaxError("not a list of records");
}

function parseRecords(
  text: string,
  start: number,
  check: Check,
  form: Form | undefined,
): {
  readonly records: JsonObject[];
  readonly end: number;
  readonly form: Form;
} {
  const records: JsonObject[] = [];
  const failed = { left: MOST_FAILED };
  let forms = 0;
  let seen: Seen = [];
  for (let at = start;;) {
    const list = text.indexOf(FIELDS, at) + FIELDS.length;
    if (list < FIELDS.length) otherwise();
    const head = text.slice(at, list);
    let found = form && parseKnown(text, head, list, form, seen, check);
    if (!form || !found) {
      if (++forms > MOST_FORMS) otherwise();
      seen = [];
      ({ form, found } = parseNew(text, head, list, check, failed));
    }
    records.push(found.record);
    at = found.end;
    if (text[at++] !== "}") otherwise();
    if (text[at] === "]") return { records, end: at, form };
    if (text[at++] !== ",") otherwise();
  }
}

/** Parses what records have beside custom fields, and some of those. */
function parseRecord(head: string, fields: string, check: Check) {
  // The head of two records is not JSON.
  const record: unknown = JSON.parse(`${head}${fields}]}`);
  if (!isObject(record)) otherwise();
  check(record, RECORD_DEPTH);
  return { record, parsed: record.additional_fields as unknown[] };
}

/**
 * Parses a record with the same custom fields as the one before; undefined if
 * it has others.
 */
function parseKnown(
  text: string,
  head: string,
  start: number,
  form: Form,
  seen: Seen,
  check: Check,
): Found | undefined {
  let at = start;
  let rest = "";
  const values: unknown[] = [];
  /** The places of the fields that must be parsed, and their texts. */
  const places: number[] = [];
  const parts: string[] = [];
  for (let i = 0; i < form.length; i++) {
    if (i > 0 && text[at++] !== ",") return undefined;
    const { begin, empty } = form[i]!;
    // To compare a part takes a third of the time of startsWith().
    if (empty && text.slice(at, at + empty.text.length) === empty.text) {
      values.push(empty.value);
      at += empty.text.length;
      continue;
    }
    const from = at + begin.length;
    if (text.slice(at, from) !== begin) return undefined;
    // What has a bracket in it ends too early, and does not fit below.
    at = text.indexOf("}", from) + 1;
    if (at === 0) return undefined;
    const part = text.slice(from, at);
    const known = seen[i]?.get(part);
    values.push(known);
    if (known !== undefined) continue;
    rest += (places.length === 0 ? "" : ",") + begin + part;
    places.push(i);
    parts.push(part);
  }
  if (text[at++] !== "]") return undefined;
  const { record, parsed } = parseRecord(head, rest, check);
  if (places.length !== parsed.length) otherwise();
  for (let k = 0; k < places.length; k++) {
    const i = places[k]!;
    const value = values[i] = parsed[k];
    if (learn(form[i]!, parts[k]!, value)) continue;
    remember(seen[i] ??= new Map(), parts[k]!, value);
  }
  record.additional_fields = values;
  return { record, end: at };
}

/** Remembers the text of an empty field; says whether it is new. */
function learn(field: Field, rest: string, value: unknown): boolean {
  if (field.empty || !isObject(value)) return false;
  if (value.value !== null && value.value !== "") return false;
  field.empty = {
    text: copied(field.begin + rest),
    value: Object.freeze({ ...value }),
  };
  return true;
}

/** Remembers what a text means, if all who use it can have the same object. */
function remember(
  seen: Map<string, unknown>,
  rest: string,
  value: unknown,
): void {
  if (seen.size === MOST_SEEN || !isObject(value)) return;
  // Another object in it would not be frozen.
  for (const key in value) {
    if (typeof value[key] === "object" && value[key] !== null) return;
  }
  seen.set(rest, Object.freeze(value));
}

/** A copy of a part of a page: the part itself would keep the page in memory. */
function copied(part: string): string {
  return JSON.parse(JSON.stringify(part));
}

/** Parses a record with other custom fields than the one before. */
function parseNew(
  text: string,
  head: string,
  start: number,
  check: Check,
  failed: { left: number },
): { readonly form: Form; readonly found: Found } {
  const { record } = parseRecord(head, "", check);
  const fields: Field[] = [];
  const values: unknown[] = [];
  let end = start;
  while (text[end] !== "]") {
    if (fields.length > 0 && text[end++] !== ",") otherwise();
    const part = parseField(text, end, failed);
    check(part.value, FIELD_DEPTH);
    const begin = FIELD.exec(part.text)?.[0];
    if (begin === undefined || fields.length === MOST_FIELDS) otherwise();
    const field: Field = { begin: copied(begin) };
    learn(field, part.text.slice(begin.length), part.value);
    fields.push(field);
    values.push(part.value);
    end += part.text.length;
  }
  record.additional_fields = values;
  return { form: fields, found: { record, end: end + 1 } };
}

/** Parses one object, up to its own bracket. */
function parseField(text: string, at: number, failed: { left: number }) {
  if (text[at] !== "{") otherwise();
  for (let end = at, tries = 0; tries < MOST_BRACKETS; tries++) {
    end = text.indexOf("}", end) + 1;
    if (end === 0) break;
    const part = text.slice(at, end);
    try {
      return { text: part, value: JSON.parse(part) as unknown };
    } catch {
      // The bracket was in a text, or closes an inner object.
      failed.left -= part.length;
      if (failed.left < 0) break;
    }
  }
  return otherwise();
}
