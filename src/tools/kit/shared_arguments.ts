/**
 * The arguments that many tools share.
 *
 * @module
 */
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
