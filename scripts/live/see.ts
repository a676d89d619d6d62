/**
 * Sends a value, and checks what Qontak stored.
 *
 * @module
 */
import { type Moment, parseDate, toDayFirst } from "../../src/fields/dates.ts";
import { isSame } from "../../src/fields/readback.ts";
import type { Field } from "../../src/fields/template.ts";
import type { Resource } from "../../src/qontak/resources.ts";
import { isEmpty, type JsonObject } from "../../src/values/json.ts";
import { objectsIn, recordIn } from "./answers.ts";
import { type Kind, kinds } from "./kinds.ts";
import type { Attempt, Lab } from "./lab.ts";
import { typeName } from "./shape.ts";
import { NotTried } from "./verdict.ts";

/** What happened to a value. */
export interface Seen {
  /** The status of the refusal, if Qontak refused it. */
  readonly refused?: number;
  /**
   * The value in the record now; undefined if the record does not show the key.
   */
  readonly stored?: unknown;
  /** The value before. */
  readonly before?: unknown;
  /** The name of the option, for custom fields. */
  readonly label?: unknown;
}

/** The record as a read returns it, plus what only the write's answer has. */
async function after(
  lab: Lab,
  kind: Kind,
  { response }: Attempt,
): Promise<JsonObject> {
  return { ...recordIn(response), ...await lab.read(kind) };
}

/** Writes one key of our record with a raw PUT, and reads it again. */
export async function sendAndSee(
  lab: Lab,
  kind: Kind,
  key: string,
  value: unknown,
): Promise<Seen> {
  const before = (await lab.read(kind))[key];
  const attempt = await lab.change(kind, { [key]: value });
  if (!attempt.ok) return { refused: attempt.status };
  return { stored: (await after(lab, kind, attempt))[key], before };
}

/** Does the same for a custom field. */
export async function sendCustom(
  lab: Lab,
  kind: Kind,
  { id, name }: Field,
  value: unknown,
): Promise<Seen> {
  const attempt = await lab.change(kind, {
    additional_fields: [{ id, name, value }],
  });
  if (!attempt.ok) return { refused: attempt.status };
  const { additional_fields } = await after(lab, kind, attempt);
  const entry = objectsIn(additional_fields).find((one) => one.id === id);
  return { stored: entry?.value, label: entry?.value_name };
}

/** A custom field of a kind of which we have a record. */
export interface CustomField {
  readonly kind: Kind;
  readonly field: Field;
  readonly resource: Resource;
}

/** Kinds that can have custom fields. */
const CUSTOM: readonly Kind[] = [
  kinds.ticket,
  kinds.task,
  kinds.contact,
  kinds.deal,
  kinds.company,
];

/**
 * Finds a custom field of a type, on a kind of which we have a record.
 *
 * @throws {NotTried} If there is none.
 */
export async function customField(
  lab: Lab,
  type: string,
): Promise<CustomField> {
  if (!lab.flags.write) throw new NotTried("it needs --write");
  for (const kind of CUSTOM) {
    const { resource } = kind;
    if (!lab.own.has(kind) || !resource) continue;
    const field = (await lab.setup.fields(resource)).find((one) =>
      one.custom && one.type.name === type
    );
    if (field) return { kind, field, resource };
  }
  throw new NotTried(`no record of ours has a custom field of type ${type}`);
}

/**
 * Describes what happened to a value, in words that contain only what we sent.
 */
export function describe({ refused, stored }: Seen, sent: unknown): string {
  if (refused !== undefined) return `refused with ${refused}`;
  if (stored === undefined) return "accepted, and not shown";
  if (isSame(sent, stored)) return "stored as sent";
  return isEmpty(stored)
    ? "accepted, and not stored"
    : `stored otherwise, as ${typeName(stored)}`;
}

/** Formats a date in some form. */
export type WriteDate = (moment: Moment) => string;

/**
 * Sends a date, and decides from the stored day whether Qontak accepted it;
 * undefined if nothing shows it.
 */
export async function tryDate(
  lab: Lab,
  kind: Kind,
  key: string,
  day: string,
  write: WriteDate,
): Promise<{ taken: boolean | undefined; words: string }> {
  const moment = parseDate(day)!;
  const seen = await sendAndSee(lab, kind, key, write(moment));
  const { refused, stored } = seen;
  if (refused !== undefined || stored === undefined || isEmpty(stored)) {
    const taken = refused === undefined && stored === undefined
      ? undefined
      : false;
    return { taken, words: describe(seen, day) };
  }
  const found = parseDate(String(stored));
  const taken = found !== undefined &&
    toDayFirst(found) === toDayFirst(moment);
  // The form of the date, with 9 for each digit.
  const form = String(stored).replace(/\d/g, "9").slice(0, 32);
  return {
    taken,
    words: taken
      ? `stored, shown in the form ${form}`
      : "stored as another day",
  };
}
