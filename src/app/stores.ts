/**
 * Opens the store that the settings configure.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import { keysIn, type KeyStore } from "../auth/key_store.ts";
import { ROTATING, type Settings } from "./settings.ts";
import type { StoreName } from "./variables.ts";
import type { Kv } from "../storage/kv.ts";
import type { Sealer } from "../storage/sealing.ts";
import type { Log } from "../logging/log.ts";
import type { Credentials, TokenStore } from "../tokens/store.ts";
import {
  createEnvKeys,
  createEnvRecords,
  openEnv,
} from "../tokens/stores/env.ts";
import type { EnvFile } from "../tokens/stores/env_file.ts";
import type {
  Inspected,
  KeyRecords,
  SealedRecords,
  StoreAndKeys,
} from "../tokens/stores/records.ts";
import { defined } from "../values/json.ts";

/** What stores need in addition to the settings. */
export interface StoreParts {
  /** Deno KV, if the runtime has it. */
  readonly kv: Kv | undefined;
  /** Deno KV, if tokens are cached in it. */
  readonly cacheKv: Kv | undefined;
  /** Seals what is in Deno KV, if there is a key. */
  readonly sealer: Sealer | undefined;
  /** Writes log lines. */
  readonly log: Log;
  /** Whether a command works on the store; no such command takes --sandbox. */
  readonly isStoreCommand?: boolean;
}

/** What TOKEN_STORE keeps. */
export interface Stores {
  /** The credentials; closing their store closes the connection. */
  readonly store: TokenStore;
  /** API keys; undefined if nothing outlives the process. */
  readonly keys: KeyStore | undefined;
  /** The records of these keys. */
  readonly keyRecords: KeyRecords | undefined;
  /** Reads a company's record and changes nothing. */
  inspect(tenant: string): Promise<Inspected | undefined>;
  /** Everything that TOKEN_ENCRYPTION_KEY seals in the store, if anything. */
  readonly sealed: SealedRecords | undefined;
}

type Open = (settings: Settings, parts: StoreParts) => StoreAndKeys;

/** Loads what each store needs: a server needs that of one. */
const stores: Readonly<
  Record<StoreName, (settings: Settings) => Promise<Open>>
> = {
  async env({ refreshTokenFile: path }) {
    const file = path === undefined ? undefined : await envFile(path);
    return (settings, { cacheKv: kv, sealer, log, isStoreCommand }) => {
      const options = {
        credentials: configured(settings, isStoreCommand === true),
        baseUrl: settings.QONTAK_BASE_URL,
        log,
        ...defined({ file, sealer }),
      };
      // In a file, the configured token changes with each refresh.
      if (!kv) return { tokens: openEnv(options) };
      const keys = createEnvKeys({ ...options, kv });
      const credentials = createEnvRecords(kv, sealer);
      return {
        tokens: openEnv({ ...options, kv }),
        keys,
        sealed: { credentials, key: keys },
      };
    };
  },
  async redis() {
    const { openRedis } = await import("../tokens/stores/redis.ts");
    return (settings, { log }) =>
      openRedis({
        log,
        url: settings.REDIS_URL,
        keyPrefix: settings.REDIS_KEY_PREFIX,
        tokenTtl: settings.REDIS_TOKEN_TTL,
        ...defined({ sealer: settings.TOKEN_ENCRYPTION_KEY }),
      });
  },
  async vault() {
    const { openVault } = await import("../tokens/stores/vault.ts");
    return (settings, { log }) => {
      const { VAULT_TOKEN, VAULT_ROLE_ID, VAULT_SECRET_ID } = settings;
      if (!VAULT_TOKEN && !(VAULT_ROLE_ID && VAULT_SECRET_ID)) {
        throw new ConfigError([
          "TOKEN_STORE=vault needs VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID",
        ]);
      }
      return openVault({
        address: settings.VAULT_ADDR,
        log,
        mountPath: settings.VAULT_MOUNT_PATH,
        secretPath: settings.VAULT_SECRET_PATH,
        ...defined({
          token: VAULT_TOKEN,
          roleId: VAULT_ROLE_ID,
          secretId: VAULT_SECRET_ID,
          namespace: settings.VAULT_NAMESPACE,
        }),
      });
    };
  },
  async kv() {
    const { openKv } = await import("../tokens/stores/kv.ts");
    return (_settings, { kv, sealer, log }) => {
      if (!kv) {
        throw new ConfigError([
          "TOKEN_STORE=kv needs Deno KV: start with deno run --unstable-kv, or attach a database on Deno Deploy",
        ]);
      }
      if (!sealer) {
        log(
          "warn",
          "Tokens are kept unsealed in Deno KV: anyone who can read the database can use them. Set TOKEN_ENCRYPTION_KEY",
        );
      }
      return openKv({ kv, ...defined({ sealer }) });
    };
  },
};

