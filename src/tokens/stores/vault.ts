/**
 * The store for several companies and several servers whose secrets belong
 * into HashiCorp Vault or OpenBao: a KV engine, version 2. Each company is a
 * secret of its own, so that policies can tell companies apart.
 *
 * @module
 */
import type NodeVault from "node-vault";
import { CredentialsError, StoreError } from "../../errors.ts";
import type { Log } from "../../logging/log.ts";
import { createTransport, type Transport } from "../../net/transport.ts";
import { isObject, type JsonObject, parseJson } from "../../values/json.ts";
import { sha256 } from "../../storage/hash.ts";
import type { Lease, TokenStore } from "../store.ts";
import { type Kept, type Records, tokensIn } from "./records.ts";
import { keysBeside, MOUNT_PATH, SECRET_PATH } from "./vault_policy.ts";

/** Settings of {@linkcode createVaultStore}. */
export interface VaultStoreOptions {
  /** Where Vault is, such as https://vault.example.com:8200. */
  readonly address: string;
  /** The token for Vault; it is renewed as long as Vault lets it. */
  readonly token?: string;
  /**
   * The role id of an AppRole at auth/approle. With its secret id, it is used
   * instead of a token.
   */
  readonly roleId?: string;
  /** The secret id of that AppRole. */
  readonly secretId?: string;
  /**
   * Where the KV engine is mounted.
   *
   * @default {"secret"}
   */
  readonly mountPath?: string;
  /**
   * The path below the mount; the tenant follows.
   *
   * @default {"qontak/tokens"}
   */
  readonly secretPath?: string;
  /** The namespace, where Vault has them. */
  readonly namespace?: string;
  /**
   * How long Vault may take to answer, in ms.
   *
   * @default {5000}
   */
  readonly timeout?: number;
  /** Told when the token for Vault cannot be renewed; never told a token. */
  readonly log?: Log;
}

/** What Vault is asked with, and the capabilities its policies name for it. */
const CAPABILITIES = {
  read: '"read"',
  list: '"list"',
  write: '"create" and "update"',
  delete: '"delete"',
} as const;

/** A question to Vault. */
interface Question {
  readonly verb: keyof typeof CAPABILITIES;
  /** The path as policies name it: below /v1/, not encoded. */
  readonly path: string;
  /** What is written. */
  readonly data?: object;
}

/** What Vault said, whatever it was. */
interface Answer {
  /** The HTTP status; 200 stands for every success. */
  readonly status: number;
  /** The JSON object; empty where it was none. */
  readonly body: JsonObject;
  /** Vault's own list of errors, undefined where there is no list. */
  readonly errors: readonly string[] | undefined;
}

/** Asks Vault; rejects with a {@linkcode StoreError} where no answer comes. */
type Ask = (question: Question) => Promise<Answer>;

/** One secret of the KV engine. */
interface Secret {
  /** What is in its newest version; undefined where that was deleted. */
  readonly data: unknown;
  /** The number of the newest version. */
  readonly version: number;
}

/**
 * Makes the store. It connects when it is first used. The policy that its
 * token needs stands in the README.
 *
 * @example Serving the companies whose tokens are in Vault
 * ```ts
 * import { createServer, createVaultStore } from "@qontak/mcp";
 *
 * const server = createServer({
 *   store: createVaultStore({
 *     address: "http://127.0.0.1:8200",
 *     roleId: "9a3f…", // of `vault read auth/approle/role/qontak/role-id`
 *     secretId: "e51c…",
 *   }),
 * });
 * await server.close();
 * ```
 *
 * @param options Where Vault is, and what opens it.
 * @returns The store.
 * @throws {TypeError} When there is neither a token nor a role id with its
 * secret id, or when an address or a path is none.
 */
export function createVaultStore(options: VaultStoreOptions): TokenStore {
  return openVault(options).tokens;
}

/**
 * Makes the store with the place for API keys, over one session.
 *
 * @param options Where Vault is, and what opens it.
 * @throws {TypeError} As {@linkcode createVaultStore}.
 */
