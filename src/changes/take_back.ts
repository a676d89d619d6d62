/**
 * The tool that takes changes back: it lists them, plans, and carries out its
 * plan.
 *
 * @module
 */
import { ForeseenError, InputError, problemsError } from "../errors.ts";
import { argumentOf } from "../qontak/resources.ts";
import { sha256 } from "../storage/hash.ts";
import { defined, type JsonObject, show } from "../values/json.ts";
import { createPauses, nextTurn } from "../values/turns.ts";
import { carryOut } from "./change.ts";
import type { ChangeContext } from "./context.ts";
import { differencesOf } from "./differences.ts";
import { describeDelete } from "./dry_run.ts";
import type { ListedChange, PastChange } from "./history.ts";
import { sizeOf } from "./report_run.ts";
import {
  groupByRecord,
  nameOf,
  resourceOf,
  UNDO_TOOL,
  type Undoing,
} from "./undo.ts";
import { prepareUndo } from "./undo_again.ts";

/** How many changes one call takes back. */
export const MAX_UNDO = 20;

/** How many characters the changes that one call takes back may hold. */
const MAX_SIZE = 2_000_000;

/**
 * Lists the company's last changes, newest first.
 *
 * @param context The company's CRM.
 * @param most How many to list.
 */
export async function listChanges(
  context: ChangeContext,
  most: number,
): Promise<JsonObject> {
  const all = await context.history.list();
  const lasts = await context.history.isLasting();
  // Calls that share the list would all answer at once.
  await nextTurn();
  // The changes of a run are one entry.
  const entries = [
    ...Map.groupBy(all, ({ id, bulk }) => bulk ?? id).values(),
  ];
  return {
    records: entries.slice(0, most).map(([change, ...others]) => ({
      undo: change!.bulk ?? change!.id,
      time: change!.time,
      by: change!.principal,
      tool: change!.tool,
      ...(change!.bulk === undefined
        ? oneChange(change!)
        : manyChanges([change!, ...others])),
    })),
    ...(entries.length > most ? { left_out: entries.length - most } : {}),
    ...(lasts ? {} : { undo_lasts: "until this server ends" }),
  };
}

/** What a list says of one change. */
function oneChange(change: ListedChange): JsonObject {
  const { undone, keys } = change;
  const resource = resourceOf(change);
  // As other answers call them.
  const called = resource ? keys.map((key) => argumentOf(resource, key)) : keys;
  return {
    record: nameOf(change),
    ...(change.act === "delete" ? {} : { keys: called }),
    ...(change.effect === "unknown" ? { outcome: "unknown" } : {}),
    ...(change.canUndo ? {} : { can_undo: false }),
    ...defined({
      undoes: change.undoes?.split(" "),
      undone_by: undone?.state === "done" ? undone.by : undefined,
      undo_outcome: undone && undone.state !== "done" ? "unknown" : undefined,
    }),
  };
}

/** What a list says of the changes of a run. */
function manyChanges(changes: readonly ListedChange[]): JsonObject {
  const count = (test: (change: ListedChange) => boolean) =>
    changes.filter(test).length;
  const taken = count(({ undone }) => undone?.state === "done");
  const unknown = count(({ effect }) => effect === "unknown");
  return {
    kind: changes[0]!.kind.replaceAll("_", " "),
    changes: changes.length,
    ...(unknown > 0 ? { outcome_unknown: unknown } : {}),
    ...(changes[0]!.undoes ? { takes_back: changes.length } : {}),
    ...(taken > 0 ? { taken_back: taken } : {}),
  };
}

/**
 * Says what taking changes back would do, and makes a plan of it.
 *
 * @param context The company's CRM.
 * @param ids The ids of the changes.
 * @throws {InputError} When none of them can be taken back.
 */
export async function planUndo(
  context: ChangeContext,
  ids: readonly string[],
): Promise<JsonObject> {
  const undoings = await prepareAll(context, ids);
  const problems = undoings.flatMap(({ problems }) => problems);
  const ready = undoings.filter((one) =>
    one.prepared && one.problems.length === 0
  );
  if (ready.length === 0 && problems.length > 0) {
    throw problemsError(`${UNDO_TOOL} was not sent`, problems);
  }
  const notes = [...new Set(undoings.flatMap(({ notes }) => notes))];
  if (ready.length === 0) {
    return { dry_run: true, takes_back: [], notes: [NOTHING, ...notes] };
  }
  const pause = createPauses();
  const shown: Awaited<ReturnType<typeof describe>>[] = [];
  const digests: Record<string, string> = {};
  for (const one of ready) {
    await pause();
    shown.push(await describe(context, one));
    digests[keyOf(one)] = await digestOf(one);
  }
  const made = await context.plans.make({
    tool: UNDO_TOOL,
    args: { ids: ready.flatMap(({ changes }) => changes.map(({ id }) => id)) },
    body: digests,
  });
  return {
    dry_run: true,
    takes_back: ready.map((one, i) => ({
      undo: one.changes.map(({ id }) => id),
      record: nameOf(one.changes[0]!),
      does: one.prepared!.act,
      ...shown[i]!.deleted,
    })),
    restores: shown.flatMap(({ changed }) => changed),
    ...listed("cleared", shown.flatMap(({ cleared }) => cleared)),
    ...listed("removed", shown.flatMap(({ removed }) => removed)),
    ...listed("notes", notes),
    ...listed("problems", problems),
    ...made,
  };
}

