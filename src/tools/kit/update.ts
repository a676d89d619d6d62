/**
 * Tools that change a record.
 *
 * @module
 */
import type { Write } from "../../changes/check_write.ts";
import { findProblems, prepareWrite } from "../../changes/write.ts";
import type { Resource } from "../../qontak/resources.ts";
import { defined, type JsonObject, toId } from "../../values/json.ts";
import type { Tool } from "../tool.ts";
import {
  type Arguments,
  clearable,
  id,
  nullable,
  required,
} from "./arguments.ts";
import { bodyInput, bodyValues } from "./body_arguments.ts";
import { changeTool } from "./change_tool.ts";
import { frames } from "./frames.ts";
import { skipArgument, tenantArgument } from "./shared_arguments.ts";
import { spoken, type ToolTraits } from "./tool_traits.ts";

/**
 * Makes a tool that changes a record.
 *
 * @param traits What is special about the record.
 */
export function updateTool(traits: ToolTraits): Tool {
  const { resource, summary, renamed } = traits;
  const { idArgument } = resource;
  const { update, template } = resource.endpoints;
  const name = `update_${resource.name}`;
  const write = (args: JsonObject, id: number): Write => ({
    tool: name,
    resource,
    id,
    values: bodyValues(resource, update, args),
    skipValidation: args.skip_validation === true,
    summary,
  });
  const checked = template
    ? ` Checked as the ${spoken(resource.name)} would become.`
    : "";
  return changeTool({
    name,
    title: `Update ${spoken(resource.name)}`,
    description: `Changes only the keys given; null clears one.${checked}`,
    effect: "write",
    idempotent: true,
    input: {
      [idArgument]: required(id()),
      ...changeInput(resource),
      ...(template ? skipArgument : {}),
      ...tenantArgument,
    } as Arguments,
    output: frames.write,
    about: resource,
    ...defined({ renamed }),
    problems: async (context, args) => {
      const id = toId(args[idArgument]);
      return id === null ? [] : await findProblems(context, write(args, id));
    },
    prepare: (context, args) =>
      prepareWrite(context, write(args, args[idArgument] as number)),
  });
}

/**
 * The arguments of an update. null clears a field. The schema shows null only
 * if nothing else clears the field: a label is cleared with its id, and a list
 * can be empty.
 */
function changeInput(resource: Resource): Arguments {
  const input = bodyInput(resource, resource.endpoints.update);
  return Object.fromEntries(
    Object.entries(input).map(([name, argument]) => {
      const clearsAnyhow = name.endsWith("_name") ||
        argument.schema.type === "array";
      return [name, (clearsAnyhow ? clearable : nullable)(argument)];
    }),
  );
}