export function openVault(options: VaultStoreOptions): Kept {
  const { timeout = 5_000, log = () => {} } = options;
  const address = readAddress(options.address);
  const mount = readPath(options.mountPath ?? MOUNT_PATH, "VAULT_MOUNT_PATH");
  const root = readPath(
    options.secretPath ?? SECRET_PATH,
    "VAULT_SECRET_PATH",
  );
  const namespace = options.namespace
    ? readPath(options.namespace, "VAULT_NAMESPACE")
    : "";
  const login = readLogin(options);
  const wire = createWire(address, namespace, timeout);
  const ask = createSession(wire, login, log);
  let mountChecked: Promise<void> | undefined;

  function wrongMount(): StoreError {
    return new StoreError(
      `${wire.where} has no KV engine of version 2 at ${
        JSON.stringify(mount)
      }: check VAULT_MOUNT_PATH, or raise the version with "vault kv enable-versioning ${mount}"`,
    );
  }

  /**
   * A KV engine of version 1 takes every path for a name, finds nothing there
   * and would keep what is written as it came. Vault tells the version to
   * every token that may do something below the mount.
   */
  function checkMount(): Promise<void> {
    return mountChecked ??= (async () => {
      const { status, body } = await ask({
        verb: "read",
        path: `sys/internal/ui/mounts/${mount}`,
      });
      if (status !== 200) return;
      const { options } = isObject(body.data) ? body.data : {};
      if (!isObject(options) || options.version !== "2") throw wrongMount();
    })().catch((error) => {
      mountChecked = undefined;
      throw error;
    });
  }

  /** Whether an answer says that there is nothing, and is to be believed. */
  async function isNothing({ status, errors }: Answer): Promise<boolean> {
    if (status !== 404 || errors?.length !== 0) return false;
    await checkMount();
    return true;
  }

  async function readSecret(path: string): Promise<Secret | undefined> {
    const question = { verb: "read", path: `${mount}/data/${path}` } as const;
    const answer = await ask(question);
    const { data, metadata } = isObject(answer.body.data)
      ? answer.body.data
      : {};
    // A version that was deleted is a 404 with its metadata.
    if (isObject(metadata) && typeof metadata.version === "number") {
      return { data: data ?? undefined, version: metadata.version };
    }
    if (answer.status === 200) throw wrongMount();
    if (await isNothing(answer)) return undefined;
    throw wire.refusal(question, answer);
  }

  /**
   * Writes where `version` is still the newest; 0 where there is none.
   *
   * @returns The new version, or undefined when another was the newest.
   */
  async function writeSecret(
    path: string,
    data: object,
    version: number,
  ): Promise<number | undefined> {
    await checkMount();
    const question = {
      verb: "write",
      path: `${mount}/data/${path}`,
      data: { options: { cas: version }, data },
    } as const;
    const answer = await ask(question);
    const { status, body, errors = [] } = answer;
    if (status === 200) {
      const next = isObject(body.data) ? body.data.version : undefined;
      if (typeof next === "number") return next;
      throw wrongMount();
    }
    const lost = /check-and-set parameter did not match/i;
    if (status === 400 && errors.some((text) => lost.test(text))) {
      return undefined;
    }
    throw wire.refusal(question, answer);
  }

  /** Deletes every version of a secret, and that it ever was. */
  async function eraseSecret(path: string): Promise<void> {
    const question = {
      verb: "delete",
      path: `${mount}/metadata/${path}`,
    } as const;
    const answer = await ask(question);
    if (answer.status !== 200) throw wire.refusal(question, answer);
  }

  /** Who has a lease until when, in ms since 1970; long ago where nobody has. */
  async function readLease(path: string) {
    const found = await readSecret(path);
    const { holder, until } = isObject(found?.data) ? found.data : {};
    return {
      holder,
      until: Number(until) || 0,
      version: found?.version ?? 0,
    };
  }

  /** The secrets below a path; `below` are those that go with each. */
  function recordsIn(root: string, ...below: string[]): Records {
    const pathOf = (name: string) => `${root}/${segmentOf(name)}`;
    return {
      async read(name) {
        const found = await readSecret(pathOf(name));
        if (found?.data === undefined) return undefined;
        return {
          text: JSON.stringify(found.data),
          version: String(found.version),
        };
      },

      async replace(name, text, version) {
        const path = pathOf(name);
        // The secret is the record: people read and write it as it is.
        const data: object = JSON.parse(text);
        let next = await writeSecret(path, data, Number(version ?? 0));
        if (next === undefined && version === undefined) {
          // What a person deleted with `vault kv delete` goes on counting.
          const deleted = await readSecret(path);
          if (deleted && deleted.data === undefined) {
            next = await writeSecret(path, data, deleted.version);
          }
        }
        return next === undefined ? undefined : String(next);
      },

      async remove(name) {
        const path = pathOf(name);
        // Of what a person deleted, older versions may still be there.
        if (!await readSecret(path)) return false;
        for (const part of below) await eraseSecret(`${path}/${part}`);
        await eraseSecret(path);
        return true;
      },

      async names() {
        const question = {
          verb: "list",
          path: `${mount}/metadata/${root}`,
        } as const;
        const answer = await ask(question);
        const { keys } = isObject(answer.body.data) ? answer.body.data : {};
        if (Array.isArray(keys)) {
          return keys.map(nameOf).filter((name) => name !== undefined).sort();
        }
        if (await isNothing(answer)) return [];
        throw answer.status === 200
          ? wrongMount()
          : wire.refusal(question, answer);
      },
    };
  }

  const tokens: TokenStore = {
    name: "vault",
    ...tokensIn(recordsIn(root, LEASE)),
    identity: () => sha256([address, namespace, mount, root].join(" ")),

    async lease(tenant, ms, holder): Promise<Lease | undefined> {
      const path = `${root}/${segmentOf(tenant)}/${LEASE}`;
      const found = await readLease(path);
      if (found.holder !== holder && found.until > Date.now()) return undefined;
      const until = Date.now() + ms;
      const taken = await writeSecret(path, { holder, until }, found.version);
      if (taken === undefined) return undefined;
      return {
        async release() {
          try {
            const { version, ...now } = await readLease(path);
            if (now.holder !== holder) return;
            // Deleted, it would count its versions from one again, and the
            // check-and-set of somebody who looked long ago could fit.
            await writeSecret(path, { holder, until: 0 }, version);
          } catch {
            // It ends by itself.
          }
        },
      };
    },

    close: () => wire.close(),
  };
  return { tokens, keys: recordsIn(keysBeside(root)) };
}

