/**
 * The fields of a snapshot that a question may name: keys of records and
 * bodies, custom fields by id or label, and derived fields. An unknown name is
 * an error that suggests the nearest name; it is never treated as an empty
 * column.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { Option } from "../fields/options.ts";
import { answerKey, fullNameKey, isoOf, numberOf } from "../fields/shown.ts";
import type { Field } from "../fields/template.ts";
import type { BodyKeys, BodyType } from "../qontak/bodies.ts";
import {
  argumentOf,
  isMoney,
  isPersonKey,
  nameKeyOf,
} from "../qontak/resources.ts";
import { freeTextAt } from "../qontak/texts.ts";
import { isEmpty, show, toId } from "../values/json.ts";
import { isPhoneKey } from "../values/phone.ts";
import { fold, nearest } from "../values/words.ts";
import { derivedOf, single } from "./derived.ts";
import { NOTE_RULE } from "./notes.ts";
import type {
  FieldKind,
  Kind,
  Parent,
  QueryField,
  Subject,
} from "./subject.ts";
import { customColumn, type Table } from "./table.ts";

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

/** The records that notes belong to. */
const NOTED: ReadonlySet<string> = new Set(["contacts", "companies", "deals"]);

/** What the owner is where a record also has an assignee. */
const OWNER_RULE =
  'the field that Qontak labels "Owner"; who works on it is assignee_id';

/** Finds the fields that a question names. */
export interface Fields {
  /**
   * Finds a field.
   *
   * @param word A key, the id or label of a custom field, or a derived field.
   * @throws {InputError} When no field matches, or several do.
   */
  find(word: unknown): QueryField;
  /** The fields of whole records, without those that are derived. */
  all(): QueryField[];
  /** The names of all fields, and the same as a sentence. */
  readonly candidates: () => string[];
  readonly names: string;
  /** A name in sentences: a company's own name is in quotation marks. */
  readonly call: (name: string) => string;
  /** The currency of a row; undefined if the records have none. */
  readonly currency: ((row: number) => unknown) | undefined;
}

/**
 * Makes the lookup for the fields of a snapshot.
 *
 * @param subject The records that the question is about.
 * @param onUnknown Called for each name that no field has.
 */
