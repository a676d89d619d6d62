/**
 * What a server offers besides tools: prompts, resources, and completion of their
 * arguments. What they contain is loaded when a client first asks for it.
 *
 * @module
 */
import type { Server, ServerContext } from "@modelcontextprotocol/server";
import { showsApps } from "../apps/apps.ts";
import type { Call, CallOptions } from "./call.ts";
import { isAppUri, listApps, readApp } from "./apps.ts";
import { promptsFor } from "./prompts/needs.ts";
import {
  type Answer,
  type ToolRequest,
  toolRequestOf,
} from "./tool_methods.ts";
import type { View } from "./view.ts";

/** How long clients may cache what never changes, in ms. */
const TTL = 60 * 60 * 1000;

/** What clients may cache: for one caller, or for all. */
export const CACHE_HINTS = {
  "tools/list": { ttlMs: TTL, cacheScope: "private" },
  "server/discover": { ttlMs: TTL, cacheScope: "private" },
  "resources/list": { ttlMs: TTL, cacheScope: "private" },
  "resources/templates/list": { ttlMs: TTL, cacheScope: "private" },
  // Records change at any time.
  "resources/read": { ttlMs: 0, cacheScope: "private" },
  "prompts/list": { ttlMs: TTL, cacheScope: "private" },
} as const;

/**
 * The capabilities of the server of one caller, besides tools. Without any
 * prompt, it does not claim to have prompts.
 *
 * @param view What the caller sees.
 */
export function extraCapabilities(view: View) {
  return {
    resources: {},
    ...(hasPrompts(view) ? { prompts: {} } : {}),
    ...(canComplete(view) ? { completions: {} } : {}),
  };
}

/** Whether anything that the caller has takes arguments. */
function canComplete(view: View): boolean {
  return hasPrompts(view) ||
    view.names.some((name) => name.startsWith("get_"));
}

function hasPrompts({ has }: View): boolean {
  return promptsFor(has).length > 0;
}

/** What the handlers need. */
export interface ExtrasOptions {
  /** What the caller sees. */
  readonly view: View;
  /** Makes answers. */
  readonly answer: Answer;
  /** Calls a tool. */
  readonly call: Call;
  /** Who calls, and how. */
  readonly optionsOf: (request: ToolRequest) => CallOptions;
}

/**
 * Adds the handlers.
 *
 * @param server The server of one caller.
 * @param options What the caller sees, and how answers are made.
 */
export function registerExtras(
  server: Server,
  { view, answer, call, optionsOf }: ExtrasOptions,
): void {
  const requestOf = (context: ServerContext) => toolRequestOf(server, context);
  const callsOf = (context: ServerContext) => optionsOf(requestOf(context));
  const prompts = () => import("./prompts/prompts.ts");
  const resources = () => import("./resources.ts");
  if (canComplete(view)) {
    server.setRequestHandler(
      "completion/complete",
      ({ params }, context) =>
        answer(async () => {
          const { complete } = await import("./completion.ts");
          return await complete(params, view, call, callsOf(context));
        }, context.mcpReq),
    );
  }
  if (hasPrompts(view)) {
    server.setRequestHandler(
      "prompts/list",
      (_, context) =>
        answer(async () => (await prompts()).listPrompts(view), context.mcpReq),
    );
    server.setRequestHandler(
      "prompts/get",
      (get, context) =>
        answer(
          async () => (await prompts()).getPrompt(get, view),
          context.mcpReq,
        ),
    );
  }
  server.setRequestHandler(
    "resources/list",
    (_, context) =>
      answer(async () => {
        const listed = (await resources()).listResources(view);
        const shown = showsApps(requestOf(context).capabilities)
          ? listApps(view)
          : [];
        return { resources: [...listed.resources, ...shown] };
      }, context.mcpReq),
  );
  server.setRequestHandler(
    "resources/templates/list",
    (_, context) =>
      answer(
        async () => (await resources()).listTemplates(view),
        context.mcpReq,
      ),
  );
  server.setRequestHandler(
    "resources/read",
    ({ params: { uri } }, context) =>
      answer(async () => {
        if (isAppUri(uri)) return await readApp(uri, view);
        const { readResource } = await resources();
        return await readResource(uri, view, call, callsOf(context));
      }, context.mcpReq),
  );
}
