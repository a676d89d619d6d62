/**
 * Plans and changes in Redis: for each shelf a hash of texts by id, a sorted
 * set that orders the ids by when they expire, and the size of all texts.
 *
 * @module
 */
import { createRedisLink, KEY_PREFIX } from "../../storage/redis.ts";
import { defined } from "../../values/json.ts";
import {
  type ChangeStore,
  type ChangeStoreOptions,
  createCodec,
  type Kept,
  MOST,
  MOST_BYTES,
  type Shelf,
} from "../store.ts";

/** Settings of {@linkcode createRedisChangeStore}. */
export interface RedisChangeStoreOptions extends ChangeStoreOptions {
  /** The address of Redis, as for the token store. */
  readonly url: string;
  /**
   * The key prefix of tokens; `change:` is put before it.
   *
   * @default {"qontak:tokens:"}
   */
  readonly keyPrefix?: string;
  /**
   * How long to wait for an answer from Redis, in ms.
   *
   * @default {5000}
   */
  readonly timeout?: number;
}

/**
 * What every script starts with. KEYS: the texts, their order, their size.
 */
const DROP = `
local function drop(id)
  redis.call("ZREM", KEYS[2], id)
  local size = redis.call("HSTRLEN", KEYS[1], id)
  if redis.call("HDEL", KEYS[1], id) == 1 then
    redis.call("DECRBY", KEYS[3], size)
  end
end
local function alive(id, now)
  local untilTime = redis.call("ZSCORE", KEYS[2], id)
  if untilTime and tonumber(untilTime) > tonumber(now) then
    return redis.call("HGET", KEYS[1], id)
  end
  return false
end
`;

/** Keeps a text, and removes some of those that are too old or too many. */
const PUT = `${DROP}
local id, text, now, lifetime = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
drop(id)
redis.call("HSET", KEYS[1], id, text)
redis.call("ZADD", KEYS[2], now + lifetime, id)
redis.call("INCRBY", KEYS[3], redis.call("HSTRLEN", KEYS[1], id))
for _, old in ipairs(redis.call("ZRANGEBYSCORE", KEYS[2], "-inf", now, "LIMIT", 0, 100)) do
  drop(old)
end
for _ = 1, 100 do
  local many = redis.call("ZCARD", KEYS[2]) > tonumber(ARGV[5])
  if not many and tonumber(redis.call("GET", KEYS[3])) <= tonumber(ARGV[6]) then break end
  drop(redis.call("ZRANGE", KEYS[2], 0, 0)[1])
end
for _, key in ipairs(KEYS) do
  if redis.call("PTTL", key) < lifetime then redis.call("PEXPIRE", key, lifetime) end
end
return 1`;

const GET = `${DROP}
return alive(ARGV[1], ARGV[2])`;

const TAKE = `${DROP}
local text = alive(ARGV[1], ARGV[2])
drop(ARGV[1])
return text`;

/** Replaces a text if it has not changed. */
const SWAP = `${DROP}
if alive(ARGV[1], ARGV[4]) ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
redis.call("INCRBY", KEYS[3], string.len(ARGV[3]) - string.len(ARGV[2]))
return 1`;

const REMOVE = `${DROP}
drop(ARGV[1])
return 1`;

/** The newest texts that have not expired, as ids and texts in turn. */
const LIST = `
local found = {}
for _, id in ipairs(redis.call("ZREVRANGEBYSCORE", KEYS[2], "+inf", "(" .. ARGV[1], "LIMIT", 0, ARGV[2])) do
  local text = redis.call("HGET", KEYS[1], id)
  if text then
    found[#found + 1] = id
    found[#found + 1] = text
  end
end
return found`;

/**
 * Makes the store. It connects on first use.
 *
 * @example Keeping plans and changes in Redis
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createRedisChangeStore } from "@qontak/mcp/changes";
 *
 * const store = createRedisChangeStore({ url: "redis://127.0.0.1:6379" });
 * const server = createServer({
 *   refreshToken: "a-refresh-token",
 *   changes: { store },
 * });
 * await server.close();
 * ```
 *
 * @param options The address of Redis, and how much to keep.
 * @throws {TypeError} When the address is invalid.
 */
export function createRedisChangeStore(
  options: RedisChangeStoreOptions,
): ChangeStore {
  const {
    url,
    keyPrefix = KEY_PREFIX,
    sealer,
    most = MOST,
    mostBytes = MOST_BYTES,
  } = options;
  const { ask, close } = createRedisLink({
    url,
    role: "store of plans and changes",
    ...defined({ timeout: options.timeout }),
  });
  const codec = createCodec(sealer);

  const run = (
    script: string,
    { kind, tenant }: Shelf,
    ...args: (string | number)[]
  ) => {
    const keys = ["texts", "order", "size"].map((part) =>
      `change:${keyPrefix}${kind}:${part}:${tenant}`
    );
    return ask((redis) => redis.eval(script, keys.length, ...keys, ...args));
  };

  return {
    name: "Redis",
    isLasting: () => Promise.resolve(true),

    async put(place, text, lifetime) {
      const stored = await codec.write(place, text);
      const now = Date.now();
      const bounds = [most, mostBytes];
      await run(PUT, place, place.id, stored, now, lifetime, ...bounds);
    },

    async get(place) {
      const stored = await run(GET, place, place.id, Date.now());
      return typeof stored === "string"
        ? await codec.read(place, stored)
        : undefined;
    },

    async take(place) {
      const stored = await run(TAKE, place, place.id, Date.now());
      return typeof stored === "string"
        ? await codec.read(place, stored)
        : undefined;
    },

    async replace(place, from, to) {
      const stored = await codec.write(place, to);
      const now = await run(GET, place, place.id, Date.now());
      const isSame = typeof now === "string" &&
        await codec.read(place, now) === from;
      return isSame &&
        await run(SWAP, place, place.id, now, stored, Date.now()) === 1;
    },

    async list(shelf, most) {
      const all = await run(LIST, shelf, Date.now(), most) as string[];
      const kept: Kept[] = [];
      for (let at = 0; at < all.length; at += 2) {
        const [id = "", stored = ""] = all.slice(at, at + 2);
        const text = await codec.read({ ...shelf, id }, stored);
        if (text !== undefined) kept.push({ id, text });
      }
      return kept;
    },

    async remove(place) {
      await run(REMOVE, place, place.id);
    },

    close,
  };
}
