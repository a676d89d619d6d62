/**
 * Compares records that are likely the same person or company: by phone number,
 * e-mail address and name, however they are written.
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

/** How much each evidence says. */
export const WEIGHT: Readonly<Record<Evidence, number>> = {
  phone: 4,
  email: 4,
  name: 3,
};

/** A value by which records are compared. */
export interface Mark {
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
