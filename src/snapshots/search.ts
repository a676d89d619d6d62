/**
 * Finds the records that a few words mean: a name, part of one, a phone number,
 * an e-mail address or an id, however they are written.
 *
 * @module
 */
import { answerKey } from "../fields/shown.ts";
import type { Field } from "../fields/template.ts";
import { type Resource, resources } from "../qontak/resources.ts";
import { isEmpty, type JsonObject, show, toId } from "../values/json.ts";
import { nameKey, type NameKind, wordsIn } from "../values/names.ts";
import { isPhoneKey, isSamePhone, phonesOf } from "../values/phone.ts";
import { foldText } from "../values/words.ts";
import type { Column, Table } from "./table.ts";
import { MAX_WORDS, type Wanted } from "./wanted.ts";

/** What is special about finding records of one kind. */
export interface Searched {
  /** The kind of record. */
  readonly resource: Resource;
  /** The keys that make up its name. */
  readonly name: readonly string[];
  /** Whose name it is. */
  readonly kind: NameKind;
  /** The keys that distinguish records with the same name. */
  readonly hints: readonly string[];
}

/** The kinds of records that can be found, the most likely ones first. */
export const SEARCHED: readonly Searched[] = [
  {
    resource: resources.company,
    name: ["name"],
    kind: "company",
    hints: ["city", "telephone"],
  },
  {
    resource: resources.contact,
    name: ["first_name", "last_name"],
    kind: "person",
    hints: ["crm_company_name", "telephone", "email"],
  },
  {
    resource: resources.deal,
    name: ["name"],
    kind: "company",
    hints: ["crm_stage_name", "crm_company_name"],
  },
  {
    resource: resources.ticket,
    name: ["name"],
    kind: "company",
    hints: ["ticket_stage_name", "crm_company_name"],
  },
  {
    resource: resources.task,
    name: ["name"],
    kind: "company",
    hints: ["crm_company_name", "crm_person_full_name"],
  },
  {
    resource: resources.product,
    name: ["name"],
    kind: "company",
    hints: ["currency", "price"],
  },
];

/** A record that was found. */
export interface Hit {
  /** What is special about its kind. */
  readonly searched: Searched;
  /** The id of the record. */
  readonly id: number;
  /** How well it matches; see {@linkcode RANK}. */
  readonly score: number;
  /** The fields that hold what is searched for, as answers name them. */
  readonly matched: readonly string[];
  /** The record. */
  readonly record: JsonObject;
}

/** The records of one kind that were found. */
export interface Hits {
  /** The best ones first. */
  readonly hits: readonly Hit[];
  /** How many were found. */
  readonly count: number;
  /** How many of these have all that is searched for. */
  readonly sure: number;
}

/** How well a record matches, from the best to the least. */
export const RANK = {
  /** The id. */
  id: 1_000,
  /** A whole value, such as an e-mail address, a number or a phone number. */
  value: 900,
  /** The whole name. */
  name: 800,
  /** The whole name, without legal forms, titles and spacing. */
  bareName: 780,
  /** The beginning of the name. */
  prefix: 700,
  /** All words are in the name. */
  allInName: 600,
  /** The words are in the name, with other spacing. */
  joined: 550,
  /** All words are in the record. */
  all: 500,
  /** Some words are in the record: at most this. */
  some: 300,
} as const;

/** How much of a value is searched, in characters. */
const MAX_VALUE = 2_000;

/** How much of a name is compared, in characters. */
const MAX_NAME = 120;

/** A short text is only found at the beginning of a word. */
const MIN_PART = 4;

/**
 * Finds records in one snapshot, in steps: there may be many.
 *
 * @param table The records.
 * @param searched What is special about them.
 * @param wanted What is searched for.
 * @param most The maximum number of records.
 * @param fields The company's fields of this kind.
 * @returns The best ones first, and how many there are.
 */
