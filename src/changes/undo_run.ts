/**
 * Taking back a whole run: a run itself, with a row for each change.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { type Resource, resources } from "../qontak/resources.ts";
import type { JsonObject } from "../values/json.ts";
import { AT_ONCE, carryOutRun, type PrepareRow } from "./carry_out_run.ts";
import type { ChangeContext } from "./context.ts";
import { inParallel } from "./parallel.ts";
import { planRun, startRun } from "./plan_run.ts";
import type { Run } from "./runs.ts";
import { UNDO_TOOL } from "./undo.ts";
import { prepareUndo } from "./undo_again.ts";

/** Prepares a row that takes back one change. */
export const prepareUndoRow: PrepareRow = async (context, _run, { undo }) => {
  const change = await context.history.get(String(undo));
  if (!change) {
    return {
      problems: [`what the record was before is no longer kept (${undo})`],
    };
  }
  const { prepared, problems, notes } = await prepareUndo(context, [change]);
  return { prepared, problems, notes, undoes: change.id, sent: change.body };
};

/**
 * Says what taking back a run would do, and makes a plan of it.
 *
 * @param context The company's CRM.
 * @param id The run's id.
 * @throws {InputError} When there is no such run, or none of it can be taken
 * back.
 */
export async function planUndoRun(
  context: ChangeContext,
  id: string,
): Promise<JsonObject> {
  if (!context.mayRead) {
    throw new InputError(
      `${UNDO_TOOL} was not sent: your credential lacks the scope read, which is needed to see what was before`,
    );
  }
  const run = await findRun(context, id);
  const resource = Object.values<Resource>(resources)
    .find(({ plural }) => plural === run.resource);
  const undoes = await undoesOf(context, run);
  if (undoes.length === 0 || !resource) {
    throw new InputError(
      `${UNDO_TOOL} was not sent: nothing of this run can be taken back. It was taken back already, or what was before is not kept`,
    );
  }
  const act = run.act === "create"
    ? "delete"
    : run.act === "delete"
    ? "create"
    : "update";
  return await planRun(context, {
    run: {
      tool: UNDO_TOOL,
      does: "undo",
      resource: run.resource,
      act,
      undoes: id,
    },
    // The last change is taken back first.
    rows: undoes.toSorted(({ undo: a }, { undo: b }) => a < b ? 1 : -1),
    resource,
    prepareRow: prepareUndoRow,
    leavesOut: true,
    sayLater: (left, planned) =>
      `${left} of ${undoes.length} changes could not be checked in the time of one call. ${
        planned > 0
          ? `They are not in this plan: carry it out, and call ${UNDO_TOOL} with ids ${id} again for them`
          : "A longer time limit of calls checks more of them"
      }`,
  });
}

/**
 * Begins to take back a run, or as much of it as the time of a call allows.
 *
 * @param context The company's CRM.
 * @param handle The plan's handle.
 * @throws {InputError} When there is no such plan.
 */
export async function carryOutUndoRun(
  context: ChangeContext,
  handle: string,
): Promise<JsonObject> {
  const run = await startRun(context, UNDO_TOOL, handle);
  context.setup.forget();
  return await carryOutRun(context, run, prepareUndoRow);
}

async function findRun({ runs }: ChangeContext, id: string): Promise<Run> {
  const run = await runs.find(id);
  if (run) return run;
  throw new InputError(
    `${UNDO_TOOL} was not sent: there is no such run. Without ids, ${UNDO_TOOL} lists what is kept`,
  );
}

/** The ids of the changes of a run that were not taken back yet. */
async function undoesOf(
  { runs, history }: ChangeContext,
  run: Run,
): Promise<{ readonly undo: string; readonly record: number | null }[]> {
  const listed = new Map((await history.list()).map((one) => [one.id, one]));
  const found = new Set([
    ...(await runs.rows(run)).flatMap(({ row: { undo } }) => undo ?? []),
    // The ids of rows without an answer are only in the history.
    ...[...listed.values()].filter(({ bulk }) => bulk === run.id)
      .map(({ id }) => id),
  ]);
  const left: { readonly undo: string; readonly record: number | null }[] = [];
  await inParallel(found, AT_ONCE, async (undo) => {
    const { undone, record = null } = listed.get(undo) ??
      await history.get(undo) ?? {};
    if (undone?.state !== "done") left.push({ undo, record });
  });
  return left;
}
