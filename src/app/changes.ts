/**
 * Opens the store of plans and changes.
 *
 * @module
 */
import type { ChangeStore } from "../changes/store.ts";
import { createKvChangeStore } from "../changes/stores/kv.ts";
import { createMemoryChangeStore } from "../changes/stores/memory.ts";
import { createRedisChangeStore } from "../changes/stores/redis.ts";
import type { Kv } from "../storage/kv.ts";
import { defined } from "../values/json.ts";
import { withSettings } from "./advice.ts";
import type { Settings } from "./settings.ts";

/** What the store needs besides the settings. */
export interface ChangesParts {
  /** Deno KV, if the runtime has it. */
  readonly kv: Kv | undefined;
  /** Deno KV, if tokens are cached in it. */
  readonly cacheKv: Kv | undefined;
}

/**
 * Opens the store where the settings keep other data: in Redis, in Deno KV, or
 * else in memory. It connects to nothing before the first use.
 *
 * @param settings The settings.
 * @param parts What the store needs besides the settings.
 */
export function openChanges(
  settings: Settings,
  { kv, cacheKv }: ChangesParts,
): ChangeStore {
  const sealed = defined({ sealer: settings.TOKEN_ENCRYPTION_KEY });
  const used: readonly string[] = [
    settings.TOKEN_STORE,
    settings.QONTAK_AUDIT,
    settings.QONTAK_LIMITS,
  ];
  if (used.includes("redis")) {
    return withSettings(() =>
      createRedisChangeStore({
        url: settings.REDIS_URL,
        keyPrefix: settings.REDIS_KEY_PREFIX,
        ...sealed,
      })
    );
  }
  return kv && (cacheKv || used.includes("kv"))
    ? inKvOrMemory(kv, createKvChangeStore({ kv, ...sealed }))
    : createMemoryChangeStore();
}

/** Keeps in memory what Deno KV cannot keep: it may not be attached. */
function inKvOrMemory(kv: Kv, lasting: ChangeStore): ChangeStore {
  let chosen: Promise<ChangeStore> | undefined;
  const choose = () =>
    chosen ??= kv.open().catch(() => undefined)
      .then((database) => database ? lasting : createMemoryChangeStore());
  return {
    name: lasting.name,
    isLasting: async () => await (await choose()).isLasting(),
    put: async (...args) => await (await choose()).put(...args),
    get: async (...args) => await (await choose()).get(...args),
    take: async (...args) => await (await choose()).take(...args),
    replace: async (...args) => await (await choose()).replace(...args),
    list: async (...args) => await (await choose()).list(...args),
    remove: async (...args) => await (await choose()).remove(...args),
  };
}
