/**
 * The parts that the commands for companies share.
 *
 * @module
 */
import { ConfigError } from "../../errors.ts";
import {
  DEFAULT_TENANT,
  isTenantName,
  TENANT_NAMES,
  type TokenStore,
} from "../../tokens/store.ts";

/**
 * The tenant that the word after a command names.
 *
 * @throws {ConfigError} If it is not a valid name. The error does not repeat
 * it: it may be a token in the wrong place.
 */
export function readTenant(word: string | undefined): string {
  if (word === undefined) return DEFAULT_TENANT;
  if (isTenantName(word)) return word;
  throw new ConfigError([
    `The id after the command cannot be the name of a tenant: it takes ${TENANT_NAMES}`,
  ]);
}

/**
 * Checks that companies can be added and removed.
 *
 * @throws {ConfigError} If the only company is configured in the environment.
 */
export function demandMany(store: TokenStore): void {
  if (store.name !== "env") return;
  throw new ConfigError([
    "TOKEN_STORE=env holds one company, whose credentials are in the environment: set TOKEN_STORE to redis, vault or kv to keep several",
  ]);
}
