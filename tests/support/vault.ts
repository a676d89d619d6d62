/**
 * A stand-in for HashiCorp Vault: the part of its HTTP API that the token store
 * uses, with Vault's own answers and errors (according to the source code of
 * Vault and of its KV engine).
 *
 * It supports the KV engine in both versions, AppRole, `auth/token/lookup-self`
 * and `renew-self`, policies (exact paths and a trailing `*`), namespaces, the
 * seal, and `sys/internal/ui/mounts`, which tells every token the version of a
 * mount that it may use.
 *
 * @module
 */
import { isObject, type JsonObject } from "../../src/values/json.ts";

/** One rule of a policy. */
export interface Rule {
  /** The path, without the `*` at its end. */
  readonly path: string;
  /** Whether the path is a prefix. */
  readonly isPrefix: boolean;
  readonly capabilities: readonly string[];
}

/**
 * Reads a policy.
 *
 * @param hcl Stanzas of a path and its capabilities.
 * @throws {Error} When it contains anything else.
 */
export function parsePolicy(hcl: string): readonly Rule[] {
  const stanza =
    /path\s+"([^"]+)"\s*\{\s*capabilities\s*=\s*\[([^\]]*)\]\s*\}/g;
  const text = hcl.replace(/^\s*#.*$/gm, "");
  const rest = text.replace(stanza, "").trim();
  if (rest !== "") throw new Error(`Not read in a policy: ${rest}`);
  return Array.from(text.matchAll(stanza), ([, path = "", list = ""]) => {
    if (path.includes("+")) throw new Error(`Not read in a policy: ${path}`);
    return {
      path: path.replace(/\*$/, ""),
      isPrefix: path.endsWith("*"),
      capabilities: Array.from(list.matchAll(/"(\w+)"/g), (found) => found[1]!),
    };
  });
}

/** An operation that a policy may allow. */
type Operation = "create" | "read" | "update" | "delete" | "list";

/**
 * Decides as Vault does: by the rule of exactly this path, or else by the rule
 * with its longest prefix. A list also matches its path without the slash.
 * Rules of the same path are combined, unless one of them denies.
 */
function allows(
  rules: readonly Rule[],
  path: string,
  operation: Operation,
): boolean {
  const exact = (path: string) =>
    rules.filter((rule) => !rule.isPrefix && rule.path === path);
  const longest = (path: string) => {
    const fits = rules.filter((rule) =>
      rule.isPrefix && path.startsWith(rule.path)
    );
    const length = Math.max(...fits.map((rule) => rule.path.length));
    return fits.filter((rule) => rule.path.length === length);
  };
  const bare = path.replace(/\/$/, "");
  const deciding = operation === "list"
    ? [exact(path), exact(bare), longest(bare), longest(path)]
    : [exact(path), longest(path)];
  const found = deciding.find((rules) => rules.length > 0) ?? [];
  const capabilities = found.flatMap((rule) => rule.capabilities);
  return capabilities.includes(operation) && !capabilities.includes("deny");
}

/** The settings of a token. */
export interface TestTokenOptions {
  /** The policy in HCL; by default it allows everything. */
  readonly policy?: string;
  /** How long it lives, in seconds; by default without end. */
  readonly ttl?: number;
  /** How long it lives at most, with all renewals, in seconds. */
  readonly maxTtl?: number;
  /** Whether it can be renewed; by default true. */
  readonly renewable?: boolean;
  /** Its namespace; by default the root namespace. */
  readonly namespace?: string;
}

/** The settings of an AppRole, including those of its tokens. */
export interface TestRoleOptions extends TestTokenOptions {
  /** How often its secret id can be used; by default without limit. */
  readonly secretIdUses?: number;
}

/** The two ids of an AppRole. */
export interface TestRole {
  readonly roleId: string;
  readonly secretId: string;
}

/** A received request, without headers and body. */
export interface SeenRequest {
  /** Such as "POST secret/data/qontak/tokens/acme". */
  readonly name: string;
  readonly namespace: string;
  /** The HTTP status of the answer. */
  readonly status: number;
}

/** The settings of the server. */
export interface TestVaultOptions {
  /** The port on 127.0.0.1; by default a free one. */
  readonly port?: number;
  /**
   * The error for an unknown token. Older Vaults say only "permission denied".
   */
  readonly unknownToken?: string;
}

