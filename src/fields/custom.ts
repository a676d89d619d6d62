/**
 * `additional_fields`: the fields that a company added itself.
 *
 * @module
 */
import { MAX_FINDINGS } from "../errors.ts";
import { didYouMean, fold } from "../values/words.ts";
import {
  defined,
  isEmpty,
  isObject,
  type JsonObject,
  show,
  toId,
} from "../values/json.ts";
import type { Field } from "./template.ts";
import type { Encoded } from "./encode.ts";
import { typeOf } from "./types.ts";

/** Entries in the form that Qontak accepts, and the problems of the others. */
export interface EncodedCustomFields {
  /** The entries to send under `additional_fields`. */
  readonly wire: readonly JsonObject[];
  /** The problems, one sentence each. */
  readonly problems: readonly string[];
  /**
   * How values were read, and what Qontak does not document about them, one
   * sentence each.
   */
  readonly notes: readonly string[];
  /** The ids of the fields whose values are not sent, because of problems. */
  readonly refused: ReadonlySet<number>;
}

/**
 * Encodes entries `{id, name?, value, value_name?}`. A field is found by its
 * id, or by its name or label if that is unique.
 *
 * @param value What the caller gave.
 * @param fields The company's fields.
 * @returns The entries to send and the problems.
 */
export function encodeCustomFields(
  value: unknown,
  fields: readonly Field[],
): EncodedCustomFields {
  const wire: JsonObject[] = [];
  const problems: string[] = [];
  const notes: string[] = [];
  const seen = new Set<number>();
  const refused = new Set<number>();
  const known = knownFields(fields);
  /** Notes that an entry gives a field a value that is not sent. */
  function refuse(entry: unknown): void {
    if (!isObject(entry) || isEmpty(entry.value ?? entry.value_name)) return;
    const { id, name } = entry;
    const field = known.byId.get(toId(id)) ?? findField({ name }, known);
    if (typeof field !== "string") refused.add(field.id!);
  }
  let count = 0;
  const entries = Array.isArray(value) ? value : [value];
  for (const [i, entry] of entries.entries()) {
    if (count >= MAX_FINDINGS) {
      problems.push("additional_fields may have more: fix these first");
      for (const other of entries.slice(i)) refuse(other);
      break;
    }
    const found = isObject(entry)
      ? findField(entry, known)
      : `takes entries such as {"id": 123, "value": "…"}, not ${show(entry)}`;
    if (typeof found === "string") {
      problems.push(`additional_fields ${found}`);
      refuse(entry);
      count++;
      continue;
    }
    const name = `additional_fields id ${found.id} (${show(found.label)})`;
    const encoded = encodeEntry(entry, found, MAX_FINDINGS - count);
    if (encoded.problem !== undefined) {
      problems.push(`${name} ${encoded.problem}`);
      refuse(entry);
      count += encoded.count ?? 1;
    } else if (seen.has(found.id!)) {
      problems.push(`${name} is given twice: one value is enough`);
      count++;
    } else {
      seen.add(found.id!);
      wire.push(encoded.entry);
      if (encoded.read !== undefined) notes.push(`${name} ${encoded.read}`);
      if (found.type.doubt && encoded.entry.value !== null) {
        notes.push(found.type.doubt);
      }
    }
  }
  return { wire, problems, notes, refused };
}

/**
 * Passes entries on unchecked, for resources without a published template.
 *
 * @param value What the caller gave.
 * @returns The entries, unchanged. An entry without an id is a problem.
 */
export function passCustomFields(value: unknown): EncodedCustomFields {
  const entries = Array.isArray(value) ? value : [value];
  const wire = entries.filter(isObject).filter(({ id }) => toId(id) !== null);
  const problems = wire.flatMap(({ id, value }) => {
    const encoded = typeOf("").encode(value, { custom: true });
    return encoded.problem === undefined
      ? []
      : [`additional_fields id ${toId(id)} ${encoded.problem}`];
  });
  if (wire.length < entries.length) {
    problems.push(
      "additional_fields takes only entries with an id here: Qontak publishes no list of these fields, but other records show them",
    );
  }
  return { wire, notes: [], problems, refused: new Set() };
}

