/**
 * The names, tokens and keys of the companies, shared by the processes of a
 * load test.
 *
 * @module
 */

/** The names of companies; no name is a prefix of another. */
export function tenantNames(count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, i) => `tenant-${String(i).padStart(4, "0")}`,
  );
}

/** The companies that are named in a text. */
export function namedIn(text: string): readonly string[] {
  return text.match(/tenant-\d{4}/g) ?? [];
}

/** The refresh token that a company starts with. */
export function firstToken(tenant: string): string {
  return `first-refresh-token-of-${tenant}`;
}

/** The key with which callers call for one company. */
export function keyOf(tenant: string): string {
  return `key-for-${tenant}`;
}

/** The key for all companies. */
export const SHARED_KEY = "key-for-all";
