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

/** The record that a delete would delete, as answers show it. */
async function shownBefore(
  { setup }: ChangeContext,
  { resource }: Prepared,
  before: JsonObject,
): Promise<JsonObject> {
  const { record } = presentRecord(before);
  return resource
    ? showRecord(record, await labelsFor(setup, resource, [record]))
    : record;
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
  const hanging = isDelete && id !== undefined
    ? await findHanging(context, prepared.kind, id)
    : {};
  const made = problems.length > 0
    ? {}
    : await context.plans.make({ tool, args, body, ...defined({ before }) });
  return {
    dry_run: true,
    ...defined({ id }),
    ...(isDelete && before
      ? { would_delete: await shownBefore(context, prepared, before) }
      : {}),
    ...(isDelete ? {} : { changes: changed }),
    ...(cleared.length > 0 ? { cleared } : {}),
    ...(removed.length > 0 ? { removed } : {}),
    ...(isDelete ? { hangs_on: hanging } : {}),
    ...(problems.length > 0 ? { problems } : {}),
    ...(notes.length > 0 ? { notes } : {}),
    ...made,
  };
}
