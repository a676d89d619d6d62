/**
 * Tools that delete a record.
 *
 * @module
 */
import { prepareDelete } from "../../changes/delete.ts";
import type { Endpoint } from "../../qontak/endpoints.ts";
import type { Tool } from "../tool.ts";
import { type Arguments, id, required } from "./arguments.ts";
import { changeTool } from "./change_tool.ts";
import { frames } from "./frames.ts";
import { tenantArgument } from "./shared_arguments.ts";
import { spoken, type ToolTraits } from "./tool_traits.ts";

/**
 * Makes a tool that deletes a record.
 *
 * @param traits What is special about the record.
 * @param endpoint The endpoint.
 */
export function deleteTool(
  { resource }: ToolTraits,
  endpoint: Endpoint,
): Tool {
  const { idArgument } = resource;
  const kind = spoken(resource.name);
  const name = `delete_${resource.name}`;
  return changeTool({
    name,
    title: `Delete ${kind}`,
    description: `Deletes a ${kind} for good.`,
    effect: "delete",
    idempotent: true,
    input: { [idArgument]: required(id()), ...tenantArgument } as Arguments,
    output: frames.deleted,
    prepare: (context, args) =>
      prepareDelete(context, resource, {
        tool: name,
        endpoint,
        id: args[idArgument] as number,
      }),
  });
}