export function createFields(
  subject: Subject,
  onUnknown: () => void = () => {},
): Fields {
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
      ? nameColumn(table, key)
      : undefined;
    // Qontak lists one related record as a list of one.
    const reader = type === "record" ? single(read) : read;
    const [value, name] = [reader(key), label ? reader(label) : undefined];
    const options = optionsOf(key);
    const nameIn = namesIn(options);
    const rule = key === "creator_id" && Object.hasOwn(body, "user_id")
      ? OWNER_RULE
      : key === "note" && resource.name === "note"
      ? NOTE_RULE
      : undefined;
    return {
      key,
      name: argumentOf(resource, key),
      called: call(argumentOf(resource, key)),
      kind,
      value,
      shown: shownAs(kind, value) ?? ((row) => {
        const shown = name?.(row);
        return isEmpty(shown) ? nameIn(value(row)) : shown;
      }),
      translate: true,
      people: isPersonKey(key),
      isFreeText: freeTextAt(key) === "always",
      isMoney: isMoney(resource, key),
      isPhone: isPhoneKey(key),
      ...(options ? { options } : {}),
      ...(rule === undefined ? {} : { rule }),
      ...(label && {
        beside: {
          id: argumentOf(resource, key),
          name: answerKey(resource, label),
        },
      }),
      // Stages of several pipelines share names, and count as one.
      sharesNames: key === resource.place?.stage,
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
      shown: shownAs(kind, value) ?? ((row) => {
        const shown = isChosen ? label(row) : undefined;
        return isEmpty(shown) ? value(row) : shown;
      }),
      ...(field.options ? { options: field.options } : {}),
    };
  }

  const [first] = table.rows();
  /** Keys of bodies and records, including those with another argument name. */
  const keys = new Set([
    ...Object.keys(body),
    ...Object.keys(resource.shows),
    ...[...table.columns()].filter((name) => !name.startsWith("#")),
    // Whole records also show keys that are empty in all of them.
    ...Object.keys(first === undefined ? {} : table.record(first, true)),
    "id",
  ]);
  keys.delete("additional_fields");
  const byArgument = new Map(
    [...keys].map((key) => [argumentOf(resource, key), key]),
  );

  /**
   * The key of the id beside which rows show a name that is not in a column of
   * its own: Qontak has it by another key, or a list of options has it.
   */
  const namedBy = (name: string): string | undefined =>
    [...keys].find((key) => {
      const label = nameColumn(table, key);
      return label !== undefined && answerKey(resource, label) === name &&
        (table.column(key) !== undefined || table.column(label) !== undefined);
    });

  /** Fields by their folded labels and names, once one is searched so. */
  let folded: Map<string, Set<Field>> | undefined;
  function fieldsCalled(name: string): readonly Field[] {
    if (!folded) {
      folded = new Map();
      for (const field of fields) {
        for (const word of [field.label, field.name].map(fold)) {
          folded.set(word, (folded.get(word) ?? new Set()).add(field));
        }
      }
    }
    return [...folded.get(fold(name)) ?? []];
  }

  /** Names that are known without the company's data. */
  const own = new Set([
    ...Object.keys(derived),
    ...[...Object.keys(body), ...Object.keys(resource.shows), "id"]
      .map((key) => argumentOf(resource, key)),
  ]);
  const call = (name: string) => own.has(name) ? name : show(name);
  const above = subject.parent && fieldsOf(table, subject.parent);
  const candidates = () => [
    ...new Set([
      ...Object.keys(derived),
      ...byArgument.keys(),
      ...fields.filter(({ custom }) => custom).map(({ label }) => label),
    ]),
  ];

  return {
    candidates,
    call,
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
      if (key !== undefined && table.column(key)) return standard(key);
      const named = namedBy(name);
      if (named !== undefined) return standard(named);
      if (key !== undefined) return standard(key);
      const ids = fields.filter(({ custom, id }) =>
        custom && `${id}` === name.replace(/^#/, "")
      );
      if (ids.length > 0) return custom(ids[0]!);
      const alike = fieldsCalled(name);
      const [first, second] = alike;
      if (second) {
        throw new InputError(
          `${show(name)} is the name of ${alike.length} fields: ${
            alike.map((field) => field.id ?? call(field.key)).join(", ")
          }. Name one of these`,
        );
      }
      if (first) return first.custom ? custom(first) : standard(first.key);
      const short = [...byArgument].flatMap(([argument, key]) =>
        argument === `${name}_id` || key.endsWith(`_${name}_id`) ? [key] : []
      );
      if (short.length === 1) return standard(short[0]!);
      const inherited = above?.find(name);
      if (inherited) return inherited;
      onUnknown();
      const all = [...candidates(), ...above?.candidates() ?? []];
      throw new InputError(unknown(name, resource, all, call));
    },
    all() {
      const found = Object.keys(
        first === undefined ? {} : table.record(first, true),
      )
        .filter((key) => key !== "additional_fields").map(standard);
      const names = new Set(
        found.map(({ key, beside }) => beside && nameColumn(table, key!)),
      );
      return [
        ...found.filter(({ key }) => !names.has(key)),
        ...fields.filter((field) => field.custom).map(custom),
      ];
    },
    get names() {
      const all = candidates();
      const of = subject.parent?.subject.resource.plural;
      const inherited = above?.candidates().filter((one) => !all.includes(one));
      return `Fields of ${resource.plural.replaceAll("_", " ")}: ${
        listNames(all, MAX_NAMES, call)
      }${
        inherited === undefined
          ? ""
          : `, and those of their ${of}: ${
            listNames(inherited, MAX_INHERITED, above!.call)
          }`
      }`;
    },
  };
}

/** The most fields that a refusal names. */
const MAX_NAMES = 40;

/** The most fields of the records that others belong to that it names. */
const MAX_INHERITED = 25;

function listNames(
  names: readonly string[],
  most: number,
  call: (name: string) => string,
): string {
  const more = names.length - most;
  return `${names.slice(0, most).map(call).join(", ")}${
    more > 0 ? ` and ${more} more` : ""
  }`;
}

