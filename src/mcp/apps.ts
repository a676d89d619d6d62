/**
 * The views that a client can show: what lists and results say of them, and
 * their documents.
 *
 * @module
 */
import { APP_TYPE, appOf, appResourceMeta, apps } from "../apps/apps.ts";
import type { Outline } from "../tools/outline.ts";
import { ResourceNotFoundError } from "./protocol.ts";
import type { View } from "./view.ts";

/** The entries of a caller's views in `resources/list`. */
export function listApps({ apps }: View) {
  return apps.map(({ html: _, ...app }) => ({
    ...app,
    mimeType: APP_TYPE,
    _meta: appResourceMeta,
  }));
}

/** Whether an address is that of a view. */
export function isAppUri(uri: string): boolean {
  return apps.some((app) => app.uri === uri);
}

/**
 * Answers `resources/read` for a view.
 *
 * @throws {ResourceNotFoundError} When the caller has no tool with that view.
 */
export async function readApp(uri: string, { apps }: View) {
  const app = apps.find((app) => app.uri === uri);
  if (!app) throw new ResourceNotFoundError(uri);
  const text = await app.html();
  return {
    contents: [{ uri, mimeType: APP_TYPE, text, _meta: appResourceMeta }],
  };
}

/**
 * What a result says to the view of its tool: which tool it was, since not every
 * client tells views.
 */
export function resultMeta(
  tool: Outline,
): { readonly _meta?: { readonly tool: string } } {
  return appOf(tool) ? { _meta: { tool: tool.name } } : {};
}
