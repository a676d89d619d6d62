/**
 * A store of credentials with telemetry.
 *
 * @module
 */
import type { TokenStore } from "./store.ts";
import { defined } from "../values/json.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/**
 * Adds telemetry to a store.
 *
 * @param store The store.
 * @param telemetry Records the store's operations; never receives a tenant.
 * @returns The same store, with telemetry.
 */
export function observed(store: TokenStore, telemetry: Telemetry): TokenStore {
  const around = <T>(operation: string, run: () => Promise<T>): Promise<T> =>
    telemetry.watch(
      "store",
      { store: store.name, operation },
      // A store of an embedder may throw before it returns a promise.
      async () => await run(),
    );
  return {
    name: store.name,
    ...defined({
      isSingle: store.isSingle,
      losesWrites: store.losesWrites,
      maxAge: store.maxAge,
    }),
    identity: () => store.identity(),
    read: (tenant) => around("read", () => store.read(tenant)),
    replace: (tenant, credentials, version) =>
      around("replace", () => store.replace(tenant, credentials, version)),
    remove: (tenant) => around("remove", () => store.remove(tenant)),
    tenants: () => around("tenants", () => store.tenants()),
    ...(store.lease
      ? {
        lease: (tenant, ms, holder) =>
          around("lease", () => store.lease!(tenant, ms, holder)),
      }
      : {}),
    ...(store.start ? { start: () => store.start!() } : {}),
    ...(store.close ? { close: () => store.close!() } : {}),
  } satisfies TokenStore;
}
