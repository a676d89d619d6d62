/**
 * What the commands on companies have in common.
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
 * @throws {ConfigError} When it cannot be the name of one. It is not repeated:
 * it may be a token that was given in the wrong place.
 */
export function readTenant(word: string | undefined): string {
  if (word === undefined) return DEFAULT_TENANT;
  if (isTenantName(word)) return word;
  throw new ConfigError([
    `The id after the command cannot be the name of a tenant: it takes ${TENANT_NAMES}`,
  ]);
}

/**
 * Goes on where companies can be added and removed.
 *
 * @throws {ConfigError} Where the environment holds the one there is.
 */
export function demandMany(store: TokenStore): void {
  if (store.name !== "env") return;
  throw new ConfigError([
    "TOKEN_STORE=env holds one company, whose credentials stand in the environment: set TOKEN_STORE to redis, vault or kv to keep several",
  ]);
}
