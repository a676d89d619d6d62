/**
 * Carries out a run, row by row. Before a row is sent, the store has it as
 * begun: only the call that changed it there sends it, so no row is sent twice.
 *
 * @module
 */
import { outcomeOf } from "../audit/record.ts";
import {
  ForeseenError,
  InputError,
  LimitError,
  QontakError,
  StoreError,
} from "../errors.ts";
import { timeLeft } from "../net/deadline.ts";
import { defined, isObject, type JsonObject } from "../values/json.ts";
import { carryOut, type Prepared } from "./change.ts";
import type { ChangeContext } from "./context.ts";
import { driftSince } from "./expected.ts";
import { inParallel } from "./parallel.ts";
import { reportRun } from "./report_run.ts";
import {
  type KeptRow,
  LEASE,
  type Lease,
  type NewRun,
  type Row,
  type Run,
  type Sending,
} from "./runs.ts";
import { settle } from "./settle.ts";

/** A row that is ready to be sent. */
export interface PreparedRow {
  /** The change; undefined if nothing has to be changed. */
  readonly prepared?: Prepared | undefined;
  /** Why it cannot be sent. */
  readonly problems: readonly string[];
  /** What else the reader should know. */
  readonly notes?: readonly string[];
  /** The changes that it takes back. */
  readonly undoes?: string | undefined;
  /** What these changes had sent. */
  readonly sent?: JsonObject | undefined;
}

/** Prepares a row. It changes nothing. */
export type PrepareRow = (
  context: ChangeContext,
  run: NewRun,
  args: JsonObject,
) => Promise<PreparedRow>;

/** How many rows are under way at the same time. */
export const AT_ONCE = 4;

/** After how many rows that could not be sent for now a call ends. */
const MOST_FAILURES = 5;

/** How often a call renews its claim, in ms. */
const RENEWAL = LEASE / 3;

/** How long before its time limit a call begins no more rows, in ms. */
const RESERVE = 5_000;

/**
 * Returns a function that says whether a call should begin nothing more: what
 * is under way has to end before the time limit.
 *
 * @param signal Ends the call.
 */
export function ending(signal: AbortSignal): () => boolean {
  const reserve = Math.min(RESERVE, timeLeft(signal) / 4);
  return () => signal.aborted || timeLeft(signal) <= reserve;
}

/**
 * Carries out the rows of a run that have not started, as many as the time of
 * the call allows.
 *
 * @param context The company's CRM.
 * @param run The run.
 * @param prepareRow Prepares a row.
 * @returns The answer of the tool. It has the outcome of each row that was sent,
 * also if the store failed to keep it.
 * @throws {InputError} When another call works on the run.
 * @throws {StoreError} When what is kept of the run cannot be read; nothing was
 * sent.
 */
export async function carryOutRun(
  context: ChangeContext,
  run: Run,
  prepareRow: PrepareRow,
): Promise<JsonObject> {
  const { runs, signal } = context;
  const isEnding = ending(signal);
  const lease = await runs.claim(run.id);
  if (!lease) {
    throw new InputError(
      `Another call works on this run now, or ended without notice: call again in ${
        LEASE / 1000
      } seconds`,
    );
  }
  await using claim = keep(lease);
  const rows = await runs.rows(run);
  const work: Work = {
    run,
    prepareRow,
    skipped: new Map(),
    known: new Map(rows.map((kept) => [kept.row.row, kept])),
    unkept: new Map(),
  };
  await inParallel(rows, AT_ONCE, async (kept) => {
    if (isEnding() || claim.isLost()) return false;
    const { state, row } = kept.row;
    if (state === "begun" || state === "unknown") {
      await settleRow(context, work, kept);
    } else if (state === "not_started") {
      context.tell?.(`Row ${row} of ${run.count}`);
      await workOn(context, work, kept);
    }
    return work.skipped.size + work.unkept.size < MOST_FAILURES;
  });
  return await reportRun(context, run, await rowsNow(context, work), work);
}

/** Finds out what became of a row that an earlier call sent. */
async function settleRow(
  context: ChangeContext,
  work: Work,
  kept: KeptRow,
): Promise<void> {
  const settled = await settle(context, kept.row);
  await move(context, work, kept, settled);
  const { undo } = settled.args;
  if (work.run.does === "undo" && settled.state === "done") {
    await context.history.confirmUndone(String(undo));
  }
}

/**
 * Changes a row in the store. A row that was sent must not be lost because the
 * store fails, so what the store did not keep stays here.
 *
 * @returns The row as it is kept; undefined if another call was first, or the
 * store failed.
 */
async function move(
  { runs }: ChangeContext,
  { run, known, unkept }: Work,
  from: KeptRow,
  to: Row,
): Promise<KeptRow | undefined> {
  try {
    const kept = await runs.move(run, from, to);
    unkept.delete(to.row);
    if (kept) known.set(to.row, kept);
    return kept;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    unkept.set(to.row, { from, to });
    return undefined;
  }
}

/** The rows as the store has them, or as this call knows them without it. */
async function rowsNow(context: ChangeContext, work: Work): Promise<Row[]> {
  const { run, known, unkept } = work;
  for (const { from, to } of [...unkept.values()]) {
    await move(context, work, from, to);
  }
  try {
    for (const kept of await context.runs.rows(run)) {
      known.set(kept.row.row, kept);
      // The store may have kept what it reported as failed.
      const { to } = unkept.get(kept.row.row) ?? {};
      if (to && kept.text === JSON.stringify(to)) unkept.delete(to.row);
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
  return [...known].map(([number, { row }]) => unkept.get(number)?.to ?? row)
    .sort((a, b) => a.row - b.row);
}

/** A claim that renews itself until it is disposed of. */
function keep(lease: Lease) {
  let isLost = false;
  let renewing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    renewing = lease.renew().then(
      (isMine) => {
        isLost ||= !isMine;
      },
      () => {
        // Without the store, no row can begin either.
        isLost = true;
      },
    );
  }, RENEWAL);
  return {
    isLost: () => isLost,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await renewing;
      // A claim that is not given back ends by itself.
      await lease.release().catch(() => {});
    },
  };
}

