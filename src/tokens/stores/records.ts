/**
 * Named records with versions: what a database must be able to do to keep
 * anything here. Credentials and API keys are both kept so.
 *
 * @module
 */
import type { Sealer } from "../../storage/sealing.ts";
import type { TokenStore } from "../store.ts";
import { parseRecord } from "./record.ts";

/** A record as it was read. */
export interface StoredRecord {
  /** What is kept: JSON. */
  readonly text: string;
  /** Names this state of the record; opaque to callers. */
  readonly version: string;
}

/** Records of one kind. Each function throws StoreError. */
export interface Records {
  /** Reads a record as the database has it: what is sealed stays sealed. */
  raw(name: string): Promise<StoredRecord | undefined>;
  /** Reads a record. */
  read(name: string): Promise<StoredRecord | undefined>;
  /**
   * Writes a record where it is still at `version`, or missing where that is
   * undefined.
   *
   * @returns The new version, or undefined when the record had changed.
   */
  replace(
    name: string,
    text: string,
    version: string | undefined,
  ): Promise<string | undefined>;
  /** Removes a record; tells whether there was one. */
  remove(name: string): Promise<boolean>;
  /** The names of all records, in order. */
  names(): Promise<readonly string[]>;
}

/** What one place keeps, over the same connection. */
export interface StoreAndKeys {
  /** Credentials. Closing their store closes the connection. */
  readonly tokens: TokenStore;
  /** API keys; missing where nothing outlives the process. */
  readonly keys?: Records;
  /** Everything that a sealing key seals; missing where none does. */
  readonly sealed?: SealedRecords;
}

/** Kinds of records that a sealing key seals. */
export type SealedRecords = Readonly<
  Record<"credentials" | "key", Records>
>;

/**
 * What the seal of a record is bound to: a tenant's own name, or one that no
 * tenant can have.
 *
 * @param space The kind of the record.
 * @param name Its name.
 */
export function boundTo(space: string, name: string): string {
  return space === "tokens" ? name : `${space} ${name}`;
}

/**
 * Opens a record that may be sealed.
 *
 * @param raw Reads it as the database has it.
 * @param sealer Has the keys.
 * @param space The kind of the record.
 * @param name Its name.
 */
export async function openRecord(
  raw: Records["raw"],
  sealer: Sealer,
  space: string,
  name: string,
): Promise<StoredRecord | undefined> {
  const found = await raw(name);
  return found && {
    text: await sealer.open(found.text, boundTo(space, name)),
    version: found.version,
  };
}

/**
 * Credentials as records.
 *
 * @param records Where they are kept, by tenant.
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