/** The custom fields of a company, by id and by name or label. */
interface KnownFields {
  readonly byId: ReadonlyMap<unknown, Field>;
  readonly byWord: ReadonlyMap<string, ReadonlySet<Field>>;
  readonly names: readonly string[];
}

function knownFields(fields: readonly Field[]): KnownFields {
  const custom = fields.filter((field) => field.custom);
  const byWord = new Map<string, Set<Field>>();
  for (const field of custom) {
    for (const word of [field.label, field.name].map(fold)) {
      byWord.set(word, (byWord.get(word) ?? new Set()).add(field));
    }
  }
  return {
    // If several fields share an id, the first one is used.
    byId: new Map(custom.toReversed().map((field) => [field.id, field])),
    byWord,
    names: custom.flatMap(({ label, name }) => [label, name]),
  };
}

function findField(
  entry: JsonObject,
  { byId, byWord, names }: KnownFields,
): Field | string {
  if (!isEmpty(entry.id)) {
    const field = byId.get(toId(entry.id));
    const named = typeof entry.name === "string" ? fold(entry.name) : "";
    if (field && named !== "") {
      const own = [field.name, field.label].map(fold);
      if (!own.includes(named)) {
        return `id ${field.id} is ${show(field.label)}, not ${
          show(entry.name)
        }: id and name must agree, or leave the name out`;
      }
    }
    if (field) return field;
    return `has no field with the id ${show(entry.id)}${
      typeof entry.name === "string" ? didYouMean(entry.name, names, show) : ""
    }. get_required_fields names the ids`;
  }
  if (typeof entry.name !== "string" || entry.name === "") {
    return `needs the id of a field in ${show(entry)}`;
  }
  const named = [...byWord.get(fold(entry.name)) ?? []];
  if (named.length === 1) return named[0]!;
  if (named.length === 0) {
    return `has no field called ${show(entry.name)}${
      didYouMean(entry.name, names, show)
    }`;
  }
  return `has ${named.length} fields called ${show(entry.name)}: ${
    named.map(({ id, label }) => `id ${id} (${show(label)})`).join(", ")
  }. Give the id`;
}

/** An entry to send and how its value was read, or the problem. */
type EncodedEntry = {
  readonly problem?: undefined;
  readonly entry: JsonObject;
  readonly read?: string;
};

function encodeEntry(
  entry: JsonObject,
  field: Field,
  most: number,
): EncodedEntry | Extract<Encoded, { readonly problem: string }> {
  const base = { id: field.id, name: field.name };
  const { value } = entry;
  // A record has null or an empty list if there is no label.
  const valueName = typeof entry.value_name === "string"
    ? entry.value_name
    : undefined;
  if (field.type.instead !== undefined) {
    return {
      problem: `cannot be written through the API: ${field.type.instead}`,
    };
  }
  if (value === undefined) {
    // A label alone is enough if the field has options.
    if (isEmpty(valueName)) return { problem: "has no value" };
    return encodeEntry({ ...entry, value: valueName }, field, most);
  }
  if (value === null) return { entry: { ...base, value: null } };
  const encoded = field.type.encode(value, { ...field, most });
  if (encoded.problem !== undefined) {
    // Clients that can only send text mean null.
    return value === "" ? { entry: { ...base, value: null } } : encoded;
  }
  const { wire, label, read } = encoded;
  if (label === undefined) {
    return { entry: { ...base, value: wire }, ...defined({ read }) };
  }
  if (valueName && fold(valueName) !== fold(label)) {
    return {
      problem: `has value ${show(value)}, which is ${
        show(label)
      }, and value_name ${show(valueName)}: they must agree`,
    };
  }
  return { entry: { ...base, value: wire, value_name: label } };
}
