/**
 * Values for the fields that a company requires: the first option, a day in a
 * future year, our mark for every text.
 *
 * @module
 */
import { isObject, type JsonObject } from "../../src/values/json.ts";
import { argumentsFor as fill, type Shown } from "../fill.ts";
import { type Kind, kinds } from "./kinds.ts";
import type { Lab } from "./lab.ts";
import { NotTried } from "./verdict.ts";

/** The day for every date: far enough in the future to be recognizable. */
export const DAY = "2031-03-14";

/** Associations, by the kind of our record that they point to. */
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

/** The keys whose value is the id of a user. */
const USERS = ["creator_id", "user_id", "assignee_id"];

/** A value of each type of field; texts contain our mark. */
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
 * @throws {NotTried} If there is none.
 */
export function valueFor(lab: Lab, field: Shown): unknown {
  const { key, type, options = [], custom, list } = field;
  const wrap = (value: unknown) => list ? [value] : value;
  if (options.length > 0) {
    const own = USERS.includes(key)
      ? options.find(({ id }) => id === lab.me)
      : undefined;
    const { id, name } = own ?? options[0]!;
    return wrap(id ?? name);
  }
  const kind = custom ? undefined : ASSOCIATED[key];
  if (kind) return wrap(lab.ours(kind));
  if (key === "email") return `qontak-mcp-live-${lab.run}@example.com`;
  // No one has this number: Indonesian numbers do not start with 0 after +62.
  if (key === "telephone") return "+620000000000";
  if (["text", "text_area", "unknown"].includes(type)) return wrap(lab.mark);
  if (Object.hasOwn(SAMPLES, type)) return wrap(SAMPLES[type]);
  throw new NotTried(`nothing is known to fill a required ${type} with`);
}

/** Arguments that set the fields, as a tool lists them. */
export function argumentsFor(lab: Lab, fields: readonly Shown[]): JsonObject {
  return fill(fields, (field) => valueFor(lab, field));
}

/**
 * The types of custom fields of which one each is set although not required.
 */
const EXTRAS = "text text_area number percentage date date_time select url"
  .split(" ");

/**
 * Custom fields that are not required, one of each type, to see what Qontak
 * stores for them.
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
