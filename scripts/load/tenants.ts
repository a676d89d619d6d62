/**
 * The companies of a load, as its processes agree on them.
 *
 * @module
 */

/** The names of companies: none is the beginning of another. */
export function tenantNames(count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, i) => `tenant-${String(i).padStart(4, "0")}`,
  );
}

/** The companies that a text names. */
export function namedIn(text: string): readonly string[] {
  return text.match(/tenant-\d{4}/g) ?? [];
}

/** The refresh token that a company starts with. */
export function firstToken(tenant: string): string {
  return `first-refresh-token-of-${tenant}`;
}

/** The key that callers present for one company. */
export function keyOf(tenant: string): string {
  return `key-for-${tenant}`;
}

/** The key that is for all companies. */
export const SHARED_KEY = "key-for-all";
