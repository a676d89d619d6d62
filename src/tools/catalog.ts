/**
 * All tools, in the fixed order that clients see.
 *
 * @module
 */
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
import {
  CHANGE_RECORDS,
  type Toolset,
  TOOLSETS,
  withoutTenant,
} from "./outline.ts";
import { pipelineTools } from "./pipelines.ts";
import { productTools } from "./products.ts";
import { taskTools } from "./tasks.ts";
import { ticketTools } from "./tickets.ts";

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
 * The tools of a selection. Many changes at once are only those for which it has
 * a tool.
 *
 * @param names The names of its tools.
 * @param isPinned Whether the caller acts for one company.
 * @returns The tools by name.
 */
export function toolsOf(
  names: readonly string[],
  isPinned: boolean,
): ReadonlyMap<string, Tool> {
  const selected = catalog.filter(({ name }) => names.includes(name));
  return new Map(
    selected.map((tool) => {
      const narrow = tool.name === CHANGE_RECORDS
        ? changeRecordsTool(selected) ?? tool
        : tool;
      return [tool.name, isPinned ? ofOneCompany(narrow) : narrow];
    }),
  );
}

/** A tool for callers that act for one company. */
function ofOneCompany(tool: Tool): Tool {
  return {
    ...withoutTenant(tool),
    renamed: {
      user_id: "the company is decided by your credential",
      ...tool.renamed,
    },
  };
}
