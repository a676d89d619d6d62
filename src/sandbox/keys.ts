/**
 * Standard keys: how each is read from a body and shown in an answer. A
 * resource's record is a list of them, in the order of Qontak's answers.
 *
 * @module
 */

import { type Fail, toDecimal, toNumber } from "./custom.ts";
import {
  recordName,
  type Records,
  type Stored,
  type Values,
  type World,
} from "./records.ts";
import type { Call } from "./router.ts";
import type { Descriptor, Option } from "./template.ts";
import { fromIso, toIso } from "./time.ts";

/** The context for reading a body. */
export interface Reading {
  /** The request. */
  readonly call: Call;
  /** The resource's template. */
  readonly template: readonly Descriptor[];
  /** The new values; earlier keys are already read. */
  readonly values: Values;
  /** Whether this is a create. */
  readonly creating: boolean;
  /** Reports what is wrong with a field. */
  readonly fail: Fail;
}

/** The context for showing a record. */
export interface Showing {
  /** The request. */
  readonly call: Call;
  /** The resource's template. */
  readonly template: readonly Descriptor[];
  /** The record. */
  readonly record: Stored;
}

/** One key of a record, or a pair such as `crm_source_id` and `_name`. */
export interface Key {
  /** The name the value is kept under. */
  readonly name: string;
  /**
   * The value to keep; undefined if the body does not have the key. Absent: the
   * key cannot be written.
   */
  readonly read?: (reading: Reading) => unknown;
  /** The keys of the answer. */
  readonly show: (value: unknown, showing: Showing) => Record<string, unknown>;
}

/**
 * Reads one key: undefined if absent, null for null, else the result of `fit`.
 */
export function reader(
  name: string,
  wants: string,
  fit: (value: unknown) => unknown,
): (reading: Reading) => unknown {
  return ({ call, fail }) => {
    const value = call.body[name];
    if (value === undefined || value === null) return value;
    const fitted = fit(value);
    if (fitted === undefined) fail(name, `must be ${wants}`);
    return fitted;
  };
}

/** A text. */
export function text(name: string): Key {
  return {
    name,
    read: reader(
      name,
      "a text",
      (value) => typeof value === "string" ? value : undefined,
    ),
    show: (value) => ({ [name]: value ?? null }),
  };
}

/**
 * A value that Qontak's collection describes as numeric and shows as a text,
 * such as a telephone number: both forms are accepted.
 */
export function numericText(name: string): Key {
  const { show } = text(name);
  const read = reader(
    name,
    "a text or a number",
    (value) =>
      typeof value === "string" || typeof value === "number"
        ? String(value)
        : undefined,
  );
  return { name, read, show };
}

/** A key that only the observed profile shows. */
export function seenOnly(key: Key): Key {
  return {
    ...key,
    show: (value, showing) =>
      showing.call.observed ? key.show(value, showing) : {},
  };
}

/**
 * A sum: a number or a numeric text in, `"10000000.0"` out, as Qontak's
 * collection shows it; a number in the observed profile.
 */
export function amount(name: string): Key {
  return {
    name,
    read: reader(name, "a number", toNumber),
    show: (value, { call }) => ({
      [name]: typeof value !== "number" || call.observed
        ? value ?? null
        : toDecimal(value),
    }),
  };
}

/** A number or a numeric text; a number in every answer. */
export function number(name: string): Key {
  return {
    name,
    read: reader(name, "a number", toNumber),
    show: (value) => ({ [name]: value ?? null }),
  };
}

/** A moment: ISO with an offset in, ISO at +07:00 out. */
export function moment(name: string): Key {
  return {
    name,
    read: reader(
      name,
      "an ISO date-time with an offset",
      (value) => typeof value === "string" ? fromIso(value) : undefined,
    ),
    show: (value) => ({ [name]: value == null ? null : toIso(Number(value)) }),
  };
}

/** A key that is shown and never written. */
export function shown(
  name: string,
  show: (showing: Showing) => unknown,
): Key {
  return { name, show: (_, showing) => ({ [name]: show(showing) }) };
}

/** The choices of a standard field, from its template. */
export function dropdown(
  name: string,
): (reading: { template: readonly Descriptor[] }) => readonly Option[] {
  return ({ template }) =>
    template.find((field) => !field.additional_field && field.name === name)
      ?.dropdown ?? [];
}

/** One choice: an id and a name. */
interface Named {
  readonly id: number | null;
  readonly name: string;
}

