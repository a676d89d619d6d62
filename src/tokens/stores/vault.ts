/**
 * The store for several companies and several servers that keep secrets in
 * HashiCorp Vault or OpenBao, in a KV engine of version 2. Each company has a
 * separate secret, so policies can distinguish companies.
 *
 * @module
 */
import { checkOptions, OptionError } from "../../errors.ts";
import type { Log } from "../../logging/log.ts";
import { isObject } from "../../values/json.ts";
import { rememberedSha256 } from "../../storage/hash.ts";
import type { Lease, TokenStore } from "../store.ts";
import { type Records, type StoreAndKeys, tokensIn } from "./records.ts";
import { vaultAddress } from "./rules.ts";
import { keysBeside, MOUNT_PATH, SECRET_PATH } from "./vault/policy.ts";
import { createSecrets, type Secrets, segmentOf } from "./vault/engine.ts";
import { createSession, type Login } from "./vault/session.ts";
import { createWire } from "./vault/wire.ts";

/** Settings of {@linkcode createVaultStore}. */
export interface VaultStoreOptions {
  /** The address of Vault, such as https://vault.example.com:8200. */
  readonly address: string;
  /** The token for Vault. It is renewed as long as Vault allows. */
  readonly token?: string;
  /**
   * The role id of an AppRole at auth/approle. It is used with its secret id,
   * instead of a token.
   */
  readonly roleId?: string;
  /** The secret id of the AppRole. */
  readonly secretId?: string;
  /**
   * The mount path of the KV engine.
   *
   * @default {"secret"}
   */
  readonly mountPath?: string;
  /**
   * The path below the mount; the tenant follows it.
   *
   * @default {"qontak/tokens"}
   */
  readonly secretPath?: string;
  /** The namespace, if Vault uses namespaces. */
  readonly namespace?: string;
  /**
   * How long to wait for an answer from Vault, in ms.
   *
   * @default {5000}
   */
  readonly timeout?: number;
  /** Logs when the Vault token cannot be renewed; never receives a token. */
  readonly log?: Log;
}

/**
 * Makes the store. It connects on first use. TOKENS.md shows the policy that
 * its token needs.
 *
 * @example Serving the companies whose tokens are in Vault
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createVaultStore } from "@qontak/mcp/stores";
 *
 * const store = createVaultStore({
 *   address: "http://127.0.0.1:8200",
 *   roleId: "9a3f…", // of `vault read auth/approle/role/qontak/role-id`
 *   secretId: "e51c…",
 * });
 * const server = createServer({ store });
 * await server.close();
 * await store.close?.();
 * ```
 *
 * @param options The address and credentials of Vault.
 * @returns The store.
 * @throws {TypeError} When there is neither a token nor a role id with its
 * secret id, or when an address or a path is invalid.
 */
export function createVaultStore(options: VaultStoreOptions): TokenStore {
  return openVault(options).tokens;
}

/**
 * Makes the token store and the API key store over one session.
 *
 * @param options The address and credentials of Vault.
 * @throws {TypeError} See {@linkcode createVaultStore}.
 */
export function openVault(options: VaultStoreOptions): StoreAndKeys {
  const { timeout = 5_000, log = () => {} } = options;
  const { address } = checkOptions(options, { address: vaultAddress });
  const mount = readPath(options.mountPath ?? MOUNT_PATH, "mountPath");
  const root = readPath(options.secretPath ?? SECRET_PATH, "secretPath");
  const namespace = options.namespace
    ? readPath(options.namespace, "namespace")
    : "";
  const login = readLogin(options);
  const wire = createWire(address, namespace, timeout);
  const session = createSession(wire, login, log);
  const secrets = createSecrets(wire, session.ask, mount);
  const identify = rememberedSha256();
  return {
    tokens: {
      name: "vault",
      ...tokensIn(recordsIn(secrets, root, LEASE)),
      identity: () => identify([address, namespace, mount, root].join(" ")),
      lease: (tenant, ms, holder) =>
        takeLease(
          secrets,
          `${root}/${segmentOf(tenant)}/${LEASE}`,
          ms,
          holder,
        ),
      start: () => session.start(),
      async close() {
        session.close();
        await wire.close();
      },
    },
    keys: {
      ...recordsIn(secrets, keysBeside(root)),
      // The same policy covers this path, and a list of keys omits folders.
      revoked: recordsIn(secrets, `${keysBeside(root)}/revoked`),
    },
  };
}

/** The path of a tenant's lease, below its secret. */
const LEASE = "lease";

/** The secrets below a path. `below` lists paths to delete with each secret. */
function recordsIn(
  secrets: Secrets,
  root: string,
  ...below: string[]
): Records {
  const pathOf = (name: string) => `${root}/${segmentOf(name)}`;
  async function read(name: string) {
    const found = await secrets.read(pathOf(name));
    return found?.data === undefined ? undefined : {
      text: JSON.stringify(found.data),
      version: String(found.version),
    };
  }
  return {
    raw: read,
    read,

    async replace(name, text, version) {
      const path = pathOf(name);
      // The secret is the record itself, so that people can read and edit it.
      const data: object = JSON.parse(text);
      let next = await secrets.write(path, data, Number(version ?? 0));
      if (next === undefined && version === undefined) {
        // After `vault kv delete`, the version number continues.
        const deleted = await secrets.read(path);
        if (deleted && deleted.data === undefined) {
          next = await secrets.write(path, data, deleted.version);
        }
      }
      return next === undefined ? undefined : String(next);
    },

    async remove(name) {
      const path = pathOf(name);
      // After `vault kv delete`, older versions may still exist.
      const isThere = await secrets.read(path) !== undefined;
      for (const part of below) await secrets.erase(`${path}/${part}`);
      if (isThere) await secrets.erase(path);
      return isThere;
    },

    names: () => secrets.names(root),
  };
}

/** The holder of a lease and its end in ms since 1970; 0 if there is none. */
async function readLease(secrets: Secrets, path: string) {
  const found = await secrets.read(path);
  const { holder, until } = isObject(found?.data) ? found.data : {};
  return { holder, until: Number(until) || 0, version: found?.version ?? 0 };
}

async function takeLease(
  secrets: Secrets,
  path: string,
  ms: number,
  holder: string,
): Promise<Lease | undefined> {
  const found = await readLease(secrets, path);
  if (found.holder !== holder && found.until > Date.now()) return undefined;
  const until = Date.now() + ms;
  const taken = await secrets.write(path, { holder, until }, found.version);
  if (taken === undefined) return undefined;
  return {
    async release() {
      try {
        const { version, ...now } = await readLease(secrets, path);
        if (now.holder !== holder) return;
        // Not deleted: the version would restart at one, and an old
        // check-and-set of another process could match.
        await secrets.write(path, { holder, until: 0 }, version);
      } catch {
        // The lease expires anyway.
      }
    },
  };
}

/** A path without leading and trailing slashes. */
function readPath(path: string, option: string): string {
  const trimmed = path.replace(/^\/+|\/+$/g, "");
  if (trimmed.split("/").some((part) => /^\.{0,2}$/.test(part))) {
    throw new OptionError(
      option,
      `is not a path in Vault: ${
        JSON.stringify(path)
      } has a part that is empty, "." or ".."`,
    );
  }
  return trimmed;
}

function readLogin({ token, roleId, secretId }: VaultStoreOptions): Login {
  if (roleId && secretId) {
    return { role: { role_id: roleId, secret_id: secretId } };
  }
  if (token) return { token };
  throw new TypeError(
    "Vault opens for the option token, or for roleId and secretId together: set one or the other",
  );
}
