/**
 * Values for the fields that a company requires: the first option, a day of
 * next month, our mark for every text.
 *
 * @module
 */
import { isObject, type JsonObject } from "../../src/values/json.ts";
import { NotTried } from "./fact.ts";
import { type Kind, kinds } from "./kinds.ts";
import type { Lab } from "./lab.ts";

/** A field, as the tools describe it. */
export interface Shown {
  /** The argument, or `additional_fields`. */
  readonly key: string;
  /** Our name of its type. */
  readonly type: string;
  readonly options?: readonly { id?: number | null; name: string }[];
  /** Whether the argument takes a list. */
  readonly list?: boolean;
  readonly custom?: boolean;
  readonly id?: number | null;
  /** The value that the caller has chosen already. */
  readonly value?: unknown;
  readonly writable?: boolean;
}

/** The day that every date is set to: far enough from today to be seen. */
export const DAY = "2031-03-14";

/** What an association is to: a record of ours. */
const ASSOCIATED: Readonly<Record<string, Kind>> = {
  crm_lead_ids: kinds.contact,
  crm_person_id: kinds.contact,
  crm_person_ids: kinds.contact,
  crm_company_id: kinds.company,
  crm_deal_id: kinds.deal,
  crm_deal_ids: kinds.deal,
  crm_product_ids: kinds.product,
  crm_task_ids: kinds.task,
};

/** The keys whose value is a user. */
const USERS = ["creator_id", "user_id", "assignee_id"];

const SAMPLES: Readonly<Record<string, unknown>> = {
  number: 12,
  percentage: 12.5,
  date: DAY,
  date_time: `${DAY}T10:00`,
  url: "https://example.com/qontak-mcp-live",
  upload: "https://example.com/qontak-mcp-live.txt",
  gps: "-6.2, 106.8",
  checkin: { latitude: -6.2, longitude: 106.8 },
};

/**
 * A value that a field should accept.
 *
 * @param lab Whose records and user are taken.
 * @param field The field.
 * @throws {NotTried} Where there is none to be had.
 */
export function valueFor(lab: Lab, field: Shown): unknown {
  if (field.value !== undefined) return field.value;
  const wrap = (value: unknown) => field.list ? [value] : value;
  if (field.options && field.options.length > 0) {
    const own = USERS.includes(field.key)
      ? field.options.find(({ id }) => id === lab.me)
      : undefined;
    const { id, name } = own ?? field.options[0]!;
    return wrap(id ?? name);
  }
  const kind = field.custom ? undefined : ASSOCIATED[field.key];
  if (kind) return wrap(lab.ours(kind));
  if (field.key === "email") return `qontak-mcp-live-${lab.run}@example.com`;
  // Nobody has this number: Indonesian numbers do not start with 0 after +62.
  if (field.key === "telephone") return "+620000000000";
  if (field.type in SAMPLES) return wrap(SAMPLES[field.type]);
  if (["text", "text_area", "unknown"].includes(field.type)) {
    return wrap(lab.mark);
  }
  throw new NotTried(`nothing is known to fill a required ${field.type} with`);
}

/**
 * Arguments that give fields their values.
 *
 * @param lab Whose records and user are taken.
 * @param fields The fields, as a tool has listed them.
 */
export function argumentsFor(lab: Lab, fields: readonly Shown[]): JsonObject {
  const args: JsonObject = {};
  const custom: JsonObject[] = [];
  for (const field of fields) {
    // What the API cannot write, no caller can fill.
    if (field.writable === false) continue;
    if (field.custom) {
      custom.push({ id: field.id, value: valueFor(lab, field) });
    } else args[field.key] = valueFor(lab, field);
  }
  return custom.length > 0 ? { ...args, additional_fields: custom } : args;
}

/** The types of custom fields of which one each is filled besides. */
const EXTRAS = [
  "text",
  "text_area",
  "number",
  "percentage",
  "date",
  "date_time",
  "select",
  "url",
];

/**
 * Custom fields that need not be filled, one of each type, so that what
 * Qontak makes of them is seen.
 *
 * @param fields The optional fields, as a tool has listed them.
 */
export function extras(fields: readonly Shown[]): Shown[] {
  return EXTRAS.flatMap((type) => {
    const field = fields.find((one) => one.custom && one.type === type);
    return field && field.writable !== false ? [field] : [];
  });
}

/** The fields under a key of a tool's answer. */
export function fieldsIn(data: JsonObject, key: string): Shown[] {
  const fields = data[key];
  return Array.isArray(fields)
    ? fields.filter(isObject) as unknown as Shown[]
    : [];
}
