/**
 * The answer to a write for a caller that may write but not read.
 *
 * @module
 */
import type { Tool } from "../tools/tool.ts";
import { defined, isObject, type JsonObject } from "../values/json.ts";
import type { Caller } from "./caller.ts";

/** Replaces the rest of the answer. */
const NOTE =
  "Your credential has no read scope, so the rest of the record is not shown";

/**
 * Reduces the answer of a write to what the caller sent, if the caller may not
 * read. Values under `applied` are stored as they were sent.
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
  if (effect === "read" || scopes.includes("read")) return answer;
  const { applied, ignored, stored_differently, not_shown } = answer;
  const { dry_run, plan, plan_expires, problems, deleted } = answer;
  const { undo, undo_lasts } = answer;
  const record = isObject(answer.record) ? answer.record : undefined;
  const id = answer.id ?? record?.id;
  return {
    ...defined({ id }),
    // If a tool's answer is a whole record, this answer must have a record too.
    ...(answer.id === undefined && record ? { record: defined({ id }) } : {}),
    ...defined({
      deleted,
      dry_run,
      changes: withoutStored(answer.changes),
      cleared: withoutStored(answer.cleared),
      problems,
      plan,
      plan_expires,
      undo,
      undo_lasts,
      applied,
      ignored: withoutStored(ignored),
      stored_differently: withoutStored(stored_differently),
      not_shown,
      unconfirmed: answer.unconfirmed,
    }),
    notes: [NOTE],
  };
}

/** Differences without the value that is stored in the record. */
function withoutStored(differences: unknown): unknown {
  if (!Array.isArray(differences)) return undefined;
  return differences.filter(isObject)
    .map(({ key, label, sent, to }) => defined({ key, label, sent, to }));
}
