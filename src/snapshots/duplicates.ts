/**
 * Finds records that are likely the same person or company: by phone number,
 * e-mail address and name, however they are written. The time it takes grows
 * with the number of records, not with the number of pairs.
 *
 * @module
 */
import { type Resource, resources } from "../qontak/resources.ts";
import { isEmpty, type JsonObject, toId } from "../values/json.ts";
import {
  isNameFiller,
  type NameKind,
  nameWords,
  wordsIn,
} from "../values/names.ts";
import { phoneKey, phonesOf } from "../values/phone.ts";
import { cut } from "../values/marks.ts";
import { visible } from "../values/visible.ts";
import { foldText, normalizeText } from "../values/words.ts";
import type { Table } from "./table.ts";

/** By what two records are the same. */
export type Evidence = "phone" | "email" | "name";

/** What is special about comparing records of one kind. */
export interface Compared {
  /** The kind of record. */
  readonly resource: Resource;
  /** Whose name it is. */
  readonly kind: NameKind;
  /** The keys that make up the name. */
  readonly name: readonly string[];
  /** The keys that are compared or shown. */
  readonly keys: readonly string[];
  /**
   * Whether the same name alone means the same record. People share names, so
   * theirs counts only with a last name or in the same company.
   */
  readonly isNameUnique: boolean;
}

/** The kinds of records that are compared. */
export const COMPARED: Readonly<Record<"contacts" | "companies", Compared>> = {
  contacts: {
    resource: resources.contact,
    kind: "person",
    name: ["first_name", "last_name"],
    keys: [
      "first_name",
      "last_name",
      "telephone",
      "email",
      "crm_company_id",
      "crm_company_name",
    ],
    isNameUnique: false,
  },
  companies: {
    resource: resources.company,
    kind: "company",
    name: ["name"],
    keys: ["name", "telephone", "city", "website"],
    isNameUnique: true,
  },
};

/** A phone number or an address that more records share belongs to none. */
const MAX_SHARED = 25;

/** How much each evidence says. */
const WEIGHT: Readonly<Record<Evidence, number>> = {
  phone: 4,
  email: 4,
  name: 3,
};

/** A value by which records are compared. */
interface Mark {
  readonly by: Evidence;
  readonly key: string;
}

/**
 * The values by which a record is compared, in one standard form each.
 *
 * @param record The record, or the body of one.
 * @param compared What is special about its kind.
 */
export function marksOf(record: JsonObject, compared: Compared): Mark[] {
  const marks: Mark[] = [];
  for (const phone of phonesOf(record.telephone)) {
    const key = phoneKey(phone);
    // 0000000 and the like are not numbers.
    if (key !== undefined && !/^(?:62)?(\d)\1*$/.test(key)) {
      marks.push({ by: "phone", key });
    }
  }
  const email = foldText(String(record.email ?? "").slice(0, MAX_EMAIL));
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
    marks.push({ by: "email", key: email });
  }
  const words = nameWords(nameOf(record, compared), compared.kind);
  const name = words.join("");
  const company = toId([record.crm_company_id].flat()[0]);
  if (compared.isNameUnique ? name !== "" : words.length > 1) {
    marks.push({ by: "name", key: name });
  } else if (name !== "" && company) {
    marks.push({ by: "name", key: `${name} ${company}` });
  }
  return marks;
}

/** The name of a record, as it is written. */
export function nameOf(
  record: JsonObject,
  { name }: Pick<Compared, "name">,
): string {
  return name.map((key) => record[key]).filter((part) => !isEmpty(part))
    .join(" ");
}

/** A record that is likely another one. */
export interface Same {
  /** The record. */
  readonly record: JsonObject;
  /** By what they are the same. */
  readonly by: readonly Evidence[];
}

/**
 * Finds the records that are likely the same as one that does not exist yet. A
 * person's name counts only if nothing says that it is another person.
 *
 * @param records The records that exist.
 * @param compared What is special about them.
 * @param body The record that does not exist yet.
 * @returns Those records, the likeliest first.
 */
export function likelySame(
  records: Iterable<JsonObject>,
  compared: Compared,
  body: JsonObject,
): Same[] {
  const wanted = marksOf(body, compared);
  if (wanted.length === 0) return [];
  const keys = new Set(wanted.map(({ by, key }) => `${by} ${key}`));
  const found: Same[] = [];
  for (const record of records) {
    const marks = marksOf(record, compared);
    const by = [
      ...new Set(
        marks.filter(({ by, key }) => keys.has(`${by} ${key}`))
          .map(({ by }) => by),
      ),
    ];
    if (by.length === 0) continue;
    const isNameAlone = by.length === 1 && by[0] === "name";
    if (
      isNameAlone && !compared.isNameUnique &&
      isAnother(record, marks, body, wanted)
    ) continue;
    found.push({ record, by });
  }
  return found.sort((a, b) => sumOf(b.by) - sumOf(a.by));
}

