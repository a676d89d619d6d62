/**
 * The fields of a snapshot that a question may name: keys of records and
 * bodies, custom fields by id or label, and derived fields. An unknown name, or
 * one that the list of records does not show, is an error that suggests the
 * nearest name; it is never treated as an empty column.
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
  isShortFor,
  nameKeyOf,
} from "../qontak/resources.ts";
import { freeTextAt } from "../qontak/texts.ts";
import { isEmpty, show, toId } from "../values/json.ts";
import { isPhoneKey } from "../values/phone.ts";
import { fold } from "../values/words.ts";
import { derivedOf, single } from "./derived.ts";
import {
  type FieldNames,
  nameFields,
  unknownField,
  unlistedField,
} from "./field_errors.ts";
import { NOTE_RULE } from "./notes.ts";
import type { FieldKind, Parent, QueryField, Subject } from "./subject.ts";
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

/** The types of body keys that hold ids. */
const ID_TYPES: ReadonlySet<BodyType> = new Set([
  "option",
  "options",
  "record",
  "ids",
]);

/** How the values of a custom field are compared, by the name of its type. */
const CUSTOM_KINDS: Readonly<Record<string, FieldKind>> = {
  number: "number",
  percentage: "number",
  date: "date",
  date_time: "date",
  select: "option",
  multiple_select: "list",
};

/** What the owner is where a record also has an assignee. */
const OWNER_RULE =
  'the field that Qontak labels "Owner"; who works on it is assignee_id';

/** What a percentage of 0 can mean. */
const PERCENTAGE_RULE = "Qontak shows 0 also where no percentage is set";

/** Finds the fields that a question names. */
export interface Fields extends FieldNames {
  /**
   * Finds a field.
   *
   * @param word A key, the id or label of a custom field, or a derived field.
   * @throws {InputError} When no field matches, several do, or the list of
   * records does not show it.
   */
  find(word: unknown): QueryField;
  /** Finds a field; undefined if {@linkcode find} would throw. */
  known(word: unknown): QueryField | undefined;
  /**
   * The field of the id that a field is the name of, if a list has the ids and
   * names; the field itself otherwise.
   */
  idOf(field: QueryField): QueryField;
  /** The fields of whole records, without those that are derived. */
  all(): QueryField[];
  /** The names of all fields, as a sentence. */
  readonly names: string;
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
    const holdsIds = type === undefined
      ? !Object.hasOwn(resource.shows, key) && /(^|_)ids?$/.test(key)
      : ID_TYPES.has(type);
    const shown = shownAs(kind, value) ?? ((row) => {
      const shown = name?.(row);
      if (!isEmpty(shown)) return shown;
      const found = nameIn(value(row));
      return holdsIds ? idIn(found) : found;
    });
    return {
      key,
      name: argumentOf(resource, key),
      called: call(argumentOf(resource, key)),
      kind,
      value,
      shown,
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
      ...(key === resource.place?.stage
        ? { common: stageOf(stages, value, shown) }
        : {}),
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
      ...(field.type.name === "date" ? { isDay: true } : {}),
      ...(field.type.name === "percentage" ? { rule: PERCENTAGE_RULE } : {}),
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
        (table.shows(key) || table.shows(label));
    });

  /** The field of a name, listed or not: its key, or a custom field. */
  function locate(name: string): string | Field | undefined {
    const key = byArgument.get(name) ?? (keys.has(name) ? name : undefined);
    if (key !== undefined && table.column(key)) return key;
    const named = namedBy(name) ?? key;
    if (named !== undefined) return named;
    const digits = name.replace(/^#/, "");
    const byId = fields.find(({ custom, id }) => custom && `${id}` === digits);
    if (byId) return byId;
    const alike = fieldsCalled(name);
    if (alike.length > 1) {
      throw new InputError(
        `${show(name)} is the name of ${alike.length} fields: ${
          alike.map((field) => field.id ?? call(field.key)).join(", ")
        }. Name one of these`,
      );
    }
    const [only] = alike;
    if (only) return only.custom ? only : only.key;
    const short = [...byArgument].flatMap(([argument, key]) =>
      isShortFor(name, key, argument) ? [key] : []
    );
    return short.length === 1 ? short[0] : undefined;
  }

  /**
   * Whether the records of the list show a field, even if it is empty in all of
   * them. What only requests have would seem empty in every record.
   */
  const isListed = (field: string | Field): boolean =>
    typeof field === "string"
      ? table.shows(field) || table.shows(nameColumn(table, field) ?? field)
      : table.shows(customColumn(field.id!, "value"));

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
      ...[...byArgument].flatMap(([argument, key]) =>
        isListed(key) || namedBy(argument) !== undefined ? [argument] : []
      ),
      ...fields.filter((field) => field.custom && isListed(field))
        .map(({ label }) => label),
    ]),
  ];

  function find(word: unknown): QueryField {
    if (typeof word !== "string" && typeof word !== "number") {
      throw new InputError(
        `Name a field by its name or by the id of a custom field, not by ${
          show(word)
        }`,
      );
    }
    const name = String(word).trim();
    if (Object.hasOwn(derived, name)) return derived[name]!;
    const field = locate(name);
    if (field !== undefined && isListed(field)) {
      return typeof field === "string" ? standard(field) : custom(field);
    }
    const inherited = above?.find(name);
    if (inherited) return inherited;
    onUnknown();
    const names = {
      candidates: () => [...candidates(), ...above?.candidates() ?? []],
      call,
    };
    throw new InputError(
      field === undefined
        ? unknownField(name, resource, names)
        : unlistedField(name, resource, names),
    );
  }

  return {
    candidates,
    call,
    currency: Object.hasOwn(body, "currency")
      ? read("currency")
      : above?.currency,
    find,
    known(word) {
      try {
        return find(word);
      } catch (error) {
        if (error instanceof InputError) return undefined;
        throw error;
      }
    },
    idOf(field) {
      if (field.kind !== "text" || field.key === undefined) return field;
      const id = [...keys].find((key) =>
        table.shows(key) && nameColumn(table, key) === field.key
      );
      const found = id === undefined ? undefined : standard(id);
      return found?.options?.length ? found : field;
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
        ...fields.filter((field) => field.custom && isListed(field))
          .map(custom),
      ];
    },
    get names() {
      return nameFields(resource, { candidates, call }, above);
    },
  };
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
  if (nameKey === undefined) return undefined;
  const names = [nameKey, fullNameKey(nameKey), `${nameKey}s`];
  return names.find((name) => table.column(name) !== undefined) ??
    names.find((name) => table.shows(name)) ?? nameKey;
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

