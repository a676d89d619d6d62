/**
 * The Deno KV store, for several companies: a file shared by the processes of
 * one machine, or the database of Deno Deploy.
 *
 * @module
 */
import { askKv, createKv, type Kv } from "../../storage/kv.ts";
import { createSealer, type Sealer } from "../../storage/sealing.ts";
import type { Lease, TokenStore } from "../store.ts";
import {
  boundTo,
  openerOf,
  type Records,
  type StoreAndKeys,
  tokensIn,
} from "./records.ts";

/** Settings of {@linkcode createKvStore}. */
export interface KvStoreOptions {
  /**
   * The database. By default, the store opens `Deno.openKv()` and closes it.
   */
  readonly kv?: Kv;
  /** Seals the records. Without it, records are stored unsealed. */
  readonly sealer?: Sealer;
}

/**
 * Makes the store. It opens the database on first use.
 *
 * @example Serving the companies whose tokens are in Deno KV
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createKvStore, createSealer } from "@qontak/mcp/stores";
 *
 * const server = createServer({
 *   store: createKvStore({
 *     sealer: createSealer([]), // with keys, records are sealed
 *   }),
 * });
 * await server.close();
 * ```
 *
 * @param options The database and the sealer.
 * @returns The store.
 */
export function createKvStore(options: KvStoreOptions = {}): TokenStore {
  return openKv(options).tokens;
}

/**
 * Makes the token store and the API key store.
 *
 * @param options The database and the sealer.
 */
export function openKv(options: KvStoreOptions = {}): StoreAndKeys {
  const records = createKvRecords({ ...options, space: "tokens" });
  const keys = {
    ...records.beside("keys"),
    revoked: records.beside("revoked"),
  };
  return {
    tokens: {
      name: "kv",
      ...tokensIn(records),
      identity: () => records.identity(),
      lease: (tenant, ms, holder) => records.lease(tenant, ms, holder),
      close: () => records.close(),
    },
    keys,
    sealed: { credentials: records, key: keys },
  };
}

/** Settings of {@linkcode createKvRecords}. */
export interface KvRecordsOptions extends KvStoreOptions {
  /** The prefix of record names, which separates kinds of records. */
  readonly space: string;
}

/** Sealed texts and leases in Deno KV. Each function throws StoreError. */
export interface KvRecords extends Records {
  /** An id that distinguishes this database from others. */
  identity(): Promise<string>;
  /** Records of another kind in the same database. */
  beside(space: string): Records;
  /** See {@linkcode TokenStore.lease}. */
  lease(
    name: string,
    ms: number,
    holder: string,
  ): Promise<Lease | undefined>;
  /** Closes the database if this object opened it. */
  close(): Promise<void>;
}

/** The stored form of a lease. */
interface Held {
  readonly holder: string;
  /** When it ends, in ms since 1970: the database may keep it longer. */
  readonly until: number;
}

/** Runs a query on the database. */
type Ask = <T>(question: (database: Deno.Kv) => Promise<T>) => Promise<T>;

/** For runtimes without Deno KV. */
const NO_KV: Kv = { open: () => Promise.resolve(undefined) };

/** The prefix of the keys of all entries. */
const ROOT = "qontak-mcp";

/**
 * Makes the access to one kind of records. It opens the database on first use.
 *
 * @param options The database and the kind of records.
 */
export function createKvRecords(options: KvRecordsOptions): KvRecords {
  const { sealer = createSealer([]), space } = options;
  const own = options.kv ? undefined : createKv();
  const kv = options.kv ?? own ?? NO_KV;
  let identity: string | undefined;

  const ask: Ask = (question) => askKv(kv, "tokens", question);

  async function lease(
    name: string,
    ms: number,
    holder: string,
  ): Promise<Lease | undefined> {
    const key = [ROOT, "leases", boundTo(space, name)];
    const isTaken = await ask(async (database) => {
      const entry = await database.get<Held>(key);
      const isOthers = entry.value && entry.value.holder !== holder;
      if (isOthers && entry.value.until > Date.now()) return false;
      const { ok } = await database.atomic().check(entry)
        // Expiry in the database only removes leases that were never released.
        .set(key, { holder, until: Date.now() + ms }, { expireIn: ms })
        .commit();
      return ok;
    });
    if (!isTaken) return undefined;
    return {
      async release() {
        try {
          await ask(async (database) => {
            const entry = await database.get<Held>(key);
            if (entry.value?.holder !== holder) return;
            await database.atomic().check(entry).delete(key).commit();
          });
        } catch {
          // The lease expires anyway.
        }
      },
    };
  }

  return {
    async identity() {
      const key = [ROOT, "identity"];
      // The first process to ask creates it; a copy of the database keeps it.
      return identity ??= await ask(async (database) => {
        const made = crypto.randomUUID();
        const { ok } = await database.atomic()
          .check({ key, versionstamp: null }).set(key, made).commit();
        return ok ? made : String((await database.get(key)).value);
      });
    },

    ...recordsIn(ask, sealer, space),
    beside: (space) => recordsIn(ask, sealer, space),
    lease,

    async close() {
      await own?.close();
    },
  };
}

/** One kind of records. */
function recordsIn(ask: Ask, sealer: Sealer, space: string): Records {
  const keyOf = (name: string) => [ROOT, space, name];
  async function raw(name: string) {
    const { value, versionstamp } = await ask((database) =>
      database.get(keyOf(name))
    );
    return versionstamp === null
      ? undefined
      : { text: String(value), version: versionstamp };
  }
  return {
    raw,
    read: openerOf({ raw, sealer, space }),

    async replace(name, text, version) {
      const key = keyOf(name);
      const sealed = await sealer.seal(text, boundTo(space, name));
      const result = await ask((database) =>
        database.atomic().check({ key, versionstamp: version ?? null })
          // No expiry: a company that loses its refresh token is locked out.
          .set(key, sealed).commit()
      );
      return result.ok ? result.versionstamp : undefined;
    },

    async remove(name) {
      return await ask(async (database) => {
        for (;;) {
          const entry = await database.get(keyOf(name));
          if (entry.versionstamp === null) return false;
          const { ok } = await database.atomic().check(entry)
            .delete(entry.key).commit();
          if (ok) return true;
        }
      });
    },

    async names() {
      return await ask(async (database) => {
        const prefix = [ROOT, space];
        const entries = await Array.fromAsync(database.list({ prefix }));
        return entries.map(({ key }) => String(key.at(-1))).sort();
      });
    },
  };
}
