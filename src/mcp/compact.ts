/**
 * The short list: the tools that most work needs, and three that find and call
 * the others. The tool that is called decides on effect, scopes, the person's
 * yes and the audit record, as if the client had called it itself.
 *
 * @module
 */
import type { Outline } from "../tools/outline.ts";
import type { Callable } from "../tools/tool.ts";
import { isObject, type JsonObject } from "../values/json.ts";

/** The tools of the short list. */
const DIRECT: ReadonlySet<string> = new Set([
  "search",
  "query_records",
  "get_account_overview",
  "get_contact",
  "get_company",
  "get_deal",
  "update_deal",
  "get_required_fields_for_deal",
  "list_tasks",
  "create_task",
  "create_note",
  "undo_change",
]);

/** A call: a tool and its arguments. */
export interface Opened {
  readonly tool: Callable;
  readonly args: JsonObject;
}

/** The short list of a caller. */
export interface Compact {
  /** The tools that clients list. */
  readonly tools: readonly Callable[];
  /** The call that a call means. */
  open(called: Callable, args: JsonObject): Promise<Opened>;
}

/**
 * Makes the short list.
 *
 * @param all The tools that the caller may call.
 */
export function createCompact(all: readonly Callable[]): Compact {
  const others = all.filter(({ name }) => !DIRECT.has(name));
  const isRead = ({ effect }: Outline) => effect === "read";
  const own = [
    ...(others.length > 0 ? [findTool] : []),
    ...(others.some(isRead) ? [callReadTool] : []),
    ...(others.every(isRead) ? [] : [callWriteTool]),
  ].map((outline) => ({
    ...outline,
    load: async () => {
      const { loadOwn } = await import("./compact_calls.ts");
      return loadOwn(outline, others);
    },
  }));
  const callers = [callReadTool, callWriteTool].map(({ name }) => name)
    .filter((name) => own.some((tool) => tool.name === name));
  return {
    tools: [...all.filter(({ name }) => DIRECT.has(name)), ...own],
    async open(called, args) {
      if (!callers.includes(called.name)) return { tool: called, args };
      const { openCall } = await import("./compact_calls.ts");
      return openCall(await called.load(), args, all);
    },
  };
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

const callReadTool: Outline = {
  name: CALL_READ,
  title: "Call a tool that reads",
  description: "Calls a tool of find_tool that changes nothing.",
  effect: "read",
  input: callInput,
  output: { type: "object" },
};

const callWriteTool: Outline = {
  name: CALL_WRITE,
  title: "Call a tool that changes",
  description: "Calls a tool of find_tool that creates, updates or deletes.",
  effect: "write",
  destructive: true,
  input: callInput,
  output: { type: "object" },
};

const findTool: Outline = {
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
