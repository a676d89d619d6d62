/**
 * Plans a run: checks all of its rows before the first is sent, and says what
 * they would change.
 *
 * @module
 */
import { ForeseenError, InputError } from "../errors.ts";
import type { Resource } from "../qontak/resources.ts";
import { valuesOf } from "../fields/readback.ts";
import { createSameIndex } from "../snapshots/same_index.ts";
import { customColumn } from "../snapshots/table.ts";
import type { Snapshot } from "../snapshots/entry.ts";
import { createPauses } from "../values/turns.ts";
import { defined, type JsonObject, toId } from "../values/json.ts";
import {
  AT_ONCE,
  ending,
  isForNow,
  type PreparedRow,
  type PrepareRow,
} from "./carry_out_run.ts";
import type { ChangeContext } from "./context.ts";
import { differencesOf } from "./differences.ts";
import { expectedOf } from "./expected.ts";
import { inParallel } from "./parallel.ts";
import { fitting, rangesOf, sizeOf } from "./report_run.ts";
import { type NewRun, newRunId, type PlannedRow, type Run } from "./runs.ts";

/** How many rows a run may have. */
export const MAX_ROWS = 500;

/** How many problems are named. */
const MAX_PROBLEMS = 20;

/** How many notes are shown. */
const MAX_NOTES = 20;

/** How many rows are read one by one; more are taken from the list. */
const MAX_READ = 50;

/** The maximum size of the differences that are shown, in characters. */
const MOST_SHOWN = 9_000;

/** How many characters the records of a run may hold while it is checked. */
const MAX_HELD = 8_000_000;

/** The maximum size of the rows in one part of a plan, in characters. */
const PART = 100_000;

/** A run that is to be planned. */
export interface RunToPlan {
  /** What it is. */
  readonly run: Omit<NewRun, "id" | "plan">;
  /** The arguments of its rows. */
  readonly rows: readonly JsonObject[];
  /** The kind of record that its rows change. */
  readonly resource: Resource;
  /** Prepares a row. */
  readonly prepareRow: PrepareRow;
  /** Whether rows with problems are left out, instead of stopping the run. */
  readonly leavesOut?: boolean;
  /**
   * Says how the rows are planned that could not be checked in one call, beside
   * those that this plan has; if it is missing, the run is refused.
   */
  readonly sayLater?: (left: number, planned: number) => string;
  /** What else the reader should know. */
  readonly notes?: readonly string[];
}

/** A row that was checked. */
interface Checked {
  /** Its number, from 1. */
  readonly row: number;
  readonly args: JsonObject;
  readonly ready: PreparedRow;
}

/**
 * Checks the rows of a run, and makes a plan of it if nothing is wrong.
 *
 * @param context The company's CRM.
 * @param toPlan The run.
 * @returns The answer of the tool.
 * @throws {InputError} When nothing can be planned.
 */
export function planRun(
  context: ChangeContext,
  toPlan: RunToPlan,
): Promise<JsonObject> {
  return context.fewAtOnce(() => checkAndPlan(context, toPlan));
}

async function checkAndPlan(
  context: ChangeContext,
  toPlan: RunToPlan,
): Promise<JsonObject> {
  const { run, rows, notes = [], leavesOut = false, sayLater } = toPlan;
  const checked = await checkRows(context, toPlan);
  const left = rows.length - checked.length;
  const problems = [
    ...saidOf(checked, ({ ready }) => ready.problems),
    ...sameRows(checked),
  ];
  const ready = checked.filter((one) =>
    one.ready.prepared && one.ready.problems.length === 0
  );
  const noted = [
    ...(sayLater && left > 0 ? [sayLater(left, ready.length)] : []),
    ...notes,
    ...saidOf(checked, ({ ready }) => ready.notes ?? []),
  ].slice(0, MAX_NOTES);
  const more = problems.length - MAX_PROBLEMS;
  const said = {
    ...(problems.length > 0
      ? {
        problems: [
          ...problems.slice(0, MAX_PROBLEMS),
          ...(more > 0 ? [`… and ${more} more problems`] : []),
        ],
      }
      : {}),
    ...(noted.length > 0 ? { notes: noted } : {}),
  };
  const isRefused = problems.length > 0 && !leavesOut;
  const shown = await describe(context, ready);
  const made = isRefused || ready.length === 0
    ? {}
    : await keepPlan(context, run, ready);
  return { dry_run: true, count: ready.length, ...shown, ...said, ...made };
}