/** The stand-in. It starts with the mounts `secret` and `kv1`. */
export interface TestVault extends RunningVault {
  /** Makes a token. */
  createToken(options?: TestTokenOptions): string;
  /** Makes an AppRole at auth/approle. */
  createRole(options?: TestRoleOptions): TestRole;
  /** Makes a namespace, with the same mounts. */
  createNamespace(name: string): void;
  /** Mounts a KV engine. */
  mount(path: string, version: 1 | 2, namespace?: string): void;
  /** Makes every answer a 503 from now on. */
  seal(): void;
  unseal(): void;
  /** Revokes every token except `token`. */
  expireTokens(): void;
  /** The received requests, in order. */
  readonly requests: readonly SeenRequest[];
  /** The number of received requests whose name matches. */
  count(name: RegExp): number;
  /**
   * Delays requests whose name matches by `ms` milliseconds: before they do
   * anything, or their answers. Ends by itself after `times` requests.
   */
  delay(
    name: RegExp,
    ms: number,
    options?: { readonly answers?: boolean; readonly times?: number },
  ): Delay;
  /**
   * Answers requests whose name matches in this way from now on.
   *
   * @returns A function that ends it.
   */
  answer(name: RegExp, make: (request: Request) => Response): () => void;
}

/** Requests that are held. */
export interface Delay {
  /** Resolves when the first is held. */
  readonly held: Promise<void>;
  /** Releases all of them, and holds no more. */
  end(): void;
}

/** A Vault that answers. */
export interface RunningVault extends AsyncDisposable {
  /** Such as http://127.0.0.1:43211. */
  readonly url: string;
  /** A token that may do everything. */
  readonly token: string;
}

/** A token as the server stores it; times in ms since 1970. */
interface Token {
  readonly id: string;
  readonly accessor: string;
  readonly namespace: string;
  /** Undefined for the token that may do everything. */
  readonly rules: readonly Rule[] | undefined;
  readonly ttl: number;
  readonly renewable: boolean;
  readonly created: number;
  readonly latestEnd: number;
  end: number;
}

interface Role extends TestRole {
  readonly options: TestRoleOptions;
  uses: number;
}

/** Requests to hold: before they do anything, or their answers. */
interface Hold {
  readonly name: RegExp;
  readonly ms: number;
  readonly after: boolean;
  /** How many more to hold. */
  times: number;
  readonly held: PromiseWithResolvers<void>;
  readonly ended: PromiseWithResolvers<void>;
}

/** A version of a secret; times as Vault writes them. */
interface Version {
  readonly created_time: string;
  data: unknown;
  deletion_time: string;
  destroyed: boolean;
}

interface Secret {
  readonly created_time: string;
  readonly versions: Map<number, Version>;
  current: number;
}

type Mount =
  | { readonly version: 1; readonly secrets: Map<string, unknown> }
  | { readonly version: 2; readonly secrets: Map<string, Secret> };

interface Namespace {
  readonly mounts: Map<string, Mount>;
  readonly roles: Role[];
}

/** An answer of Vault: data, or the text of an error. */
interface Said {
  readonly status: number;
  readonly body?: JsonObject;
}

