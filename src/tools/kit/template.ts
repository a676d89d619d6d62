/**
 * Tools that describe the fields that a company has configured for a kind of
 * record.
 *
 * @module
 */
import { type Tool, tool } from "../tool.ts";
import { type Arguments, flag, id, reference } from "./arguments.ts";
import { describeRequired } from "./describe_required.ts";
import { describeTemplate } from "./describe_template.ts";
import { frames } from "./frames.ts";
import { readRecord } from "../../changes/report_write.ts";
import { fieldsArgument, tenantArgument } from "./shared_arguments.ts";
import type { ToolTraits } from "./tool_traits.ts";

/**
 * Makes the tools for the template and for the required fields.
 *
 * @param traits What is special about the record.
 */
export function templateTools({ resource }: ToolTraits): Tool[] {
  const { name, idArgument, place } = resource;
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
        ? `What a ${name} needs in one stage, or per stage of a pipeline. Call it before create_${name} or a move.`
        : `What a ${name} needs. Call it before create_${name}.`,
      effect: "read",
      input: {
        ...placed,
        [idArgument]: id("Says what it still lacks"),
        optional: flag(),
        ...fieldsArgument,
        ...tenantArgument,
      } as Arguments,
      output: frames.required,
      ...(place
        ? {
          renamed: {
            [place.pipeline]: "the pipeline is pipeline_id here",
            [place.stage]: "the stage is stage_id here",
          },
        }
        : {}),
      run: async (context, args) => {
        const target = args[idArgument] as number | undefined;
        return await describeRequired(context.setup, resource, {
          pipeline: args.pipeline_id,
          stage: args.stage_id,
          record: target === undefined
            ? undefined
            : await readRecord(context, resource, target),
          optional: args.optional as boolean | undefined,
          fields: args.fields as string[] | undefined,
        });
      },
    }),
  ];
}
