/**
 * Named records with versions: what a database must be able to do to keep
 * anything here. Credentials and API keys are both kept so.
 *
 * @module
 */
import type { TokenStore } from "../store.ts";
import { remedyOf, StoreError } from "../../errors.ts";
import type { Log } from "../../logging/log.ts";
import { createLru } from "../../storage/lru.ts";
import { isSealed, type Sealer } from "../../storage/sealing.ts";
import { TENANTS_HELD } from "../held.ts";
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

/** API keys by their ids. */
export interface KeyRecords extends Records {
  /**
   * A record under the id of each key that was revoked. It outlives the key: a
   * copy of the key's record that somebody puts back opens nothing.
   */
  readonly revoked: Records;
}

/** What one place keeps, over the same connection. */
export interface StoreAndKeys {
  /** Credentials. Closing their store closes the connection. */
  readonly tokens: TokenStore;
  /** API keys; missing where nothing outlives the process. */
  readonly keys?: KeyRecords;
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

/** What {@linkcode openerOf} opens. */
export interface ToOpen {
  /** Reads a record as the database has it. */
  readonly raw: Records["raw"];
  /** Has the keys. */
  readonly sealer: Sealer;
  /** The kind of the records. */
  readonly space: string;
  /** Told where another program writes over records. */
  readonly log?: Log;
}

/**
 * Makes what reads records that may be sealed, and notices where another
 * program has put one that is not sealed in the place of one that was.
 *
 * @param records The records.
 */
export function openerOf(
  { raw, sealer, space, log }: ToOpen,
): Records["read"] {
  /** Names of records that were seen sealed. */
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