/**
 * Prepares all rows, or the first that one call can if the others can come
 * later.
 */
async function checkRows(
  context: ChangeContext,
  { run, rows, resource, prepareRow, sayLater }: RunToPlan,
): Promise<Checked[]> {
  const isRead = run.act !== "create" && !resource.readsOtherwise;
  const known = isRead && rows.length > MAX_READ
    ? (await context.records.all(resource)).snapshot
    : undefined;
  const reading = {
    ...(known ? withKnown(context, resource, known) : context),
    findCandidates: createSameIndex(context.signal),
  };
  const pause = createPauses();
  const isEnding = ending(context.signal);
  const checked: Checked[] = [];
  let size = 0;
  await inParallel(rows.entries(), AT_ONCE, async ([i, args]) => {
    if (sayLater && checked.length > 0 && (isEnding() || size > MAX_HELD)) {
      return false;
    }
    if (isEnding()) {
      throw new InputError(
        `${run.tool} was not sent: ${checked.length} of ${rows.length} rows could be checked in the time of one call. Call again, or give fewer rows`,
      );
    }
    await pause();
    context.tell?.(`Checking row ${i + 1} of ${rows.length}`);
    const prepare = (from: ChangeContext) =>
      prepareRow(from, { ...run, id: "", plan: "" }, args)
        .catch((error) => asProblem(context, error));
    let ready = await prepare(reading);
    if (
      known && run.act === "update" && isBeyond(known.table, ready)
    ) {
      ready = await prepare({ ...reading, crm: context.crm });
    }
    checked.push({ row: i + 1, args, ready });
    size += sizeOf([ready.prepared?.before, ready.prepared?.body]);
    if (size <= MAX_HELD || sayLater) return;
    throw new InputError(
      `${run.tool} was not sent: the records of these ${rows.length} rows hold more than ${
        MAX_HELD / 1_000_000
      } million characters. Give fewer rows at once`,
    );
  });
  return checked.sort((a, b) => a.row - b.row);
}

/**
 * Whether a row depends on values that the list does not show. A custom field
 * would seem empty; and of what a row takes back, it must be known whether it is
 * still the same.
 */
function isBeyond(
  table: Snapshot["table"],
  { sent, prepared }: PreparedRow,
): boolean {
  const { additional_fields } = prepared?.body ?? {};
  return valuesOf(sent ?? { additional_fields }).some(({ key }) => {
    const [, id] = /^additional_fields id (\d+)$/.exec(key) ?? [];
    return !table.shows(
      id === undefined ? key : customColumn(Number(id), "value"),
    );
  });
}

/** What is wrong with a row is a problem; that Qontak does not work is not. */
function asProblem(
  { explain }: ChangeContext,
  error: unknown,
): PreparedRow {
  if (!(error instanceof ForeseenError) || isForNow(error)) throw error;
  return { problems: [explain(error)] };
}

/** The same CRM, with the records of a list in place of single reads. */
function withKnown(
  context: ChangeContext,
  { endpoints: { get } }: Resource,
  { table }: Snapshot,
): ChangeContext {
  return {
    ...context,
    crm: {
      async call(endpoint, options) {
        const id = endpoint === get ? toId(options?.path?.id) : null;
        const row = id === null ? undefined : table.rowOf(id);
        return row === undefined
          ? await context.crm.call(endpoint, options)
          : { response: table.record(row, true) };
      },
    },
  };
}

/** What there is to say of rows; what is the same for several is said once. */
function saidOf(
  checked: readonly Checked[],
  sentencesOf: (row: Checked) => readonly string[],
): string[] {
  const rows = new Map<string, number[]>();
  for (const one of checked) {
    for (const sentence of sentencesOf(one)) {
      const numbers = rows.get(sentence) ?? [];
      numbers.push(one.row);
      rows.set(sentence, numbers);
    }
  }
  return [...rows].map(([sentence, numbers]) =>
    `${numbers.length === 1 ? "row" : "rows"} ${
      rangesOf(numbers).join(", ")
    }: ${sentence}`
  );
}