/** What the rows of a call share, by their numbers. */
interface Work {
  readonly run: Run;
  readonly prepareRow: PrepareRow;
  /** Why rows could not be sent for now. */
  readonly skipped: Map<number, string>;
  /** The rows as the store had them last. */
  readonly known: Map<number, KeptRow>;
  /** What the store failed to keep. */
  readonly unkept: Map<
    number,
    { readonly from: KeptRow; readonly to: Row }
  >;
}

/** Prepares a row again, and sends it if nothing has changed. */
async function workOn(
  context: ChangeContext,
  work: Work,
  kept: KeptRow,
): Promise<void> {
  const { run, prepareRow, skipped } = work;
  const { row } = kept;
  let ready: PreparedRow;
  try {
    ready = await prepareRow(context, run, row.args);
  } catch (error) {
    if (!(error instanceof ForeseenError)) throw error;
    const why = context.explain(error);
    if (isForNow(error)) skipped.set(row.row, why);
    else await move(context, work, kept, failed(row, why));
    return;
  }
  const { prepared, problems, undoes } = ready;
  if (!prepared && problems.length === 0) {
    await move(context, work, kept, { ...row, state: "done" });
    return;
  }
  const drift = prepared && row.expected &&
    driftSince(row.expected, prepared);
  const why = [...problems, ...(drift ? [drift] : [])];
  if (!prepared || why.length > 0) {
    await move(context, work, kept, failed(row, why.join("; ")));
    return;
  }
  const begun = await begin(context, work, kept, prepared);
  if (!begun) return;
  const ended = await send(context, work, begun, { prepared, undoes });
  await move(context, work, begun, ended.row);
  if (ended.fault !== undefined) throw ended.fault;
}

/**
 * Keeps that a row is sent, before it is.
 *
 * @returns The row; undefined if it must not be sent.
 */
async function begin(
  { runs, explain }: ChangeContext,
  { run, skipped, known }: Work,
  kept: KeptRow,
  { act, kind, body, id }: Prepared,
): Promise<KeptRow | undefined> {
  const { row } = kept;
  const sending: Sending = { act, kind, body, at: Date.now() };
  try {
    const begun = await runs.move(run, kept, {
      ...row,
      ...defined({ id }),
      state: "begun",
      sending,
    });
    if (begun) known.set(row.row, begun);
    // Otherwise another call was first.
    return begun;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    skipped.set(row.row, explain(error));
    return undefined;
  }
}

/**
 * Sends a row.
 *
 * @returns The row as it ended, and the fault of this program, if there was one.
 */
async function send(
  context: ChangeContext,
  { run, skipped }: Work,
  begun: KeptRow,
  { prepared, undoes }: {
    readonly prepared: Prepared;
    readonly undoes: string | undefined;
  },
): Promise<{ readonly row: Row; readonly fault?: unknown }> {
  const { row } = begun;
  try {
    const report = await carryOut(context, prepared, {
      plan: run.plan,
      bulk: run.id,
      ...defined({ undoes }),
    });
    return { row: done(row, report) };
  } catch (error) {
    if (isUnsent(prepared, error)) {
      skipped.set(row.row, context.explain(error));
      const { sending: _, ...before } = row;
      return { row: { ...before, state: "not_started" } };
    }
    if (isRefused(prepared, error)) {
      return { row: failed(row, context.explain(error)) };
    }
    const settled = await settle(context, row, error);
    return error instanceof ForeseenError
      ? { row: settled }
      : { row: settled, fault: error };
  }
}

function failed(row: Row, problem: string): Row {
  return { ...row, state: "failed", problem };
}

function done(row: Row, report: JsonObject): Row {
  const { id, undo, ignored, stored_differently, unconfirmed } = report;
  const some = (list: unknown) =>
    Array.isArray(list) && list.length > 0 ? list : undefined;
  const differences = defined({
    ignored: some(ignored),
    stored_differently: some(stored_differently),
  });
  const isConfirmed = !some(unconfirmed) && id !== null;
  return {
    ...row,
    state: "done",
    ...defined({
      id: typeof id === "number" ? id : undefined,
      undo: typeof undo === "string" ? undo : undefined,
      differences: isObject(differences) && Object.keys(differences).length > 0
        ? differences
        : undefined,
      problem: isConfirmed
        ? undefined
        : "Qontak accepted it, but it could not be read back",
    }),
  };
}

/** Whether an error says nothing of the row, so that it can be tried again. */
export function isForNow(error: ForeseenError): boolean {
  if (error instanceof QontakError) {
    return error.status >= 500 || error.status === 429 || error.status === 401;
  }
  return !(error instanceof InputError);
}

/** Whether a change certainly did not arrive, for no reason of its own. */
function isUnsent(
  { endpoint }: Prepared,
  error: unknown,
): boolean {
  if (!(error instanceof ForeseenError) || error instanceof InputError) {
    return false;
  }
  if (error instanceof LimitError) return true;
  const { outcome } = outcomeOf(endpoint, error);
  return outcome === "failed" || outcome === "refused" && isForNow(error);
}

/** Whether a change was refused, by Qontak or here. */
function isRefused(
  { endpoint }: Prepared,
  error: unknown,
): error is ForeseenError {
  return error instanceof InputError ||
    error instanceof ForeseenError &&
      outcomeOf(endpoint, error).outcome === "refused";
}
