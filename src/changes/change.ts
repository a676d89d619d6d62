/**
 * A change to the CRM: prepared without sending anything, then carried out.
 * Every request that may change something goes through {@linkcode carryOut}.
 *
 * @module
 */
import { problemsError } from "../errors.ts";
import type { Crm, Mark } from "../qontak/crm.ts";
import type { Resource } from "../qontak/resources.ts";
import type { JsonObject } from "../values/json.ts";
import type { ChangeContext } from "./context.ts";

/** What a change does to a record. */
export type Act = "create" | "update" | "delete";

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
  /** The body that is sent; empty for a delete. */
  readonly body: JsonObject;
  /** Why it cannot be sent, one sentence each. */
  readonly problems: readonly string[];
  /** What else the reader should know. */
  readonly notes: readonly string[];
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

/**
 * Carries out a change.
 *
 * @param context The company's CRM.
 * @param prepared The change.
 * @param mark What the audit records with its request.
 * @returns The answer of the tool.
 * @throws {InputError} When there are problems; nothing was sent.
 */
export async function carryOut(
  context: ChangeContext,
  prepared: Prepared,
  mark: Mark = {},
): Promise<JsonObject> {
  refuse(prepared.tool, prepared.problems);
  const { report } = await prepared.send({
    ...context,
    crm: marked(context.crm, mark),
  });
  return report;
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
