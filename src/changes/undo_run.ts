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
import { prepareUndo, UNDO_TOOL } from "./undo.ts";

/** Prepares a row that takes back one change. */
export const prepareUndoRow: PrepareRow = async (context, _run, { undo }) => {
  const change = await context.history.get(String(undo));
  if (!change) {
    return {
      problems: [`what the record was before is no longer kept (${undo})`],
    };
  }
  const { prepared, problems } = await prepareUndo(context, [change]);
  return { prepared, problems, undoes: change.id };
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
      known: run.undoneBy.length,
    },
    // The last change is taken back first.
    rows: undoes.toSorted().reverse().map((undo) => ({ undo })),
    resource,
    prepareRow: prepareUndoRow,
    leavesOut: true,
  });
}

/**
 * Begins to take back a run, or as much of it as the time of a call allows.
 *
 * @param context The company's CRM.
 * @param handle The plan's handle.
 * @throws {InputError} When there is no such plan, or another one has taken the
 * run back since.
 */
export async function carryOutUndoRun(
  context: ChangeContext,
  handle: string,
): Promise<JsonObject> {
  const run = await startRun(context, UNDO_TOOL, handle, async (run) => {
    const isFirst = await context.runs.noteUndo(
      run.undoes!,
      run.known!,
      run.id,
    );
    if (isFirst) return;
    throw new InputError(
      `${UNDO_TOOL} was not sent: the run was taken back since this plan was made. Make a new plan`,
    );
  });
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
): Promise<string[]> {
  const rows = (await runs.rows(run)).map(({ row }) => row);
  const found = new Set(rows.flatMap(({ undo }) => undo ?? []));
  // The ids of rows without an answer are only in the history.
  for (const { id, bulk, undone } of await history.list()) {
    if (bulk === run.id) found.add(id);
    if (undone) found.delete(id);
  }
  await inParallel(run.undoneBy, AT_ONCE, async (id) => {
    const other = await runs.find(id);
    if (!other) return;
    for (const { row: { state, args } } of await runs.rows(other)) {
      if (state !== "not_started" && state !== "failed") {
        found.delete(String(args.undo));
      }
    }
  });
  return [...found];
}
