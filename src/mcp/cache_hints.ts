/**
 * How long clients may keep answers, which revision 2026-07-28 says in each.
 *
 * @module
 */

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
