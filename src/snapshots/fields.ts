/**
 * The fields of a snapshot that a question may name: keys of records and
 * bodies, custom fields by id or label, and derived fields. An unknown name is
 * an error that suggests the nearest name; it is never treated as an empty
 * column.
 *
 * @module
 */
import { type ForeseenError, InputError } from "../errors.ts";
import { parseDate } from "../fields/dates.ts";
import type { Option } from "../fields/options.ts";
import type { Pipeline, Stage } from "../fields/setup.ts";
import type { Field } from "../fields/template.ts";
import type { BodyKeys, BodyType } from "../qontak/bodies.ts";
import {
  argumentOf,
  isMoney,
  isPersonKey,
  nameKeyOf,
  type Resource,
} from "../qontak/resources.ts";
import { freeTextAt } from "../qontak/texts.ts";
import { isEmpty, show, toId } from "../values/json.ts";
import { isPhoneKey } from "../values/phone.ts";
import { fold, nearest } from "../values/words.ts";
import type { Zone } from "../values/zone.ts";
import { customColumn, type Table } from "./table.ts";

/** How the values of a field are compared. */
export type FieldKind =
  | "text"
  | "number"
  | "date"
  | "option"
  | "list"
  | "flag";

/** One field of a question. */
export interface QueryField {
  /** Its name in answers. */
  readonly name: string;
  /** Its name in sentences: a company's own name is in quotation marks. */
  readonly called: string;
  /** How its values are compared. */
  readonly kind: FieldKind;
  /**
   * The value in a row: a text, number, id, list or flag; undefined if none.
   */
  readonly value: (row: number) => unknown;
  /** What answers show: the label, if there is one. */
  readonly shown: (row: number) => unknown;
  /** The options to choose from, if their list is known. */
  readonly options?: readonly Option[];
  /** Whether Qontak's own options can also be named in its other language. */
  readonly translate?: boolean;
  /** Whether its options are people, who can be named in part. */
  readonly people?: boolean;
  /** Whether it holds free text, which can be shown but not grouped by. */
  readonly isFreeText?: boolean;
  /** The key of a standard field. */
  readonly key?: string;
  /** The id of a custom field. */
  readonly id?: number;
  /** Whether it is an amount in the currency of its record. */
  readonly isMoney?: boolean;
  /** Whether it holds phone numbers, which are compared however written. */
  readonly isPhone?: boolean;
  /** How it was determined, if the answer must say so. */
  readonly rule?: string;
}

/** The records that others belong to, such as the deals of moves. */
export interface Parent {
  /** These records. */
  readonly subject: Subject;
  /** The key that holds the id of the record that one belongs to. */
  readonly key: string;
}

/** What a question must know about a kind of record. */
export type Kind =
  & Pick<Resource, "name" | "plural" | "place" | "arguments" | "shows">
  & {
    readonly endpoints: {
      readonly create: { readonly body: BodyKeys };
      readonly update: { readonly body: BodyKeys };
    };
  };

/** The records that a question is about. */
export interface Subject {
  /** The kind of record. */
  readonly resource: Kind;
  /** The records. */
  readonly table: Table;
  /** The company's fields of that kind. */
  readonly fields: readonly Field[];
  /** The pipelines, if the resource has them. */
  readonly pipelines: readonly Pipeline[];
  /** The stages of all pipelines. */
  readonly stages: readonly Stage[];
  /** The current time, in ms since 1970. */
  readonly now: number;
  /** The time zone that decides when days begin. */
  readonly zone: Zone;
  /** The id of the user that "me" means, or why it is not known. */
  readonly me?: number | ForeseenError;
  /** Further fields by name, such as those about stage moves. */
  readonly more?: Readonly<Record<string, QueryField>>;
  /** The records that these belong to; questions may name their fields too. */
  readonly parent?: Parent;
}

/** A day, in ms. */
export const DAY = 24 * 60 * 60 * 1_000;

/** A smaller number is not a time in seconds since 1970. */
const FIRST_SECOND = 100_000_000;

/** A smaller number is not a time in ms since 1970. */
const FIRST_MILLISECOND = 100_000_000_000;

/**
 * A moment as Qontak writes it, on a day that every month has. It is parsed
 * several times faster than others.
 */
const USUAL =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

/** A moment with its time zone, in any form that a date can be parsed from. */
const MOMENT = /^\d{4}-\d\d-\d\d.*(Z|UTC|[+-]\d\d:?\d\d)$/;