const NOTHING =
  "The records are as they were before these changes: there is nothing to take back";

function listed(key: string, list: readonly unknown[]): JsonObject {
  return list.length > 0 ? { [key]: list } : {};
}

/** Finds the changes, and prepares what takes them back. */
async function prepareAll(
  context: ChangeContext,
  ids: readonly string[],
): Promise<readonly Undoing[]> {
  if (!context.mayRead) {
    throw new InputError(
      `${UNDO_TOOL} was not sent: your credential lacks the scope read, which is needed to see what was before`,
    );
  }
  const wanted = [...new Set(ids)];
  if (wanted.length > MAX_UNDO) {
    throw new InputError(
      `${UNDO_TOOL} was not sent: it takes back at most ${MAX_UNDO} changes a call, not ${wanted.length}`,
    );
  }
  // Changes can be large: one after the other, with turns for other calls.
  const pause = createPauses();
  const found: (PastChange | undefined)[] = [];
  let size = 0;
  for (const id of wanted) {
    await pause();
    const change = await context.history.get(id);
    found.push(change);
    size += sizeOf(change ?? null);
    if (size <= MAX_SIZE) continue;
    throw new InputError(
      `${UNDO_TOOL} was not sent: these changes hold more than ${
        MAX_SIZE / 1_000_000
      } million characters. Give fewer ids at once`,
    );
  }
  const unknown = wanted.filter((_, i) => !found[i]);
  if (unknown.length > 0) {
    throw new InputError(
      `${UNDO_TOOL} was not sent: there is no change ${
        unknown.slice(0, MAX_UNDO).map((id) => show(id)).join(", ")
      }, or it is no longer kept. Without ids, ${UNDO_TOOL} lists those that are kept`,
    );
  }
  const changes = found as PastChange[];
  const isDone = ({ undone }: PastChange) => undone?.state === "done";
  const groups = [
    ...changes.filter(isDone).map((change) => [change]),
    ...groupByRecord(changes.filter((change) => !isDone(change))),
  ];
  const undoings: Undoing[] = [];
  // One after the other: they are reads under the company's limits.
  for (const group of groups) {
    await pause();
    undoings.push(await prepareUndo(context, group));
  }
  return undoings;
}

/** The differences that taking changes back makes, with the record's name. */
async function describe(
  context: ChangeContext,
  { changes, prepared }: Undoing,
) {
  const record = nameOf(changes[0]!);
  const { changed, cleared, removed } = await differencesOf(
    context.setup,
    prepared!,
  );
  const named = (list: readonly JsonObject[]) =>
    list.map((one) => ({ record, ...one }));
  return {
    changed: named(changed),
    cleared: named(cleared),
    removed: named(removed),
    deleted: await describeDelete(context, prepared!),
  };
}

/** Identifies the record of changes. */
function keyOf({ changes }: Undoing): string {
  const { kind, record } = changes[0]!;
  return `${kind} ${record}`;
}

/** What must still be the same when a plan is carried out. */
async function digestOf({ prepared }: Undoing): Promise<string> {
  const { act, id, body, before } = prepared!;
  const { updated_at: _, ...record } = before ?? {};
  return await sha256(JSON.stringify([act, id, body, record]));
}

/**
 * Carries out a plan of {@linkcode planUndo}.
 *
 * @param context The company's CRM.
 * @param handle The plan's handle.
 * @throws {InputError} When there is no such plan, or when anything has changed
 * since it was made; nothing was sent.
 */
export async function carryOutUndo(
  context: ChangeContext,
  handle: string,
): Promise<JsonObject> {
  const plan = await context.plans.find(handle, UNDO_TOOL);
  // The template may have changed since it was read.
  context.setup.forget();
  const undoings = await prepareAll(context, plan.args.ids as string[]);
  const problems: string[] = [];
  for (const one of undoings) {
    if (one.problems.length > 0) problems.push(...one.problems);
    else if (
      !one.prepared || await digestOf(one) !== plan.body[keyOf(one)]
    ) {
      problems.push(
        `${nameOf(one.changes[0]!)}: it has changed since the plan was made`,
      );
    }
  }
  await context.plans.use(plan);
  if (problems.length > 0) {
    throw problemsError(
      `${UNDO_TOOL} was not sent. Make a new plan with ids`,
      problems,
    );
  }
  const results: JsonObject[] = [];
  for (const one of undoings) {
    results.push(await carryOutOne(context, one, plan.id));
  }
  return { records: results };
}

/** Takes back the changes of one record; a failure does not stop the others. */
async function carryOutOne(
  context: ChangeContext,
  { changes, prepared }: Undoing,
  plan: string,
): Promise<JsonObject> {
  const ids = changes.map(({ id }) => id);
  const what = { undid: ids, record: nameOf(changes[0]!) };
  try {
    const report = await carryOut(context, prepared!, {
      plan,
      undoes: ids.join(" "),
    });
    const { id, undo, ignored, stored_differently, notes } = report;
    const isNew = prepared!.act === "create";
    return {
      ...what,
      status: "done",
      ...(isNew ? { new_id: id } : {}),
      ...defined({ undo }),
      ...some({ ignored, stored_differently, notes }),
    };
  } catch (error) {
    if (!(error instanceof ForeseenError)) throw error;
    return { ...what, status: "failed", problems: [error.message] };
  }
}

/** The lists that are not empty. */
function some(lists: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(lists).filter(([, list]) =>
      Array.isArray(list) && list.length > 0
    ),
  );
}
