/**
 * The store of one company whose refresh token stands in the environment.
 *
 * @module
 */
import { sha256 } from "../hash.ts";
import {
  type Credentials,
  CredentialsError,
  DEFAULT_TENANT,
  type StoredCredentials,
  type TokenStore,
} from "../store.ts";

/**
 * Keeps one company's credentials in memory, starting from the refresh token
 * of `QONTAK_REFRESH_TOKEN`.
 *
 * @param refreshToken The configured refresh token.
 * @param onRotated Told once, when Qontak gives another refresh token than the
 * configured one: from then on the configured one may be dead.
 * @returns The store.
 */
export function createEnvStore(
  refreshToken: string,
  onRotated: () => void = () => {},
): TokenStore {
  let credentials: Credentials = { refresh_token: refreshToken };
  let version = 0;
  let identity: Promise<string> | undefined;

  function own(tenant: string): void {
    if (tenant === DEFAULT_TENANT) return;
    throw new CredentialsError(
      `There are no credentials for user_id ${
        JSON.stringify(tenant)
      }: this server holds one company's, from QONTAK_REFRESH_TOKEN. Leave user_id out to act for that company`,
    );
  }

  return {
    name: "env",
    // A hash, so that what is cached for one account is never another's.
    identity: () => (identity ??= sha256(refreshToken)),
    // deno-lint-ignore require-await -- the interface is asynchronous
    async read(tenant): Promise<StoredCredentials> {
      own(tenant);
      return { credentials, version: String(version) };
    },
    // deno-lint-ignore require-await -- the interface is asynchronous
    async replace(tenant, next, from) {
      own(tenant);
      if (from !== String(version)) return undefined;
      if (version === 0 && next.refresh_token !== refreshToken) onRotated();
      credentials = next;
      return String(++version);
    },
    // deno-lint-ignore require-await -- the interface is asynchronous
    async remove(tenant) {
      own(tenant);
      throw new CredentialsError(
        "The refresh token stands in QONTAK_REFRESH_TOKEN: take it out there",
      );
    },
    tenants: () => Promise.resolve([DEFAULT_TENANT]),
  };
}
