/**
 * Tools that assign a record to another user.
 *
 * @module
 */
import { readRecord, reportWrite } from "../../changes/report_write.ts";
import { preparedRequest } from "../../changes/request.ts";
import type { Endpoint } from "../../qontak/endpoints.ts";
import type { Tool } from "../tool.ts";
import { type Arguments, id, reference, required } from "./arguments.ts";
import { changeTool } from "./change_tool.ts";
import { pickOption } from "./filter.ts";
import { frames } from "./frames.ts";
import { tenantArgument } from "./shared_arguments.ts";
import type { ToolTraits } from "./tool_traits.ts";

/** What the answer shows of the record. */
const OWNER = ["id", "name", "first_name", "last_name", "creator_name"];

/**
 * Makes a tool that assigns a record to another user.
 *
 * @param traits What is special about the record.
 * @param endpoint The endpoint; its body takes `creator_id`.
 */
export function ownerTool(
  { resource }: ToolTraits,
  endpoint: Endpoint,
): Tool {
  const { name, idArgument } = resource;
  const tool = `update_${name}_owner`;
  return changeTool({
    name: tool,
    title: `Change ${name}'s owner`,
    description: `Gives a ${name} to another user.`,
    effect: "write",
    idempotent: true,
    input: {
      [idArgument]: required(id()),
      creator_id: required(reference("The new owner, id or name")),
      ...tenantArgument,
    } as Arguments,
    output: frames.write,
    about: resource,
    prepare: async (context, args) => {
      const written = args[idArgument] as number;
      // Only the template lists owners: Qontak has no list of users.
      const owner = await pickOption(
        context.setup,
        resource,
        "creator_id",
        args.creator_id,
      );
      const body = { creator_id: owner.id };
      const before = await readRecord(context, resource, written);
      return preparedRequest({
        tool,
        act: "update",
        kind: name,
        resource,
        id: written,
        canUndo: true,
        before,
        endpoint,
        path: { id: written },
        body,
        report: (context) =>
          // Only the owner changes; get_ shows the rest.
          reportWrite(context, { resource, summary: OWNER }, {
            written,
            body,
            previous: before,
          }),
      });
    },
  });
}
