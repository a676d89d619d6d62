/**
 * Audit records in Deno KV.
 *
 * @module
 */
import { checkOptions } from "../../errors.ts";
import { keptDays } from "../store.ts";
import { askKv, explainKv, type Kv } from "../../storage/kv.ts";
import { createSealer } from "../../storage/sealing.ts";
import { isObject } from "../../values/json.ts";
import type { AuditRecord } from "../record.ts";
import {
  type AuditStore,
  type AuditStoreOptions,
  createCodec,
  DAY,
} from "../store.ts";

/** Settings of {@linkcode createKvAuditStore}. */
export interface KvAuditStoreOptions extends AuditStoreOptions {
  /** The database. */
  readonly kv: Kv;
}

/** A stored entry. */
interface Kept {
  readonly text: string;
  /** When it expires, in ms since 1970: the database may keep it longer. */
  readonly until: number;
}

function isKept(value: unknown): value is Kept {
  return isObject(value) && typeof value.text === "string" &&
    typeof value.until === "number";
}

/** What is stored, for messages. */
const WHAT = "audit records";

const PREFIX = ["qontak-mcp", "audit"];

/**
 * Makes the store. It opens the database on first use.
 *
 * @example Keeping audit records in Deno KV
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createKvAuditStore } from "@qontak/mcp/audit";
 *
 * let database: Promise<Deno.Kv> | undefined;
 * const kv = { open: () => database ??= Deno.openKv() };
 * const server = createServer({
 *   refreshToken: "a-refresh-token",
 *   audit: { store: createKvAuditStore({ kv, days: 90 }) },
 * });
 * await server.close();
 * ```
 *
 * @param options The database and the retention period.
 * @throws {OptionError} When the number of days is invalid.
 */
export function createKvAuditStore(options: KvAuditStoreOptions): AuditStore {
  const { kv, days, sealer = createSealer([]) } = checkOptions(options, {
    days: keptDays,
  });
  const codec = createCodec(sealer);
  const expireIn = days * DAY;

  const ask = <T>(question: (database: Deno.Kv) => Promise<T>) =>
    askKv(kv, WHAT, question);

  async function entryOf(record: AuditRecord) {
    const until = Date.parse(record.time) + expireIn;
    const value: Kept = { text: await codec.write(record), until };
    return { key: [...PREFIX, record.id], value };
  }

  return {
    name: "Deno KV",

    async begin(record) {
      const { key, value } = await entryOf(record);
      await ask((database) =>
        database.atomic().check({ key, versionstamp: null })
          .set(key, value, { expireIn }).commit()
      );
    },

    async end(record) {
      const { key, value } = await entryOf(record);
      await ask((database) => database.set(key, value, { expireIn }));
    },

    async seal(isApplied) {
      const database = await ask((database) => Promise.resolve(database));
      let count = 0;
      for await (const entry of database.list<Kept>({ prefix: PREFIX })) {
        if (!isKept(entry.value)) continue;
        const { key, value: { text, until } } = entry;
        const left = until - Date.now();
        const sealed = await codec.seal(text, String(key.at(-1)));
        if (sealed === undefined || left <= 0) continue;
        count++;
        if (!isApplied) continue;
        // If the entry has changed, that write has already sealed it.
        await ask((database) =>
          database.atomic().check(entry)
            .set(key, { text: sealed, until }, { expireIn: left }).commit()
        );
      }
      return count;
    },

    async *list() {
      const database = await ask((database) => Promise.resolve(database));
      const entries = database.list<Kept>({ prefix: PREFIX }, {
        reverse: true,
      });
      try {
        for await (const { key, value } of entries) {
          // Others may have put anything there.
          if (!isKept(value)) yield undefined;
          else if (value.until >= Date.now()) {
            yield await codec.read(value.text, String(key.at(-1)));
          }
        }
      } catch (error) {
        throw explainKv(error, WHAT);
      }
    },
  };
}
