/**
 * Sends one value and looks at what became of it.
 *
 * @module
 */
import { parseDate, toDayFirst } from "../../src/fields/dates.ts";
import { isSame } from "../../src/fields/readback.ts";
import type { Field } from "../../src/fields/template.ts";
import type { Resource } from "../../src/qontak/resources.ts";
import { resources } from "../../src/qontak/resources.ts";
import { isEmpty, isObject, type JsonObject } from "../../src/values/json.ts";
import { NotTried } from "./fact.ts";
import { type Kind, kinds } from "./kinds.ts";
import { recordIn } from "./answers.ts";
import type { Attempt, Lab } from "./lab.ts";
import { typeName } from "./shape.ts";

/** What became of a value. */
export interface Seen {
  /** The status of the refusal, where Qontak refused it. */
  readonly refused?: number;
  /** What the record holds now; undefined where it does not show the key. */
  readonly stored?: unknown;
  /** What it held before. */
  readonly before?: unknown;
}

/** The record as the read shows it, with what only the write's answer has. */
async function after(
  lab: Lab,
  kind: Kind,
  { response }: Attempt,
): Promise<JsonObject> {
  return { ...recordIn(response), ...await lab.read(kind) };
}

/**
 * Writes one key of our record by a raw PUT and reads it again.
 *
 * @param lab The lab.
 * @param kind The kind of record.
 * @param key The body key.
 * @param value What is sent.
 */
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

/** The same for a custom field. */
export async function sendCustom(
  lab: Lab,
  kind: Kind,
  { id, name }: Field,
  value: unknown,
): Promise<Seen & { readonly label?: unknown }> {
  const attempt = await lab.change(kind, {
    additional_fields: [{ id, name, value }],
  });
  if (!attempt.ok) return { refused: attempt.status };
  const { additional_fields: list } = await after(lab, kind, attempt);
  const entry = Array.isArray(list)
    ? list.filter(isObject).find((one) => one.id === id)
    : undefined;
  return { stored: entry?.value, label: entry?.value_name };
}

/** Kinds that can have custom fields, and where those are described. */
const CUSTOM: readonly (readonly [Kind, Resource])[] = [
  [kinds.ticket, resources.ticket],
  [kinds.task, resources.task],
  [kinds.contact, resources.contact],
  [kinds.deal, resources.deal],
  [kinds.company, resources.company],
];

/**
 * A custom field of a type, on a kind of record that we have one of.
 *
 * @param lab The lab.
 * @param type Our name of the type.
 * @throws {NotTried} Where there is none.
 */
export async function customField(
  lab: Lab,
  type: string,
): Promise<{ kind: Kind; field: Field; resource: Resource }> {
  if (!lab.flags.write) throw new NotTried("it needs --write");
  for (const [kind, resource] of CUSTOM) {
    if (!lab.own.has(kind)) continue;
    const field = (await lab.setup.fields(resource)).find((one) =>
      one.custom && one.type.name === type
    );
    if (field) return { kind, field, resource };
  }
  throw new NotTried(`no record of ours has a custom field of type ${type}`);
}

/**
 * What became of a value, in words that hold nothing but what we sent.
 *
 * @param seen What was seen.
 * @param sent What was sent.
 */
export function describe(seen: Seen, sent: unknown): string {
  if (seen.refused !== undefined) return `refused with ${seen.refused}`;
  if (seen.stored === undefined) return "accepted, and not shown";
  if (isSame(sent, seen.stored)) return "stored as sent";
  if (isEmpty(seen.stored)) return "accepted, and not stored";
  return `stored otherwise, as ${typeName(seen.stored)}`;
}

/**
 * Whether a stored date is on a day, whatever its form; undefined where
 * nothing shows it.
 *
 * @param seen What was seen.
 * @param day The day, such as 2031-03-14.
 */
export function isDay(seen: Seen, day: string): boolean | undefined {
  if (seen.refused !== undefined) return false;
  if (seen.stored === undefined) return undefined;
  const stored = parseDate(String(seen.stored));
  return stored !== undefined &&
    toDayFirst(stored) === toDayFirst(parseDate(day)!);
}

/** What became of a date, in words. */
export function describeDay(seen: Seen, day: string): string {
  if (seen.refused !== undefined) return `refused with ${seen.refused}`;
  if (isDay(seen, day)) {
    return `stored, shown in the form ${formOf(String(seen.stored))}`;
  }
  if (seen.stored === undefined) return "accepted, and not shown";
  return isEmpty(seen.stored)
    ? "accepted, and not stored"
    : "stored as another day";
}

/** The form of a date: each digit a 9. */
function formOf(text: string): string {
  return text.replace(/\d/g, "9").slice(0, 32);
}
