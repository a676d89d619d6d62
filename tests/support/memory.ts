/**
 * Stores in memory, for tests of code that uses stores.
 *
 * @module
 */
import type { FoundKey, KeyStore } from "../../src/auth/key_store.ts";
import type { AuditStore } from "../../mod.ts";
import type { AuditRecord } from "../../src/audit/mod.ts";
import type { Kv } from "../../src/storage/kv.ts";
import type { Credentials, TokenStore } from "../../src/tokens/store.ts";

/**
 * Makes a store from records by tenant, which a test may change later.
 *
 * @param records The records; the store owns them from then on.
 */
export function createMemoryStore(
  records: Record<string, Credentials>,
): TokenStore {
  const versionOf = (tenant: string) => JSON.stringify(records[tenant]);
  return {
    name: "memory",
    identity: () => Promise.resolve("memory"),
    // deno-lint-ignore require-await -- the interface is asynchronous
    async read(tenant) {
      const credentials = records[tenant];
      return credentials && { credentials, version: versionOf(tenant) };
    },
    // deno-lint-ignore require-await -- the interface is asynchronous
    async replace(tenant, credentials, version) {
      if (versionOf(tenant) !== version) return undefined;
      records[tenant] = credentials;
      return versionOf(tenant);
    },
    // deno-lint-ignore require-await -- the interface is asynchronous
    async remove(tenant) {
      return delete records[tenant];
    },
    tenants: () => Promise.resolve(Object.keys(records)),
  };
}

/** A store of keys that a test can read and change. */
export interface MemoryKeys extends KeyStore {
  /** The stored keys. */
  readonly records: Map<string, FoundKey>;
  /** The ids that were read, in order. */
  readonly reads: string[];
  /** The ids of all attempted writes, in order. */
  readonly writes: string[];
  /** Every operation awaits it; it may reject. */
  gate: () => Promise<unknown>;
}

/** Makes an empty store of keys. */
export function createMemoryKeys(): MemoryKeys {
  const records = new Map<string, FoundKey>();
  const reads: string[] = [];
  const writes: string[] = [];
  let count = 0;
  const keys: MemoryKeys = {
    records,
    reads,
    writes,
    gate: () => Promise.resolve(),
    async read(id) {
      reads.push(id);
      const found = records.get(id);
      await keys.gate();
      return found;
    },
    async replace(id, key, from) {
      writes.push(id);
      await keys.gate();
      if (records.get(id)?.version !== from) return undefined;
      const version = String(++count);
      records.set(id, { key, version });
      return version;
    },
    async remove(id) {
      await keys.gate();
      return records.delete(id);
    },
    describe: () => Promise.resolve(undefined),
    ids: () => Promise.resolve([...records.keys()]),
  };
  return keys;
}

/** A store of audit records that shows what it received, in order. */
export interface MemoryAuditStore extends AuditStore {
  /** Each record as it was stored, before the write and after it. */
  readonly kept: AuditRecord[];
}

/** Makes a store of audit records. */
export function createMemoryAuditStore(): MemoryAuditStore {
  const kept: AuditRecord[] = [];
  // deno-lint-ignore require-await -- the interface is asynchronous
  const keep = async (record: AuditRecord) => {
    kept.push(record);
  };
  return {
    name: "memory",
    kept,
    begin: keep,
    end: keep,
    async *list() {
      yield* kept.toReversed();
    },
  };
}

/** A Deno KV in memory, for caches. */
export interface MemoryKv {
  /** Its contents, by the JSON of their keys. */
  readonly rows: Map<string, MemoryRow>;
  readonly kv: Kv;
}

/** A value, and the time until Deno KV may drop it, in ms. */
export interface MemoryRow {
  value: unknown;
  expireIn?: number | undefined;
}

/** Makes an empty Deno KV. Nothing in it expires. */
export function createMemoryKv(): MemoryKv {
  const rows = new Map<string, MemoryRow>();
  const name = (key: Deno.KvKey) => JSON.stringify(key);
  const database = {
    get: (key: Deno.KvKey) =>
      Promise.resolve({ value: rows.get(name(key))?.value ?? null }),
    set(key: Deno.KvKey, value: unknown, options?: { expireIn?: number }) {
      rows.set(name(key), { value, expireIn: options?.expireIn });
      return Promise.resolve();
    },
    delete(key: Deno.KvKey) {
      rows.delete(name(key));
      return Promise.resolve();
    },
  } as unknown as Deno.Kv;
  return { rows, kv: { open: () => Promise.resolve(database) } };
}
