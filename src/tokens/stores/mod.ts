/**
 * Where the credentials of companies are stored: in the environment, Redis,
 * Vault or Deno KV, or in your own store.
 *
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createRedisStore, createSealer } from "@qontak/mcp/stores";
 *
 * const server = createServer({
 *   store: createRedisStore({
 *     url: "redis://127.0.0.1:6379",
 *     sealer: createSealer([]), // with keys, records are sealed
 *   }),
 * });
 * await server.close();
 * ```
 *
 * A program puts the token of a company into a store with `replace`. The
 * version `undefined` means that the store has no record of it yet; the answer
 * is `undefined` if it has one.
 *
 * ```ts
 * import { createKvStore } from "@qontak/mcp/stores";
 *
 * export async function add(tenant: string, token: string): Promise<boolean> {
 *   const store = createKvStore();
 *   const credentials = { refresh_token: token };
 *   return await store.replace(tenant, credentials, undefined) !== undefined;
 * }
 * ```
 *
 * `createKvStore` opens the Deno KV of your own program. That is another
 * database than that of the command line: a company that was added there is not
 * found here.
 *
 * @module
 */
export { CredentialsError, StoreError } from "../../errors.ts";
export type {
  Credentials,
  Lease,
  MekariCredentials,
  OAuthCredentials,
  StoredCredentials,
  TokenStore,
} from "../store.ts";
export { createEnvStore, type EnvStoreOptions } from "./env.ts";
export { type EnvFile, openEnvFile } from "./env_file.ts";
export { createKvStore, type KvStoreOptions } from "./kv.ts";
export { createRedisStore, type RedisStoreOptions } from "./redis.ts";
export { createVaultStore, type VaultStoreOptions } from "./vault.ts";
export { createSealer, type Sealer } from "../../storage/sealing.ts";
export type { Kv } from "../../storage/kv.ts";
export type { Log } from "../../logging/log.ts";
