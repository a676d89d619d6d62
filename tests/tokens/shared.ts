/**
 * Stores that several processes share, and servers in separate processes that
 * use them.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { RunningSandbox } from "../../src/sandbox/mod.ts";
import { callTool, type HttpCall } from "../support/call.ts";
import {
  type HttpProcess,
  run,
  startHttp,
  WITH_KV,
} from "../support/process.ts";
import { noRedis, startRedis } from "../support/redis.ts";
import { startVault } from "../support/vault.ts";

/** A store that several processes share. */
export interface Shared extends AsyncDisposable {
  /** The environment with which a server uses it. */
  readonly env: Record<string, string>;
  readonly args: string[];
  /** The tenant that calls name; none if the store holds one company. */
  readonly user: { readonly user_id?: string };
  /** Delays writes to the store, but not reads. */
  pauseWrites?(): Promise<unknown>;
  /** Releases the writes. */
  resumeWrites?(): Promise<unknown>;
  /** Stops the store. */
  stop?(): Promise<void>;
  /** Starts it again, with its data. */
  restart?(): Promise<void>;
}

export interface Kind {
  readonly name: string;
  /** Why it cannot be tested here; empty if it can. */
  readonly missing: string;
  /** Whether writes to it can be delayed. */
  readonly canPause: boolean;
  /** The error of a call while it is stopped. */
  readonly outage?: string;
  start(sandbox: RunningSandbox): Promise<Shared>;
}

/** Puts a tenant's token into a store, as a person would. */
export async function addTenant(
  sandbox: RunningSandbox,
  shared: Shared,
  tenant: string,
  refreshToken: string,
): Promise<void> {
  const { code, stderr } = await run(
    ["tenants", "add", tenant, ...shared.args],
    {
      env: { ...shared.env, QONTAK_BASE_URL: sandbox.url },
      stdin: `${refreshToken}\n`,
    },
  );
  assertEquals(code, 0, stderr);
}

async function added(
  sandbox: RunningSandbox,
  shared: Shared,
): Promise<Shared> {
  await addTenant(sandbox, shared, "acme", sandbox.refreshToken);
  return shared;
}

const acme = { user_id: "acme" };

const redisKind: Kind = {
  name: "redis",
  missing: noRedis,
  canPause: true,
  outage: "The token store does not answer: Redis",
  async start(sandbox) {
    const redis = await startRedis();
    return await added(sandbox, {
      env: {
        TOKEN_STORE: "redis",
        REDIS_URL: redis.url,
        REDIS_KEY_PREFIX: `${redis.prefix}${crypto.randomUUID()}:`,
      },
      args: [],
      user: acme,
      pauseWrites: () => redis.send("CLIENT", "PAUSE", "60000", "WRITE"),
      resumeWrites: () => redis.send("CLIENT", "UNPAUSE"),
      stop: redis.kill,
      restart: redis.restart,
      [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
    });
  },
};

const vaultKind: Kind = {
  name: "vault",
  missing: "",
  canPause: true,
  outage: "Vault is sealed",
  async start(sandbox) {
    const vault = startVault();
    return await added(sandbox, {
      env: {
        TOKEN_STORE: "vault",
        VAULT_ADDR: vault.url,
        VAULT_TOKEN: vault.token,
      },
      args: [],
      user: acme,
      // Held until after the test: a write that never happens.
      // deno-lint-ignore require-await -- the interface is asynchronous
      async pauseWrites() {
        vault.delay(/^(POST|PUT) .*tokens\/acme$/, 60_000, { times: 1 });
      },
      // deno-lint-ignore require-await -- the interface is asynchronous
      async stop() {
        vault.seal();
      },
      // deno-lint-ignore require-await -- the interface is asynchronous
      async restart() {
        vault.unseal();
      },
      [Symbol.asyncDispose]: () => vault[Symbol.asyncDispose](),
    });
  },
};

const key = btoa("a key of thirty-two bytes, really".slice(0, 32));

const kvKind: Kind = {
  name: "kv",
  missing: "",
  canPause: false,
  async start(sandbox) {
    const dir = await Deno.makeTempDir();
    return await added(sandbox, {
      env: {
        TOKEN_STORE: "kv",
        TOKEN_ENCRYPTION_KEY: key,
        DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3`,
      },
      args: [WITH_KV],
      user: acme,
      [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
    });
  },
};

/** Several clients on one machine: each starts its own server. */
const envKind: Kind = {
  name: "env with KV",
  missing: "",
  canPause: false,
  async start(sandbox) {
    const dir = await Deno.makeTempDir();
    return {
      env: {
        QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
        DENO_KV_DEFAULT_PATH: `${dir}/kv.sqlite3`,
      },
      args: [WITH_KV],
      user: {},
      [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
    };
  },
};

export const kinds: readonly Kind[] = [redisKind, vaultKind, kvKind, envKind];

export function startServer(
  sandbox: RunningSandbox,
  { env, args }: Shared,
  more: Record<string, string> = {},
): Promise<HttpProcess> {
  return startHttp(args, {
    ...env,
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_RATE_LIMIT: "0",
    QONTAK_GLOBAL_RATE_LIMIT: "0",
    ...more,
  });
}

/** Calls a tool that sends a request to Qontak each time. */
export function call(
  { url }: HttpProcess,
  { user }: Shared,
): Promise<HttpCall> {
  return callTool(url, "list_products", { per_page: 1, ...user });
}

/** Asserts that no output contains a token of the sandbox. */
export function assertNoTokens(
  ended: { stdout: string; stderr: string }[],
): void {
  for (const { stdout, stderr } of ended) {
    assertEquals(/[0-9a-f]{64}/.exec(stdout + stderr), null);
  }
}
