/**
 * Where the credentials of companies are kept.
 *
 * @module
 */

/** The tenant of a call that names none. No tenant can be called so. */
export const DEFAULT_TENANT = "_default";

/** What is kept of one company; the keys are those of the JSON record. */
export interface Credentials {
  /** The newest refresh token that Qontak gave. */
  readonly refresh_token: string;
  /** The access token that came with it. */
  readonly access_token?: string;
  /** When the access token ends, in seconds since 1970. */
  readonly expires_at?: number;
  /** How long the access token lived when it was given, in seconds. */
  readonly expires_in?: number;
}

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
   * Takes the right to refresh a company's tokens for `ms` milliseconds.
   * Stores that one process has to itself need none.
   *
   * @returns The lease, or undefined while another process has it.
   * @throws {StoreError} When the store is out of order.
   */
  lease?(tenant: string, ms: number): Promise<Lease | undefined>;
  /** Ends its connections. */
  close?(): Promise<void>;
}

/**
 * There are no credentials for the company a call is about.
 *
 * @example Saying which company is meant
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { CredentialsError } from "@qontak/mcp";
 *
 * const error = new CredentialsError("No refresh token is kept for tenant acme");
 * assertMatch(error.message, /acme/);
 * ```
 */
export class CredentialsError extends Error {
  /** Tells this error from others. */
  override readonly name = "CredentialsError";
}

/**
 * The store of credentials is out of order. It says nothing about whether
 * there are credentials.
 *
 * @example Saying what is out of order
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { StoreError } from "@qontak/mcp";
 *
 * const error = new StoreError("Redis at localhost:6379 does not answer");
 * assertMatch(error.message, /Redis/);
 * ```
 */
export class StoreError extends Error {
  /** Tells this error from others. */
  override readonly name = "StoreError";
}