/** Opens the file that sets the token. */
async function envFile(path: string): Promise<EnvFile> {
  const { openEnvFile } = await import("../tokens/stores/env_file.ts");
  return openEnvFile(path, ROTATING);
}

/**
 * Opens what TOKEN_STORE keeps. It connects to nothing before the first use.
 *
 * @param parts What stores need in addition to the settings.
 * @throws {ConfigError} When a setting that the store needs is missing.
 * @throws {OptionError} When a setting of the store is invalid.
 */
export type OpenStores = (parts: StoreParts) => Stores;

/**
 * Loads what opens the store of the settings.
 *
 * @param settings The settings.
 */
export async function loadStores(settings: Settings): Promise<OpenStores> {
  const name = settings.TOKEN_STORE;
  const open = await stores[name](settings);
  return (parts) => {
    if (name !== "env" && settings.QONTAK_REFRESH_TOKEN) {
      parts.log(
        "warn",
        "QONTAK_REFRESH_TOKEN is not used: TOKEN_STORE keeps the credentials elsewhere",
        { store: name },
      );
    }
    const { tokens, keys, sealed, inspect } = open(settings, parts);
    return {
      store: tokens,
      keys: keys && keysIn(keys),
      keyRecords: keys,
      inspect: inspect ?? ((tenant) => tokens.read(tenant)),
      sealed,
    };
  };
}

/**
 * Returns the store of API keys, if there is one.
 *
 * @param keys The store.
 * @throws {ConfigError} If there is no store for them.
 */
export function demandKeys(keys: KeyStore | undefined): KeyStore {
  if (keys) return keys;
  throw new ConfigError([
    "There is nowhere to keep API keys. With TOKEN_STORE=env they are in Deno KV, which needs deno run --unstable-kv (or a database on Deno Deploy) and TOKEN_CACHE=kv. Set TOKEN_STORE to redis, vault or kv, or put the hashes of keys into MCP_API_KEYS; --sandbox takes only these",
  ]);
}

/** The credentials that the environment sets. */
function configured(
  settings: Settings,
  isStoreCommand: boolean,
): Credentials {
  if (settings.QONTAK_AUTH !== "hmac") {
    const { QONTAK_REFRESH_TOKEN: refresh_token } = settings;
    if (refresh_token) return { refresh_token };
    throw new ConfigError([
      isStoreCommand
        ? "TOKEN_STORE is env, so this command needs the credentials in the environment, and QONTAK_REFRESH_TOKEN is not set there. On your own machine, qontak-mcp setup asks for a token and keeps it, and this command then finds it. For a server elsewhere, set TOKEN_STORE to redis, vault or kv, where it keeps its credentials, or set QONTAK_REFRESH_TOKEN"
        : "QONTAK_REFRESH_TOKEN is not set. Make a token at https://crm.qontak.com/crm/api_token/ and set it; on your own machine, qontak-mcp setup asks for the token and keeps it. Or try the server on invented data with --sandbox",
    ]);
  }
  const { MEKARI_CLIENT_ID, MEKARI_CLIENT_SECRET, MEKARI_SSO_ID: sso_id } =
    settings;
  if (!MEKARI_CLIENT_ID || !MEKARI_CLIENT_SECRET || !sso_id) {
    const needed = [
      "MEKARI_CLIENT_ID",
      "MEKARI_CLIENT_SECRET",
      "MEKARI_SSO_ID",
    ] as const;
    const missing = needed.filter((name) => !settings[name]);
    throw new ConfigError([
      `QONTAK_AUTH=hmac with TOKEN_STORE=env needs ${
        missing.join(" and ")
      }: they are those of your application and your user at Mekari`,
    ]);
  }
  return { sso_id };
}
