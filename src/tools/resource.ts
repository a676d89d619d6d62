/**
 * The tools that every kind of record has, made from what is special about it.
 *
 * @module
 */
import type { Endpoint } from "../qontak/endpoints.ts";
import { isObject, type JsonObject } from "../values.ts";
import {
  type Argument,
  type Arguments,
  flag,
  id,
  list,
  nullable,
  orNull,
  reference,
  required,
  text,
} from "./arguments.ts";
import { bodyInput, bodyValues } from "./body.ts";
import { type Tool, tool } from "./define.ts";
import { describeRequired, describeTemplate } from "./fields.ts";
import { listTool } from "./list.ts";
import { frames, presentRecord } from "./present.ts";
import {
  fieldsArgument,
  idArgument,
  type ResourceTools,
  tenantArgument,
} from "./spec.ts";
import { performWrite } from "./write.ts";

/**
 * A tool that answers with one record of an endpoint whose path has one id.
 *
 * @param spec What is special about the record.
 * @param name The tool's name.
 * @param title The tool's title.
 * @param description What it answers with.
 * @param endpoint The endpoint.
 */
export function recordTool(
  spec: ResourceTools,
  name: string,
  title: string,
  description: string,
  endpoint: Endpoint,
): Tool {
  const { resource, toolset } = spec;
  const idName = idArgument(resource);
  return tool({
    name,
    title,
    description,
    toolset,
    effect: "read",
    input: {
      [idName]: required(id()),
      ...fieldsArgument,
      ...tenantArgument,
    } as Arguments,
    output: frames.record,
    run: async ({ crm, signal }, args) => {
      const { response } = await crm.call(endpoint, {
        path: { id: args[idName] as number },
        signal,
      });
      return { ...presentRecord(theRecord(response), args.fields as string[]) };
    },
  });
}

/** One record, also where Qontak wraps it in a list. */
function theRecord(response: unknown): JsonObject {
  const record = Array.isArray(response) ? response[0] : response;
  return isObject(record) ? record : {};
}

/** The tools for template and required fields. */
export function templateTools(spec: ResourceTools): Tool[] {
  const { resource, toolset } = spec;
  const { name } = resource;
  const placed: Arguments = resource.place
    ? {
      pipeline_id: reference("Id or name"),
      stage_id: reference("Id or name"),
    }
    : {};
  const wanted: Arguments = {
    fields: list(text(), "Only these fields, with all their options"),
  };
  return [
    tool({
      name: `get_${name}_template`,
      title: `Get the ${name} template`,
      description:
        `Every field of a ${name} in this company, with types, options and the rule that makes it required.`,
      toolset,
      effect: "read",
      input: { ...wanted, ...tenantArgument } as Arguments,
      output: frames.fields,
      run: ({ setup }, args) =>
        describeTemplate(setup, resource, args.fields as string[]),
    }),
    tool({
      name: `get_required_fields_for_${name}`,
      title: `Get required fields for a ${name}`,
      description: resource.place
        ? `What a ${name} must have in one stage, and what else it may have: keys, types, options, value formats. Call it before create_${name} or a move.`
        : `What a ${name} must have, and what else it may have: keys, types, options, value formats. Call it before create_${name}.`,
      toolset,
      effect: "read",
      input: { ...placed, ...wanted, ...tenantArgument } as Arguments,
      output: frames.required,
      run: ({ setup }, args) =>
        describeRequired(setup, resource, {
          pipeline: args.pipeline_id,
          stage: args.stage_id,
        }, args.fields as string[]),
    }),
  ];
}

/** The tools that list, read, make, change and delete records. */
export function recordTools(spec: ResourceTools): Tool[] {
  const { resource } = spec;
  const { name } = resource;
  return [
    listTool(spec),
    recordTool(
      spec,
      `get_${name}`,
      `Get a ${name}`,
      `One ${name} by id, with the custom fields that are set.`,
      resource.endpoints.get,
    ),
    createTool(spec),
    updateTool(spec),
    deleteTool(spec),
  ];
}

const skipArgument: Arguments = {
  skip_validation: flag("Send unchecked; only when the check is impossible"),
};

function createTool(spec: ResourceTools): Tool {
  const { resource, toolset, summary } = spec;
  const { create } = resource.endpoints;
  const name = `create_${resource.name}`;
  return tool({
    name,
    title: `Create a ${resource.name}`,
    description:
      `Makes a ${resource.name}, checked first against the company's template; the answer says what was stored.`,
    toolset,
    effect: "write",
    input: {
      ...bodyInput(create, spec.descriptions, orNull),
      ...skipArgument,
      ...tenantArgument,
    } as Arguments,
    output: frames.write,
    renamed: spec.renamed,
    run: (context, args) =>
      performWrite(context, {
        tool: name,
        resource,
        values: bodyValues(create, args, (value) => value !== null),
        skipValidation: args.skip_validation === true,
        summary,
      }),
  });
}

/**
 * An argument of an update: null clears. What the entries of a list look like
 * is said once, by create.
 */
function changeable(inner: Argument): Argument {
  const { type, items } = inner.schema;
  const isDetailed = type === "array" &&
    (items as { type?: unknown }).type === "object";
  return nullable(
    isDetailed
      ? { ...inner, schema: { type, items: { type: "object" } } }
      : inner,
  );
}

function updateTool(spec: ResourceTools): Tool {
  const { resource, toolset, summary } = spec;
  const { update } = resource.endpoints;
  const idName = idArgument(resource);
  const name = `update_${resource.name}`;
  return tool({
    name,
    title: `Update a ${resource.name}`,
    description:
      `Changes only the keys given; null clears one. Checked as the ${resource.name} would become${
        resource.owner ? "; the owner stays unless changed" : ""
      }.`,
    toolset,
    effect: "write",
    idempotent: true,
    input: {
      [idName]: required(id()),
      ...bodyInput(update, {}, changeable),
      ...skipArgument,
      ...tenantArgument,
    } as Arguments,
    output: frames.write,
    renamed: spec.renamed,
    run: (context, args) =>
      performWrite(context, {
        tool: name,
        resource,
        id: args[idName] as number,
        values: bodyValues(update, args),
        skipValidation: args.skip_validation === true,
        summary,
      }),
  });
}

function deleteTool(spec: ResourceTools): Tool {
  const { resource, toolset } = spec;
  const idName = idArgument(resource);
  return tool({
    name: `delete_${resource.name}`,
    title: `Delete a ${resource.name}`,
    description: `Deletes a ${resource.name} for good.`,
    toolset,
    effect: "delete",
    idempotent: true,
    input: { [idName]: required(id()), ...tenantArgument } as Arguments,
    output: frames.deleted,
    run: async ({ crm, signal }, args) => {
      const target = args[idName] as number;
      await crm.call(resource.endpoints.delete, {
        path: { id: target },
        signal,
      });
      return { deleted: true, id: target };
    },
  });
}
