/**
 * A dry run: says what a change would do, and makes a plan of it. It sends
 * nothing.
 *
 * @module
 */
import { presentRecord } from "../fields/present.ts";
import { labelsFor, showRecord } from "../fields/shown.ts";
import { defined, type JsonObject } from "../values/json.ts";
import type { Prepared } from "./change.ts";
import type { ChangeContext } from "./context.ts";
import { differencesOf } from "./differences.ts";
import { findHanging } from "./hangs_on.ts";

/**
 * What a delete would delete: the record, and what hangs on it.
 *
 * @param context The company's CRM.
 * @param prepared The change.
 * @returns `{would_delete, hangs_on}`; nothing for other changes.
 */
export async function describeDelete(
  context: ChangeContext,
  { act, kind, id, resource, before }: Prepared,
): Promise<JsonObject> {
  if (act !== "delete") return {};
  const hanging = id === undefined ? {} : await findHanging(context, kind, id);
  if (!before) return { hangs_on: hanging };
  const { record } = presentRecord(before);
  const shown = resource
    ? showRecord(record, await labelsFor(context.setup, resource, [record]))
    : record;
  return { would_delete: shown, hangs_on: hanging };
}

/**
 * Says what a change would do.
 *
 * @param context The company's CRM.
 * @param prepared The change.
 * @param args The arguments that it was prepared from.
 * @returns The answer of the tool. It has a plan if there are no problems.
 */
export async function dryRun(
  context: ChangeContext,
  prepared: Prepared,
  args: JsonObject,
): Promise<JsonObject> {
  const { tool, act, id, before, body, problems, notes } = prepared;
  const isDelete = act === "delete";
  const { changed, cleared, removed } = await differencesOf(
    context.setup,
    prepared,
  );
  const deleted = await describeDelete(context, prepared);
  const made = problems.length > 0
    ? {}
    : await context.plans.make({ tool, args, body, ...defined({ before }) });
  return {
    dry_run: true,
    ...defined({ id, name: act === "update" ? nameIn(before) : undefined }),
    ...deleted,
    ...(isDelete ? {} : { changes: changed }),
    ...(cleared.length > 0 ? { cleared } : {}),
    ...(removed.length > 0 ? { removed } : {}),
    ...(problems.length > 0 ? { problems } : {}),
    ...(notes.length > 0 ? { notes } : {}),
    ...made,
  };
}

/**
 * What a person calls a record.
 *
 * @param record The record, if there is one.
 * @returns Undefined if it has no name.
 */
export function nameIn(record: JsonObject | undefined): string | undefined {
  const { name, first_name, last_name } = record ?? {};
  const written = [name, ...name ? [] : [first_name, last_name]]
    .filter((part) => typeof part === "string" && part !== "").join(" ");
  return written || undefined;
}
