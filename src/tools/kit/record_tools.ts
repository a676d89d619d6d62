/**
 * The tools that every kind of record has.
 *
 * @module
 */
import type { Tool } from "../tool.ts";
import { createTool } from "./create.ts";
import { deleteTool } from "./delete.ts";
import { getTool } from "./get.ts";
import { listTool } from "./list.ts";
import { templateTools } from "./template.ts";
import type { ToolTraits } from "./tool_traits.ts";
import { updateTool } from "./update.ts";

/**
 * Makes the tools that every kind of record has: the tools for its fields, if
 * Qontak publishes them; list, get, create and update; and delete, if Qontak
 * supports it.
 *
 * @param traits What is special about the record.
 * @param list The list tool, if it differs from that of other records.
 */
export function recordTools(
  traits: ToolTraits,
  list: Tool = listTool(traits),
): Tool[] {
  const { endpoints } = traits.resource;
  return [
    ...(endpoints.template ? templateTools(traits) : []),
    list,
    getTool(traits),
    createTool(traits),
    updateTool(traits),
    ...(endpoints.delete ? [deleteTool(traits, endpoints.delete)] : []),
  ];
}
