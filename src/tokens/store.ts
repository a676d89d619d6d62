/**
 * Where the credentials of companies are kept.
 *
 * @module
 */
import { CredentialsError } from "../errors.ts";

/** The tenant of a call that names none. No tenant can be called so. */
export const DEFAULT_TENANT = "_default";

/** What a tenant's name must be, for messages. */
export const TENANT_NAMES: string =
  `1 to 128 letters, digits and . @ _ -, and not ${DEFAULT_TENANT}`;

/** Whether a text can be the name of a tenant. */
export function isTenantName(name: string): boolean {
  return /^[\w.@-]{1,128}$/.test(name) && name !== DEFAULT_TENANT;
}

/** Whether a value names a tenant, or that of calls that name none. */
export function isTenant(name: unknown): name is string {
  return typeof name === "string" &&
    (name === DEFAULT_TENANT || isTenantName(name));
}

/** A tenant as messages call it. */
export function nameTenant(tenant: string): string {
  return tenant === DEFAULT_TENANT
    ? "calls without user_id"
    : `user_id ${JSON.stringify(tenant)}`;
}

/** What is kept of a company whose calls bear OAuth tokens. */
export interface OAuthCredentials {
  /** The newest refresh token that Qontak gave. */
  readonly refresh_token: string;
  /** The access token that came with it. */
  readonly access_token?: string;
  /** When the access token ends, in seconds since 1970, with a fraction. */
  readonly expires_at?: number;
  /** How long the access token lived when it was given, in seconds. */
  readonly expires_in?: number;
}

/** What is kept of a company whose calls are signed for Mekari's gateway. */
export interface MekariCredentials {
  /** The Mekari SSO id of the user that calls act as. */
  readonly sso_id: string;
  /** The client id of the company's own application, where it has one. */
  readonly client_id?: string;
  /** The secret of that application. */
  readonly client_secret?: string;
}

/** What is kept of one company; the keys are those of the JSON record. */
export type Credentials = OAuthCredentials | MekariCredentials;

/** Credentials with the version that they were read at. */
export interface StoredCredentials {
  /** The credentials. */
  readonly credentials: Credentials;
  /** Names this state of the record; opaque to callers. */
  readonly version: string;
}

/** The right to refresh a company's tokens, held by one process at a time. */
export interface Lease {
  /** Gives it back; it also ends by itself. Never rejects. */
  release(): Promise<void>;
}

/**
 * A place for credentials. A write names the version it was made from and
 * fails where the record has changed since, so that an older token can never
 * replace a newer one.
 */
export interface TokenStore {
  /** The store's name in settings and messages. */
  readonly name: string;
  /** Whether it holds one company, which calls do not name. */
  readonly isSingle?: boolean;
  /**
   * Whether a write may be lost that was answered, as where a replica takes
   * over from Redis' master. New credentials are looked for again then.
   */
  readonly losesWrites?: boolean;
  /** How long an access token from here is used at most, in seconds. */
  readonly maxAge?: number;
  /**
   * Tells the companies of this store from those that another store, or this
   * one with other credentials, calls the same. Gives away no secret.
   */
  identity(): Promise<string>;
  /**
   * Reads the credentials of one company.
   *
   * @throws {CredentialsError} When this store cannot hold that tenant.
   * @throws {StoreError} When the store is out of order.
   */
  read(tenant: string): Promise<StoredCredentials | undefined>;
  /**
   * Replaces a record, or makes it where `version` is undefined.
   *
   * @returns The new version, or undefined when the record had changed.
   * @throws {StoreError} When the store is out of order.
   */
  replace(
    tenant: string,
    credentials: Credentials,
    version: string | undefined,
  ): Promise<string | undefined>;
  /**
   * Forgets a company.
   *
   * @returns Whether there was anything to forget.
   * @throws {CredentialsError} When this store cannot hold that tenant.
   * @throws {StoreError} When the store is out of order.
   */
  remove(tenant: string): Promise<boolean>;
  /**
   * Lists the companies that have credentials here.
   *
   * @throws {StoreError} When the store is out of order.
   */
  tenants(): Promise<readonly string[]>;
  /**
   * Takes the right to refresh a company's tokens for `ms` milliseconds, or
   * prolongs it where `holder` has it already. It is missing where nothing
   * outlives the process.
   *
   * @returns The lease, or undefined while another holder has it.
   * @throws {StoreError} When the store is out of order.
   */
  lease?(
    tenant: string,
    ms: number,
    holder: string,
  ): Promise<Lease | undefined>;
  /**
   * Says that a server runs: what opens the store is kept alive from now on,
   * in the background, until the store is closed. Missing where nothing ends.
   */
  start?(): void;
  /** Ends its connections. */
  close?(): Promise<void>;
}

/**
 * What is said of a tenant that a store knows nothing of.
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
