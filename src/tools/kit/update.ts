/**
 * Tools that change a record.
 *
 * @module
 */
import type { Write } from "../../changes/check_write.ts";
import { findProblems, prepareWrite } from "../../changes/write.ts";
import type { BodyType } from "../../qontak/bodies.ts";
import { argumentOf, type Resource } from "../../qontak/resources.ts";
import { defined, type JsonObject, toId } from "../../values/json.ts";
import type { Tool, ToolContext } from "../tool.ts";
import {
  type Arguments,
  changeable,
  clearable,
  id,
  required,
  words,
} from "./arguments.ts";
import { bodyInput } from "./body_arguments.ts";
import { changesGiven } from "./changes_given.ts";
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
  const write = async (
    context: ToolContext,
    args: JsonObject,
    id: number,
  ): Promise<Write> => ({
    tool: name,
    resource,
    id,
    ...await changesGiven(context, resource, args),
    skipValidation: args.skip_validation === true,
    summary,
  });
  const lists = Object.values(update.body).some((type) => LISTS.has(type))
    ? " A list replaces the stored one; {add: […], remove: […]} changes it."
    : "";
  return changeTool({
    name,
    title: `Update ${spoken(resource.name)}`,
    description: `Changes only the keys given.${lists}`,
    effect: "write",
    idempotent: true,
    input: {
      [idArgument]: required(id()),
      ...changeInput(resource),
      clear: words(),
      ...(template ? skipArgument : {}),
      ...tenantArgument,
    } as Arguments,
    output: frames.write,
    about: resource,
    ...defined({ renamed }),
    problems: async (context, args) => {
      const id = toId(args[idArgument]);
      return id === null
        ? []
        : await findProblems(context, await write(context, args, id));
    },
    prepare: async (context, args) =>
      await prepareWrite(
        context,
        await write(context, args, args[idArgument] as number),
      ),
  });
}

/** The body types whose values are lists of several things. */
const LISTS: ReadonlySet<BodyType> = new Set(["ids", "options"]);

/**
 * The arguments of an update. Each accepts null, which the schema does not
 * show: clear is the way to clear a field that no client takes by mistake.
 */
function changeInput(resource: Resource): Arguments {
  const { update } = resource.endpoints;
  const input = bodyInput(resource, update);
  return Object.fromEntries(
    Object.entries(update.body).map(([key, type]) => {
      const name = argumentOf(resource, key);
      const argument = input[name]!;
      return [
        name,
        clearable(LISTS.has(type) ? changeable(argument) : argument),
      ];
    }),
  );
}
