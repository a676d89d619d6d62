/**
 * A real Vault or OpenBao for the tests: that of `VAULT_ADDR` and
 * `VAULT_TOKEN`, or `vault` or `bao` on PATH in development mode. Everything
 * that a test creates there has its own name, and is removed.
 *
 * @module
 */
import { isObject, type JsonObject } from "../../src/values/json.ts";
import { freePort } from "./free_port.ts";
import { isOnPath } from "./process.ts";
import { sleep } from "./time.ts";
import {
  startVault,
  type TestRole,
  type TestRoleOptions,
  type TestTokenOptions,
  type TestVault,
} from "./vault.ts";

/** The operations of every Vault, the stand-in and a real one. */
export interface AnyVault extends AsyncDisposable {
  /** Such as http://127.0.0.1:43211. */
  readonly url: string;
  /** A token that may do everything. */
  readonly token: string;
  /** The mount of an empty KV engine of version 2. */
  readonly mount: string;
  /**
   * The stand-in itself, which shows its requests; undefined for a real Vault.
   */
  readonly ours?: TestVault;
  /** Makes a token. */
  createToken(options?: TestTokenOptions): Promise<string>;
  /** Makes an AppRole at auth/approle. */
  createRole(options?: TestRoleOptions): Promise<TestRole>;
  /**
   * Makes a namespace with the same mount; false if there are no namespaces.
   */
  createNamespace(name: string): Promise<boolean>;
  /** Revokes every token that the tests made. */
  expireTokens(): Promise<void>;
  /** Makes every answer a 503 from now on; missing if it may not be sealed. */
  seal?(): Promise<void>;
  unseal?(): Promise<void>;
}

/** A Vault to run tests against. */
export interface VaultServer {
  /** Its name in the names of tests. */
  readonly name: string;
  /** Why it cannot be started; empty if it can. */
  readonly missing: string;
  /** Whether it may be sealed. */
  readonly canSeal: boolean;
  start(): Promise<AnyVault>;
}

/**
 * The Vaults to run tests against: always the stand-in, and a real one if there
 * is one.
 */
export async function vaultServers(): Promise<readonly VaultServer[]> {
  const ours = {
    name: "the test server",
    missing: "",
    canSeal: true,
    start: () => Promise.resolve(wrap(startVault())),
  };
  return [ours, await realServer()];
}

function wrap(vault: TestVault): AnyVault {
  return {
    url: vault.url,
    token: vault.token,
    mount: "secret",
    ours: vault,
    createToken: (options) => Promise.resolve(vault.createToken(options)),
    createRole: (options) => Promise.resolve(vault.createRole(options)),
    createNamespace(name) {
      vault.createNamespace(name);
      return Promise.resolve(true);
    },
    expireTokens: () => Promise.resolve(vault.expireTokens()),
    seal: () => Promise.resolve(vault.seal()),
    unseal: () => Promise.resolve(vault.unseal()),
    [Symbol.asyncDispose]: () => vault[Symbol.asyncDispose](),
  };
}

async function realServer(): Promise<VaultServer> {
  const name = "a real Vault";
  const url = Deno.env.get("VAULT_ADDR")?.replace(/\/+$/, "");
  const token = Deno.env.get("VAULT_TOKEN");
  if (url && token) {
    // It belongs to somebody, so the tests must not seal it.
    const start = () => useVault({ url, token, stop: async () => {} });
    return { name, missing: "", canSeal: false, start };
  }
  for (const program of ["vault", "bao"]) {
    if (!await isOnPath(program)) continue;
    const start = async () => await useVault(await startProgram(program));
    return { name, missing: "", canSeal: true, start };
  }
  const missing =
    "neither vault nor bao is on PATH, and VAULT_ADDR and VAULT_TOKEN are not set";
  const start = () => Promise.reject(new Error(missing));
  return { name, missing, canSeal: false, start };
}

/** A Vault that answers. */
interface Running {
  readonly url: string;
  readonly token: string;
  /** The key that unseals it, if the tests started it. */
  readonly unsealKey?: string;
  stop(): Promise<void>;
}

