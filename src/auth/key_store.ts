/**
 * The store of API keys that the program made: their hashes and their
 * permissions.
 *
 * @module
 */
import { StoreError } from "../errors.ts";
import { isTenant } from "../tokens/store.ts";
import type { KeyRecords } from "../tokens/stores/records.ts";
import { redactSecrets } from "../logging/redact.ts";
import { defined, isObject, parseJson, show } from "../values/json.ts";
import { isTime } from "../values/time.ts";
import { visible } from "../values/visible.ts";
import { isScope, type Scope } from "./principal.ts";

/**
 * The stored record of a key. The key itself is not stored; its id is the name
 * of the record. Times are in seconds since 1970.
 */
export interface StoredKey {
  /** SHA-256 of the whole key, as 64 hex digits. */
  readonly hash: string;
  /** A person's label for the key; may be empty. */
  readonly label: string;
  /** The tenants of the key, at least one. */
  readonly tenants: readonly string[];
  /** What the key permits. */
  readonly scopes: readonly Scope[];
  /** When the key was created. */
  readonly created_at: number;
  /** When the key expires; undefined: never. */
  readonly expires_at?: number;
  /** When the key was last used, to the minute; undefined: never. */
  readonly last_used_at?: number;
}

/** A key and the version at which it was read. */
export interface FoundKey {
  /** The key. */
  readonly key: StoredKey;
  /** Identifies this state of the record; opaque to callers. */
  readonly version: string;
}

/**
 * A store of keys by id. A write names the version that it is based on, so it
 * cannot restore a key that was revoked in the meantime.
 */
export interface KeyStore {
  /**
   * Reads a key; undefined for a revoked key, even if a copy of its record was
   * restored.
   *
   * @throws {StoreError} When the store fails, or its record is not a key.
   */
  read(id: string): Promise<FoundKey | undefined>;
  /**
   * Replaces a key, or creates it if `version` is undefined.
   *
   * @returns The new version, or undefined if the record has changed.
   * @throws {StoreError} When the store fails.
   */
  replace(
    id: string,
    key: StoredKey,
    version: string | undefined,
  ): Promise<string | undefined>;
  /**
   * Permanently revokes a key, and deletes its record.
   *
   * @returns Whether the key existed.
   * @throws {StoreError} When the store fails.
   */
  remove(id: string): Promise<boolean>;
  /**
   * Describes a record that is not a key, for the person who manages keys.
   * Leaves out its hash.
   *
   * @returns Undefined if there is nothing to show.
   * @throws {StoreError} When the store fails, or the record cannot be opened.
   */
  describe(id: string): Promise<string | undefined>;
  /**
   * Lists the ids of all keys.
   *
   * @throws {StoreError} When the store fails.
   */
  ids(): Promise<readonly string[]>;
}

/**
 * Makes a store of keys from records.
 *
 * @param records The records, by key id.
 */
export function keysIn(records: KeyRecords): KeyStore {
  async function revoke(id: string): Promise<void> {
    const revoked_at = Math.floor(Date.now() / 1000);
    const text = JSON.stringify({ revoked_at });
    // An earlier revocation stays as it is.
    await records.revoked.replace(id, text, undefined);
  }

  return {
    async read(id) {
      const [found, revoked] = await Promise.all([
        records.read(id),
        // Only its existence matters, not its content.
        records.revoked.raw(id),
      ]);
      return found && !revoked
        ? { key: parseKey(found.text, id), version: found.version }
        : undefined;
    },
    replace: (id, key, version) =>
      records.replace(id, JSON.stringify(key), version),
    async remove(id) {
      const isThere = await records.raw(id) !== undefined;
      // Revokes first, so the key stays revoked if the program ends here.
      if (isThere) await revoke(id);
      const isRemoved = await records.remove(id);
      // A record deleted by a person in the store can also be restored.
      if (isRemoved && !isThere) await revoke(id);
      return isRemoved;
    },
    async describe(id) {
      const found = await records.read(id);
      return found && describeRecord(found.text);
    },
    ids: () => records.names(),
  };
}

/** The parts of a record that can be shown. */
const SHOWN = [
  "label",
  "tenants",
  "scopes",
  "created_at",
  "expires_at",
  "last_used_at",
] as const satisfies readonly Exclude<keyof StoredKey, "hash">[];

/** How much of a part is shown, in characters. */
const MOST_SHOWN = 100;

/** Describes a record that is not a key. */
function describeRecord(text: string): string | undefined {
  const record = parseJson(text);
  if (!isObject(record)) return undefined;
  const parts = SHOWN.filter((part) => Object.hasOwn(record, part)).map(
    (part) =>
      `${part} ${visible(redactSecrets(show(record[part], MOST_SHOWN)))}`,
  );
  return parts.length > 0 ? parts.join(", ") : undefined;
}

/**
 * Parses the record of a key.
 *
 * @param text The record, as JSON.
 * @param id The key's id, for messages.
 * @throws {StoreError} When the record is invalid. The message repeats nothing
 * from the record.
 */
export function parseKey(text: string, id: string): StoredKey {
  const value = parseJson(text);
  const record = isObject(value) ? value : {};
  const { hash, label, created_at, expires_at, last_used_at } = record;
  const tenants = listOf(record.tenants, isTenant);
  const scopes = listOf(record.scopes, isScope);
  const isEnd = (time: unknown) => time === undefined || isTime(time);
  if (
    typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash) &&
    typeof label === "string" && isTime(created_at) &&
    isEnd(expires_at) && isEnd(last_used_at) && tenants && scopes
  ) {
    return {
      hash,
      label,
      tenants,
      scopes,
      created_at: created_at as number,
      ...defined({
        expires_at: expires_at as number | undefined,
        last_used_at: last_used_at as number | undefined,
      }),
    };
  }
  // The id comes from the writer of the record.
  const name = visible(id);
  throw new StoreError(
    `The record of the key ${name} is invalid: this server did not write it`,
    { what: "revokeKey", id: name },
  );
}

/** A list of known words; undefined for any other value. */
function listOf<T extends string>(
  value: unknown,
  is: (word: unknown) => word is T,
): readonly T[] | undefined {
  const isFine = Array.isArray(value) && value.length > 0 && value.every(is);
  return isFine ? value : undefined;
}
