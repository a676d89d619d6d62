/**
 * The rules for settings of stores, for code that reads settings before it
 * knows which store is used.
 *
 * @module
 */
import { address } from "../../net/address.ts";
import { type Rule, whole } from "../../values/rules.ts";

/** How long an access token from Redis may be used, in seconds. */
export const lifetimeInRedis: Rule<number> = whole(1, 31_536_000);

/** The address of Vault. */
export const vaultAddress: Rule<string> = address("https://vault.example.com");
