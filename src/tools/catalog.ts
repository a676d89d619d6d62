/**
 * All tools, in the fixed order that clients see.
 *
 * @module
 */
import { objectSchema } from "./kit/arguments.ts";
import { accountTools } from "./accounts.ts";
import { changesTools } from "./changes.ts";
import { changeRecordsTool } from "./many.ts";
import { companyTools } from "./companies.ts";
import { contactTools } from "./contacts.ts";
import { dealTools } from "./deals.ts";
import type { Tool } from "./tool.ts";
import { insightTools } from "./insight.ts";
import { searchTools } from "./search.ts";
import { geolocationTools } from "./geolocations.ts";
import { noteTools } from "./notes.ts";
import { pipelineTools } from "./pipelines.ts";
import { productTools } from "./products.ts";
import { taskTools } from "./tasks.ts";
import { ticketTools } from "./tickets.ts";

/** A group of tools that can be enabled or disabled. */
export type Toolset =
  | "contacts"
  | "companies"
  | "deals"
  | "pipelines"
  | "tickets"
  | "tasks"
  | "notes"
  | "products"
  | "geolocations"
  | "insight"
  | "changes";

/** The tools of each kind of record, by group. */
const recordTools = {
  contacts: contactTools,
  companies: companyTools,
  deals: dealTools,
  pipelines: pipelineTools,
  tickets: ticketTools,
  tasks: taskTools,
  notes: noteTools,
  products: productTools,
  geolocations: geolocationTools,
};

/** The tools of each group, in the order that clients see. */
const tools: Readonly<Record<Toolset, readonly Tool[]>> = {
  ...recordTools,
  insight: [...insightTools, ...searchTools, ...accountTools],
  changes: [
    ...changesTools,
    changeRecordsTool(Object.values<readonly Tool[]>(recordTools).flat())!,
  ],
};

/** All groups of tools, in that order. */
export const TOOLSETS = Object.keys(tools) as readonly Toolset[];

/** A tool and its group. */
export interface CatalogTool extends Tool {
  /** The group. */
  readonly toolset: Toolset;
}

/** All tools. The list is the same for every client, in a fixed order. */
export const catalog: readonly CatalogTool[] = TOOLSETS.flatMap((toolset) =>
  tools[toolset].map((tool) => ({ ...tool, toolset }))
);

/**
 * Removes the argument user_id from a tool, for callers that act for one
 * company.
 *
 * @param tool The tool.
 */
export function withoutTenant(tool: Tool): Tool {
  const { user_id: _, ...input } = tool.input;
  return {
    ...tool,
    input,
    renamed: {
      user_id: "the company is decided by your credential",
      ...tool.renamed,
    },
  };
}

/** A tool as `tools/list` shows it. */
export interface ListedTool {
  /** The name. */
  readonly name: string;
  /** What it does, for a model that chooses among tools. */
  readonly description: string;
  /** The arguments, as a JSON schema. */
  readonly inputSchema: {
    readonly type: "object";
    readonly [key: string]: unknown;
  };
  /** The frame of the answer, as a JSON schema. */
  readonly outputSchema: {
    readonly type: "object";
    readonly [key: string]: unknown;
  };
  /** The effects of a call, for clients that ask before they call. */
  readonly annotations: {
    readonly title: string;
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    /** Only where it says more than the protocol's defaults. */
    readonly idempotentHint?: true;
    readonly openWorldHint: boolean;
  };
}

/**
 * Converts a tool to the form that clients see. Every conversation includes the
 * list, so it repeats nothing: the title is only in the annotations.
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
      // A write that may be repeated overwrites data; any other write only adds
      // data.
      destructiveHint: effect === "delete" || tool.idempotent === true ||
        tool.destructive === true,
      // For tools that only read, the protocol gives it no meaning.
      ...(effect !== "read" && tool.idempotent ? { idempotentHint: true } : {}),
      openWorldHint: true,
    },
  };
}