function sumOf(by: readonly Evidence[]): number {
  return by.reduce((sum, one) => sum + WEIGHT[one], 0);
}

/** Whether people with the same name differ in company, number and address. */
function isAnother(
  record: JsonObject,
  marks: readonly Mark[],
  body: JsonObject,
  wanted: readonly Mark[],
): boolean {
  const [one, other] = [record, body].map(({ crm_company_id }) =>
    toId([crm_company_id].flat()[0])
  );
  if (one && other) return one !== other;
  return (["phone", "email"] as const).some((by) =>
    [marks, wanted].every((list) => list.some((mark) => mark.by === by))
  );
}

/** The longest e-mail address that is compared, in characters. */
const MAX_EMAIL = 320;

/** Records that are likely the same. */
export interface Group {
  /** By what they are the same, and which of them. */
  readonly evidence: readonly {
    readonly by: Evidence;
    readonly rows: readonly number[];
  }[];
  /** The records. */
  readonly rows: readonly number[];
}

/**
 * Finds the groups of records that are likely the same, in steps: there may be
 * many records.
 *
 * @param table The records.
 * @param compared What is special about them.
 * @returns The groups, the likeliest first. A record may be in a second group
 * if only its name is the same.
 */
export function* findDuplicates(
  table: Table,
  compared: Compared,
): Generator<void, Group[]> {
  const read = reader(table, compared);
  const known = new Map<number, readonly Mark[]>();
  const marks = (row: number) => {
    let found = known.get(row);
    if (!found) known.set(row, found = marksOf(read(row), compared));
    return found;
  };
  const shared = yield* sharedMarks([...table.rows()], marks);
  const { join, rootOf } = createSets();
  for (const { by, rows: [first, ...rest] } of shared) {
    const isSure = by !== "name" || compared.isNameUnique;
    if (!isSure || rest.length >= MAX_SHARED) continue;
    for (const row of rest) join(first!, row);
    yield;
  }
  const groups = new Map<number, Set<number>>();
  const alone: Group[] = [];
  for (const one of shared) {
    const roots = new Set(one.rows.map(rootOf));
    const [root] = roots;
    if (roots.size > 1) alone.push({ evidence: [one], rows: one.rows });
    else {
      const rows = groups.get(root!) ?? new Set();
      groups.set(root!, rows);
      for (const row of one.rows) rows.add(row);
    }
    yield;
  }
  const all: Group[] = [];
  for (const rows of groups.values()) {
    const evidence = yield* sharedMarks(rows, marks);
    all.push({ evidence, rows: [...rows] });
  }
  all.push(...alone);
  return all.map((group) => ({ group, weight: weightOf(group, compared) }))
    .sort((a, b) =>
      b.weight - a.weight || a.group.rows.length - b.group.rows.length
    )
    .map(({ group }) => group);
}

/** The marks that several of some rows have. */
function* sharedMarks(
  rows: Iterable<number>,
  marks: (row: number) => readonly Mark[],
): Generator<void, Group["evidence"]> {
  const sharing = new Map<string, { by: Evidence; rows: Set<number> }>();
  for (const row of rows) {
    for (const { by, key } of marks(row)) {
      const entry = sharing.get(`${by} ${key}`);
      if (entry) entry.rows.add(row);
      else sharing.set(`${by} ${key}`, { by, rows: new Set([row]) });
    }
    yield;
  }
  return [...sharing.values()].filter(({ rows }) => rows.size > 1)
    .map(({ by, rows }) => ({ by, rows: [...rows] }));
}

/** How likely a group is one record. */
function weightOf(
  { evidence, rows }: Group,
  { isNameUnique }: Compared,
): number {
  if (rows.length > MAX_SHARED) return 0;
  const kinds = new Set(evidence.map(({ by }) => by));
  let weight = 0;
  for (const by of kinds) weight += WEIGHT[by];
  return kinds.size === 1 && kinds.has("name") && !isNameUnique ? 1 : weight;
}

/** Makes sets of rows that can be joined. */
function createSets(): {
  readonly join: (a: number, b: number) => void;
  readonly rootOf: (row: number) => number;
} {
  const parents = new Map<number, number>();
  function rootOf(row: number): number {
    let root = row;
    for (let next; (next = parents.get(root)) !== undefined;) root = next;
    for (let next = row; next !== root;) {
      const after = parents.get(next)!;
      parents.set(next, root);
      next = after;
    }
    return root;
  }
  return {
    rootOf,
    join(a, b) {
      const [one, other] = [rootOf(a), rootOf(b)];
      if (one !== other) parents.set(other, one);
    },
  };
}