/**
 * The fields that a word may mean, by the words that other resources and other
 * programs have for them.
 */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  status: ["state", "crm_task_status_id", "crm_stage_id", "ticket_stage_id"],
  stage: ["crm_stage_id", "ticket_stage_id", "crm_task_status_id", "state"],
  owner: ["creator_id", "assignee_id"],
  assignee: ["assignee_id", "creator_id"],
  value: ["size", "total_price", "price"],
  amount: ["size", "total_price", "price"],
  price: ["price", "total_price", "size"],
  total: ["total_price", "size"],
  phone: ["telephone"],
  deadline: ["due_date", "expired_date", "closed_date"],
  title: ["name"],
  subject: ["name"],
};

/** How many fields that a word may mean an error names. */
const MOST_MEANT = 2;

function unknown(
  name: string,
  resource: Kind,
  candidates: readonly string[],
  call: (name: string) => string,
): string {
  const plural = resource.plural.replaceAll("_", " ");
  if (/^notes?$/i.test(name) && NOTED.has(resource.plural)) {
    return `${plural} have no field ${
      show(name)
    }: notes are records of their own. Ask with resource notes, of {resource: ${resource.plural}, where} for those of some ${plural}, and where {field: note, op: contains, value}`;
  }
  const word = fold(name).replace(/ (?:id|name)$/, "");
  const meant = Object.hasOwn(MEANT, word)
    ? MEANT[word]!.filter((one) => candidates.includes(one))
      .slice(0, MOST_MEANT)
    : [];
  const near = meant.length > 0 ? meant : nearest(name, candidates) ?? [];
  const names = [near].flat().map(call).join(" or ");
  return `${plural} have no field ${show(name)}${
    names === "" ? "" : `. Did you mean ${names}?`
  }`;
}

/** How the values of a key are compared if no body has the key. */
function kindOf(key: string): FieldKind {
  if (/(^|_)(at|date|timestamp)$/.test(key)) return "date";
  if (/(^|_)id$/.test(key)) return "option";
  if (/_ids$/.test(key)) return "list";
  return "text";
}

/** How numbers and dates are shown; undefined for other kinds. */
function shownAs(
  kind: FieldKind,
  value: QueryField["value"],
): QueryField["shown"] | undefined {
  if (kind === "number") return (row) => numberOf(value(row));
  if (kind === "date") return (row) => isoOf(value(row));
  return undefined;
}

/** The column that has the names of an id, or would have them. */
function nameColumn(table: Table, key: string): string | undefined {
  const nameKey = nameKeyOf(key);
  return nameKey === undefined
    ? undefined
    : [nameKey, fullNameKey(nameKey), `${nameKey}s`].find((name) =>
      table.column(name) !== undefined
    ) ?? nameKey;
}

/** An id, or several, as numbers; undefined if there is none. */
export function idIn(value: unknown): unknown {
  return isEmpty(value)
    ? undefined
    : Array.isArray(value)
    ? value.map((one) => toId(one) ?? one)
    : toId(value) ?? value;
}

/** Whether a name is only the id again, because there is none. */
export function isSameId(name: unknown, id: unknown): boolean {
  return JSON.stringify(idIn(name)) === JSON.stringify(id);
}

/**
 * Makes a function that gives the label of an id, or the id itself if the list
 * does not contain it.
 */
function namesIn(options: readonly Option[] = []): (id: unknown) => unknown {
  let names: Map<string, string> | undefined;
  return (id) => {
    // The first of several is the one that counts.
    names ??= new Map(
      options.toReversed().map((one) => [String(one.id), one.name]),
    );
    return names.get(String(id)) ?? id;
  };
}

/** The fields of the records that others belong to, as fields of these. */
function fieldsOf(table: Table, { subject, key }: Parent): {
  readonly currency: Fields["currency"];
  readonly find: (name: string) => QueryField | undefined;
  readonly candidates: () => string[];
  readonly call: Fields["call"];
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
    candidates: fields.candidates,
    call: fields.call,
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