/** The parts of a request. */
interface Call {
  readonly operation: Operation;
  readonly namespace: string;
  /** The path below /v1/, decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
  readonly token: string;
}

/** The number of versions of a secret that the KV engine keeps. */
const VERSIONS_KEPT = 10;

/** The form in which Vault lists several errors. */
function listed(...errors: string[]): string {
  const count = errors.length === 1
    ? "1 error occurred"
    : `${errors.length} errors occurred`;
  return `${count}:\n${errors.map((text) => `\t* ${text}\n`).join("")}\n`;
}

const failed = (status: number, ...errors: string[]): Said => ({
  status,
  body: { errors },
});

const said = (data: unknown, more: JsonObject = {}, status = 200): Said => ({
  status,
  body: {
    request_id: crypto.randomUUID(),
    lease_id: "",
    renewable: false,
    lease_duration: 0,
    data,
    wrap_info: null,
    warnings: null,
    auth: null,
    ...more,
  },
});

const done: Said = { status: 204 };
const nothing = failed(404);

/** A time in Vault's form, with nanoseconds. */
const stamp = (ms = Date.now()) =>
  new Date(ms).toISOString().replace("Z", "000000Z");

/**
 * Starts the server on 127.0.0.1. Its clock is `Date`, so that a test that
 * sets that sets both sides.
 *
 * @param options The port, and the version that it imitates.
 */
export function startVault(options: TestVaultOptions = {}): TestVault {
  const {
    port = 0,
    unknownToken = listed("permission denied", "invalid token"),
  } = options;
  const namespaces = new Map<string, Namespace>();
  const tokens = new Map<string, Token>();
  const requests: SeenRequest[] = [];
  const answers: (readonly [RegExp, (request: Request) => Response])[] = [];
  const holds: Hold[] = [];
  let isSealed = false;

  function createNamespace(name: string): void {
    const mounts = new Map<string, Mount>();
    namespaces.set(name, { mounts, roles: [] });
    mount("secret", 2, name);
    mount("kv1", 1, name);
  }

  function mount(path: string, version: 1 | 2, namespace = ""): void {
    namespaces.get(namespace)!.mounts.set(path, {
      version,
      secrets: new Map(),
    });
  }

  function issue(options: TestTokenOptions = {}): Token {
    const { policy, ttl = 0, maxTtl = Infinity, namespace = "" } = options;
    const now = Date.now();
    const latestEnd = now + maxTtl * 1000;
    const token: Token = {
      id: `hvs.${crypto.randomUUID().replaceAll("-", "")}`,
      accessor: crypto.randomUUID(),
      namespace,
      rules: policy === undefined ? undefined : parsePolicy(policy),
      ttl,
      renewable: ttl > 0 && options.renewable !== false,
      created: now,
      latestEnd,
      end: ttl > 0 ? Math.min(now + ttl * 1000, latestEnd) : Infinity,
    };
    tokens.set(token.id, token);
    return token;
  }

  /** The remaining whole seconds of a token; 0 if it does not end. */
  function secondsLeft(token: Token): number {
    return token.end === Infinity
      ? 0
      : Math.floor((token.end - Date.now()) / 1000);
  }

  function authOf(token: Token): JsonObject {
    return {
      client_token: token.id,
      accessor: token.accessor,
      policies: [token.rules ? "qontak" : "root"],
      token_policies: [token.rules ? "qontak" : "root"],
      metadata: null,
      lease_duration: secondsLeft(token),
      renewable: token.renewable,
      entity_id: "",
      token_type: "service",
      orphan: true,
      mfa_requirement: null,
      num_uses: 0,
    };
  }

  function logIn({ namespace, body }: Call): Said {
    const role = namespaces.get(namespace)!.roles.find((role) =>
      role.roleId === body.role_id && role.secretId === body.secret_id
    );
    if (!role || role.uses <= 0) {
      return failed(400, "invalid role or secret ID");
    }
    role.uses--;
    return said(null, { auth: authOf(issue({ ...role.options, namespace })) });
  }

  function lookUp(token: Token): Said {
    const ends = token.end !== Infinity;
    return said({
      accessor: token.accessor,
      creation_time: Math.floor(token.created / 1000),
      creation_ttl: token.ttl,
      display_name: "token",
      entity_id: "",
      expire_time: ends ? stamp(token.end) : null,
      explicit_max_ttl: 0,
      id: token.id,
      ...(ends ? { issue_time: stamp(token.created) } : {}),
      meta: null,
      num_uses: 0,
      orphan: true,
      path: "auth/token/create",
      policies: [token.rules ? "qontak" : "root"],
      ...(ends ? { renewable: token.renewable } : {}),
      ttl: secondsLeft(token),
      type: "service",
    });
  }

  function renew(token: Token): Said {
    if (!token.renewable) return failed(400, "lease is not renewable");
    const wanted = Date.now() + token.ttl * 1000;
    token.end = Math.min(wanted, token.latestEnd);
    return said(null, {
      auth: authOf(token),
      warnings: wanted > token.latestEnd
        ? [
          `TTL of "${token.ttl}s" exceeded the effective max_ttl of "${
            secondsLeft(token)
          }s"; TTL value is capped accordingly`,
        ]
        : null,
    });
  }

  /** The mount of a path, and the rest of the path. */
  function mountOf(
    namespace: string,
    path: string,
  ):
    | { readonly name: string; readonly mount: Mount; readonly rest: string }
    | undefined {
    for (const [name, mount] of namespaces.get(namespace)?.mounts ?? []) {
      if (path.startsWith(`${name}/`)) {
        return { name, mount, rest: path.slice(name.length + 1) };
      }
    }
    return undefined;
  }

  /** The mounts, for tokens that may do anything below them. */
  function mountInfo({ namespace, path }: Call, token?: Token): Said {
    const asked = `${path.slice("sys/internal/ui/mounts/".length)}/`;
    const found = mountOf(namespace, asked);
    const prefix = found && `${namespace && `${namespace}/`}${found.name}/`;
    const mayUse = token && prefix !== undefined &&
      (!token.rules || token.rules.some((rule) => {
        const path = `${token.namespace && `${token.namespace}/`}${rule.path}`;
        return path.startsWith(prefix) && !rule.capabilities.includes("deny");
      }));
    if (!found || !mayUse) {
      return failed(
        403,
        `preflight capability check returned 403, please ensure client's policies grant access to path "${asked}"`,
      );
    }
    const { name, mount: { version } } = found;
    return said({
      accessor: `kv_${name}`,
      config: {},
      description: "",
      local: false,
      options: { version: String(version) },
      path: `${name}/`,
      seal_wrap: false,
      type: "kv",
      uuid: crypto.randomUUID(),
    });
  }

  /** The capability that a request needs: create and update differ. */
  function capabilityOf({ operation, namespace, path }: Call): Operation {
    const found = mountOf(namespace, path);
    if (operation !== "update" || !found) return operation;
    const key = found.mount.version === 1
      ? found.rest
      : /^(?:data|metadata)\/(.*)$/s.exec(found.rest)?.[1];
    return key === undefined || found.mount.secrets.has(key)
      ? "update"
      : "create";
  }

  function mayDo(token: Token, call: Call): boolean {
    if (
      !`${call.namespace}/`.startsWith(`${token.namespace}/`) && token.namespace
    ) {
      return false;
    }
    if (!token.rules) return true;
    const full = `${call.namespace && `${call.namespace}/`}${call.path}`;
    const path = token.namespace
      ? full.slice(token.namespace.length + 1)
      : full;
    return allows(token.rules, path, capabilityOf(call));
  }

  function handle(call: Call): Said {
    const { namespace, path } = call;
    if (path === "auth/approle/login" && call.operation === "update") {
      return logIn(call);
    }
    const token = tokens.get(call.token);
    if (token && token.end <= Date.now()) tokens.delete(token.id);
    if (path.startsWith("sys/internal/ui/mounts/")) {
      return mountInfo(call, tokens.get(call.token));
    }
    if (call.token === "") return failed(403, "permission denied");
    if (!token || !tokens.has(token.id)) return failed(403, unknownToken);
    if (!mayDo(token, call)) return failed(403, listed("permission denied"));
    if (path === "auth/token/lookup-self") return lookUp(token);
    if (path === "auth/token/renew-self") return renew(token);
    const found = mountOf(namespace, path);
    if (!found) {
      return failed(
        404,
        `no handler for route "${path}". route entry not found.`,
      );
    }
    return found.mount.version === 1
      ? kv1(found.mount.secrets, found.rest, call)
      : kv2(found.mount.secrets, found.rest, call);
  }

  async function pass(name: string, after: boolean): Promise<void> {
    const hold = holds.find((hold) =>
      hold.after === after && hold.times > 0 && hold.name.test(name)
    );
    if (!hold) return;
    hold.times--;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, hold.ms);
    hold.held.resolve();
    await Promise.race([promise, hold.ended.promise]);
    clearTimeout(timer);
  }