/** Makes a separate engine for the test, and its operations. */
async function useVault(running: Running): Promise<AnyVault> {
  const { url, token, unsealKey, stop } = running;
  const id = crypto.randomUUID().slice(0, 8);
  const mount = `qontak-test-${id}`;
  const accessors: [string, string][] = [];
  const undo: (() => Promise<unknown>)[] = [];
  const approles = new Set<string>();

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    namespace = "",
  ): Promise<{ readonly status: number; readonly body: JsonObject }> {
    const response = await fetch(`${url}/v1/${path}`, {
      method,
      headers: {
        "x-vault-token": token,
        ...(namespace ? { "x-vault-namespace": namespace } : {}),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    const value = text === "" ? {} : JSON.parse(text);
    return { status: response.status, body: isObject(value) ? value : {} };
  }

  async function must(...args: Parameters<typeof ask>): Promise<JsonObject> {
    const { status, body } = await ask(...args);
    if (status < 300) return body;
    throw new Error(
      `${args[0]} ${args[1]}: HTTP ${status} ${JSON.stringify(body)}`,
    );
  }

  async function mountEngine(namespace = ""): Promise<void> {
    const options = { type: "kv", options: { version: "2" } };
    await must("POST", `sys/mounts/${mount}`, options, namespace);
    // It needs a moment to become version 2.
    for (let tries = 0;; tries++) {
      const { status } = await ask(
        "GET",
        `${mount}/data/none`,
        undefined,
        namespace,
      );
      if (status === 404) return;
      if (tries === 200) throw new Error(`The engine is not ready: ${status}`);
      await sleep(50);
    }
  }

  let count = 0;
  async function policyOf(options: TestTokenOptions): Promise<string[]> {
    if (options.policy === undefined) return ["root"];
    const name = `${mount}-${++count}`;
    const path = `sys/policies/acl/${name}`;
    const { namespace } = options;
    await must("PUT", path, { policy: options.policy }, namespace);
    undo.push(() => ask("DELETE", path, undefined, namespace));
    return [name];
  }

  const fieldOf = (body: JsonObject, field: string, key: string): string => {
    const found = body[field];
    return String(isObject(found) ? found[key] : undefined);
  };

  await mountEngine();
  undo.push(() => ask("DELETE", `sys/mounts/${mount}`));
  return {
    url,
    token,
    mount,
    async createToken(options = {}) {
      const { ttl, maxTtl, renewable = true, namespace } = options;
      const body = await must("POST", "auth/token/create", {
        policies: await policyOf(options),
        no_default_policy: true,
        renewable,
        ...(ttl ? { ttl: `${ttl}s` } : {}),
        ...(maxTtl ? { explicit_max_ttl: `${maxTtl}s` } : {}),
      }, namespace);
      accessors.push([fieldOf(body, "auth", "accessor"), namespace ?? ""]);
      return fieldOf(body, "auth", "client_token");
    },
    async createRole(options = {}) {
      const { ttl, maxTtl, secretIdUses = 0, namespace = "" } = options;
      if (!approles.has(namespace)) {
        const { status } = await ask(
          "POST",
          "sys/auth/approle",
          { type: "approle" },
          namespace,
        );
        approles.add(namespace);
        if (status < 300) {
          undo.push(() =>
            ask("DELETE", "sys/auth/approle", undefined, namespace)
          );
        }
      }
      const path = `auth/approle/role/${mount}-${++count}`;
      await must("POST", path, {
        token_policies: await policyOf(options),
        token_no_default_policy: true,
        secret_id_num_uses: secretIdUses,
        ...(ttl ? { token_ttl: `${ttl}s` } : {}),
        ...(maxTtl ? { token_max_ttl: `${maxTtl}s` } : {}),
      }, namespace);
      undo.push(() => ask("DELETE", path, undefined, namespace));
      const role = await must("GET", `${path}/role-id`, undefined, namespace);
      const secret = await must("POST", `${path}/secret-id`, {}, namespace);
      return {
        roleId: fieldOf(role, "data", "role_id"),
        secretId: fieldOf(secret, "data", "secret_id"),
      };
    },
    async createNamespace(name) {
      const [last = "", ...above] = name.split("/").toReversed();
      const parent = above.toReversed().join("/");
      const { status } = await ask(
        "POST",
        `sys/namespaces/${last}`,
        {},
        parent,
      );
      // The community edition of Vault has none.
      if (status >= 400) return false;
      undo.push(() =>
        ask("DELETE", `sys/namespaces/${last}`, undefined, parent)
      );
      await mountEngine(name);
      undo.push(() => ask("DELETE", `sys/mounts/${mount}`, undefined, name));
      return true;
    },
    async expireTokens() {
      for (const [accessor, namespace] of accessors.splice(0)) {
        await ask(
          "POST",
          "auth/token/revoke-accessor",
          { accessor },
          namespace,
        );
      }
      // The tokens of AppRoles, by their source.
      for (const namespace of approles) {
        await must(
          "PUT",
          "sys/leases/revoke-prefix/auth/approle",
          {},
          namespace,
        );
      }
    },
    ...(unsealKey === undefined ? {} : {
      async seal() {
        await must("PUT", "sys/seal");
      },
      async unseal() {
        await must("PUT", "sys/unseal", { key: unsealKey });
        for (let tries = 0; tries < 100; tries++) {
          if ((await ask("GET", "sys/health")).status === 200) return;
          await sleep(50);
        }
      },
    }),
    async [Symbol.asyncDispose]() {
      for (const step of undo.toReversed()) await step();
      await stop();
    },
  };
}

/** Starts `vault server -dev` on a free port of loopback, and waits for it. */
async function startProgram(program: string): Promise<Running> {
  const address = `127.0.0.1:${freePort()}`;
  const token = `root-${crypto.randomUUID()}`;
  const home = Deno.makeTempDirSync();
  const child = new Deno.Command(program, {
    args: [
      "server",
      "-dev",
      "-dev-no-store-token",
      `-dev-listen-address=${address}`,
      `-dev-root-token-id=${token}`,
    ],
    env: { HOME: home },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let printed = "";
  const read = (async () => {
    for await (
      const text of child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      printed += text;
    }
  })();
  async function stop(): Promise<void> {
    child.kill("SIGKILL");
    await Promise.all([child.status, read]);
    Deno.removeSync(home, { recursive: true });
  }
  for (let tries = 0; tries < 200; tries++) {
    const unsealKey = /Unseal Key: (\S+)/.exec(printed)?.[1];
    if (unsealKey) return { url: `http://${address}`, token, unsealKey, stop };
    await sleep(50);
  }
  await stop();
  throw new Error(`${program} was started and does not answer`);
}
