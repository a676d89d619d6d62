/**
 * Every tool, in the one order that clients are shown.
 *
 * @module
 */
import { objectSchema } from "./arguments.ts";
import { dealTools } from "./deals.ts";
import type { Tool } from "./define.ts";
import { pipelineTools } from "./pipelines.ts";

/** Every tool. The list is the same for every client, in a fixed order. */
export const catalog: readonly Tool[] = [...dealTools, ...pipelineTools];

/** A tool as `tools/list` shows it. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: {
    readonly type: "object";
    readonly [key: string]: unknown;
  };
  readonly outputSchema: {
    readonly type: "object";
    readonly [key: string]: unknown;
  };
  readonly annotations: {
    readonly title: string;
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
}

/**
 * A tool as clients are shown it. The list is read into every conversation,
 * so nothing in it is said twice: the title is part of the annotations.
 *
 * @param tool The tool.
 */
export function listed(tool: Tool): ListedTool {
  const { name, title, description, effect } = tool;
  return {
    name,
    description,
    inputSchema: objectSchema(tool.input),
    outputSchema: tool.output as ListedTool["outputSchema"],
    annotations: {
      title,
      readOnlyHint: effect === "read",
      // A write that may be repeated overwrites; one that may not only adds.
      destructiveHint: effect === "delete" || tool.idempotent === true,
      idempotentHint: effect === "read" || tool.idempotent === true,
      openWorldHint: true,
    },
  };
}