/** Where the choices of a pair come from; `values` is absent when showing. */
export type Choices = (from: {
  readonly call: Call;
  readonly template: readonly Descriptor[];
  readonly values?: Values;
}) => readonly Named[];

/**
 * One of several choices, as the pair `<base>_id` and `<base>_name` unless
 * another name is given. Assumed: the id wins, and a name alone must be exact.
 */
export function choice(
  base: string,
  choices: Choices = dropdown(`${base}_id`),
  name = `${base}_name`,
): Key {
  const id = `${base}_id`;
  return {
    name: id,
    read(reading) {
      const { [id]: byId, [name]: byName } = reading.call.body;
      const [key, value] = byId === undefined ? [name, byName] : [id, byId];
      if (value === undefined || value === null) return value;
      const found = choices(reading).find((one) =>
        (key === id ? one.id : one.name) === value
      );
      if (!found) reading.fail(key, "is not one of the choices");
      return found?.id;
    },
    show: (value, showing) => ({
      [id]: value ?? null,
      [name]: choices(showing).find((one) => one.id === value)?.name ?? null,
    }),
  };
}

/** Records as the choices of a pair. */
export function recordsOf(
  records: (world: World) => Records,
  label: (record: Stored) => string = recordName,
): Choices {
  return ({ call }) =>
    [...records(call.world).values()].map((record) => ({
      id: record.id,
      name: label(record),
    }));
}

/** One of several choices by its id alone; a name is neither read nor shown. */
export function idOnly(name: string, choices: Choices = dropdown(name)): Key {
  return {
    name,
    read(reading) {
      const value = reading.call.body[name];
      if (value === undefined || value === null) return value;
      const found = choices(reading).find(({ id }) => id === value);
      if (!found) reading.fail(name, "is not one of the choices");
      return found?.id;
    },
    show: (value) => ({ [name]: value ?? null }),
  };
}

/**
 * One of several choices that have no ids, such as a currency: sent by name.
 */
export function named(name: string): Key {
  const choices = dropdown(name);
  return {
    name,
    read({ call, template, fail }) {
      const value = call.body[name];
      if (value === undefined || value === null) return value;
      const found = choices({ template }).find((one) => one.name === value);
      if (!found) fail(name, "is not one of the choices");
      return found?.name;
    },
    show: (value) => ({ [name]: value ?? null }),
  };
}

/** Where the records of a link are, and how to name them. */
export interface Link {
  /** The key that holds the id or ids. */
  readonly ids: string;
  /** The key that holds the name or names. */
  readonly names: string;
  /** The records. */
  readonly records: (world: World) => Records;
  /** The name of one record. */
  readonly label: (record: Stored) => string;
}

function labels(link: Link, ids: unknown, world: World): string[] {
  return (ids as number[] | undefined ?? []).flatMap((id) => {
    const record = link.records(world).get(id);
    return record ? [link.label(record)] : [];
  });
}

/**
 * Linked records. Ids win over names; a name must be exact; null and an empty
 * array mean none. A single value counts as a list of one.
 */
function readLink(link: Link, { call, fail }: Reading): unknown {
  const { [link.ids]: byId, [link.names]: byName } = call.body;
  const given = byId === undefined ? byName : byId;
  if (given === undefined) return undefined;
  const wanted = given === null ? [] : Array.isArray(given) ? given : [given];
  const records = [...link.records(call.world).values()];
  const found = wanted.map((one) =>
    records.find((record) =>
      (byId === undefined ? link.label(record) : record.id) === one
    )?.id
  );
  if (!found.includes(undefined)) return found;
  fail(byId === undefined ? link.names : link.ids, "names no such record");
  return undefined;
}

/** Any number of linked records: two parallel arrays. */
export function many(link: Link): Key {
  return {
    name: link.ids,
    read(reading) {
      return readLink(link, reading);
    },
    show: (value, { call }) => ({
      [link.ids]: value ?? [],
      [link.names]: labels(link, value, call.world),
    }),
  };
}

/**
 * One linked record, kept as an array. Qontak's collection shows arrays, null
 * when empty; in real traffic both keys were scalars.
 */
export function one(link: Link): Key {
  return {
    name: link.ids,
    read(reading) {
      return readLink(link, reading);
    },
    show(value, { call }) {
      const ids = value as number[] | undefined ?? [];
      const names = labels(link, ids, call.world);
      if (call.observed) {
        return { [link.ids]: ids[0] ?? null, [link.names]: names[0] ?? null };
      }
      return ids.length === 0
        ? { [link.ids]: null, [link.names]: null }
        : { [link.ids]: ids, [link.names]: names };
    },
  };
}
