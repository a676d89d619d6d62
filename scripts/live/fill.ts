/**
 * Values for the fields that a company requires: the first option, a day in a
 * future year, our mark for every text.
 *
 * @module
 */
import type { JsonObject } from "../../src/values/json.ts";
import {
  argumentsFor as fill,
  SAMPLES,
  type Shown,
} from "../../src/sandbox/samples.ts";
import { objectsIn } from "./answers.ts";
import { associated } from "./kinds.ts";
import type { Lab } from "./lab.ts";
import { NotTried } from "./verdict.ts";

/** The day for every date: far enough in the future to be recognizable. */
export const DAY = "2031-03-14";

/** The keys whose value is the id of a user. */
const USERS = ["creator_id", "user_id", "assignee_id"];

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
  const kind = custom ? undefined : associated(key);
  if (kind) return wrap(lab.ours(kind));
  if (key === "email") return `qontak-mcp-live-${lab.run}@example.com`;
  // No one has this number: Indonesian numbers do not start with 0 after +62.
  if (key === "telephone") return "+620000000000";
  if (["text", "text_area", "unknown"].includes(type)) return wrap(lab.mark);
  if (type.startsWith("date")) return type === "date" ? DAY : `${DAY}T10:00`;
  if (Object.hasOwn(SAMPLES, type)) return wrap(SAMPLES[type]);
  throw new NotTried(`nothing is known to fill a required ${type} with`);
}

/** Arguments that set the fields, as a tool lists them. */
export function argumentsFor(lab: Lab, fields: readonly Shown[]): JsonObject {
  return fill(fields, (field) => valueFor(lab, field));
}

/** Associations with those of our records that exist. */
export function associations(lab: Lab, ...keys: string[]): JsonObject {
  const existing = keys.filter((key) => lab.own.has(associated(key)!));
  return argumentsFor(
    lab,
    existing.map((key) => ({ key, type: "", list: key.endsWith("_ids") })),
  );
}

/** The fields under a key of a tool's answer. */
export function fieldsIn(data: JsonObject, key: string): Shown[] {
  return objectsIn(data[key]) as unknown as Shown[];
}
