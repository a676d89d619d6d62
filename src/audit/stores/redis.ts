/**
 * Audit records in Redis: a hash with the records by id, and a sorted set of
 * the ids, which puts them in order.
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
  /** Where Redis is, as for the store of tokens. */
  readonly url: string;
  /**
   * What the keys of tokens start with; `audit:` is put before it.
   *
   * @default {"qontak:tokens:"}
   */
  readonly keyPrefix?: string;
  /**
   * How many records are kept; the oldest are forgotten first.
   *
   * @default {100000}
   */
  readonly most?: number;
  /**
   * How long Redis may take to answer, in ms.
   *
   * @default {5000}
   */
  readonly timeout?: number;
}

/** How many records are kept unless set otherwise. */
const MOST = 100_000;

/** How many records are asked for at once. */
const PAGE = 200;

/**
 * Keeps a record, and forgets some of those that are too old or too many: in
 * one step, so that there is no moment without the record. All of it ends
 * where nothing is written for as long as records are kept.
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

/** Puts a text in the place of another one, where that is still there. */
const SWAP = `
if redis.call("HGET", KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
return 1`;

/**
 * Makes the store. It connects when it is first used.
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
 *   refreshToken: "a refresh token",
 *   audit: { store },
 * });
 * await server.close();
 * ```
 *
 * @param options Where Redis is, and for how long.
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
          // One that is missing has been forgotten since.
          if (text) yield await codec.read(text, id);
        }
        most = `(${page.at(-1)}`;
      }
    },

    close,
  };
}