export function* searchTable(
  table: Table,
  searched: Searched,
  wanted: Wanted,
  most: number,
  fields: readonly Field[] = [],
): Generator<void, Hits> {
  const { resource, name, kind } = searched;
  if (wanted.plural !== undefined && wanted.plural !== resource.plural) {
    return { hits: [], count: 0, sure: 0 };
  }
  const fold = createFold();
  const columns: ColumnMatch[] = [];
  for (const name of [...table.columns()]) {
    if (!isSearched(name, table)) continue;
    const column = table.column(name)!;
    columns.push(yield* matchColumn(name, column, wanted, fold));
  }
  const names = name.flatMap((key) => table.column(key) ?? []);
  const key = nameKey(wanted.text, kind);
  const isOfKind = wanted.kind === undefined || wanted.kind === resource.plural;
  const own = wanted.id === null || !isOfKind
    ? undefined
    : table.rowOf(wanted.id);
  const found: { row: number; score: number }[] = [];
  for (const row of [...table.rows()]) {
    yield;
    const score = row === own
      ? RANK.id
      : scoreOf(row, columns, wanted, () => rankName(names, row));
    if (score > 0) found.push({ row, score });
  }

  function rankName(parts: readonly Column[], row: number): number {
    const written = parts.map((part) => part.values[part.code(row)])
      .filter((part) => !isEmpty(part)).join(" ");
    const text = fold(written.slice(0, MAX_NAME));
    if (text === "" || wanted.text === "") return 0;
    if (text === wanted.text) return RANK.name;
    const bare = key && nameKey(written, kind);
    if (bare !== undefined && bare === key) return RANK.bareName;
    if (text.startsWith(wanted.text)) return RANK.prefix;
    const holds = wordTest(text);
    if (wanted.words.length > 0 && wanted.words.every(holds)) {
      return bare && key && bare.startsWith(key) ? RANK.prefix : RANK.allInName;
    }
    return key && bare && key.length >= MIN_PART && bare.includes(key)
      ? RANK.joined
      : 0;
  }

  const id = table.column("id");
  const idOf = (row: number) => toId(id?.values[id.code(row)]) ?? 0;
  const best = found.sort((a, b) =>
    b.score - a.score || idOf(b.row) - idOf(a.row)
  ).slice(0, most);
  return {
    count: found.length,
    sure: found.filter(({ score }) => score > RANK.some).length,
    hits: best.map(({ row, score }) => {
      const record = table.record(row);
      const columnsOfRow = score === RANK.id
        ? ["id"]
        : holders(row, columns, name);
      // Only the name is also found with other spacing.
      const matched = columnsOfRow.length > 0
        ? columnsOfRow
        : name.filter((key) => !isEmpty(record[key]));
      return {
        searched,
        id: idOf(row),
        score,
        matched: matched.map((column) =>
          labelOf(column, record, resource, fields)
        ),
        record,
      };
    }),
  };
}

/**
 * How well a text matches that belongs to a record which was found, such as a
 * note.
 *
 * @param text The text.
 * @param wanted What is searched for.
 * @returns A rank up to {@linkcode RANK.all}; 0 if no word is in the text.
 */
export function rankText(text: unknown, wanted: Wanted): number {
  const holds = wordTest(foldText(String(text ?? "").slice(0, MAX_VALUE)));
  return rankWords(wanted.words.filter(holds).length, wanted);
}

/**
 * Makes a function that folds the values of one search. Some characters become
 * eighteen, so only so many are folded; in the rest only case is forgiven.
 */
function createFold(): (text: string) => string {
  let left = MAX_FOLDED;
  return (text) => {
    if (left <= 0) return text.toLowerCase();
    const folded = foldText(text);
    // Plain letters cost little.
    if (folded.length !== text.length) left -= folded.length;
    return folded;
  };
}

/** How many characters may change when values are folded for one search. */
const MAX_FOLDED = 2_000_000;

/** Which words the values of a column contain, and which are the whole text. */
interface ColumnMatch {
  readonly name: string;
  readonly column: Column;
  /** For each value, the words in it as bits. */
  readonly words: Uint16Array;
  /** For each value, whether it is the whole text. */
  readonly isWhole: Uint8Array;
}

/**
 * Whether a column is searched: not dates, and of the options of a custom field
 * only the labels.
 */
