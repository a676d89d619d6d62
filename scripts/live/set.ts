/**
 * Probes that set values of our records with raw requests, and look at what
 * Qontak stores.
 *
 * @module
 */
import { parseDate } from "../../src/fields/dates.ts";
import { isSame } from "../../src/fields/readback.ts";
import type { Field } from "../../src/fields/template.ts";
import { isEmpty, type JsonObject } from "../../src/values/json.ts";
import { objectsIn, typeName } from "./answers.ts";
import type { Probe } from "./fact.ts";
import { type Kind, kinds } from "./kinds.ts";
import type { Lab } from "./lab.ts";
import { demand, type Finding, NotTried } from "./verdict.ts";

/** Kinds that can have custom fields. */
const CUSTOM = [
  kinds.ticket,
  kinds.task,
  kinds.contact,
  kinds.deal,
  kinds.company,
];

/** A value that can be set: of a standard key, or of a custom field. */
export interface Target {
  readonly kind: Kind;
  readonly field: string | Field;
}

/** What is stored: undefined if the record does not show it. */
export interface Stored {
  readonly value?: unknown;
  /** The name of the option, for custom fields. */
  readonly name?: unknown;
}

/** Sets a value, and reads the record. */
export async function set(
  lab: Lab,
  { kind, field }: Target,
  value: unknown,
): Promise<Stored> {
  const isCustom = typeof field !== "string";
  const body = isCustom
    ? { additional_fields: [{ id: field.id, name: field.name, value }] }
    : { [field]: value };
  const { record: answer } = await lab.change(kind, body);
  // What only the write's answer has counts too.
  const record: JsonObject = { ...answer, ...await lab.read(kind) };
  if (!isCustom) return { value: record[field] };
  const entry = objectsIn(record.additional_fields)
    .find(({ id }) => id === field.id);
  return { value: entry?.value, name: entry?.value_name };
}

/** What happened to a value, in words that contain only what we sent. */
export function describe({ value }: Stored, sent: unknown): string {
  if (value === undefined) return "accepted, and not shown";
  if (isSame(sent, value)) return "stored as sent";
  return isEmpty(value)
    ? "accepted, and not stored"
    : `stored otherwise, as ${typeName(value)}`;
}

/** Finds the first fitting custom field of a kind of which we have a record. */
export async function customField(
  lab: Lab,
  type: string,
  fits: (target: Target & { readonly field: Field }) => boolean = () => true,
) {
  for (const kind of CUSTOM) {
    const fields = lab.own.has(kind) ? await lab.fields(kind) : [];
    const field = fields.find((field) =>
      field.custom && field.type.name === type && fits({ kind, field })
    );
    if (field) return { kind, field };
  }
  throw new NotTried(`no record of ours has a custom field of type ${type}`);
}

/** Judges what is stored of what was sent. */
type Look = (stored: Stored, sent: unknown) => Finding;

const asSent: Look = (stored, sent) => [
  isSame(sent, stored.value),
  describe(stored, sent),
];

/** A probe that sets a standard key of our record. */
export const sets =
  (kind: Kind, field: string, sent: unknown, look = asSent): Probe =>
  async (lab) => look(await set(lab, { kind, field }, sent), sent);

/** A probe that sets a custom field of a type, as the tools would. */
export function setsCustom(
  type: string,
  valueOf: (field: Field) => unknown,
  look = asSent,
): Probe {
  return async (lab) => {
    const { kind, field } = await customField(lab, type);
    const { options = [] } = field;
    const how = { custom: true, options };
    const encoded = field.type.encode(valueOf(field), how);
    if (encoded.problem !== undefined) throw new NotTried(encoded.problem);
    const { wire } = encoded;
    const [holds, seen] = look(await set(lab, { kind, field }, wire), wire);
    return [holds, `${kind.name}: ${seen}`];
  };
}

/** A probe that sets a date; the stored day shows whether Qontak took it. */
export const setsDate = (kind: Kind, field: string, sent: string): Probe =>
  sets(kind, field, sent, (stored) => {
    const { value } = stored;
    if (isEmpty(value)) {
      return [value === undefined ? undefined : false, describe(stored, sent)];
    }
    const dayOf = (date: unknown) => parseDate(String(date))?.day;
    if (!isSame(dayOf(value), dayOf(sent))) {
      return [false, "stored as another day"];
    }
    // The form of the date, with 9 for each digit.
    const form = String(value).replace(/\d/g, "9").slice(0, 32);
    return [true, `stored, shown in the form ${form}`];
  });

/** A probe that sets another option of a standard field. */
export function setsOption(
  kind: typeof kinds.task | typeof kinds.ticket,
  key: string,
  wrap: (id: number) => unknown = (id) => id,
): Probe {
  return async (lab) => {
    const field = (await lab.fields(kind)).find((one) => one.key === key);
    const ids = (field?.options ?? []).flatMap(({ id }) => id ?? []);
    const values = demand(ids, `${key} has no options here`).map(wrap);
    const current = (await lab.read(kind))[key];
    const value = demand(
      values.find((value) => !isSame(current, value)),
      `${key} has only one option`,
    );
    return await sets(kind, key, value)(lab);
  };
}

/** Sets a value of our record, then null. */
export async function clear(
  lab: Lab,
  target: Target,
  value: string,
): Promise<Finding> {
  const first = await set(lab, target, value);
  demand(isSame(first.value, value), "no value could be set first");
  const isCleared = isEmpty((await set(lab, target, null)).value);
  return [isCleared, isCleared ? "cleared" : "it stayed"];
}
