/**
 * A change that is one request with values that need no template: a new owner,
 * a deal's permissions, a category.
 *
 * @module
 */
import type { CallOptions } from "../qontak/crm.ts";
import type { Endpoint } from "../qontak/endpoints.ts";
import type { Answer } from "../qontak/envelope.ts";
import type { JsonObject } from "../values/json.ts";
import type { Prepared, Sent } from "./change.ts";
import type { ChangeContext } from "./context.ts";

/** A request that a tool call makes. */
export interface Request extends
  Pick<
    Prepared,
    "tool" | "act" | "kind" | "resource" | "id" | "before" | "canUndo"
  > {
  /** The endpoint. */
  readonly endpoint: Endpoint;
  /** The ids in its path. */
  readonly path?: CallOptions["path"];
  /** The body. */
  readonly body: JsonObject;
  /** Makes the report from Qontak's answer. */
  readonly report: (context: ChangeContext, answer: Answer) => Promise<Sent>;
}

/**
 * Makes a change of a request.
 *
 * @param request The request.
 */
export function preparedRequest(
  { endpoint, path, body, report, ...change }: Request,
): Prepared {
  return {
    ...change,
    body,
    endpoint,
    problems: [],
    notes: [],
    send: async (context) => {
      const { crm, signal } = context;
      const answer = await crm.call(endpoint, {
        ...(path ? { path } : {}),
        body,
        signal,
      });
      return await report(context, answer);
    },
  };
}