/** Makes a function that reads the compared keys of a row. */
export function reader(
  table: Table,
  { keys }: Compared,
): (row: number) => JsonObject {
  const columns = keys.map((key) => [key, table.column(key)] as const);
  return (row) => {
    const record: JsonObject = {};
    for (const [key, column] of columns) {
      const value = column?.values[column.code(row)];
      if (value !== undefined) record[key] = value;
    }
    return record;
  };
}

/**
 * The records that may be the same as one that does not exist yet, with their
 * ids and compared keys. It looks at each distinct value once, so that a create
 * takes little time. For many bodies, use an index: see `same_index.ts`.
 *
 * @param table The records.
 * @param compared What is special about them.
 * @param body The record that does not exist yet.
 */
export function* candidatesIn(
  table: Table,
  compared: Compared,
  body: JsonObject,
): Generator<void, JsonObject[]> {
  const tests: ((row: number) => boolean)[] = [];
  for (const { by, key } of marksOf(body, compared)) {
    const mayBe = MAY_BE[by](key);
    for (const name of columnsOf(by, compared)) {
      const column = table.column(name);
      if (!column) continue;
      const verdicts: boolean[] = [];
      for (const value of column.values) {
        verdicts.push(
          [value].flat().some((one) =>
            !isEmpty(one) && mayBe(String(one).slice(0, MAX_COMPARED[by]))
          ),
        );
        yield;
      }
      tests.push((row) => verdicts[column.code(row)]!);
    }
  }
  const read = reader(table, compared);
  const id = table.column("id");
  const found: JsonObject[] = [];
  for (const row of table.rows()) {
    if (tests.some((test) => test(row))) {
      found.push({ id: id?.values[id.code(row)], ...read(row) });
    }
    yield;
  }
  return found;
}

/** How much of a value is compared first, in characters. */
const MAX_COMPARED: Readonly<Record<Evidence, number>> = {
  phone: 200,
  email: MAX_EMAIL,
  name: 60,
};

/** The columns that hold what is compared. */
function columnsOf(by: Evidence, { name }: Compared): readonly string[] {
  return by === "phone" ? ["telephone"] : by === "email" ? ["email"] : name;
}

/** Quick tests that every value with a mark passes, and few others. */
const MAY_BE: Readonly<
  Record<Evidence, (key: string) => (value: string) => boolean>
> = {
  phone: (key) => {
    const last = key.slice(-4);
    return (value) => normalizeText(value).replace(/\D+/g, "").includes(last);
  },
  email: (key) => (value) => foldText(value).includes(key),
  name: (key) => {
    const [start = ""] = key.split(" ");
    const starts = [1, 2, 3].map((length) => start.slice(0, length));
    const first = start.slice(0, 4);
    return (value) => {
      const words = wordsIn(foldText(value));
      const telling = words.filter((word) => !isNameFiller(word));
      return [words, telling].some((some) => {
        const letters = some.join("");
        // The name may go on in the next column.
        return letters.includes(first) ||
          starts.some((one) => letters.endsWith(one));
      });
    };
  },
};

/** How an answer shows groups. */
export interface ShownGroups {
  /** The groups that fit. */
  readonly shown: readonly JsonObject[];
  /** How many groups there are. */
  readonly total: number;
}

/** How many records of a group are shown. */
const MAX_RECORDS = 8;

/** The longest value that is shown, in characters. */
const MAX_VALUE = 80;

/**
 * Shows groups, as many as fit.
 *
 * @param groups The groups.
 * @param table The records.
 * @param compared What is special about them.
 * @param size The maximum size as JSON, in bytes.
 */
export function showGroups(
  groups: readonly Group[],
  table: Table,
  compared: Compared,
  size: number,
): ShownGroups {
  const read = reader(table, compared);
  const id = table.column("id");
  const idOf = (row: number) => toId(id?.values[id.code(row)]);
  const shown: JsonObject[] = [];
  let left = size;
  for (const { evidence, rows } of groups) {
    const some = rows.slice(0, MAX_RECORDS);
    const group: JsonObject = {
      same: evidence.slice(0, MAX_RECORDS).map(({ by, rows: sharing }) =>
        sharing.length === rows.length
          ? { by }
          : { by, ids: sharing.slice(0, MAX_RECORDS).map(idOf) }
      ),
      records: some.map((row) => ({
        id: idOf(row),
        ...Object.fromEntries(
          Object.entries(read(row)).map(([key, value]) => [key, short(value)]),
        ),
      })),
      ...(rows.length > some.length ? { more: rows.length - some.length } : {}),
    };
    left -= new TextEncoder().encode(JSON.stringify(group)).length + 1;
    if (left < 0) break;
    shown.push(group);
  }
  return { shown, total: groups.length };
}

/** Cuts a text that is longer than names, numbers and addresses are. */
function short(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, MAX_RECORDS).map(short);
  if (typeof value !== "string") return value;
  const seen = visible(value);
  return seen.length > MAX_VALUE
    ? cut(seen, MAX_VALUE, "fetch shows all")
    : seen;
}