/**
 * Stages of several pipelines share names, and count as one. Those of one
 * pipeline do not: the first of a name is counted with the first of others.
 *
 * @param stages The stages of all pipelines, in their order.
 * @param id The id of a row's stage.
 * @param name Its name.
 */
function stageOf(
  stages: Subject["stages"],
  id: QueryField["value"],
  name: QueryField["shown"],
): QueryField["value"] {
  const counts = new Map<string, number>();
  const places = new Map(stages.map((stage) => {
    const word = `${stage.pipeline} ${fold(stage.name)}`;
    const place = counts.get(word) ?? 0;
    counts.set(word, place + 1);
    return [String(stage.id), place];
  }));
  return (row) => {
    const place = places.get(String(id(row))) ?? 0;
    const called = name(row) ?? null;
    return place === 0 ? called : `${called}\n${place}`;
  };
}

/** Whether a field could also be one of what belongs to the record. */
function isOfBoth({ kind, people, name }: QueryField): boolean {
  return kind === "date" || people === true || /(?:^|_)days(?:_|$)/.test(name);
}

/** The fields of the records that others belong to, as fields of these. */
function fieldsOf(table: Table, { subject, key, rule }: Parent): FieldNames & {
  readonly plural: string;
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
    plural: subject.resource.plural,
    currency: fields.currency && through(fields.currency),
    candidates: fields.candidates,
    call: fields.call,
    find(name) {
      // The error about the records themselves says more.
      const field = fields.known(name);
      if (!field) return undefined;
      return {
        ...field,
        value: through(field.value),
        shown: through(field.shown),
        ...(field.common ? { common: through(field.common) } : {}),
        ...(isOfBoth(field)
          ? { rule: field.rule === undefined ? rule : `${rule}; ${field.rule}` }
          : {}),
      };
    },
  };
}
