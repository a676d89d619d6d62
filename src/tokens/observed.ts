/**
 * A store of credentials that is watched.
 *
 * @module
 */
import type { TokenStore } from "./store.ts";
import { defined } from "../values/json.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/**
 * Puts a watch around a store.
 *
 * @param store The store.
 * @param telemetry What is told of its operations; never whose they are.
 * @returns The same store, watched.
 */
export function observed(store: TokenStore, telemetry: Telemetry): TokenStore {
  const around = <T>(operation: string, run: () => Promise<T>): Promise<T> =>
    telemetry.watch("store", { store: store.name, operation }, run);
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
