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
  /** The changes that it takes back. */
  readonly undoes?: string | undefined;
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
 * @returns The answer of the tool.
 * @throws {InputError} When another call works on the run.
 * @throws {StoreError} When what is kept of the run cannot be read.
 */
export async function carryOutRun(
  context: ChangeContext,
  run: Run,
  prepareRow: PrepareRow,
): Promise<JsonObject> {
  const { runs, signal } = context;
  const isEnding = ending(signal);
  try {
    const lease = await runs.claim(run.id);
    if (!lease) {
      throw new InputError(
        `Another call works on this run now, or ended without notice: call again in ${
          LEASE / 1000
        } seconds`,
      );
    }
    const skipped = new Map<number, string>();
    await using claim = keep(lease);
    const rows = await runs.rows(run);
    await inParallel(rows, AT_ONCE, async (kept) => {
      if (isEnding() || claim.isLost()) return false;
      const { state, row } = kept.row;
      if (state === "begun" || state === "unknown") {
        const settled = await settle(context, kept.row);
        await runs.move(run, kept, settled);
      } else if (state === "not_started") {
        context.tell?.(`Row ${row} of ${run.count}`);
        await workOn(context, { run, prepareRow, skipped }, kept);
      }
      return skipped.size < MOST_FAILURES;
    });
    return await reportRun(context, run, await runs.rows(run), skipped);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new StoreError(
      `${error.message}. What was sent is kept as far as it was stored: call change_records with the run that the plan's answer named to continue`,
    );
  }
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

/** What the rows of a call share. */
interface Work {
  readonly run: Run;
  readonly prepareRow: PrepareRow;
  /** Why rows could not be sent for now, by their numbers. */
  readonly skipped: Map<number, string>;
}

/** Prepares a row again, and sends it if nothing has changed. */
async function workOn(
  context: ChangeContext,
  { run, prepareRow, skipped }: Work,
  kept: KeptRow,
): Promise<void> {
  const { runs } = context;
  const { row } = kept;
  let ready: PreparedRow;
  try {
    ready = await prepareRow(context, run, row.args);
  } catch (error) {
    if (!(error instanceof ForeseenError)) throw error;
    const why = context.explain(error);
    if (isForNow(error)) skipped.set(row.row, why);
    else await runs.move(run, kept, failed(row, why));
    return;
  }
  const { prepared, problems, undoes } = ready;
  if (!prepared && problems.length === 0) {
    await runs.move(run, kept, { ...row, state: "done" });
    return;
  }
  const drift = prepared && row.expected &&
    driftSince(row.expected, prepared);
  const why = [...problems, ...(drift ? [drift] : [])];
  if (!prepared || why.length > 0) {
    await runs.move(run, kept, failed(row, why.join("; ")));
    return;
  }
  const { act, kind, body, id } = prepared;
  const sending: Sending = { act, kind, body, at: Date.now() };
  const begun = await runs.move(run, kept, {
    ...row,
    ...defined({ id }),
    state: "begun",
    sending,
  });
  // Another call was first.
  if (!begun) return;
  try {
    const report = await carryOut(context, prepared, {
      plan: run.plan,
      bulk: run.id,
      ...defined({ undoes }),
    });
    await runs.move(run, begun, done(begun.row, report));
  } catch (error) {
    if (isUnsent(prepared, error)) {
      skipped.set(row.row, context.explain(error));
      await runs.move(run, begun, row);
    } else if (isRefused(prepared, error)) {
      await runs.move(run, begun, failed(begun.row, context.explain(error)));
    } else if (!(error instanceof StoreError)) {
      await runs.move(run, begun, await settle(context, begun.row, error));
      if (!(error instanceof ForeseenError)) throw error;
    } else throw error;
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
