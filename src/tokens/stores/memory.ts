/**
 * Credentials in memory, for a program that keeps nothing.
 *
 * @module
 */
import type { Credentials, TokenStore } from "../store.ts";

/**
 * Makes the store.
 *
 * @param records The credentials that it begins with, by tenant.
 */
export function createMemoryStore(
  records: Readonly<Record<string, Credentials>> = {},
): TokenStore {
  let count = 0;
  const kept = new Map(
    Object.entries(records).map(([tenant, credentials]) =>
      [tenant, { credentials, version: String(count++) }] as const
    ),
  );
  const identity = crypto.randomUUID();
  return {
    name: "memory",
    identity: () => Promise.resolve(identity),
    read: (tenant) => Promise.resolve(kept.get(tenant)),
    replace(tenant, credentials, from) {
      if (kept.get(tenant)?.version !== from) return Promise.resolve(undefined);
      const version = String(count++);
      kept.set(tenant, { credentials, version });
      return Promise.resolve(version);
    },
    remove: (tenant) => Promise.resolve(kept.delete(tenant)),
    tenants: () => Promise.resolve([...kept.keys()]),
  };
}