/** Where a tenant's lease is, below its secret. */
const LEASE = "lease";

/** The way to one Vault. */
interface Wire {
  /** Names it in messages. */
  readonly where: string;
  /** Sends a question, with a token where Vault needs one. */
  send(question: Question, token?: string): Promise<Answer>;
  /** Puts an answer that is none into words. */
  refusal(question: Question, answer: Answer): StoreError;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** Makes the way to Vault, over the library. */
function createWire(
  address: string,
  namespace: string,
  timeout: number,
): Wire {
  const where = `Vault at ${new URL(address).host}${
    namespace && ` (namespace ${JSON.stringify(namespace)})`
  }`;
  let connecting: Promise<Connection> | undefined;

  async function connect(): Promise<Connection> {
    // A heavy library, loaded only where it is chosen.
    const { default: vaultAt } = await import("node-vault");
    const transport = createTransport();
    const vault = vaultAt({
      endpoint: address,
      "request-promise": travel(transport, timeout),
      // It would print tokens.
      debug() {},
    });
    // The library looks into the environment for what it is not given.
    Object.assign(vault, { token: "", namespace, pathPrefix: "" });
    return { vault, transport };
  }

  async function send(question: Question, token?: string): Promise<Answer> {
    const { verb, path, data } = question;
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    // A new object each time: the library writes into it.
    const options = {
      headers: token === undefined ? {} : { "X-Vault-Token": token },
    };
    try {
      connecting ??= connect();
      const { vault } = await connecting;
      const body = await (verb === "write"
        ? vault.write(encoded, data, options)
        : vault[verb](encoded, options));
      return answerOf(200, body);
    } catch (error) {
      const response = isObject(error) && isObject(error.response)
        ? error.response
        : undefined;
      if (response) return answerOf(Number(response.statusCode), response.body);
      if (error instanceof TooLong) throw tooLong(path);
      throw unreachable(error);
    }
  }

  /** What is thrown below here may hold the request with its token. */
  function unreachable(error: unknown): StoreError {
    return new StoreError(
      `The token store does not answer: ${where}${
        causeOf(error, timeout)
      }. Your tokens are not lost; check that it runs and that VAULT_ADDR is right`,
    );
  }

  function tooLong(path: string): StoreError {
    return new StoreError(
      `${where} answers with more than ${MAX_BYTES} bytes for ${path}: check that VAULT_ADDR and VAULT_SECRET_PATH are right`,
    );
  }

  function refusal({ verb, path }: Question, answer: Answer): StoreError {
    const { status } = answer;
    if (isTokenGone(answer)) {
      return new StoreError(
        `${where} does not know the token that it is given: it has ended or was revoked. Make a new one and set VAULT_TOKEN`,
      );
    }
    if (status === 403) {
      return new StoreError(
        `${where} refuses ${
          CAPABILITIES[verb]
        } on ${path}: add that to the policy of the token, or make a new token where it has ended`,
      );
    }
    if (status === 404) {
      return new StoreError(
        `${where} has nothing that answers for ${path}: check VAULT_MOUNT_PATH and VAULT_NAMESPACE`,
      );
    }
    if (status === 503 && answer.errors?.some((text) => /sealed/.test(text))) {
      return new StoreError(
        `The token store is closed: Vault is sealed (${where}). Your tokens are not lost; somebody has to unseal it`,
      );
    }
    // Without Vault's own words, which may repeat what it was sent.
    return new StoreError(
      `The token store is out of order: ${where} answers HTTP ${status} for ${path}. Your tokens are not lost; its own log says more`,
    );
  }

  return {
    where,
    send,
    refusal,
    async close() {
      const ending = connecting;
      connecting = undefined;
      (await ending?.catch(() => undefined))?.transport.close();
    },
  };
}

/** The most that is read of one answer, in bytes: a list of many tenants. */
const MAX_BYTES = 10 * 1024 * 1024;

/** An answer was longer than that. */
class TooLong extends Error {}

/** The library, and what carries its requests. */
interface Connection {
  readonly vault: NodeVault.client;
  readonly transport: Transport;
}

/** A request as the library makes it. */
interface LibraryRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent, if anything. */
  readonly json: unknown;
}

