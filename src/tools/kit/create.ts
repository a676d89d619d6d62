/**
 * Tools that create a record.
 *
 * @module
 */
import { defined, type JsonObject } from "../../values/json.ts";
import { type Tool, tool } from "../tool.ts";
import type { Arguments } from "./arguments.ts";
import { bodyInput, bodyValues } from "./body_arguments.ts";
import { frames } from "./frames.ts";
import { skipArgument, tenantArgument } from "./shared_arguments.ts";
import { spoken, type ToolTraits } from "./tool_traits.ts";
import { findProblems, performWrite, type Write } from "./write.ts";

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
    summary,
  });
  const checked = template
    ? ", checked first against the company's template"
    : "";
  return tool({
    name,
    title: `Create ${spoken(resource.name)}`,
    description: `Creates a ${
      spoken(resource.name)
    }${checked}; answers with what was stored.`,
    effect: "write",
    input: {
      ...bodyInput(resource, create, descriptions),
      ...(template ? skipArgument : {}),
      ...tenantArgument,
    } as Arguments,
    output: frames.write,
    about: resource,
    ...defined({ renamed }),
    problems: (context, args) =>
      findProblems(context, write(withoutNulls(args))),
    run: (context, args) => performWrite(context, write(args)),
  });
}

/** Removes nulls: in a create, null means that no value was given. */
function withoutNulls(args: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(args).filter(([, value]) => value !== null),
  );
}