  async function respond(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const text = await request.text();
    let path: string;
    try {
      path = decodeURIComponent(url.pathname);
    } catch {
      return new Response("400 Bad Request", { status: 400 });
    }
    // deno-lint-ignore no-control-regex -- what Vault refuses
    if (/[\0-\x1f\x7f]/.test(path)) return new Response(null, { status: 400 });
    // Go's router redirects such paths.
    if (/\/(?:\.{0,2}\/|\.{1,2}$)/.test(path)) {
      const location = new URL(path.replace(/\/{2,}/g, "/"), url).pathname;
      return new Response(null, { status: 301, headers: { location } });
    }
    path = path.replace(/^\/v1\//, "");
    const asked = request.headers.get("x-vault-namespace")
      ?.replace(/^\/|\/$/g, "") ?? "";
    // An unknown namespace is the beginning of the path.
    const namespace = namespaces.has(asked) ? asked : "";
    if (asked !== namespace) path = `${asked}/${path}`;
    const isList = request.method === "LIST" ||
      request.method === "GET" &&
        /^(?:1|t|true)$/i.test(url.searchParams.get("list") ?? "");
    if (isList && !path.endsWith("/")) path += "/";
    const name = `${request.method} ${path}`;
    const operation = isList ? "list" : OPERATIONS[request.method] ?? "read";

    await pass(name, false);
    const custom = answers.find(([pattern]) => pattern.test(name));
    let response: Response;
    if (custom) {
      response = custom[1](request);
    } else if (isSealed) {
      response = json(failed(503, "Vault is sealed"));
    } else if (!url.pathname.startsWith("/v1/")) {
      response = json(nothing);
    } else if (!OPERATIONS[request.method]) {
      response = json(failed(405));
    } else {
      const body = readBody(text);
      response = json(
        body
          ? handle({
            operation,
            namespace,
            path,
            query: url.searchParams,
            body,
            token: request.headers.get("x-vault-token") ?? "",
          })
          : failed(400, "error parsing JSON"),
      );
    }
    requests.push({ name, namespace: asked, status: response.status });
    await pass(name, true);
    return response;
  }

  createNamespace("");
  const root = issue();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port, onListen() {} },
    respond,
  );

  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    token: root.id,
    requests,
    createNamespace,
    mount,
    createToken: (options) => issue(options).id,
    createRole(options = {}) {
      const ids = {
        roleId: crypto.randomUUID(),
        secretId: crypto.randomUUID(),
      };
      const { namespace = "", secretIdUses: uses = Infinity } = options;
      namespaces.get(namespace)!.roles.push({ ...ids, options, uses });
      return ids;
    },
    seal() {
      isSealed = true;
    },
    unseal() {
      isSealed = false;
    },
    expireTokens() {
      for (const id of tokens.keys()) if (id !== root.id) tokens.delete(id);
    },
    count: (name) => requests.filter((seen) => name.test(seen.name)).length,
    delay(name, ms, { answers = false, times = Infinity } = {}) {
      const hold: Hold = {
        name,
        ms,
        after: answers,
        times,
        held: Promise.withResolvers(),
        ended: Promise.withResolvers(),
      };
      holds.push(hold);
      return {
        held: hold.held.promise,
        end() {
          hold.times = 0;
          hold.ended.resolve();
        },
      };
    },
    answer(name, make) {
      const entry = [name, make] as const;
      answers.unshift(entry);
      return () => answers.splice(answers.indexOf(entry), 1);
    },
    async [Symbol.asyncDispose]() {
      for (const { ended } of holds) ended.resolve();
      await server.shutdown();
    },
  };
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  GET: "read",
  LIST: "list",
  POST: "update",
  PUT: "update",
  DELETE: "delete",
};

