/**
 * The stores of the simulation: a Redis, a folder for Deno KV, and a stand-in
 * for Vault. Each says what it has been asked and how much it keeps.
 *
 * @module
 */
import { startRedis } from "../../tests/support/redis.ts";
import { startVault } from "../../tests/support/vault.ts";
import type { SETTINGS } from "./shared.ts";

/** A store that runs. */
export interface RunningStore extends AsyncDisposable {
  /** The variables of a server that keeps its tokens there. */
  readonly env: Record<string, string>;
  /** Flags of deno that the server needs. */
  readonly flags: readonly string[];
  /** Operations that the server cannot count itself. */
  operations(): number;
  /** What it keeps, in bytes; undefined if that says nothing here. */
  bytes(): Promise<number | undefined>;
  /** How long it has computed, in ms; undefined if that says nothing here. */
  cpu(): Promise<number | undefined>;
}

/** A kind of store. */
export interface StoreKind {
  /** Its name in the tables. */
  readonly title: string;
  /** What is measured in addition, by the variables that turn it on. */
  readonly settings: Readonly<
    Partial<Record<typeof SETTINGS[number], Record<string, string>>>
  >;
  /** Starts it. */
  open(): Promise<RunningStore>;
}

/** No changes are kept for undo, and limits are counted in memory. */
const PLAIN = { QONTAK_UNDO_DAYS: "0" };

/** A figure in an answer of Redis's INFO. */
function figure(info: unknown, name: string): number {
  const found = new RegExp(`^${name}:([\\d.]+)`, "m").exec(String(info));
  if (!found) throw new Error(`Redis does not say ${name}`);
  return Number(found[1]);
}

/** The size of all files in a folder. */
async function sizeOf(folder: string): Promise<number> {
  let sum = 0;
  for await (const { name } of Deno.readDir(folder)) {
    sum += (await Deno.stat(`${folder}/${name}`)).size;
  }
  return sum;
}

const key = (): string => crypto.getRandomValues(new Uint8Array(32)).toBase64();

/** The kinds of stores, by the value of TOKEN_STORE. */
export const STORES = {
  redis: {
    title: "Redis",
    settings: {
      "limits counted in the store": { QONTAK_LIMITS: "redis" },
      "audit records in the store": { QONTAK_AUDIT: "redis" },
      "changes kept for undo": { QONTAK_UNDO_DAYS: "30" },
    },
    async open() {
      // With an argument, this starts a new Redis even if one is running.
      const redis = await startRedis("--appendfsync", "everysec");
      return {
        env: {
          ...PLAIN,
          TOKEN_STORE: "redis",
          REDIS_URL: redis.url,
          // Everything is sealed, as a file of Deno KV is by itself.
          TOKEN_ENCRYPTION_KEY: key(),
        },
        flags: [],
        operations: () => 0,
        bytes: async () =>
          figure(await redis.send("INFO", "memory"), "used_memory"),
        async cpu() {
          const info = await redis.send("INFO", "cpu");
          return 1_000 * (figure(info, "used_cpu_user") +
            figure(info, "used_cpu_sys"));
        },
        [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
      };
    },
  },
  kv: {
    title: "Deno KV",
    settings: {
      "limits counted in the store": { QONTAK_LIMITS: "kv" },
      "audit records in the store": { QONTAK_AUDIT: "kv" },
      "changes kept for undo": { QONTAK_UNDO_DAYS: "30" },
    },
    async open() {
      const folder = await Deno.makeTempDir();
      return {
        env: { ...PLAIN, TOKEN_STORE: "kv", QONTAK_DATA_DIR: folder },
        flags: ["--unstable-kv"],
        operations: () => 0,
        bytes: () => sizeOf(folder),
        // It computes inside the server.
        cpu: () => Promise.resolve(undefined),
        [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
      };
    },
  },
  vault: {
    title: "Vault",
    // Limits, audit records and changes are never kept there.
    settings: {},
    open() {
      const vault = startVault();
      return Promise.resolve({
        env: {
          ...PLAIN,
          TOKEN_STORE: "vault",
          VAULT_ADDR: vault.url,
          VAULT_TOKEN: vault.token,
        },
        flags: [],
        operations: () => vault.requests.length,
        // A stand-in answers, whose size and speed are not Vault's.
        bytes: () => Promise.resolve(undefined),
        cpu: () => Promise.resolve(undefined),
        [Symbol.asyncDispose]: () => vault[Symbol.asyncDispose](),
      });
    },
  },
} as const satisfies Readonly<Record<string, StoreKind>>;

/** The name of a kind of store. */
export type StoreName = keyof typeof STORES;
