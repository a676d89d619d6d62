/**
 * Deletes a record.
 *
 * @module
 */
import type { Endpoint } from "../qontak/endpoints.ts";
import type { Resource } from "../qontak/resources.ts";
import type { JsonObject } from "../values/json.ts";
import type { Prepared } from "./change.ts";
import type { ChangeContext } from "./context.ts";
import { readRecord } from "./report_write.ts";

/** A delete that a tool call requests. */
export interface Deletion {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** The endpoint. */
  readonly endpoint: Endpoint;
  /** The record to delete. */
  readonly id: number;
}

/**
 * Prepares the delete of a record: reads it, so that it is known what is
 * deleted.
 *
 * @param context The company's CRM.
 * @param resource The kind of record.
 * @param deletion The delete.
 */
export async function prepareDelete(
  context: ChangeContext,
  resource: Resource,
  deletion: Deletion,
): Promise<Prepared> {
  const before = await readRecord(context, resource, deletion.id);
  return {
    ...preparedDelete(resource.name, deletion, before),
    resource,
  };
}

/**
 * Makes a delete of something that is not a record.
 *
 * @param kind What it is.
 * @param deletion The delete.
 * @param before What is deleted.
 */
export function preparedDelete(
  kind: string,
  { tool, endpoint, id }: Deletion,
  before: JsonObject | undefined,
): Prepared {
  return {
    tool,
    act: "delete",
    kind,
    id,
    before,
    body: {},
    endpoint,
    canUndo: before !== undefined,
    problems: [],
    notes: [],
    send: async ({ crm, signal }) => {
      await crm.call(endpoint, { path: { id }, signal });
      return { report: { deleted: true, id }, id };
    },
  };
}
