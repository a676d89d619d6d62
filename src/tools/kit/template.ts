/**
 * Tools that describe the fields that a company has configured for a kind of
 * record.
 *
 * @module
 */
import { type Tool, tool } from "../tool.ts";
import { type Arguments, reference } from "./arguments.ts";
import { describeRequired, describeTemplate } from "./describe_template.ts";
import { frames } from "./frames.ts";
import { fieldsArgument, tenantArgument } from "./shared_arguments.ts";
import type { ToolTraits } from "./tool_traits.ts";

/**
 * Makes the tools for the template and for the required fields.
 *
 * @param traits What is special about the record.
 */
export function templateTools({ resource }: ToolTraits): Tool[] {
  const { name, place } = resource;
  const placed: Arguments = place
    ? { pipeline_id: reference(), stage_id: reference() }
    : {};
  return [
    tool({
      name: `get_${name}_template`,
      title: `Get ${name} template`,
      description: `Every field of a ${name}, with what makes it required.`,
      effect: "read",
      input: { ...fieldsArgument, ...tenantArgument } as Arguments,
      output: frames.fields,
      run: ({ setup }, args) =>
        describeTemplate(setup, resource, args.fields as string[]),
    }),
    tool({
      name: `get_required_fields_for_${name}`,
      title: `Get required fields for a ${name}`,
      description: place
        ? `Required and optional fields of a ${name} in one stage. Call it before create_${name} or a move.`
        : `Required and optional fields of a ${name}. Call it before create_${name}.`,
      effect: "read",
      input: { ...placed, ...fieldsArgument, ...tenantArgument } as Arguments,
      output: frames.required,
      run: ({ setup }, args) =>
        describeRequired(setup, resource, {
          pipeline: args.pipeline_id,
          stage: args.stage_id,
        }, args.fields as string[]),
    }),
  ];
}
