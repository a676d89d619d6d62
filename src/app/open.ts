/**
 * What every command works with, made from the settings.
 *
 * @module
 */
import {
  type Access,
  type AccessOptions,
  createAccess,
} from "../qontak/connection.ts";
import type { KeyStore } from "../auth/key_store.ts";
import { auditOf } from "./audit.ts";
import { serverOptionsOf, type Settings } from "./settings.ts";
import { createKv, type Kv } from "../storage/kv.ts";
import { openLimits } from "./limits.ts";
import { createLog, type Log } from "../logging/log.ts";
import type { ServerOptions } from "../server.ts";
import { openStores } from "./stores.ts";
import { lazySandbox } from "./sandbox.ts";
import type { TokenStore } from "../tokens/store.ts";
import { createEnvStore, type EnvStore } from "../tokens/stores/env.ts";
import { openEnvFile } from "../tokens/stores/env_file.ts";
import { defined } from "../values/json.ts";

/** The parts of the program. */
export interface Parts {
  /** Writes log lines. */
  readonly log: Log;
  /** Deno KV, where the runtime has it. */
  readonly kv: Kv | undefined;
  /** Where credentials are kept. */
  readonly store: TokenStore;
  /** Where API keys are kept; undefined where nothing outlives the process. */
  readonly keys: KeyStore | undefined;
  /**
   * Why a refresh token that Qontak replaces would be lost; undefined where
   * it is kept.
   */
  readonly losesTokens: () => Promise<string | undefined>;
  /** What a server is made from. */
  readonly options: ServerOptions;
  /** The way to the CRM, for commands that serve nobody; made on first use. */
  access(): Access;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** The variable whose value Qontak may replace. */
const ROTATING = "QONTAK_REFRESH_TOKEN";

/**
 * Makes the parts. Nothing is connected before its first use.
 *
 * @param settings The settings.
 * @param fileOf The file that a variable stands in, if any.
 * @throws {ConfigError} When a setting that the store needs is missing.
 */
export function createParts(
  settings: Settings,
  fileOf: (name: string) => string | undefined,
): Parts {
  const log = createLog(settings.LOG_LEVEL ?? "info");
  const kv = createKv(log);
  const path = fileOf(ROTATING);
  const { store, keys } = openStores(settings, {
    kv,
    log,
    envFile: path === undefined ? undefined : openEnvFile(path, ROTATING),
  });
  const limits = openLimits(settings, { kv, log });
  const options = {
    ...serverOptionsOf(settings),
    ...defined({ kv }),
    limits,
    store,
    log,
    audit: auditOf(settings, kv),
  };
  return {
    ...withAccess(options),
    kv,
    keys,
    async losesTokens() {
      if (settings.QONTAK_AUTH === "hmac" || !("keeps" in store)) {
        return undefined;
      }
      return await (store as EnvStore).keeps() === "memory"
        ? "QONTAK_REFRESH_TOKEN stands in the environment only, where the token that Qontak puts in its place cannot be kept: start with deno run --unstable-kv, keep the token in a .env file that may be written, or choose another TOKEN_STORE"
        : undefined;
    },
    async close() {
      await limits.close();
      await store.close?.();
      await kv?.close();
    },
  };
}

/**
 * The parts of a server on the built-in CRM. Nothing of it is kept.
 *
 * @param settings The settings; whose credentials is not asked.
 */
export function createSandboxParts(settings: Settings): Parts {
  const log = createLog(settings.LOG_LEVEL ?? "info");
  const sandbox = lazySandbox();
  const { refreshToken: refresh_token, ...options } = sandbox.options;
  const store = createEnvStore({ credentials: { refresh_token }, log });
  return {
    ...withAccess({
      ...serverOptionsOf(settings),
      auth: "oauth",
      tokenCache: "memory",
      ...options,
      kv: false,
      limits: openLimits(
        { ...settings, QONTAK_LIMITS: "memory" },
        { kv: undefined, log },
      ),
      store,
      log,
      audit: settings.QONTAK_AUDIT === "off" ? false : {},
    }),
    kv: undefined,
    keys: undefined,
    losesTokens: () => Promise.resolve(undefined),
    close: () => sandbox.close(),
  };
}

function withAccess(options: ServerOptions & AccessOptions) {
  let access: Access | undefined;
  return {
    log: options.log,
    store: options.store,
    options,
    access: () => (access ??= createAccess(options)),
  };
}
