/**
 * What a caller that may write, and not read, is told of a write.
 *
 * @module
 */
import type { Tool } from "../tools/tool.ts";
import { defined, isObject, type JsonObject } from "../values/json.ts";
import type { Caller } from "./caller.ts";

/** Stands where the rest of an answer would. */
const NOTE =
  "Your credential has no read scope, so the rest of the record is not shown";

/**
 * Leaves nothing of a record in the answer of a write but what the caller sent,
 * where it may not read. What stands under applied is stored as it was sent.
 *
 * @param tool The tool that answered.
 * @param answer What it answered.
 * @param caller Who called.
 */
export function onlyWritten(
  { effect }: Tool,
  answer: JsonObject,
  { scopes }: Caller,
): JsonObject {
  if (effect !== "write" || scopes.includes("read")) return answer;
  const { applied, ignored, stored_differently, not_shown } = answer;
  const record = isObject(answer.record) ? answer.record : undefined;
  const id = answer.id ?? record?.id;
  return {
    ...defined({ id }),
    // Tools that answer with the record as a whole must answer with one.
    ...(answer.id === undefined && record ? { record: defined({ id }) } : {}),
    ...defined({
      applied,
      ignored: withoutStored(ignored),
      stored_differently: withoutStored(stored_differently),
      not_shown,
      unconfirmed: answer.unconfirmed,
    }),
    notes: [NOTE],
  };
}

/** Differences without the value that the record holds. */
function withoutStored(differences: unknown): unknown {
  if (!Array.isArray(differences)) return undefined;
  return differences.filter(isObject).map(({ key, sent }) => ({ key, sent }));
}
