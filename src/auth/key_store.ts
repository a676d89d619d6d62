/**
 * Where the API keys are kept that the program made: as hashes, with what
 * each is for.
 *
 * @module
 */
import { StoreError } from "../errors.ts";
import { isTenant } from "../tokens/store.ts";
import type { KeyRecords } from "../tokens/stores/records.ts";
import { defined, isObject, parseJson } from "../values/json.ts";
import { visible } from "../values/visible.ts";
import { isScope, type Scope } from "./principal.ts";

/**
 * What is kept of a key. The key itself is nowhere; its id is the name of the
 * record. Times are in seconds since 1970.
 */
export interface StoredKey {
  /** SHA-256 of the whole key, as 64 hex digits. */
  readonly hash: string;
  /** What a person calls it; may be empty. */
  readonly label: string;
  /** The tenants that it is for, at least one. */
  readonly tenants: readonly string[];
  /** What it may do. */
  readonly scopes: readonly Scope[];
  /** When it was made. */
  readonly created_at: number;
  /** When it ends; undefined: never. */
  readonly expires_at?: number;
  /** When it was last used, to the minute; undefined: never. */
  readonly last_used_at?: number;
}

/** A key with the version that it was read at. */
export interface FoundKey {
  /** The key. */
  readonly key: StoredKey;
  /** Names this state of the record; opaque to callers. */
  readonly version: string;
}

/**
 * A place for keys, by their ids. A write names the version it was made from,
 * so that a key that was revoked in between does not come back.
 */
export interface KeyStore {
  /**
   * Reads a key; undefined for one that was revoked, also where a copy of its
   * record was put back.
   *
   * @throws {StoreError} When the store is out of order, or holds something
   * else there.
   */
  read(id: string): Promise<FoundKey | undefined>;
  /**
   * Replaces a key, or makes it where `version` is undefined.
   *
   * @returns The new version, or undefined when the record had changed.
   * @throws {StoreError} When the store is out of order.
   */
  replace(
    id: string,
    key: StoredKey,
    version: string | undefined,
  ): Promise<string | undefined>;
  /**
   * Revokes a key for good, and forgets what it was for.
   *
   * @returns Whether there was anything to forget.
   * @throws {StoreError} When the store is out of order.
   */
  remove(id: string): Promise<boolean>;
  /**
   * Lists the ids of all keys.
   *
   * @throws {StoreError} When the store is out of order.
   */
  ids(): Promise<readonly string[]>;
}

/**
 * Keys as records.
 *
 * @param records Where they are kept, by id.
 */
export function keysIn(records: KeyRecords): KeyStore {
  async function revoke(id: string): Promise<void> {
    const revoked_at = Math.floor(Date.now() / 1000);
    const text = JSON.stringify({ revoked_at });
    // Where it was revoked before, that stands.
    await records.revoked.replace(id, text, undefined);
  }

  return {
    async read(id) {
      const [found, revoked] = await Promise.all([
        records.read(id),
        // That there is one is enough, whatever is in it.
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
      // Before it goes: a program that ends in between has revoked it.
      if (isThere) await revoke(id);
      const isRemoved = await records.remove(id);
      // What a person deleted in the store can be brought back as well.
      if (isRemoved && !isThere) await revoke(id);
      return isRemoved;
    },
    ids: () => records.names(),
  };
}

/** The latest time that there can be, in seconds since 1970. */
const LATEST = 8.64e12;

/**
 * Reads what is kept of a key.
 *
 * @param text The record, as JSON.
 * @param id The key's id, for messages.
 * @throws {StoreError} When the record is invalid. The message repeats nothing
 * of it.
 */
export function parseKey(text: string, id: string): StoredKey {
  const value = parseJson(text);
  const record = isObject(value) ? value : {};
  const { hash, label, created_at, expires_at, last_used_at } = record;
  const tenants = listOf(record.tenants, isTenant);
  const scopes = listOf(record.scopes, isScope);
  const isTime = (time: unknown) =>
    typeof time === "number" && time >= 0 && time <= LATEST;
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
  // The name comes from the writer of the record.
  const name = visible(id);
  throw new StoreError(
    `The record of the key ${name} is invalid: this server did not write it`,
    { what: "revokeKey", id: name },
  );
}

/** A list of known words; undefined if the value is anything else. */
function listOf<T extends string>(
  value: unknown,
  is: (word: unknown) => word is T,
): readonly T[] | undefined {
  const isFine = Array.isArray(value) && value.length > 0 && value.every(is);
  return isFine ? value : undefined;
}
