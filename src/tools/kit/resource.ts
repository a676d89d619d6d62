/**
 * The tools that every kind of record has, made from what is special about it.
 *
 * @module
 */
import type { Endpoint } from "../../qontak/endpoints.ts";
import { recordOf } from "../../qontak/envelope.ts";
import type { Resource } from "../../qontak/resources.ts";
import { defined, type JsonObject, toId } from "../../values/json.ts";
import {
  type Arguments,
  clearable,
  flag,
  id,
  nullable,
  reference,
  required,
} from "./arguments.ts";
import { bodyInput, bodyValues } from "./body.ts";
import { type Tool, tool } from "../tool.ts";
import { describeRequired, describeTemplate } from "./templates.ts";
import { listTool } from "./list.ts";
import { frames, presentRecord } from "./present.ts";
import { pickOption } from "./filter.ts";
import {
  fieldsArgument,
  type ResourceTools,
  selectedKeys,
  spoken,
  tenantArgument,
} from "./spec.ts";
import {
  findProblems,
  performWrite,
  reportWrite,
  type Write,
} from "./write.ts";

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
  const idName = resource.idArgument;
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
    about: resource,
    run: async ({ crm, signal }, args) => {
      const target = args[idName] as number;
      const { response } = await crm.call(endpoint, {
        path: { id: target },
        signal,
      });
      const record = recordOf(
        endpoint,
        response,
        endpoint === resource.endpoints.get ? target : undefined,
      );
      return presentRecord(record, selectedKeys(resource, args.fields));
    },
  });
}

/** The tools for template and required fields. */
export function templateTools(spec: ResourceTools): Tool[] {
  const { resource, toolset } = spec;
  const { name } = resource;
  const placed: Arguments = resource.place
    ? {
      pipeline_id: reference(),
      stage_id: reference(),
    }
    : {};
  return [
    tool({
      name: `get_${name}_template`,
      title: `Get ${name} template`,
      description: `Every field of a ${name}, with what makes it required.`,
      toolset,
      effect: "read",
      input: { ...fieldsArgument, ...tenantArgument } as Arguments,
      output: frames.fields,
      trusted: true,
      run: ({ setup }, args) =>
        describeTemplate(setup, resource, args.fields as string[]),
    }),
    tool({
      name: `get_required_fields_for_${name}`,
      title: `Get required fields for a ${name}`,
      description: resource.place
        ? `Required and optional fields of a ${name} in one stage. Call it before create_${name} or a move.`
        : `Required and optional fields of a ${name}. Call it before create_${name}.`,
      toolset,
      effect: "read",
      input: { ...placed, ...fieldsArgument, ...tenantArgument } as Arguments,
      output: frames.required,
      trusted: true,
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
      `Get a ${spoken(resource.name)}`,
      `One ${spoken(resource.name)} by id.`,
      resource.endpoints.get,
    ),
    createTool(spec),
    updateTool(spec),
    ...(resource.endpoints.delete
      ? [deleteTool(spec, resource.endpoints.delete)]
      : []),
  ];
}

/**
 * A tool that gives a record to another user.
 *
 * @param spec What is special about the record.
 * @param endpoint The endpoint.
 */
export function ownerTool(spec: ResourceTools, endpoint: Endpoint): Tool {
  const { resource, toolset, summary } = spec;
  const { name, idArgument } = resource;
  return tool({
    name: `update_${name}_owner`,
    title: `Change ${name}'s owner`,
    description: `Gives a ${name} to another user.`,
    toolset,
    effect: "write",
    idempotent: true,
    input: {
      [idArgument]: required(id()),
      creator_id: required(reference("The new owner, id or name")),
      ...tenantArgument,
    } as Arguments,
    output: frames.write,
    about: resource,
    run: async (context, args) => {
      const { crm, setup, signal } = context;
      const written = args[idArgument] as number;
      // Owners are listed only in the template: Qontak has no list of users.
      const owner = await pickOption(
        setup,
        resource,
        "creator_id",
        args.creator_id,
      );
      const body = { creator_id: owner.id };
      await crm.call(endpoint, { path: { id: written }, body, signal });
      return await reportWrite(context, { resource, summary }, {
        written,
        body,
      });
    },
  });
}

const skipArgument: Arguments = {
  skip_validation: flag(),
};

function createTool(spec: ResourceTools): Tool {
  const { resource, toolset, summary } = spec;
  const { create } = resource.endpoints;
  const name = `create_${resource.name}`;
  const write = (args: JsonObject): Write => ({
    tool: name,
    resource,
    values: bodyValues(resource, create, args),
    skipValidation: args.skip_validation === true,
    summary,
  });
  return tool({
    name,
    title: `Create ${spoken(resource.name)}`,
    description: resource.endpoints.template
      ? `Makes a ${
        spoken(resource.name)
      }, checked first against the company's template; the answer says what was stored.`
      : `Makes a ${spoken(resource.name)}; the answer says what was stored.`,
    toolset,
    effect: "write",
    input: {
      ...bodyInput(resource, create, spec.descriptions),
      ...(resource.endpoints.template ? skipArgument : {}),
      ...tenantArgument,
    } as Arguments,
    output: frames.write,
    about: resource,
    ...defined({ renamed: spec.renamed }),
    problems: (context, args) => findProblems(context, write(withValues(args))),
    run: (context, args) => performWrite(context, write(args)),
  });
}

/** null in a create means that nothing was given. */
function withValues(args: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(args).filter(([, value]) => value !== null),
  );
}

/**
 * The arguments of an update. null clears; that is shown where nothing else
 * does, since a label goes with its id and a list can be empty.
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

function updateTool(spec: ResourceTools): Tool {
  const { resource, toolset, summary } = spec;
  const { update } = resource.endpoints;
  const idName = resource.idArgument;
  const name = `update_${resource.name}`;
  const write = (args: JsonObject, id: number): Write => ({
    tool: name,
    resource,
    id,
    values: bodyValues(resource, update, args),
    skipValidation: args.skip_validation === true,
    summary,
  });
  return tool({
    name,
    title: `Update ${spoken(resource.name)}`,
    description: `Changes only the keys given; null clears one.${
      resource.endpoints.template
        ? ` Checked as the ${spoken(resource.name)} would become.`
        : ""
    }`,
    toolset,
    effect: "write",
    idempotent: true,
    input: {
      [idName]: required(id()),
      ...changeInput(resource),
      ...(resource.endpoints.template ? skipArgument : {}),
      ...tenantArgument,
    } as Arguments,
    output: frames.write,
    about: resource,
    ...defined({ renamed: spec.renamed }),
    problems: async (context, args) => {
      const id = toId(args[idName]);
      return id === null ? [] : await findProblems(context, write(args, id));
    },
    run: (context, args) =>
      performWrite(context, write(args, args[idName] as number)),
  });
}

function deleteTool(spec: ResourceTools, endpoint: Endpoint): Tool {
  const { resource, toolset } = spec;
  const idName = resource.idArgument;
  return tool({
    name: `delete_${resource.name}`,
    title: `Delete ${spoken(resource.name)}`,
    description: `Deletes a ${spoken(resource.name)} for good.`,
    toolset,
    effect: "delete",
    idempotent: true,
    input: { [idName]: required(id()), ...tenantArgument } as Arguments,
    output: frames.deleted,
    trusted: true,
    run: async ({ crm, signal }, args) => {
      const target = args[idName] as number;
      await crm.call(endpoint, {
        path: { id: target },
        signal,
      });
      return { deleted: true, id: target };
    },
  });
}
