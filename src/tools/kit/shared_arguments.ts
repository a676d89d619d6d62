/**
 * The arguments that many tools share.
 *
 * @module
 */
import { isMoney, type Resource } from "../../qontak/resources.ts";
import type { JsonObject } from "../../values/json.ts";
import { type Arguments, flag, text, whole, words } from "./arguments.ts";

/** The tenant; every tool takes this argument. */
export const tenantArgument = { user_id: text() } satisfies Arguments;

/** Selects what an answer shows; the server's instructions explain how. */
export const fieldsArgument = { fields: words() } satisfies Arguments;

/** Tries a change, or carries out a plan; the server's instructions explain. */
export const changeArguments = {
  dry_run: flag(),
  plan: text(),
} satisfies Arguments;

/** The handle of the plan that a call carries out; undefined if it has none. */
export function planOf({ plan }: JsonObject): string | undefined {
  return typeof plan === "string" && plan.trim() !== "" ? plan : undefined;
}

/** Which page of a list. */
export const pageArgument = { page: whole(1, Infinity) } satisfies Arguments;

/** The number of records in a page. */
export const perPageArgument = { per_page: whole(1, 100) } satisfies Arguments;

/** What to do instead of `per_page` where the caller cannot choose it. */
export const fixedPages = {
  per_page: "the size of these pages is fixed: read on with page",
} as const;

/** Sends a write without checking it against the template. */
export const skipArgument = { skip_validation: flag() } satisfies Arguments;

/**
 * Converts the names in `fields` to keys of records. If an argument's name
 * differs from its key, both names work.
 *
 * @param resource The kind of record.
 * @param fields What the caller named, if anything.
 */
export function selectedKeys(
  resource: Resource,
  fields: unknown,
): string[] | undefined {
  if (!Array.isArray(fields)) return undefined;
  const renamed = Object.entries(resource.arguments);
  const keys = fields.map((field: string) =>
    renamed.find(([, name]) => name === field)?.[0] ?? field
  );
  // An amount says nothing without its currency.
  return keys.some((key) => isMoney(resource, key)) &&
      !keys.includes("currency")
    ? [...keys, "currency"]
    : keys;
}