/**
 * Carries the library's requests over fetch, in the form of the library that
 * it once used. Its own way, axios on node:https, does not know the
 * certificates of DENO_CERT, asks for every --allow-sys, limits the waiting
 * for each piece but not for the whole answer, and puts the token into errors.
 */
function travel(transport: Transport, timeout: number) {
  const request = async (options: LibraryRequest) => {
    const { method, uri, headers, json } = options;
    // A login uses up a secret id, and a write that arrives twice would lose
    // against itself.
    const send = method === "POST" ? transport.write : transport.read;
    const reply = await send(uri, {
      method,
      headers: {
        ...headers,
        "Content-Type": "application/json",
        // Vault's own agent can be told to let nothing else pass.
        "X-Vault-Request": "true",
      },
      body: isObject(json) ? JSON.stringify(json) : null,
      signal: AbortSignal.timeout(timeout),
    });
    const text = await reply.text(MAX_BYTES);
    if (text === undefined) throw new TooLong();
    return {
      statusCode: reply.status,
      // It may be the page of a proxy.
      body: parseJson(text),
      // The library takes errors of some paths for success.
      request: { path: "" },
    };
  };
  return { defaults: () => request };
}

/** The token of Vault's that questions bear. */
interface Session {
  readonly token: string;
  /** When it ends, in ms since 1970; Infinity when it does not. */
  readonly end: number;
  /** From when on it is renewed before it is used, in ms since 1970. */
  readonly renewAt: number;
  readonly isRenewable: boolean;
}

