/**
 * Custom fields: what `additional_fields` takes and gives, type by type.
 *
 * @module
 */

import type { Descriptor } from "./template.ts";
import { isDayFirst, isLocalDateTime } from "./time.ts";

/** How a custom value is shown. */
export interface Shown {
  /** The value. */
  readonly value: string | null;
  /** The label; a list of labels for a multiple select. */
  readonly value_name: string | readonly string[] | null;
}

/** One type of custom field. */
interface FieldType {
  /**
   * The text to keep for a value; undefined if the value is invalid. Absent:
   * the type cannot be written, and a value for it is dropped.
   */
  readonly keep?: (value: unknown, field: Descriptor) => string | undefined;
  /** The accepted form, for the text of a refusal. */
  readonly takes: string;
  /** How a stored text is shown. The default is value = value_name = text. */
  readonly show?: (text: string, field: Descriptor) => Shown;
  /** How it is shown when empty. The default is two empty strings. */
  readonly empty?: Shown;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A number or a numeric text, as a number. */
export function toNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== ""
    ? Number(value)
    : value;
  return typeof number === "number" && Number.isFinite(number)
    ? number
    : undefined;
}

/** `10` as `"10.0"`, `12.5` as `"12.5"`: how Qontak writes a decimal. */
export function toDecimal(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function option(value: unknown, field: Descriptor): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const id = String(value);
  return field.dropdown?.some((option) => String(option.id) === id)
    ? id
    : undefined;
}

function label(id: string, field: Descriptor): string {
  return field.dropdown?.find((option) => String(option.id) === id)?.name ?? "";
}

function matching(
  fits: (text: string) => boolean,
): (value: unknown) => string | undefined {
  return (value) =>
    typeof value === "string" && fits(value) ? value : undefined;
}

/**
 * A checklist is written as a JSON text that holds
 * `checklist_details_attributes`, whose items the template must have (assumed:
 * second-hand knowledge, Qontak documents nothing).
 */
function checklist(value: unknown, field: Descriptor): string | undefined {
  if (typeof value !== "string") return undefined;
  let written: unknown;
  try {
    written = JSON.parse(value);
  } catch {
    return undefined;
  }
  const items = Object(written).checklist_details_attributes;
  const known = field.checklist_details_attributes ?? [];
  const fits = Array.isArray(items) && items.every((item: unknown) => {
    const { crm_additional_option_id: id, completed } = Object(item);
    return known.some((one) => one.crm_additional_option_id === id) &&
      (completed == null || typeof completed === "boolean");
  });
  return fits ? value : undefined;
}

const plain: FieldType = { keep: text, takes: "a text" };
const none = { value: null, value_name: "" };

/**
 * The types, by Qontak's names. The written forms come from Qontak's collection
 * and real traffic, the empty ones from real traffic. Qontak documents that a
 * percentage is a number. Assumed: a GPS value is a text `lat, long`.
 */
const TYPES: Readonly<Record<string, FieldType>> = {
  "Single-line text": plain,
  "Text Area": plain,
  "URL": plain,
  "gps": plain,
  "Number": {
    keep: (value) => toNumber(value)?.toString(),
    takes: "a number",
  },
  "Percentage": {
    keep(value) {
      const number = toNumber(value);
      return number === undefined ? undefined : toDecimal(number);
    },
    takes: "a number",
    empty: { value: "0.0", value_name: "0.0" },
  },
  "Date": { keep: matching(isDayFirst), takes: "a date as dd/mm/yyyy" },
  "Date time": {
    keep: matching(isLocalDateTime),
    takes: "a date-time as YYYY-MM-DDTHH:MM:SS",
  },
  "Dropdown select": {
    keep: option,
    takes: "the id of an option",
    show: (id, field) => ({ value: id, value_name: label(id, field) }),
    empty: { value: "", value_name: null },
  },
  "Multiple select": {
    keep(value, field) {
      if (typeof value === "number") return option(value, field);
      if (typeof value !== "string") return undefined;
      const ids = value.split(",").map((id) => id.trim());
      return ids.every((id) => option(id, field) !== undefined)
        ? ids.join(",")
        : undefined;
    },
    takes: "option ids joined by commas",
    show: (ids, field) => ({
      value: ids,
      value_name: ids.split(",").map((id) => label(id, field)),
    }),
    empty: { value: "", value_name: [] },
  },
  "Upload": {
    keep: text,
    takes: "a URL",
    empty: { value: null, value_name: null },
  },
  "Checklist": {
    keep: checklist,
    takes: "a JSON text with checklist_details_attributes of the template",
  },
  "Photo": { takes: "nothing through the API", empty: none },
  "Signature": { takes: "nothing through the API", empty: none },
};

function typeOf(field: Descriptor): FieldType {
  return TYPES[field.type] ?? plain;
}

/** Whether the API can write a custom field of this type. */
export function isWritable(field: Descriptor): boolean {
  return typeOf(field).keep !== undefined;
}

/** Says what is wrong with a field. */
export type Fail = (field: string, reason: string) => void;

/** The label of a custom field in a refusal: its name and its id. */
export function customLabel(field: Descriptor): string {
  return `additional_fields.${field.name} (${field.id})`;
}

/**
 * Reads the custom values from a body's `additional_fields`. Null and an empty
 * text clear a field. An entry whose id is not in the template, or whose field
 * cannot be written, is silently dropped (assumed: Qontak drops unknown keys).
 */
export function readCustom(
  entries: unknown,
  template: readonly Descriptor[],
  kept: ReadonlyMap<number, string>,
  fail: Fail,
): ReadonlyMap<number, string> {
  if (entries === undefined || entries === null) return kept;
  if (!Array.isArray(entries)) {
    fail("additional_fields", "must be an array");
    return kept;
  }
  const custom = new Map(kept);
  for (const entry of entries) {
    const { id, value } = Object(entry) as { id?: unknown; value?: unknown };
    const field = template.find((one) => one.additional_field && one.id === id);
    const type = field && typeOf(field);
    if (!field || !type?.keep || value === undefined) continue;
    if (value === null || value === "") {
      custom.delete(id as number);
      continue;
    }
    const text = type.keep(value, field);
    if (text === undefined) fail(customLabel(field), `must be ${type.takes}`);
    else custom.set(id as number, text);
  }
  return custom;
}

/**
 * Every custom field of a template with its value, empty or not, as reads show
 * it. In the answer to a create, empty ones are `null`/`null`.
 */
export function showCustom(
  template: readonly Descriptor[],
  custom: ReadonlyMap<number, string>,
  fresh = false,
): Record<string, unknown>[] {
  return template.filter((field) => field.additional_field).map((field) => {
    const text = custom.get(field.id!);
    const { show, empty } = typeOf(field);
    const shown = text !== undefined
      ? show?.(text, field) ?? { value: text, value_name: text }
      : fresh
      ? { value: null, value_name: null }
      : empty ?? { value: "", value_name: "" };
    return { id: field.id, name: field.name, ...shown };
  });
}
