/**
 * Links from answers to resources, for clients that can follow them.
 *
 * @module
 */
import { type Resource, resources } from "../qontak/resources.ts";
import type { Outline } from "../tools/outline.ts";
import { isObject, type JsonObject, toId } from "../values/json.ts";
import type { ToolResult } from "./result.ts";
import type { View } from "./view.ts";

/** The first revision of the protocol that has links. */
const SINCE = "2025-06-18";

/** A link to a resource. */
interface ResourceLink {
  readonly type: "resource_link";
  readonly uri: string;
  readonly name: string;
}

/**
 * Adds a link to the record that a call created. Other answers hold records
 * that the model asked for by id, or name them by URI already, as `search` does.
 *
 * @param result The result of the call.
 * @param call What was called, and with what; what the caller sees, and the
 * revision of the protocol, if it is known.
 */
export function withLink<R extends object>(
  result: R,
  { tool, args, view, revision = "" }: {
    readonly tool: Outline;
    readonly args: JsonObject;
    readonly view: View;
    readonly revision: string | undefined;
  },
): R {
  if (revision < SINCE) return result;
  const resource = Object.values<Resource>(resources).find(({ name }) =>
    tool.name === `create_${name}`
  );
  const { structuredContent, content } = result as Partial<ToolResult>;
  const record = structuredContent?.record;
  const id = isObject(record) ? toId(record.id) : null;
  if (!resource || !content || id === null) return result;
  // Who cannot read such records has no such resources.
  if (!view.has(`get_${resource.name}`)) return result;
  const name = `${resource.plural}/${id}`;
  const tenant = typeof args.user_id === "string"
    ? `?user_id=${encodeURIComponent(args.user_id)}`
    : "";
  const link: ResourceLink = {
    type: "resource_link",
    uri: `qontak://${name}${tenant}`,
    name,
  };
  return { ...result, content: [...content, link] };
}