/** A day as check-ins have it: `21 Jul, 2013`. */
const LONG_DAY =
  /^(\d{1,2}) (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*,? (\d{4})$/i;

const MONTHS = "jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec".split(",");

/**
 * Converts a date of Qontak's to ms since 1970.
 *
 * @param value ISO, day first, `21 Jul, 2013`, or seconds or ms since 1970.
 * @param zone The time zone for days without a time.
 */
export function toEpoch(value: unknown, zone: Zone): number | undefined {
  if (typeof value === "number") {
    if (value >= FIRST_MILLISECOND) return value;
    return value >= FIRST_SECOND ? value * 1_000 : undefined;
  }
  if (typeof value !== "string") return undefined;
  if (USUAL.test(value)) return Date.parse(value);
  const moment = parseDate(value);
  if (moment && !moment.timed) {
    const [year, month, day] = moment.day.split("-").map(Number);
    return zone.startOf({ year: year!, month: month!, day: day! });
  }
  if (moment) return moment.epoch;
  if (MOMENT.test(value)) return Date.parse(value) || undefined;
  const [, day, month, year] = LONG_DAY.exec(value) ?? [];
  return day === undefined ? undefined : zone.startOf({
    year: Number(year),
    month: MONTHS.indexOf(month!.toLowerCase()) + 1,
    day: Number(day),
  });
}

/** How the values of a body key are compared, by its type. */
const KINDS: Partial<Record<BodyType, FieldKind>> = {
  number: "number",
  amount: "number",
  degrees: "number",
  date: "date",
  flag: "flag",
  option: "option",
  record: "option",
  options: "list",
  ids: "list",
  lines: "list",
  numbers: "list",
};

/** How the values of a custom field are compared, by the name of its type. */
const CUSTOM_KINDS: Readonly<Record<string, FieldKind>> = {
  number: "number",
  percentage: "number",
  date: "date",
  date_time: "date",
  select: "option",
  multiple_select: "list",
};

/** Finds the fields that a question names. */
export interface Fields {
  /**
   * Finds a field.
   *
   * @param word A key, the id or label of a custom field, or a derived field.
   * @throws {InputError} When no field matches, or several do.
   */
  find(word: unknown): QueryField;
  /** The currency of a row; undefined if the records have none. */
  readonly currency: ((row: number) => unknown) | undefined;
}

/**
 * Makes the lookup for the fields of a snapshot.
 *
 * @param subject The records that the question is about.
 */
export function createFields(subject: Subject): Fields {
  const { resource, table, fields, pipelines, stages, more = {} } = subject;
  const body: BodyKeys = {
    ...resource.endpoints.update.body,
    ...resource.endpoints.create.body,
  };
  const read = (column: string) => {
    const found = table.column(column);
    return (row: number) => found?.values[found.code(row)];
  };
  const derived = { ...derivedOf(subject, read), ...more };

  function optionsOf(key: string): readonly Option[] | undefined {
    if (key === resource.place?.pipeline) return pipelines;
    if (key === resource.place?.stage) return stages;
    return fields.find((field) => !field.custom && field.key === key)?.options;
  }

  function standard(key: string): QueryField {
    const type = body[key];
    const kind = type ? KINDS[type] ?? "text" : kindOf(key);
    const label = kind === "option" || kind === "list"
      ? nameKeyOf(key)
      : undefined;
    const [value, name] = [read(key), label ? read(label) : undefined];
    const options = optionsOf(key);
    return {
      key,
      name: argumentOf(resource, key),
      called: call(argumentOf(resource, key)),
      kind,
      value,
      shown: (row) => {
        const shown = name?.(row);
        return isEmpty(shown) ? nameIn(options, value(row)) : shown;
      },
      translate: true,
      people: isPersonKey(key),
      isFreeText: freeTextAt(key) === "always",
      isMoney: isMoney(resource, key),
      isPhone: isPhoneKey(key),
      ...(options ? { options } : {}),
    };
  }

  function custom(field: Field): QueryField {
    const id = field.id!;
    const kind = CUSTOM_KINDS[field.type.name] ?? "text";
    const value = read(customColumn(id, "value"));
    const label = read(customColumn(id, "label"));
    const isChosen = kind === "option" || kind === "list";
    return {
      name: field.label,
      called: show(field.label),
      id,
      isFreeText: field.type.freeText !== "never",
      isPhone: isPhoneKey(field.label),
      kind,
      // Several options come as one text with their ids.
      value: kind === "list"
        ? (row) => {
          const ids = value(row);
          return typeof ids === "string" ? ids.split(",") : ids;
        }
        : value,
      shown: (row) => {
        const shown = isChosen ? label(row) : undefined;
        return isEmpty(shown) ? value(row) : shown;
      },
      ...(field.options ? { options: field.options } : {}),
    };
  }

  /** Keys of bodies and records, including those with another argument name. */
  const keys = new Set([
    ...Object.keys(body),
    ...Object.keys(resource.shows),
    ...[...table.columns()].filter((name) => !name.startsWith("#")),
    "id",
  ]);
  keys.delete("additional_fields");
  const byArgument = new Map(
    [...keys].map((key) => [argumentOf(resource, key), key]),
  );

  /** Names that are known without the company's data. */
  const own = new Set([
    ...Object.keys(derived),
    ...[...Object.keys(body), ...Object.keys(resource.shows), "id"]
      .map((key) => argumentOf(resource, key)),
  ]);
  const call = (name: string) => own.has(name) ? name : show(name);
  const above = subject.parent && fieldsOf(table, subject.parent);

  return {
    currency: Object.hasOwn(body, "currency")
      ? read("currency")
      : above?.currency,
    find(word) {
      if (typeof word !== "string" && typeof word !== "number") {
        throw new InputError(
          `Name a field by its name or by the id of a custom field, not by ${
            show(word)
          }`,
        );
      }
      const name = String(word).trim();
      if (Object.hasOwn(derived, name)) return derived[name]!;
      const key = byArgument.get(name) ?? (keys.has(name) ? name : undefined);
      if (key !== undefined) return standard(key);
      const ids = fields.filter(({ custom, id }) =>
        custom && `${id}` === name.replace(/^#/, "")
      );
      if (ids.length > 0) return custom(ids[0]!);
      const alike = fields.filter((field) =>
        [field.label, field.name].some((one) => fold(one) === fold(name))
      );
      const [first, second] = alike;
      if (second) {
        throw new InputError(
          `${show(name)} is the name of ${alike.length} fields: ${
            alike.map((field) => field.id ?? call(field.key)).join(", ")
          }. Name one of these`,
        );
      }
      if (first) return first.custom ? custom(first) : standard(first.key);
      const short = [...keys].filter((key) => key.endsWith(`_${name}_id`));
      if (short.length === 1) return standard(short[0]!);
      const inherited = above?.find(name);
      if (inherited) return inherited;
      const candidates = [
        ...Object.keys(derived),
        ...byArgument.keys(),
        ...fields.filter(({ custom }) => custom).map(({ label }) => label),
      ];
      throw new InputError(unknown(name, resource, candidates, call));
    },
  };
}

function unknown(
  name: string,
  resource: Kind,
  candidates: readonly string[],
  call: (name: string) => string,
): string {
  const near = nearest(name, candidates);
  const plural = resource.plural.replaceAll("_", " ");
  return `${plural} have no field ${show(name)}${
    near === undefined
      ? `. They have ${candidates.slice(0, 40).map(call).join(", ")}`
      : `. Did you mean ${call(near)}?`
  }`;
}

/** How the values of a key are compared if no body has the key. */
function kindOf(key: string): FieldKind {
  if (/(^|_)(at|date|timestamp)$/.test(key)) return "date";
  if (/(^|_)id$/.test(key)) return "option";
  if (/_ids$/.test(key)) return "list";
  return "text";
}

/** The label of an id, if the list contains it. */
function nameIn(options: readonly Option[] | undefined, id: unknown): unknown {
  return options?.find((option) => String(option.id) === String(id))?.name ??
    id;
}

/** The state of a record: open, or how it ended. */
type State = "open" | "won" | "lost" | "closed";

/**
 * Words that name a final stage, for stages without a probability in Qontak.
 */
const ENDINGS: Readonly<Record<string, State>> = {
  won: "won",
  menang: "won",
  "closed won": "won",
  lost: "lost",
  kalah: "lost",
  "closed lost": "lost",
  closed: "closed",
  ditutup: "closed",
  tutup: "closed",
  resolved: "closed",
  solved: "closed",
  selesai: "closed",
  done: "closed",
};

/** The id of the task status for completed tasks. */
const COMPLETED = "4";

type Read = (column: string) => (row: number) => unknown;

/**
 * Makes a function that finds the state of a record; undefined if this kind of
 * record has no state.
 */
function stateOf(
  { resource, stages }: Subject,
  read: Read,
): Pick<QueryField, "value" | "rule"> | undefined {
  if (resource.name === "task") {
    const status = read("crm_task_status_id");
    return {
      rule: "closed: the task's status is Completed; open: any other",
      value: (row) => String(status(row)) === COMPLETED ? "closed" : "open",
    };
  }
  if (!resource.place) return undefined;
  const stage = read(resource.place.stage);
  const states = new Map(
    stages.map(({ id, name, probability }): [string, State] => {
      const word = ENDINGS[fold(name)];
      if (resource.name !== "deal") {
        return [String(id), word ? "closed" : "open"];
      }
      const chance = probability === undefined ? NaN : Number(probability);
      return [
        String(id),
        chance === 1 ? "won" : chance === 0 ? "lost" : word ?? "open",
      ];
    }),
  );
  const isDeal = resource.name === "deal";
  return {
    rule: isDeal
      ? "won and lost: the stage's win probability is 100 % or 0 %; open: any other"
      : `closed: the stage is called ${
        stages.filter(({ id }) => states.get(String(id)) === "closed")
          .map(({ name }) => show(name)).filter((name, i, all) =>
            all.indexOf(name) === i
          ).join(" or ") || "Closed"
      }; open: any other`,
    value: (row) => states.get(String(stage(row))) ?? "open",
  };
}

/** Fields that are not on a record but can be derived from it. */
function derivedOf(
  subject: Subject,
  read: Read,
): Record<string, QueryField> {
  const { now, zone, table } = subject;
  const found: Record<string, QueryField> = {};
  const put = (
    name: string,
    kind: FieldKind,
    value: QueryField["value"],
    more: Partial<QueryField> = {},
  ) => found[name] = { name, called: name, kind, value, shown: value, ...more };

  const since = (column: string) => {
    const at = read(column);
    return (row: number) => {
      const epoch = toEpoch(at(row), zone);
      return epoch === undefined
        ? undefined
        : Math.max(0, Math.floor((now - epoch) / DAY));
    };
  };
  for (
    const [name, column] of [
      ["age_days", "created_at"],
      ["days_since_update", "updated_at"],
    ] as const
  ) {
    if (Object.hasOwn(subject.resource.shows, column)) {
      put(name, "number", since(column));
    }
  }

  const state = stateOf(subject, read);
  if (state) put("state", "text", state.value, state);

  if (Object.hasOwn(subject.resource.endpoints.create.body, "due_date")) {
    const due = read("due_date");
    const today = zone.startOf(zone.dayOf(now));
    /** How many whole days it is overdue; undefined if it is not overdue. */
    const days = (row: number) => {
      const epoch = toEpoch(due(row), zone);
      if (epoch === undefined || state?.value(row) === "closed") {
        return undefined;
      }
      const day = zone.startOf(zone.dayOf(epoch));
      // A due date without a time lasts until the end of its day.
      const isLate = day === epoch ? day < today : epoch < now;
      return isLate ? Math.round((today - day) / DAY) : undefined;
    };
    put("overdue", "flag", (row) => days(row) !== undefined, {
      rule:
        "past its due date and not closed; a due date without a time lasts until the end of its day",
    });
    put("days_overdue", "number", days);
  }
  for (
    const [name, column] of [
      ["company", "crm_company_name"],
      ["contact", "crm_lead_name"],
      ["contact", "crm_person_full_name"],
      ["contact", "crm_person_name"],
    ] as const
  ) {
    if (table.column(column) === undefined || name in found) continue;
    put(name, "text", read(column));
  }
  return found;
}

/** The fields of the records that others belong to, as fields of these. */
function fieldsOf(table: Table, { subject, key }: Parent): {
  readonly currency: Fields["currency"];
  readonly find: (name: string) => QueryField | undefined;
} {
  const fields = createFields(subject);
  const through =
    (read: (row: number) => unknown) => (row: number): unknown => {
      const id = toId(table.value(row, key));
      const parent = id === null ? undefined : subject.table.rowOf(id);
      return parent === undefined ? undefined : read(parent);
    };
  return {
    currency: fields.currency && through(fields.currency),
    find(name) {
      let field: QueryField;
      try {
        field = fields.find(name);
      } catch (error) {
        // The error about the records themselves says more.
        if (error instanceof InputError) return undefined;
        throw error;
      }
      return {
        ...field,
        value: through(field.value),
        shown: through(field.shown),
      };
    },
  };
}