/** What opens Vault. */
interface Login {
  /** The token to begin with, where there is one. */
  readonly token?: string;
  /** What AppRole takes for a token, where there is none. */
  readonly role?: { readonly role_id: string; readonly secret_id: string };
}

/** After which part of its life a token is renewed. */
const RENEW_AFTER = 2 / 3;

/** By how much a renewal must move the end of a token to be one, in ms. */
const LEAST_GAIN = 1_000;

/**
 * Lets questions bear a token that is good: one that is asked for, renewed
 * before it ends, and asked for again where Vault no longer takes it.
 */
function createSession(wire: Wire, { token, role }: Login, log: Log): Ask {
  let session: Session | undefined;
  let flight: Promise<Session> | undefined;

  /** The session to use; another one than `refused`. */
  function current(refused?: Session): Promise<Session> {
    if (session && session !== refused && Date.now() < session.renewAt) {
      return Promise.resolve(session);
    }
    // One for all who wait for it.
    return flight ??= next(refused)
      .then((fresh) => session = fresh)
      .finally(() => flight = undefined);
  }

  function next(refused?: Session): Promise<Session> {
    const old = session;
    if (old && old !== refused && old.end > Date.now()) return prolong(old);
    return role ? logIn(role) : lookUp(token!);
  }

  async function logIn(data: object): Promise<Session> {
    const at = Date.now();
    const question = {
      verb: "write",
      path: "auth/approle/login",
      data,
    } as const;
    const answer = await wire.send(question);
    const { status } = answer;
    const auth = authOf(answer);
    if (typeof auth.client_token === "string" && auth.client_token !== "") {
      return sessionOf(auth.client_token, auth, at);
    }
    throw status === 200 || (status >= 400 && status <= 404)
      ? new StoreError(
        `${wire.where} gives no token for VAULT_ROLE_ID and VAULT_SECRET_ID (HTTP ${status}): check both, whether the secret id has ended or is used up, and that AppRole is enabled at auth/approle`,
      )
      : wire.refusal(question, answer);
  }

  /** Asks how long a token lives, which not every policy lets it ask. */
  async function lookUp(token: string): Promise<Session> {
    const at = Date.now();
    const question = {
      verb: "read",
      path: "auth/token/lookup-self",
    } as const;
    const answer = await wire.send(question, token);
    const { status, body } = answer;
    if (status !== 200 && status !== 403) throw wire.refusal(question, answer);
    if (status === 403 && !isTokenGone(answer)) {
      log("warn", "The token for Vault will not be renewed", {
        store: "vault",
        reason: wire.refusal(question, answer).message,
      });
    }
    const { ttl, renewable } = isObject(body.data) ? body.data : {};
    return sessionOf(token, { lease_duration: ttl, renewable }, at);
  }

  function sessionOf(token: string, auth: JsonObject, at: number): Session {
    const life = Number(auth.lease_duration) * 1000 || Infinity;
    const isRenewable = auth.renewable === true;
    return {
      token,
      end: at + life,
      renewAt: isRenewable || role ? at + life * RENEW_AFTER : Infinity,
      isRenewable,
    };
  }

  async function renew(old: Session): Promise<Session> {
    const at = Date.now();
    const question = {
      verb: "write",
      path: "auth/token/renew-self",
      data: {},
    } as const;
    const answer = await wire.send(question, old.token);
    if (answer.status !== 200) throw wire.refusal(question, answer);
    const auth = authOf(answer);
    const end = at + Number(auth.lease_duration) * 1000;
    // Vault says yes to a token of the greatest age, too.
    if (end >= old.end + LEAST_GAIN) return sessionOf(old.token, auth, at);
    throw new StoreError(`${wire.where} lets its token live no longer`);
  }

  async function prolong(old: Session): Promise<Session> {
    try {
      if (!role) return await renew(old);
      return old.isRenewable
        ? await renew(old).catch(() => logIn(role))
        : await logIn(role);
    } catch (error) {
      log(
        "warn",
        "The token for Vault could not be renewed: it is used as long as it lives",
        {
          store: "vault",
          ends: new Date(old.end).toISOString(),
          reason: error instanceof StoreError ? error.message : undefined,
        },
      );
      const left = old.end - Date.now();
      return { ...old, renewAt: Date.now() + left * (1 - RENEW_AFTER) };
    }
  }

  return async (question) => {
    const used = await current();
    const answer = await wire.send(question, used.token);
    if (answer.status !== 403 || !role) return answer;
    // The token may have been revoked, or the role been given a new policy.
    let fresh: Session;
    try {
      fresh = await current(used);
    } catch (error) {
      if (isTokenGone(answer)) throw error;
      return answer;
    }
    return await wire.send(question, fresh.token);
  };
}

