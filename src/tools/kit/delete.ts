/**
 * Tools that delete a record.
 *
 * @module
 */
import type { Endpoint } from "../../qontak/endpoints.ts";
import { type Tool, tool } from "../tool.ts";
import { type Arguments, id, required } from "./arguments.ts";
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
  { resource: { name, idArgument } }: ToolTraits,
  endpoint: Endpoint,
): Tool {
  return tool({
    name: `delete_${name}`,
    title: `Delete ${spoken(name)}`,
    description: `Deletes a ${spoken(name)} for good.`,
    effect: "delete",
    idempotent: true,
    input: { [idArgument]: required(id()), ...tenantArgument } as Arguments,
    output: frames.deleted,
    run: async ({ crm, signal }, args) => {
      const target = args[idArgument] as number;
      await crm.call(endpoint, { path: { id: target }, signal });
      return { deleted: true, id: target };
    },
  });
}
