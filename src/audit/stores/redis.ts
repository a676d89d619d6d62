/**
 * Audit records in Redis: a hash of records by id, and a sorted set that orders
 * the ids.
 *
 * @module
 */
import { checkOptions } from "../../errors.ts";
import { keptDays } from "../store.ts";
import { createRedisLink, KEY_PREFIX } from "../../storage/redis.ts";
import { defined } from "../../values/json.ts";
import { createSealer } from "../../storage/sealing.ts";
import { type AuditRecord, firstIdOf } from "../record.ts";
import {
  type AuditStore,
  type AuditStoreOptions,
  createCodec,
  DAY,
} from "../store.ts";

/** Settings of {@linkcode createRedisAuditStore}. */
export interface RedisAuditStoreOptions extends AuditStoreOptions {
  /** The address of Redis, as for the token store. */
  readonly url: string;
  /**
   * The key prefix of tokens; `audit:` is put before it.
   *
   * @default {"qontak:tokens:"}
   */
  readonly keyPrefix?: string;
  /**
   * How many records to keep; the oldest are removed first.
   *
   * @default {100000}
   */
  readonly most?: number;
  /**
   * How long to wait for an answer from Redis, in ms.
   *
   * @default {5000}
   */
  readonly timeout?: number;
}

/** The default number of records to keep. */
const MOST = 100_000;

/** How many records to read at once. */
const PAGE = 200;

/**
 * Saves a record and removes some of those that are too old or too many. This
 * is one atomic step, so the record is never missing. All records expire if
 * nothing is written for the retention period.
 */
const KEEP = `
redis.call(ARGV[1], KEYS[1], ARGV[2], ARGV[3])
redis.call("ZADD", KEYS[2], 0, ARGV[2])
local past = redis.call("ZRANGEBYLEX", KEYS[2], "-", "(" .. ARGV[4], "LIMIT", 0, 100)
local many = redis.call("ZCARD", KEYS[2]) - tonumber(ARGV[5])
if #past == 0 and many > 0 then
  past = redis.call("ZRANGE", KEYS[2], 0, math.min(many, 100) - 1)
end
if #past > 0 then
  redis.call("HDEL", KEYS[1], unpack(past))
  redis.call("ZREM", KEYS[2], unpack(past))
end
redis.call("PEXPIRE", KEYS[1], ARGV[6])
redis.call("PEXPIRE", KEYS[2], ARGV[6])
return 1`;

/** Replaces a text if it has not changed. */
const SWAP = `
if redis.call("HGET", KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
return 1`;

/**
 * Makes the store. It connects on first use.
 *
 * @example Keeping audit records in Redis
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createRedisAuditStore } from "@qontak/mcp/audit";
 *
 * const store = createRedisAuditStore({
 *   url: "redis://127.0.0.1:6379",
 *   days: 90,
 * });
 * const server = createServer({
 *   refreshToken: "a-refresh-token",
 *   audit: { store },
 * });
 * await server.close();
 * ```
 *
 * @param options The address of Redis, and the retention period.
 * @throws {OptionError} When the number of days is invalid.
 * @throws {TypeError} When the address is invalid.
 */
export function createRedisAuditStore(
  options: RedisAuditStoreOptions,
): AuditStore {
  const {
    url,
    keyPrefix = KEY_PREFIX,
    days,
    sealer = createSealer([]),
    most = MOST,
  } = checkOptions(options, { days: keptDays });
  const { ask, close } = createRedisLink({
    url,
    role: "store of audit records",
    ...defined({ timeout: options.timeout }),
  });
  const codec = createCodec(sealer);
  const records = `audit:${keyPrefix}records`;
  const ids = `audit:${keyPrefix}ids`;
  const firstKept = () => firstIdOf(Date.now() - days * DAY);

  async function keep(how: "HSETNX" | "HSET", record: AuditRecord) {
    const text = await codec.write(record);
    await ask((redis) =>
      redis.eval(
        KEEP,
        2,
        records,
        ids,
        how,
        record.id,
        text,
        firstKept(),
        most,
        days * DAY,
      )
    );
  }

  return {
    name: "Redis",
    begin: (record) => keep("HSETNX", record),
    end: (record) => keep("HSET", record),

    async seal(isApplied) {
      let count = 0;
      let cursor = "0";
      do {
        const [next, found] = await ask((redis) =>
          redis.hscan(records, cursor, "COUNT", PAGE)
        );
        cursor = next;
        for (let at = 0; at < found.length; at += 2) {
          const [id = "", text = ""] = found.slice(at, at + 2);
          const sealed = await codec.seal(text, id);
          if (sealed === undefined) continue;
          count++;
          if (!isApplied) continue;
          await ask((redis) => redis.eval(SWAP, 1, records, id, text, sealed));
        }
      } while (cursor !== "0");
      return count;
    },

    async *list() {
      const least = `[${firstKept()}`;
      for (let most = "+";;) {
        const page = await ask((redis) =>
          redis.zrevrangebylex(ids, most, least, "LIMIT", 0, PAGE)
        );
        if (page.length === 0) return;
        const texts = await ask((redis) => redis.hmget(records, ...page));
        for (const [i, id] of page.entries()) {
          const text = texts[i];
          // A missing record was removed in the meantime.
          if (text) yield await codec.read(text, id);
        }
        most = `(${page.at(-1)}`;
      }
    },

    close,
  };
}
