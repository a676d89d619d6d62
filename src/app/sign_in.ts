/**
 * Sets up signing in with Qontak from the settings.
 *
 * @module
 */
import {
  CALLBACK_PATH,
  createSignIn,
  type SignIn,
} from "../auth/sign_in/sign_in.ts";
import type { SignInStore } from "../auth/sign_in/store.ts";
import { createKvChangeStore } from "../changes/stores/kv.ts";
import { createMemoryChangeStore } from "../changes/stores/memory.ts";
import { createRedisChangeStore } from "../changes/stores/redis.ts";
import { ConfigError } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import { createDocumentReader } from "../net/public_document.ts";
import type { Access } from "../qontak/connection.ts";
import type { Kv } from "../storage/kv.ts";
import type { Sealer } from "../storage/sealing.ts";
import type { TokenStore } from "../tokens/store.ts";
import { defined } from "../values/json.ts";
import { withSettings } from "./advice.ts";
import { createLoginPlace } from "./login_place.ts";
import type { Settings } from "./settings.ts";

/** What signing in needs in addition to the settings. */
export interface SignInParts {
  /** Whether nothing is kept, because the sandbox replaces the CRM. */
  readonly isSandbox: boolean;
  /** Deno KV, if the runtime has it. */
  readonly kv: Kv | undefined;
  /** Seals what is kept. */
  readonly sealer: Sealer | undefined;
  /** Where the tokens of Qontak are kept. */
  readonly tokens: TokenStore;
  /** The access to Qontak. */
  readonly access: Access;
  /** Writes log lines. */
  readonly log: Log;
}

/** What follows the settings' key prefix in the keys of signing in. */
const PREFIX = "sign-in:";

/** Signing in, and what it must close. */
export interface OpenedSignIn {
  readonly signIn: SignIn;
  readonly store: SignInStore;
}

/**
 * Checks that the settings have what signing in needs.
 *
 * @throws {ConfigError} Names everything that is missing.
 */
export function demandSignIn(
  settings: Settings,
  { isSandbox, kv, sealer }: Pick<SignInParts, "isSandbox" | "kv" | "sealer">,
): void {
  const problems: string[] = [];
  const needed = [
    "QONTAK_CLIENT_ID",
    "QONTAK_CLIENT_SECRET",
    "MCP_PUBLIC_URL",
  ] as const;
  const missing = needed.filter((name) => !settings[name]);
  if (missing.length > 0) {
    problems.push(
      `MCP_SIGN_IN=qontak needs ${
        missing.join(" and ")
      }: the application that you registered at Qontak with the redirect URI <origin of MCP_PUBLIC_URL>${CALLBACK_PATH}, and the address of this endpoint as callers know it`,
    );
  }
  if (settings.QONTAK_AUTH === "hmac") {
    problems.push(
      "MCP_SIGN_IN=qontak needs QONTAK_AUTH=oauth: Mekari's gateway has no login for people",
    );
  }
  if (!isSandbox && settings.TOKEN_STORE === "env") {
    problems.push(
      "MCP_SIGN_IN=qontak needs TOKEN_STORE=redis, kv or vault: each person who signs in has credentials of their own, and env has room for one company",
    );
  }
  if (!isSandbox && !usesRedis(settings) && !kv) {
    problems.push(
      "MCP_SIGN_IN=qontak needs Redis or Deno KV, where it keeps sessions: set TOKEN_STORE to redis, start with deno run --unstable-kv, or attach a database on Deno Deploy",
    );
  }
  if (!isSandbox && !sealer) {
    problems.push(
      "MCP_SIGN_IN=qontak needs TOKEN_ENCRYPTION_KEY: it keeps people's tokens of Qontak, which must be sealed. Make a key with: openssl rand -base64 32",
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

function usesRedis(settings: Settings): boolean {
  const used: readonly string[] = [
    settings.TOKEN_STORE,
    settings.QONTAK_AUDIT,
    settings.QONTAK_LIMITS,
  ];
  return used.includes("redis");
}

/** Opens the store of sessions; it connects on first use. */
function openStore(
  settings: Settings,
  { isSandbox, kv, sealer }: SignInParts,
): SignInStore {
  if (isSandbox) return createMemoryChangeStore();
  if (usesRedis(settings)) {
    return withSettings(() =>
      createRedisChangeStore({
        url: settings.REDIS_URL,
        keyPrefix: settings.REDIS_KEY_PREFIX + PREFIX,
        // In Redis only the configured key seals, on every replica.
        ...defined({ sealer: settings.TOKEN_ENCRYPTION_KEY ?? sealer }),
      })
    );
  }
  return createKvChangeStore({ kv: kv!, ...defined({ sealer }) });
}

/**
 * Sets up signing in.
 *
 * @param settings The settings.
 * @param parts What it needs in addition.
 * @throws {ConfigError} Names everything that is missing.
 */
export function openSignIn(
  settings: Settings,
  parts: SignInParts,
): OpenedSignIn {
  demandSignIn(settings, parts);
  const { access, tokens, log } = parts;
  const store = openStore(settings, parts);
  const signIn = createSignIn({
    publicUrl: settings.MCP_PUBLIC_URL!,
    store,
    tokens,
    dropCached: (tenant) => access.forget(tenant),
    log,
    readDocument: createDocumentReader(),
    place: createLoginPlace(access),
  });
  return { signIn, store };
}
