/**
 * Opens the store of plans and changes.
 *
 * @module
 */
import type { ChangeStore } from "../changes/store.ts";
import { createKvChangeStore } from "../changes/stores/kv.ts";
import { createMemoryChangeStore } from "../changes/stores/memory.ts";
import { createRedisChangeStore } from "../changes/stores/redis.ts";
import type { Log } from "../logging/log.ts";
import type { Kv } from "../storage/kv.ts";
import type { Sealer } from "../storage/sealing.ts";
import { defined } from "../values/json.ts";
import { withSettings } from "./advice.ts";
import type { Settings } from "./settings.ts";

/** What the store needs in addition to the settings. */
export interface ChangesParts {
  /** Deno KV, if the runtime has it. */
  readonly kv: Kv | undefined;
  /** Seals what is in Deno KV, if there is a key. */
  readonly sealer: Sealer | undefined;
  /** Deno KV, if tokens are cached in it. */
  readonly cacheKv: Kv | undefined;
  /** Writes log lines. */
  readonly log: Log;
}

/**
 * Opens the store where the settings keep other data: in Redis, in Deno KV, or
 * else in memory. It connects to nothing before the first use.
 *
 * @param settings The settings.
 * @param parts What the store needs in addition to the settings.
 */
export function openChanges(
  settings: Settings,
  { kv, sealer, cacheKv, log }: ChangesParts,
): ChangeStore {
  const used: readonly string[] = [
    settings.TOKEN_STORE,
    settings.QONTAK_AUDIT,
    settings.QONTAK_LIMITS,
  ];
  /** Of tokens in the same database, a warning is given already. */
  const warn = (name: string, sealer = settings.TOKEN_ENCRYPTION_KEY) => {
    if (sealer || settings.QONTAK_UNDO_DAYS === 0) return;
    log(
      "warn",
      "What records were before changes is kept unsealed: anyone who can read the store sees it. Set TOKEN_ENCRYPTION_KEY, or QONTAK_UNDO_DAYS to 0",
      { store: name },
    );
  };
  if (used.includes("redis")) {
    warn("Redis");
    return withSettings(() =>
      createRedisChangeStore({
        url: settings.REDIS_URL,
        keyPrefix: settings.REDIS_KEY_PREFIX,
        ...defined({ sealer: settings.TOKEN_ENCRYPTION_KEY }),
      })
    );
  }
  if (!kv || !(cacheKv || used.includes("kv"))) {
    return createMemoryChangeStore();
  }
  if (!cacheKv && settings.TOKEN_STORE !== "kv") warn("Deno KV", sealer);
  return inKvOrMemory(kv, createKvChangeStore({ kv, ...defined({ sealer }) }));
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
