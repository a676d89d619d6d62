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
import { canComplete, hasPrompts } from "./capabilities.ts";
import {
  type Answer,
  type ToolRequest,
  toolRequestOf,
} from "./tool_methods.ts";
import type { View } from "./view.ts";

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
