/**
 * Deletes a record.
 *
 * @module
 */
import type { Endpoint } from "../qontak/endpoints.ts";
import type { Resource } from "../qontak/resources.ts";
import { defined } from "../values/json.ts";
import type { Prepared } from "./change.ts";

/** A delete that a tool call requests. */
export interface Deletion {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** The kind of record; undefined for what is not a record. */
  readonly resource?: Resource;
  /** The endpoint. */
  readonly endpoint: Endpoint;
  /** The record to delete. */
  readonly id: number;
  /** What the company's setup holds, so that it must be read again. */
  readonly isSetup?: boolean;
}

/**
 * Prepares a delete.
 *
 * @param deletion The delete.
 */
export function prepareDelete(
  { tool, resource, endpoint, id, isSetup }: Deletion,
): Promise<Prepared> {
  return Promise.resolve({
    tool,
    act: "delete",
    ...defined({ resource }),
    id,
    body: {},
    problems: [],
    notes: [],
    send: async ({ crm, setup, signal }) => {
      await crm.call(endpoint, { path: { id }, signal });
      if (isSetup) setup.forget();
      return { report: { deleted: true, id }, id };
    },
  });
}
