/**
 * Named records with versions: the operations that a database must support.
 * Credentials and API keys both use them.
 *
 * @module
 */
import type { Credentials, TokenStore } from "../store.ts";
import { remedyOf, StoreError } from "../../errors.ts";
import type { Log } from "../../logging/log.ts";
import { createLru } from "../../storage/lru.ts";
import { isSealed, type Sealer } from "../../storage/sealing.ts";
import { TENANTS_HELD } from "../held.ts";
import { parseRecord } from "./record.ts";

/** A stored record and its version. */
export interface StoredRecord {
  /** The content, as JSON. */
  readonly text: string;
  /** Identifies this state of the record; opaque to callers. */
  readonly version: string;
}

/** Records of one kind. Each function throws StoreError. */
export interface Records {
  /** Reads a record as stored: a sealed record stays sealed. */
  raw(name: string): Promise<StoredRecord | undefined>;
  /** Reads a record. */
  read(name: string): Promise<StoredRecord | undefined>;
  /**
   * Writes a record if it is still at `version`; undefined means that the
   * record must not exist.
   *
   * @returns The new version, or undefined if the record has changed.
   */
  replace(
    name: string,
    text: string,
    version: string | undefined,
  ): Promise<string | undefined>;
  /** Removes a record. Returns whether it existed. */
  remove(name: string): Promise<boolean>;
  /** The sorted names of all records. */
  names(): Promise<readonly string[]>;
}

/** API keys by id. */
export interface KeyRecords extends Records {
  /**
   * One record for each revoked key id. It stays after the key is removed, so
   * restoring a copy of the key's record does not make the key valid.
   */
  readonly revoked: Records;
}

/** What a store has for a company, read without changing anything. */
export interface Inspected {
  /** The credentials. */
  readonly credentials: Credentials;
  /** When the store deletes the record, in ms from now; undefined: never. */
  readonly expiresIn?: number;
}

/** The contents of one database, over the same connection. */
export interface StoreAndKeys {
  /** The credentials. Closing this store closes the connection. */
  readonly tokens: TokenStore;
  /** The API keys; missing if nothing outlives the process. */
  readonly keys?: KeyRecords;
  /**
   * Reads a company's record and changes nothing, where reading it in the usual
   * way does. Throws StoreError.
   */
  readonly inspect?: (tenant: string) => Promise<Inspected | undefined>;
  /** All records that a sealing key seals; missing if none are sealed. */
  readonly sealed?: SealedRecords;
}

/** The kinds of records that a sealing key seals. */
export type SealedRecords = Readonly<
  Record<"credentials" | "key", Records>
>;

/**
 * The name that the seal of a record is bound to: the tenant's name for
 * credentials, or a name that no tenant can have.
 *
 * @param space The kind of record.
 * @param name The name of the record.
 */
export function boundTo(space: string, name: string): string {
  return space === "tokens" ? name : `${space} ${name}`;
}

/** The input of {@linkcode openerOf}. */
export interface ToOpen {
  /** Reads a record as stored. */
  readonly raw: Records["raw"];
  /** Holds the keys. */
  readonly sealer: Sealer;
  /** The kind of records. */
  readonly space: string;
  /** Logs when another program overwrites records. */
  readonly log?: Log;
}

/**
 * Makes a reader for records that may be sealed. It detects when another
 * program replaces a sealed record with an unsealed one.
 *
 * @param records The records.
 */
export function openerOf(
  { raw, sealer, space, log }: ToOpen,
): Records["read"] {
  /** The names of records that have been read as sealed. */
  const sealed = createLru<true>(TENANTS_HELD);
  return async (name) => {
    const found = await raw(name);
    if (!found) return undefined;
    if (!isSealed(found.text) && sealed.get(name)) {
      const error = new StoreError(
        "A sealed record in the store was replaced by one that is not sealed, which is not used: another program, such as the Python server, wrote over it",
        { what: "keepStoreApart" },
      );
      log?.("warn", error.message, { name, ...remedyOf(error) });
      throw error;
    }
    const text = await sealer.open(found.text, boundTo(space, name));
    if (isSealed(found.text)) sealed.set(name, true);
    return { text, version: found.version };
  };
}

/**
 * Makes the credential operations of a token store from records.
 *
 * @param records The records, by tenant.
 */
export function tokensIn(
  records: Records,
): Pick<TokenStore, "read" | "replace" | "remove" | "tenants"> {
  return {
    async read(tenant) {
      const found = await records.read(tenant);
      return found && {
        credentials: parseRecord(found.text, tenant),
        version: found.version,
      };
    },
    replace: (tenant, credentials, version) =>
      records.replace(tenant, JSON.stringify(credentials), version),
    remove: (tenant) => records.remove(tenant),
    tenants: () => records.names(),
  };
}
