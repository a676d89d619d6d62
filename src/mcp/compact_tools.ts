/**
 * The three tools of the short list that find and call the others, as clients
 * see them.
 *
 * @module
 */
import type { Outline } from "../tools/outline.ts";
import type { Callable } from "../tools/tool.ts";
import { isObject, type JsonObject } from "../values/json.ts";

/** A call: a tool and its arguments. */
export interface Opened {
  readonly tool: Callable;
  readonly args: JsonObject;
}

/**
 * The name of the tool whose scope a call needs. The tools of the short list
 * that read need the same scope for all that they reach.
 *
 * @param params The params of the call.
 */
export function calledName({ name, arguments: args }: JsonObject): string {
  return String(name === CALL_WRITE && isObject(args) ? args.tool : name)
    .trim();
}

/** The tool that finds those that are not listed. */
export const FIND_TOOL = "find_tool";

/** Calls a tool that changes nothing. */
export const CALL_READ = "call_read_tool";
/** Calls any other tool. */
export const CALL_WRITE = "call_write_tool";

/** The arguments of a tool that calls another. */
const callInput = {
  tool: {
    schema: { type: "string", description: "Its name" },
    required: true,
  },
  arguments: {
    schema: {
      type: "string",
      description: "Its arguments, as the JSON of an object",
    },
    required: false,
  },
};

/** As clients see it. */
export const callReadTool: Outline = {
  name: CALL_READ,
  title: "Call a tool that reads",
  description: "Calls a tool of find_tool that changes nothing.",
  effect: "read",
  input: callInput,
  output: { type: "object" },
};

/** As clients see it. */
export const callWriteTool: Outline = {
  name: CALL_WRITE,
  title: "Call a tool that changes",
  description: "Calls a tool of find_tool that creates, updates or deletes.",
  effect: "write",
  destructive: true,
  input: callInput,
  output: { type: "object" },
};

/** As clients see it. */
export const findTool: Outline = {
  name: FIND_TOOL,
  title: "Find a tool",
  description:
    "Finds the tools that are not listed here (other records, templates, timelines, owners, products, many changes), with their arguments.",
  effect: "read",
  input: {
    query: {
      schema: {
        type: "string",
        description: "What to do, such as delete a note, or a name",
      },
      required: true,
    },
  },
  output: {
    type: "object",
    properties: { tools: { type: "array", items: { type: "object" } } },
  },
};
