/**
 * A change to the CRM: prepared without sending anything, then carried out.
 * Every request that may change something goes through {@linkcode carryOut}.
 *
 * @module
 */
import { outcomeOf } from "../audit/record.ts";
import { InputError, LimitError, problemsError } from "../errors.ts";
import { timeLeft } from "../net/deadline.ts";
import type { Crm, Mark } from "../qontak/crm.ts";
import type { Endpoint } from "../qontak/endpoints.ts";
import type { Resource } from "../qontak/resources.ts";
import { defined, type JsonObject } from "../values/json.ts";
import type { ChangeContext } from "./context.ts";
import type { Act, Claim } from "./history.ts";

/** A change that is checked, but not sent. */
export interface Prepared {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** What it does. */
  readonly act: Act;
  /** What it changes, such as `deal` or `task_category`. */
  readonly kind: string;
  /** The kind of record; undefined for what is not a record. */
  readonly resource?: Resource | undefined;
  /** The record to change or delete; undefined for a create. */
  readonly id?: number | undefined;
  /** The record before; undefined if there is none or it was not read. */
  readonly before?: JsonObject | undefined;
  /** The endpoint that it is sent to. */
  readonly endpoint: Endpoint;
  /** The body that is sent; empty for a delete. */
  readonly body: JsonObject;
  /** Why it cannot be sent, one sentence each. */
  readonly problems: readonly string[];
  /** What else the reader should know. */
  readonly notes: readonly string[];
  /** Whether it can be taken back. */
  readonly canUndo: boolean;
  /** Sends the change. Only {@linkcode carryOut} calls this. */
  readonly send: (context: ChangeContext) => Promise<Sent>;
}

/** A change that Qontak has accepted. */
export interface Sent {
  /** The answer of the tool. */
  readonly report: JsonObject;
  /** The record's id; null if Qontak did not say it. */
  readonly id: number | null;
  /** The record after; undefined if it is gone or was not read. */
  readonly after?: JsonObject | undefined;
}

/** What a change belongs to. */
export interface Reason {
  /** The id of the plan that it carries out. */
  readonly plan?: string;
  /** The run of many changes that it is part of. */
  readonly bulk?: string;
  /** The change that it takes back. */
  readonly undoes?: string;
}

/**
 * Carries out a change, and keeps what the record was before.
 *
 * @param context The company's CRM.
 * @param prepared The change.
 * @param reason What it belongs to.
 * @returns The answer of the tool. It has the change's id as `undo`, if the
 * change can be taken back.
 * @throws {InputError} When there are problems, or another call takes the same
 * changes back; nothing was sent.
 * @throws {StoreError} When changes to take back cannot be claimed; nothing was
 * sent.
 */
export async function carryOut(
  context: ChangeContext,
  prepared: Prepared,
  { plan, bulk, undoes }: Reason = {},
): Promise<JsonObject> {
  const { tool, act, kind, id, before, body, canUndo, endpoint } = prepared;
  refuse(tool, prepared.problems);
  const claim = undoes === undefined
    ? undefined
    : await claimOf(context, tool, undoes.split(" "));
  const open = await context.history.begin({
    tool,
    act,
    kind,
    record: id ?? null,
    before,
    body,
    canUndo,
    bulk,
    undoes,
  });
  const mark = defined({ plan, run: bulk, undo: open?.id });
  let sent: Sent;
  try {
    sent = await prepared.send({ ...context, crm: marked(context.crm, mark) });
  } catch (error) {
    if (isUnsent(endpoint, error)) {
      await claim?.release();
      await open?.drop();
    } else {
      await open?.keep();
      await claim?.settle("unknown", open?.id);
    }
    throw error;
  }
  await claim?.settle("done", open?.id);
  const isKept = await open?.done({ record: sent.id, after: sent.after });
  if (!isKept || !canUndo || sent.id === null) return sent.report;
  const lasts = await context.history.isLasting();
  return {
    ...sent.report,
    undo: open!.id,
    ...(lasts ? {} : { undo_lasts: "until this server ends" }),
  };
}

/** The longest time that a call may have, in ms. */
const MOST_LEFT = 10 * 60 * 1000;

/** How long after its time limit a call has certainly ended, in ms. */
const MARGIN = 10_000;

/** Claims the changes that a change takes back, so that only one call does. */
async function claimOf(
  { history, signal }: ChangeContext,
  tool: string,
  ids: readonly string[],
): Promise<Claim> {
  const most = Math.min(timeLeft(signal), MOST_LEFT) + MARGIN;
  const claim = await history.claim(ids, Date.now() + most);
  if (claim) return claim;
  throw new InputError(
    `${tool} was not sent: another call has begun to take the change back, or it is no longer kept. Make a new plan to see which`,
  );
}

/** Whether a failed change has certainly changed nothing. */
function isUnsent(endpoint: Endpoint, error: unknown): boolean {
  return error instanceof InputError || error instanceof LimitError ||
    outcomeOf(endpoint, error).outcome !== "unknown";
}

/** The same CRM; the audit records a mark with each of its requests. */
function marked(crm: Crm, mark: Mark): Crm {
  return {
    call: (endpoint, options) => crm.call(endpoint, { ...options, mark }),
  };
}

/**
 * Refuses a change that has problems.
 *
 * @param tool The tool's name.
 * @param problems The problems, one sentence each.
 * @throws {InputError} When there are any.
 */
export function refuse(tool: string, problems: readonly string[]): void {
  if (problems.length > 0) {
    throw problemsError(`${tool} was not sent`, problems);
  }
}
