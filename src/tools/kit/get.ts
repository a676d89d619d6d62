/**
 * Tools that return one record.
 *
 * @module
 */
import type { Endpoint } from "../../qontak/endpoints.ts";
import { recordOf } from "../../qontak/envelope.ts";
import { type Tool, tool } from "../tool.ts";
import { type Arguments, id, required } from "./arguments.ts";
import { frames } from "./frames.ts";
import { presentRecord } from "../../fields/present.ts";
import { labelsFor, missingLabels, showRecord } from "../../fields/shown.ts";
import { selectedKeys } from "./selected_keys.ts";
import { fieldsArgument, tenantArgument } from "./shared_arguments.ts";
import { spoken, type ToolTraits } from "./tool_traits.ts";

/** A view of one record. The path of its endpoint contains one id. */
export interface RecordView {
  /** The tool's name. */
  readonly name: string;
  /** The tool's title. */
  readonly title: string;
  /** What the tool returns. */
  readonly description: string;
  /** The endpoint. */
  readonly endpoint: Endpoint;
}

/**
 * Makes a tool that returns one record.
 *
 * @param traits What is special about the record.
 */
export function getTool(traits: ToolTraits): Tool {
  const { name, endpoints } = traits.resource;
  return viewTool(traits, {
    name: `get_${name}`,
    title: `Get a ${spoken(name)}`,
    description: `One ${spoken(name)} by id.`,
    endpoint: endpoints.get,
  });
}

/**
 * Makes a tool that returns another view of one record.
 *
 * @param traits What is special about the record.
 * @param view What is special about the view.
 */
export function viewTool(
  { resource }: ToolTraits,
  { name, title, description, endpoint }: RecordView,
): Tool {
  const { idArgument, endpoints } = resource;
  return tool({
    name,
    title,
    description,
    effect: "read",
    input: {
      [idArgument]: required(id()),
      ...fieldsArgument,
      ...tenantArgument,
    } as Arguments,
    output: frames.record,
    about: resource,
    run: async ({ crm, setup, signal, explain }, args) => {
      const target = args[idArgument] as number;
      const { response } = await crm.call(endpoint, {
        path: { id: target },
        signal,
      });
      // Other views contain ids other than the record's.
      const expected = endpoint === endpoints.get ? target : undefined;
      const record = recordOf(endpoint, response, expected);
      const selected = await selectedKeys(setup, resource, args.fields, [
        record,
      ]);
      const { record: shown, ...more } = presentRecord(record, selected);
      const labels = await labelsFor(setup, resource, [shown]);
      return {
        record: showRecord(shown, labels, selected),
        ...more,
        ...missingLabels(labels, explain),
      };
    },
  });
}
