/**
 * The views that clients with the extension MCP Apps show beside an answer.
 * Each is one HTML document, which calls tools only through the client.
 *
 * @module
 */
import type { Outline } from "../tools/outline.ts";
import { isObject } from "../values/json.ts";

/** The name of the extension in the capabilities of a client. */
export const EXTENSION = "io.modelcontextprotocol/ui";

/** The type of a view's document. */
export const APP_TYPE = "text/html;profile=mcp-app";

/** A view. */
export interface App {
  /** The address under which clients read it. */
  readonly uri: string;
  /** The name for programs. */
  readonly name: string;
  /** The name for people. */
  readonly title: string;
  /** What it shows. */
  readonly description: string;
  /** Loads its document. */
  html(): Promise<string>;
}

const board: App = {
  uri: "ui://qontak/board",
  name: "board",
  title: "Pipeline board",
  description: "The deals of a pipeline by stage.",
  html: async () => (await import("./bundles/board.ts")).html,
};

const review: App = {
  uri: "ui://qontak/review",
  name: "review",
  title: "Change review",
  description: "Before and after of a change.",
  html: async () => (await import("./bundles/review.ts")).html,
};

const answer: App = {
  uri: "ui://qontak/answer",
  name: "answer",
  title: "Answer",
  description: "Records or groups as a table and a chart.",
  html: async () => (await import("./bundles/answer.ts")).html,
};

/** All views. */
export const apps: readonly App[] = [board, review, answer];

/**
 * The view of a tool's answers: a review for what can overwrite or remove
 * something, since a plan comes before it.
 *
 * @param tool The tool.
 * @returns The view; undefined for most tools.
 */
export function appOf(
  { name, input, effect, idempotent, destructive }: Outline,
): App | undefined {
  if (name === "get_pipeline") return board;
  if (name === "query_records") return answer;
  const isRemoving = effect === "delete" || idempotent || destructive;
  return isRemoving && Object.hasOwn(input, "plan") ? review : undefined;
}

/**
 * What `tools/list` says of a tool's view. The key `ui/resourceUri` of the
 * extension's drafts is left out: its releases read this one first, and no
 * client is known that reads the other alone.
 *
 * @param tool The tool.
 */
export function appMeta(
  tool: Outline,
): { readonly _meta?: Readonly<Record<string, unknown>> } {
  const app = appOf(tool);
  return app === undefined ? {} : { _meta: { ui: { resourceUri: app.uri } } };
}

/**
 * Metadata of a view's document: it loads nothing from anywhere.
 */
export const appResourceMeta = {
  ui: {
    csp: { connectDomains: [], resourceDomains: [] },
    prefersBorder: true,
  },
} as const;

/**
 * Whether a client may show views.
 *
 * @param capabilities What the client said that it can do; undefined if it is
 * not known, as in the older revision over HTTP, where each request stands
 * alone.
 */
export function showsApps(capabilities: unknown): boolean {
  if (!isObject(capabilities)) return true;
  const { extensions } = capabilities;
  const extension = isObject(extensions) ? extensions[EXTENSION] : undefined;
  if (!isObject(extension)) return false;
  const { mimeTypes } = extension;
  return Array.isArray(mimeTypes) && mimeTypes.includes(APP_TYPE);
}
