/**
 * Tools that create a record.
 *
 * @module
 */
import type { Write } from "../../changes/check_write.ts";
import { isCompared } from "../../changes/find_same.ts";
import { findProblems, prepareWrite } from "../../changes/write.ts";
import { defined, type JsonObject } from "../../values/json.ts";
import type { Tool } from "../tool.ts";
import { type Arguments, flag } from "./arguments.ts";
import { bodyInput, bodyValues } from "./body_arguments.ts";
import { changeTool } from "./change_tool.ts";
import { frames } from "./frames.ts";
import { skipArgument, tenantArgument } from "./shared_arguments.ts";
import { meaningOf, spoken, type ToolTraits } from "./tool_traits.ts";

/**
 * Makes a tool that creates a record.
 *
 * @param traits What is special about the record.
 */
export function createTool(traits: ToolTraits): Tool {
  const { resource, summary, descriptions, renamed } = traits;
  const { create, template } = resource.endpoints;
  const name = `create_${resource.name}`;
  const write = (args: JsonObject): Write => ({
    tool: name,
    resource,
    values: bodyValues(resource, create, args),
    skipValidation: args.skip_validation === true,
    allowDuplicate: args.allow_duplicate === true,
    summary,
  });
  return changeTool({
    name,
    title: `Create ${spoken(resource.name)}`,
    description: `Creates a ${spoken(resource.name)}${meaningOf(traits)}.`,
    effect: "write",
    input: {
      ...bodyInput(resource, create, descriptions),
      ...(template ? skipArgument : {}),
      ...(isCompared(resource) ? { allow_duplicate: flag() } : {}),
      ...tenantArgument,
    } as Arguments,
    output: frames.write,
    about: resource,
    ...defined({ renamed }),
    problems: (context, args) =>
      findProblems(context, write(withoutNulls(args))),
    prepare: (context, args) => prepareWrite(context, write(args)),
  });
}

/** Removes nulls: in a create, null means that no value was given. */
function withoutNulls(args: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(args).filter(([, value]) => value !== null),
  );
}
