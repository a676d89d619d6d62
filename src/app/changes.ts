/**
 * Opens the store of plans and changes.
 *
 * @module
 */
import type { ChangeStore, Shelf } from "../changes/store.ts";
import { createMemoryChangeStore } from "../changes/stores/memory.ts";
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
}

/**
 * Opens the store where the settings keep other data: in Redis, in Deno KV, or
 * else in memory. It connects to nothing before the first use.
 */
export type OpenChanges = () => ChangeStore;

/**
 * Loads what opens the store.
 *
 * @param settings The settings.
 * @param parts What the store needs in addition to the settings.
 */
export async function loadChanges(
  settings: Settings,
  { kv, sealer, cacheKv }: ChangesParts,
): Promise<OpenChanges> {
  const used: readonly string[] = [
    settings.TOKEN_STORE,
    settings.QONTAK_AUDIT,
    settings.QONTAK_LIMITS,
  ];
  if (used.includes("redis")) {
    const { createRedisChangeStore } = await import(
      "../changes/stores/redis.ts"
    );
    const { TOKEN_ENCRYPTION_KEY: key } = settings;
    return () => {
      const redis = withSettings(() =>
        createRedisChangeStore({
          url: settings.REDIS_URL,
          keyPrefix: settings.REDIS_KEY_PREFIX,
          ...defined({ sealer: key }),
        })
      );
      return key ? redis : plansIn(redis, createMemoryChangeStore());
    };
  }
  if (!kv || !(cacheKv || used.includes("kv"))) return createMemoryChangeStore;
  const { createKvChangeStore } = await import("../changes/stores/kv.ts");
  return () => {
    const memory = createMemoryChangeStore();
    const database = createKvChangeStore({ kv, ...defined({ sealer }) });
    const lasting = sealer ? database : plansIn(database, memory);
    let opened: Promise<Deno.Kv | undefined> | undefined;
    // A database may be missing, on Deno Deploy. It is asked once, so that all
    // is in one place.
    const isThere = async () =>
      await (opened ??= kv.open().catch(() => undefined)) !== undefined;
    return chosen(
      lasting.name,
      async () => await isThere() && await lasting.isLasting(),
      async () => await isThere() ? lasting : memory,
    );
  };
}

/**
 * Keeps only plans in a store that does not seal: the contents of records are
 * never written unsealed, and a plan is sealed with a key of its own.
 */
function plansIn(lasting: ChangeStore, memory: ChangeStore): ChangeStore {
  return chosen(
    lasting.name,
    false,
    ({ kind }) => Promise.resolve(kind === "plan" ? lasting : memory),
    lasting.close,
  );
}

/** Makes a store that keeps each shelf in a store that is chosen for it. */
function chosen(
  name: string,
  isLasting: false | (() => Promise<boolean>),
  choose: (shelf: Shelf) => Promise<ChangeStore>,
  close?: () => Promise<void>,
): ChangeStore {
  return {
    name,
    isLasting: isLasting || (() => Promise.resolve(false)),
    put: async (place, ...rest) =>
      await (await choose(place)).put(place, ...rest),
    get: async (place) => await (await choose(place)).get(place),
    take: async (place) => await (await choose(place)).take(place),
    replace: async (place, ...rest) =>
      await (await choose(place)).replace(place, ...rest),
    list: async (shelf, most) => await (await choose(shelf)).list(shelf, most),
    remove: async (place) => await (await choose(place)).remove(place),
    ...defined({ close }),
  };
}
