/**
 * The short list: the tools that most work needs, and three that find and call
 * the others. The tool that is called decides on effect, scopes, the person's
 * yes and the audit record, as if the client had called it itself.
 *
 * @module
 */
import type { Outline } from "../tools/outline.ts";
import type { Callable } from "../tools/tool.ts";
import type { JsonObject } from "../values/json.ts";
import {
  callReadTool,
  callWriteTool,
  findTool,
  type Opened,
} from "./compact_tools.ts";

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
