/**
 * Finds out what became of a change whose outcome is not known. It sends
 * nothing that changes anything.
 *
 * @module
 */
import { ForeseenError, QontakError, UnreachableError } from "../errors.ts";
import { readBack } from "../fields/readback.ts";
import { nameOf } from "../qontak/endpoints.ts";
import { type Resource, resources } from "../qontak/resources.ts";
import type { JsonObject } from "../values/json.ts";
import type { ChangeContext } from "./context.ts";
import { findCreated } from "./find_created.ts";
import { readRecord } from "./report_write.ts";
import type { Row } from "./runs.ts";

/** How a row ends whose outcome was not known. */
const DONE =
  "Qontak's answer to it was lost, but the record is as this row makes it";

/**
 * Finds out what became of a row that was sent, as far as the record shows it.
 *
 * @param context The company's CRM.
 * @param row The row, as it was begun.
 * @param error Why its outcome is not known; undefined if this program ended
 * before the outcome was kept.
 * @returns The row, done or unknown.
 */
export async function settle(
  context: ChangeContext,
  row: Row,
  error?: unknown,
): Promise<Row> {
  const { sending, id } = row;
  const resource = Object.values<Resource>(resources)
    .find(({ name }) => name === sending?.kind);
  const unknown = (problem: string): Row => ({
    ...row,
    state: "unknown",
    problem,
  });
  const why = error === undefined ? undefined : context.explain(error);
  if (!sending || !resource) return unknown(why ?? INTERRUPTED);
  if (sending.act === "create") {
    // A search without an answer to its request was made already.
    return error !== undefined || row.state === "unknown"
      ? unknown(why ?? row.problem ?? INTERRUPTED)
      : unknown(await searched(context, resource, row));
  }
  let now: JsonObject | undefined;
  try {
    now = await readRecord(context, resource, id!);
  } catch (problem) {
    if (!(problem instanceof ForeseenError)) throw problem;
    const isGone = problem instanceof QontakError && problem.status === 404;
    if (!isGone) {
      return unknown(
        `${why ?? row.problem ?? INTERRUPTED}. Reading the record failed: ${
          context.explain(problem)
        }`,
      );
    }
  }
  const isDone = sending.act === "delete"
    ? now === undefined
    : now !== undefined && isAsSent(sending.body, now);
  if (isDone) return { ...row, state: "done", problem: DONE };
  return unknown(
    `${INTERRUPTED}. ${
      sending.act === "delete"
        ? "The record is still there"
        : now
        ? "The record does not have the values that were sent"
        : "The record is gone"
    }`,
  );
}

const INTERRUPTED =
  "It was sent, but its outcome is not known, and it is not sent again";

function isAsSent(body: JsonObject, record: JsonObject): boolean {
  const { applied, ignored, stored_differently } = readBack(body, record);
  return applied.length > 0 && ignored.length === 0 &&
    stored_differently.length === 0;
}

/** Searches for a record whose create was sent before this program ended. */
async function searched(
  { crm, explain }: ChangeContext,
  resource: Resource,
  { sending }: Row,
): Promise<string> {
  const { body, at } = sending!;
  const lost = new UnreachableError(INTERRUPTED, {
    endpoint: nameOf(resource.endpoints.create),
    reason: "unreadable",
    mayHaveArrived: true,
  });
  const found = await findCreated(crm, { resource, body, at }, lost);
  return explain(found);
}