/** Whether Vault says that it does not know the token. */
function isTokenGone({ status, errors = [] }: Answer): boolean {
  return status === 403 &&
    errors.some((text) => /invalid token|bad token/.test(text));
}

function answerOf(status: number, value: unknown): Answer {
  const body = isObject(value) ? value : {};
  const errors = Array.isArray(body.errors)
    ? body.errors.map(String)
    : undefined;
  return { status, body, errors };
}

/** What an answer says of a token. */
function authOf({ status, body }: Answer): JsonObject {
  return status === 200 && isObject(body.auth) ? body.auth : {};
}

/** What is wrong with the connection, as far as a person can help it. */
function causeOf(error: unknown, timeout: number): string {
  if (!(error instanceof Error)) return "";
  if (error.name === "TimeoutError") return ` within ${timeout} ms`;
  // The runtime's own words name the permission that is missing, no more.
  if (error.name === "NotCapable") return ` (${error.message})`;
  const inner = error.cause instanceof Error ? error.cause.message : "";
  return /certificate/i.test(error.message + inner)
    ? " (its certificate is signed by nobody this machine trusts: name the file of the one who signed it in DENO_CERT)"
    : "";
}

/**
 * A name as one segment of a path in Vault: percent-encoded, with every
 * character that could mean something to Vault or to a URL. Vault decodes a
 * URL once, so the segment is encoded again on its way there.
 */
function segmentOf(name: string): string {
  if (name === "" || !name.isWellFormed()) {
    throw new CredentialsError(
      `Vault cannot hold a company that is called ${JSON.stringify(name)}`,
    );
  }
  // A dot stays where it can be no part of "." or "..".
  return encodeURIComponent(name).replace(
    /[!~*'()]|(?<=^|\.)\./g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The name of an entry in a list, undefined where none is called so. */
function nameOf(entry: unknown): string | undefined {
  try {
    const name = decodeURIComponent(String(entry));
    // What goes deeper ends in a slash, which no segment does.
    return segmentOf(name) === entry ? name : undefined;
  } catch {
    // A secret of somebody else's.
    return undefined;
  }
}

function readAddress(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new TypeError(
      "VAULT_ADDR is no address of Vault: it must be like https://vault.example.com:8200",
    );
  }
  return url.href.replace(/\/+$/, "");
}

/** A path without slashes at its ends. */
function readPath(path: string, name: string): string {
  const trimmed = path.replace(/^\/+|\/+$/g, "");
  if (trimmed.split("/").some((part) => /^\.{0,2}$/.test(part))) {
    throw new TypeError(
      `${name} is no path in Vault: ${
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
    "Vault opens for VAULT_TOKEN, or for VAULT_ROLE_ID and VAULT_SECRET_ID together: set one or the other",
  );
}
