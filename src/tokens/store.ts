/**
 * The interface of stores for the credentials of companies.
 *
 * @module
 */
import { CredentialsError } from "../errors.ts";

/** The tenant for calls that name none; no real tenant can have this name. */
export const DEFAULT_TENANT = "_default";

/** The rules for tenant names, for messages. */
export const TENANT_NAMES: string =
  `1 to 128 letters, digits and . @ _ -, and not ${DEFAULT_TENANT}`;

/** Whether a text is a valid tenant name. */
export function isTenantName(name: string): boolean {
  return /^[\w.@-]{1,128}$/.test(name) && name !== DEFAULT_TENANT;
}

/** Whether a value is a tenant name or the default tenant. */
export function isTenant(name: unknown): name is string {
  return typeof name === "string" &&
    (name === DEFAULT_TENANT || isTenantName(name));
}

/** A tenant's name in messages. */
export function nameTenant(tenant: string): string {
  return tenant === DEFAULT_TENANT
    ? "calls without user_id"
    : `user_id ${JSON.stringify(tenant)}`;
}

/** The stored credentials of a company that uses OAuth tokens. */
export interface OAuthCredentials {
  /** The newest refresh token from Qontak. */
  readonly refresh_token: string;
  /** The access token that came with it. */
  readonly access_token?: string;
  /** When the access token expires, in fractional seconds since 1970. */
  readonly expires_at?: number;
  /** The lifetime of the access token when it was issued, in seconds. */
  readonly expires_in?: number;
  /**
   * Identifies the account, so that a server notices when a person puts in the
   * credentials of another. Renewals keep it; credentials that a person puts in
   * have none.
   */
  readonly account?: string;
  /** The id in Qontak of the token's user, if Qontak does not say it. */
  readonly user?: number;
  /** Since when Qontak has given tokens without a refusal, in s since 1970. */
  readonly since?: number;
  /** When Qontak refused this refresh token, in s since 1970. */
  readonly refused_at?: number;
}

/** The stored credentials of a company that signs calls to Mekari's gateway. */
export interface MekariCredentials {
  /** The Mekari SSO id of the user on whose behalf calls are made. */
  readonly sso_id: string;
  /** The client id of the company's application, if it has one. */
  readonly client_id?: string;
  /** The secret of that application. */
  readonly client_secret?: string;
  /** The id of that user in Qontak, which Mekari does not say. */
  readonly user?: number;
}

/** The stored credentials of one company, with the keys of the JSON record. */
export type Credentials = OAuthCredentials | MekariCredentials;

/** Credentials and the version at which they were read. */
export interface StoredCredentials {
  /** The credentials. */
  readonly credentials: Credentials;
  /** Identifies this state of the record; opaque to callers. */
  readonly version: string;
}

/** The right to refresh a company's tokens; one process holds it at a time. */
export interface Lease {
  /** Releases the lease, which also expires. Never rejects. */
  release(): Promise<void>;
}

/**
 * A store of credentials. A write names the version that it is based on and
 * fails if the record has changed since, so an older token can never replace a
 * newer one.
 */
export interface TokenStore {
  /** The store's name in settings and messages. */
  readonly name: string;
  /** Whether the store holds one company, which calls do not name. */
  readonly isSingle?: boolean;
  /**
   * Whether an acknowledged write can be lost, as when a replica takes over
   * from the Redis master. New credentials are then checked later.
   */
  readonly losesWrites?: boolean;
  /** The longest time to use an access token from this store, in seconds. */
  readonly maxAge?: number;
  /**
   * An id that distinguishes this store's companies from those with the same
   * names in another store, or in this store with other credentials. Reveals no
   * secret.
   */
  identity(): Promise<string>;
  /**
   * Reads the credentials of one company.
   *
   * @throws {CredentialsError} When this store cannot hold that tenant.
   * @throws {StoreError} When the store fails.
   */
  read(tenant: string): Promise<StoredCredentials | undefined>;
  /**
   * Replaces a record, or creates it if `version` is undefined.
   *
   * @returns The new version, or undefined if the record has changed.
   * @throws {StoreError} When the store fails.
   */
  replace(
    tenant: string,
    credentials: Credentials,
    version: string | undefined,
  ): Promise<string | undefined>;
  /**
   * Forgets a company.
   *
   * @returns Whether the company existed.
   * @throws {CredentialsError} When this store cannot hold that tenant.
   * @throws {StoreError} When the store fails.
   */
  remove(tenant: string): Promise<boolean>;
  /**
   * Lists the companies with credentials in this store.
   *
   * @throws {StoreError} When the store fails.
   */
  tenants(): Promise<readonly string[]>;
  /**
   * Takes the right to refresh a company's tokens for `ms` milliseconds, or
   * extends it if `holder` already has it. Missing if nothing outlives the
   * process.
   *
   * @returns The lease, or undefined while another holder has it.
   * @throws {StoreError} When the store fails.
   */
  lease?(
    tenant: string,
    ms: number,
    holder: string,
  ): Promise<Lease | undefined>;
  /**
   * Signals that a server is running: from now on, the store keeps its session
   * alive in the background until it is closed. Missing if nothing expires.
   */
  start?(): void;
  /** Closes the connections. */
  close?(): Promise<void>;
}

/**
 * Makes the error for a tenant without credentials in a store.
 *
 * @param tenant The tenant.
 * @param store The store.
 */
export function noCredentials(
  tenant: string,
  store: TokenStore,
): CredentialsError {
  return new CredentialsError(
    `There are no credentials for ${
      nameTenant(tenant)
    } in the store ${store.name}`,
    { what: "addTenant", tenant },
  );
}

/** Whether an error is one of {@linkcode noCredentials}. */
export function isWithoutCredentials(error: unknown): boolean {
  return error instanceof CredentialsError &&
    error.remedy?.what === "addTenant";
}