/** Rows that name the same record, or create the same one. */
function sameRows(checked: readonly Checked[]): string[] {
  const groups = Map.groupBy(
    checked,
    ({ args, ready: { prepared } }) =>
      prepared?.id === undefined
        ? JSON.stringify(args)
        : `${prepared.kind} ${prepared.id}`,
  );
  return [...groups.values()].filter(({ length }) => length > 1).map(
    ([first, ...others]) => {
      const id = first!.ready.prepared?.id;
      return `rows ${[first!, ...others].map(({ row }) => row).join(", ")} ${
        id === undefined
          ? "are the same"
          : `are all for ${first!.ready.prepared!.kind} ${id}`
      }: give one of them`;
    },
  );
}

/** What the first rows change, as far as it fits. */
async function describe(
  context: ChangeContext,
  ready: readonly Checked[],
): Promise<JsonObject> {
  const lists: Record<"changes" | "cleared" | "removed", JsonObject[]> = {
    changes: [],
    cleared: [],
    removed: [],
  };
  const records: JsonObject[] = [];
  let size = 0;
  let shown = 0;
  for (const { row, ready: { prepared } } of ready) {
    const { act, id, before } = prepared!;
    const found = act === "delete"
      ? { changed: [], cleared: [], removed: [] }
      : await differencesOf(context.setup, prepared!);
    const named = (list: readonly JsonObject[]) =>
      list.map((one) => ({ row, ...defined({ id }), ...one }));
    const record = {
      row,
      id,
      ...defined({ name: before?.name ?? before?.first_name }),
    };
    const { changed, cleared, removed } = found;
    size += sizeOf([act === "delete" ? record : changed, cleared, removed]);
    if (size > MOST_SHOWN && shown > 0) break;
    shown++;
    if (act === "delete") records.push(record);
    lists.changes.push(...named(changed));
    lists.cleared.push(...named(cleared));
    lists.removed.push(...named(removed));
  }
  const isDelete = records.length > 0;
  return {
    ...(isDelete ? { would_delete: records } : {}),
    ...Object.fromEntries(
      Object.entries(lists).map(([key, list]) =>
        [key, fitting(list, MOST_SHOWN)] as const
      ).filter(([, list]) => list.length > 0),
    ),
    ...(shown < ready.length ? { left_out: ready.length - shown } : {}),
  };
}

/** Keeps a plan: its rows in parts, each of which is a plan itself. */
async function keepPlan(
  { plans }: ChangeContext,
  run: RunToPlan["run"],
  ready: readonly Checked[],
): Promise<JsonObject> {
  const parts: PlannedRow[][] = [[]];
  let size = 0;
  for (const { args, ready: { prepared } } of ready) {
    const row: PlannedRow = {
      args,
      ...defined({ id: prepared!.id }),
      ...(run.does === "change" ? { expected: expectedOf(prepared!) } : {}),
    };
    const own = sizeOf(row);
    if (size > 0 && size + own > PART) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)!.push(row);
    size += own;
  }
  const handles: string[] = [];
  for (const rows of parts) {
    const made = await plans.make({
      tool: partOf(run.tool),
      args: { rows },
      body: {},
    });
    handles.push(made.plan);
  }
  // The caller knows the run even if the connection is cut.
  const id = newRunId();
  const made = await plans.make({
    tool: run.tool,
    args: { run: { ...run, id }, parts: handles },
    body: {},
  });
  return { run: id, ...made };
}

function partOf(tool: string): string {
  return `a part of ${tool}`;
}

/**
 * Begins the run of a plan, once.
 *
 * @param context The company's plans and runs.
 * @param tool The tool that is called.
 * @param handle The plan's handle.
 * @param check Refuses the run before its plan is used up.
 * @throws {InputError} When there is no such plan.
 */
export async function startRun(
  { plans, runs }: ChangeContext,
  tool: string,
  handle: string,
  check: (run: NewRun) => void = () => {},
): Promise<Run> {
  const plan = await plans.find(handle, tool);
  const run: NewRun = {
    ...plan.args.run as Omit<NewRun, "plan">,
    plan: plan.id,
  };
  check(run);
  await plans.use(plan);
  const rows: PlannedRow[] = [];
  for (const part of plan.args.parts as string[]) {
    const found = await plans.find(part, partOf(tool));
    await plans.use(found);
    rows.push(...found.args.rows as PlannedRow[]);
  }
  return await runs.start(run, rows);
}
