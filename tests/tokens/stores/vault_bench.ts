/**
 * Stores for a Vault under test, and its administrator.
 *
 * @module
 */
import { assertNotMatch } from "@std/assert";
import type { Log } from "../../../src/logging/log.ts";
import type { TokenStore } from "../../../src/tokens/store.ts";
import {
  createVaultStore,
  type VaultStoreOptions,
} from "../../../src/tokens/stores/vault.ts";
import { defined } from "../../../src/values/json.ts";

/**
 * A server, stores for it, their log, and access to the server as its
 * administrator.
 */
export interface VaultBench<V> {
  readonly vault: V;
  /** The log lines. */
  readonly lines: string[];
  /** The default paths of the store. */
  readonly data: string;
  readonly metadata: string;
  /** Makes a store; by default with a token that may do everything. */
  make(options?: Partial<VaultStoreOptions>): TokenStore;
  /** Asks Vault as its administrator; answers with the status. */
  admin(method: string, path: string, body?: unknown): Promise<number>;
}

/**
 * Runs with a server, closes the stores, and fails if a secret was logged. The
 * stores are told `mountPath` only if it is given.
 */
export async function withVault<
  V extends { readonly url: string; readonly token: string },
>(
  vault: V,
  run: (bench: VaultBench<V>) => Promise<void>,
  mountPath?: string,
): Promise<void> {
  const mount = mountPath ?? "secret";
  const lines: string[] = [];
  const stores: TokenStore[] = [];
  const log: Log = (level, message, details) =>
    lines.push(JSON.stringify({ level, message, ...details }));
  try {
    await run({
      vault,
      lines,
      data: `${mount}/data/qontak/tokens`,
      metadata: `${mount}/metadata/qontak/tokens`,
      make(options = {}) {
        const store = createVaultStore({
          address: vault.url,
          ...defined({ mountPath }),
          ...(options.roleId ? {} : { token: vault.token }),
          log,
          ...options,
        });
        stores.push(store);
        return store;
      },
      async admin(method, path, body) {
        const response = await fetch(`${vault.url}/v1/${path}`, {
          method,
          headers: { "x-vault-token": vault.token },
          body: body === undefined ? null : JSON.stringify(body),
        });
        await response.body?.cancel();
        return response.status;
      },
    });
  } finally {
    for (const store of stores) await store.close?.();
  }
  assertNotMatch(lines.join("\n"), /hvs\.|canary/);
}