function isSearched(name: string, table: Table): boolean {
  return !/_(?:at|date)$|^(?:id|slug)$/.test(name) &&
    !(name.startsWith("#") && table.column(`${name} label`) !== undefined);
}

function* matchColumn(
  name: string,
  column: Column,
  wanted: Wanted,
  fold: (text: string) => string,
): Generator<void, ColumnMatch> {
  // Others may add values meanwhile, which no row of this search has.
  const count = column.values.length;
  const words = new Uint16Array(count);
  const isWhole = new Uint8Array(count);
  const isPhone = wanted.phone !== undefined && isPhoneKey(name);
  for (let code = 0; code < count; code++) {
    yield;
    for (const one of [column.values[code]].flat()) {
      if (typeof one !== "string" || one === "") continue;
      if (isPhone && phonesOf(one).some((o) => isSamePhone(o, wanted.phone!))) {
        isWhole[code] = 1;
      }
      const text = fold(one.slice(0, MAX_VALUE));
      if (text === wanted.text) isWhole[code] = 1;
      const holds = wordTest(text);
      wanted.words.forEach((word, i) => {
        if (holds(word)) words[code]! |= 1 << i;
      });
    }
  }
  return { name, column, words, isWhole };
}

/**
 * The columns that hold what is searched for in a row: those with the whole
 * text, or as few as hold all words that were found, the name first.
 */
function holders(
  row: number,
  columns: readonly ColumnMatch[],
  names: readonly string[],
): string[] {
  const codes = columns.map(({ column }) => column.code(row));
  const whole = columns.filter(({ isWhole }, i) => isWhole[codes[i]!] === 1);
  if (whole.length > 0) return whole.map(({ name }) => name);
  const found: string[] = [];
  const held = columns.map(({ words }, i) => words[codes[i]!]!);
  for (let rest = held.reduce((a, b) => a | b, 0); rest !== 0;) {
    const counts = held.map((bits, i) => {
      const count = countBits(bits & rest);
      const isName = count > 0 && names.includes(columns[i]!.name);
      return isName ? MAX_WORDS + count : count;
    });
    const best = counts.indexOf(Math.max(...counts));
    found.push(columns[best]!.name);
    rest &= ~held[best]!;
  }
  return found;
}

/** What answers call a column: a key, or the label of a custom field. */
function labelOf(
  column: string,
  record: JsonObject,
  resource: Resource,
  fields: readonly Field[],
): string {
  const [, id] = /^#(\d+)/.exec(column) ?? [];
  if (id === undefined) return answerKey(resource, column);
  const field = fields.find((one) => one.custom && String(one.id) === id);
  if (field) return show(field.label);
  const entries = Array.isArray(record.additional_fields)
    ? record.additional_fields
    : [];
  const entry = entries.find((one) => String(one.id) === id);
  return entry?.name ? show(entry.name) : `#${id}`;
}

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

/** Tests whether a text has a word; a short word only at the start of one. */
function wordTest(text: string): (word: string) => boolean {
  let spaced: string | undefined;
  return (word) => {
    if (!text.includes(word)) return false;
    if (word.length >= MIN_PART) return true;
    spaced ??= ` ${wordsIn(text).join(" ")}`;
    return spaced.includes(` ${word}`);
  };
}

function scoreOf(
  row: number,
  columns: readonly ColumnMatch[],
  wanted: Wanted,
  rankName: () => number,
): number {
  let bits = 0;
  let isWhole = false;
  for (const { column, words, isWhole: whole } of columns) {
    const code = column.code(row);
    bits |= words[code]!;
    if (whole[code] === 1) isWhole = true;
  }
  const name = rankName();
  // A name that is the whole text ranks as a name.
  if (isWhole && name < RANK.bareName) {
    return wanted.phone === undefined && !wanted.text.includes("@") &&
        !/\d/.test(wanted.text)
      ? Math.max(name, RANK.all)
      : RANK.value;
  }
  return Math.max(name, rankWords(countBits(bits), wanted));
}

function rankWords(count: number, { words }: Wanted): number {
  if (count === 0) return 0;
  return count === words.length
    ? RANK.all
    : Math.round(RANK.some * count / words.length);
}
