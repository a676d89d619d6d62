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
