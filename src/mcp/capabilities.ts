/**
 * What a server offers its callers, and how long clients may cache it.
 *
 * @module
 */
import { promptsFor } from "./prompts/needs.ts";
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
 * The capabilities of the server of one caller. Without any prompt, it does not
 * claim to have prompts.
 *
 * @param view What the caller sees.
 */
export function capabilitiesOf(view: View) {
  return {
    tools: {},
    resources: {},
    ...(hasPrompts(view) ? { prompts: {} } : {}),
    ...(canComplete(view) ? { completions: {} } : {}),
  };
}

/** Whether anything that the caller has takes arguments. */
export function canComplete(view: View): boolean {
  return hasPrompts(view) ||
    view.names.some((name) => name.startsWith("get_"));
}

/** Whether a caller has any prompt. */
export function hasPrompts({ has }: View): boolean {
  return promptsFor(has).length > 0;
}