function json({ status, body }: Said): Response {
  const headers = { "cache-control": "no-store" };
  return body
    ? Response.json(body, { status, headers })
    : new Response(null, { status, headers });
}

function readBody(text: string): JsonObject | undefined {
  if (text === "") return {};
  try {
    const value = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The names directly below a path; those of deeper paths end with a slash. */
function list(keys: Iterable<string>, path: string): Said {
  const names = new Set<string>();
  for (const key of keys) {
    if (!key.startsWith(path)) continue;
    const [first = "", ...rest] = key.slice(path.length).split("/");
    names.add(rest.length > 0 ? `${first}/` : first);
  }
  return names.size > 0 ? said({ keys: [...names].sort() }) : nothing;
}

/** A KV engine of version 1: it stores what it receives at any path. */
function kv1(
  secrets: Map<string, unknown>,
  key: string,
  { operation, body }: Call,
): Said {
  switch (operation) {
    case "list":
      return list(secrets.keys(), key);
    case "read":
      return secrets.has(key)
        ? said(secrets.get(key), { lease_duration: 2_764_800 })
        : nothing;
    case "delete":
      secrets.delete(key);
      return done;
    default:
      if (Object.keys(body).length === 0) {
        return failed(400, "missing data fields");
      }
      secrets.set(key, body);
      return done;
  }
}

/** A KV engine of version 2. */
function kv2(
  secrets: Map<string, Secret>,
  rest: string,
  call: Call,
): Said {
  const [, area = "", key = ""] = /^(\w+)\/(.*)$/s.exec(rest) ?? [];
  const handler = KV2[`${call.operation} ${area}`];
  if (handler && (area === "metadata" || /[^/]$/.test(key))) {
    return handler(secrets, key, call);
  }
  return /^(?:data|metadata|delete|undelete|destroy)\//.test(rest)
    ? failed(405, listed("unsupported operation"))
    : {
      status: 404,
      body: {
        ...said(null).body,
        warnings: [
          "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. If using the Vault CLI, use 'vault kv get' for this operation.",
        ],
      },
    };
}

const isGone = ({ deletion_time, destroyed }: Version) =>
  destroyed ||
  (deletion_time !== "" && Date.parse(deletion_time) <= Date.now());

/** The description of a version. */
function described(number: number, version: Version): JsonObject {
  const { created_time, deletion_time, destroyed } = version;
  return {
    created_time,
    custom_metadata: null,
    deletion_time,
    destroyed,
    version: number,
  };
}

const made = (): Secret => ({
  created_time: stamp(),
  versions: new Map(),
  current: 0,
});

/** Changes the versions that a request lists. */
function each(change: (version: Version) => void) {
  return (secrets: Map<string, Secret>, key: string, { body }: Call): Said => {
    const numbers = Array.isArray(body.versions) ? body.versions : [];
    if (numbers.length === 0) return failed(400, "No version number provided");
    for (const number of numbers) {
      const version = secrets.get(key)?.versions.get(Number(number));
      if (version) change(version);
    }
    return done;
  };
}

/** The handlers of the KV engine of version 2, by operation and area. */
const KV2: Readonly<
  Record<
    string,
    (secrets: Map<string, Secret>, key: string, call: Call) => Said
  >
> = {
  "read data"(secrets, key, { query }) {
    const secret = secrets.get(key);
    const number = Number(query.get("version") ?? 0) || secret?.current || 0;
    const version = secret?.versions.get(number);
    if (!version) return nothing;
    const metadata = described(number, version);
    return isGone(version)
      ? said({ data: null, metadata }, {}, 404)
      : said({ data: version.data, metadata }, { mount_type: "kv" });
  },
  "update data"(secrets, key, { body: { data, options } }) {
    if (data === undefined) return failed(400, "no data provided");
    if (!isObject(data)) {
      return failed(400, 'error converting input for field "data"');
    }
    const secret = secrets.get(key) ?? made();
    const cas = isObject(options) ? options.cas : undefined;
    if (cas !== undefined) {
      if (!/^\d+$/.test(String(cas ?? 0))) {
        return failed(400, "error parsing check-and-set parameter");
      }
      if (Number(cas) !== secret.current) {
        return failed(
          400,
          "check-and-set parameter did not match the current version",
        );
      }
    }
    const number = ++secret.current;
    const version: Version = {
      created_time: stamp(),
      data,
      deletion_time: "",
      destroyed: false,
    };
    secret.versions.set(number, version);
    secret.versions.delete(number - VERSIONS_KEPT);
    secrets.set(key, secret);
    return said(described(number, version));
  },
  "delete data"(secrets, key) {
    const secret = secrets.get(key);
    const version = secret?.versions.get(secret.current);
    if (version && !isGone(version)) version.deletion_time = stamp();
    return done;
  },
  "update delete": each((version) => {
    if (!isGone(version)) version.deletion_time = stamp();
  }),
  "update undelete": each((version) => {
    version.deletion_time = "";
  }),
  "update destroy": each((version) => {
    version.destroyed = true;
    version.data = null;
  }),
  "list metadata": (secrets, key) => list(secrets.keys(), key),
  "read metadata"(secrets, key) {
    const secret = secrets.get(key);
    if (!secret) return nothing;
    const versions = [...secret.versions];
    return said({
      cas_required: false,
      created_time: secret.created_time,
      current_version: secret.current,
      custom_metadata: null,
      delete_version_after: "0s",
      max_versions: 0,
      oldest_version: versions[0]?.[0] ?? 0,
      updated_time: versions.at(-1)?.[1].created_time ?? secret.created_time,
      versions: Object.fromEntries(versions.map(([number, version]) => {
        const { created_time, deletion_time, destroyed } = version;
        return [number, { created_time, deletion_time, destroyed }];
      })),
    });
  },
  "update metadata"(secrets, key) {
    if (!secrets.has(key)) secrets.set(key, made());
    return done;
  },
  "delete metadata"(secrets, key) {
    secrets.delete(key);
    return done;
  },
};
