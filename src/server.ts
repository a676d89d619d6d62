/**
 * The MCP server: what it answers to each method, and what it is made of.
 *
 * @module
 */
import { type McpServerFactory, Server } from "@modelcontextprotocol/server";
import { type Advise, advisedLog, adviseEmbedder } from "./advice/advice.ts";
import { checkOptions, CredentialsError } from "./errors.ts";
import {
  apis,
  cacheKvOf,
  type ConnectionOptions,
  connectionRules,
  createAccess,
} from "./qontak/connection.ts";
import { type AuditOptions, createAudit, noAudit } from "./audit/audit.ts";
import { DEFAULT_SCOPES, type Principal } from "./auth/principal.ts";
import { type Caller, callerIn } from "./mcp/caller.ts";
import { type Call, createCall } from "./mcp/call.ts";
import { createEndpoint } from "./mcp/http.ts";
import { createViews, type View } from "./mcp/view.ts";
import { createKv } from "./storage/kv.ts";
import { createLog, type Log, withRequest } from "./logging/log.ts";
import { tellerOf } from "./mcp/progress.ts";
import { createChecks, type Readiness } from "./qontak/readiness.ts";
import { listResources, readResource } from "./mcp/resources.ts";
import { createTelemetry } from "./telemetry/telemetry.ts";
import { DEFAULT_TENANT, type TokenStore } from "./tokens/store.ts";
import { createEnvStore } from "./tokens/stores/env.ts";
import {
  type ListedTool,
  selectTools,
  type Toolset,
  toolsetNames,
} from "./tools/catalog.ts";
import { type Content, CONTENTS } from "./mcp/content.ts";
import { flag, oneOf, type Rules, whole } from "./values/rules.ts";
import { createSnapshots } from "./snapshots/snapshots.ts";
import { createZone, DEFAULT_ZONE, zoneName } from "./values/zone.ts";
import { defined } from "./values/json.ts";
import { IDENTITY } from "./version.ts";

/** Settings of {@linkcode createServer}. */
export interface ServerOptions extends ConnectionOptions {
  /** The refresh token of the one company that is served. */
  readonly refreshToken?: string;
  /**
   * Where the credentials of companies are kept, instead of a token; what made
   * it closes it, after the server.
   */
  readonly store?: TokenStore;
  /** The groups of tools that are there; all when left out. */
  readonly toolsets?: readonly Toolset[];
  /**
   * Whether only tools that change nothing are there.
   *
   * @default {false}
   */
  readonly readOnly?: boolean;
  /**
   * Whether the free text of records is shown: notes, chats, timelines,
   * descriptions and long custom fields. "strict" withholds it.
   *
   * @default {"open"}
   */
  readonly content?: Content;
  /**
   * The time zone in which days and months of questions begin.
   *
   * @default {"Asia/Jakarta"}
   */
  readonly timeZone?: string;
  /**
   * How long all records of one kind, read for a question, are used for the
   * next ones, in ms; with 0 each question reads for itself.
   *
   * @default {300000}
   */
  readonly snapshotLifetime?: number;
  /** Writes log lines; to stderr when left out. */
  readonly log?: Log;
  /**
   * Has the words of what can be done about an error, for answers and log
   * lines; they name options of this function when left out.
   */
  readonly advise?: Advise;
  /**
   * How each request that may change something in Qontak is recorded; false:
   * not at all.
   *
   * On stderr, with hashes of the values, when left out.
   */
  readonly audit?: AuditOptions | false;
}

/** What some of the options must be. */
const rules = {
  ...connectionRules,
  toolsets: toolsetNames,
  readOnly: flag,
  content: oneOf(CONTENTS),
  timeZone: zoneName,
  snapshotLifetime: whole(0, 86_400_000),
} as const satisfies Rules<ServerOptions>;

/** An MCP server for Qontak. */
export interface QontakServer {
  /** The names of its tools, in the order that clients are shown. */
  readonly tools: readonly string[];
  /** The tools as `tools/list` shows them to callers that may call all. */
  readonly listed: readonly ListedTool[];
  /**
   * Speaks MCP on stdin and stdout, in every revision of the protocol.
   *
   * @returns A promise that resolves when the client has closed stdin and what
   * it asked for is answered.
   */
  stdio(): Promise<void>;
  /**
   * Answers one HTTP request to the MCP endpoint, in every revision of the
   * protocol. It checks neither who calls nor from where: see
   * {@linkcode createHandler}.
   *
   * @param request The request.
   * @param principal Who calls, as the credential says: it decides the tenants
   * and the tools. When left out, the caller may do all that the server may.
   * @returns The response; never rejects.
   */
  fetch(request: Request, principal?: Principal): Promise<Response>;
  /**
   * Tries what calls depend on, without saying more than whether it works.
   * What was found is kept for some seconds.
   *
   * @returns "ok", "failing", "absent" or "unused" by name.
   */
  ready(): Promise<Readiness>;
  /**
   * Tries Deno KV alone, as {@linkcode ready} does.
   *
   * @returns "absent" where the runtime has none, or none is attached, "unused"
   * with `kv: false`.
   */
  kv(): Promise<Readiness["kv"]>;
  /**
   * What it has counted and timed since it was made, in Prometheus' text
   * format, version 0.0.4. No tenant, id or value of a record is in it.
   */
  metrics(): string;
  /**
   * Ends what is under way over HTTP, keeps what is not kept yet, and closes
   * what it made itself.
   */
  close(): Promise<void>;
}

/** How long clients may keep what never changes, in ms. */
const TTL = 60 * 60 * 1000;

/** What clients may keep: for one caller, or for all. */
const CACHE_HINTS = {
  "tools/list": { ttlMs: TTL, cacheScope: "private" },
  "server/discover": { ttlMs: TTL, cacheScope: "private" },
  "resources/list": { ttlMs: TTL, cacheScope: "public" },
  "resources/templates/list": { ttlMs: TTL, cacheScope: "public" },
  "resources/read": { ttlMs: TTL, cacheScope: "public" },
  "prompts/list": { ttlMs: TTL, cacheScope: "public" },
} as const;

/**
 * Makes an MCP server for Qontak. It does nothing until it is served.
 *
 * @example Serving one company over stdio
 * ```ts ignore
 * import { createServer } from "@qontak/mcp";
 *
 * const server = createServer({
 *   refreshToken: Deno.env.get("REFRESH_TOKEN")!,
 * });
 * await server.stdio();
 * ```
 *
 * @example Seeing which tools there are
 * ```ts
 * import { assert } from "@std/assert";
 * import { createServer } from "@qontak/mcp";
 *
 * const server = createServer({ refreshToken: "a refresh token" });
 * assert(server.tools.includes("create_deal"));
 * ```
 *
 * @param given The company's credentials, and where Qontak is.
 * @returns The server.
 * @throws {CredentialsError} When neither a token nor a store is given.
 * @throws {OptionError} When an option is not what it must be.
 */
export function createServer(given: ServerOptions): QontakServer {
  const options = checkOptions(given, rules);
  const { content = "open", advise = adviseEmbedder } = options;
  const log = advisedLog(
    options.log ? withRequest(options.log) : createLog(),
    advise,
  );
  const telemetry = createTelemetry();
  const ownKv = options.kv === undefined ? createKv(log) : undefined;
  const kv = options.kv || ownKv;
  const store = options.store ??
    storeOf({ ...options, log, ...defined({ kv }) });
  const audit = options.audit === false
    ? noAudit
    : createAudit({ log, ...options.audit }, options.sealer);
  const access = createAccess({
    ...options,
    store,
    log,
    telemetry,
    ...defined({ kv }),
  });
  store.start?.();
  const call = createCall({
    access,
    kv,
    log,
    audit,
    telemetry,
    content,
    advise,
    snapshots: createSnapshots(
      defined({ lifetime: options.snapshotLifetime }),
    ),
    zone: createZone(options.timeZone ?? DEFAULT_ZONE),
  });
  const viewOf = createViews(selectTools(options));
  // Without a credential, a caller may do all that the server may.
  const operator = (name: string): Caller => ({
    name,
    tenants: store.isSingle ? [DEFAULT_TENANT] : undefined,
    scopes: DEFAULT_SCOPES,
  });
  const factoryFor = (owner: Caller): McpServerFactory => ({ authInfo }) => {
    const caller = callerIn(authInfo) ?? owner;
    return serverFor(caller, viewOf(caller), call);
  };

  const onerror = (error: Error) =>
    log("debug", "A message was refused", { error: error.name });
  const http = createEndpoint(factoryFor(operator("loopback")), onerror);
  const view = viewOf(operator("stdio"));
  const checks = createChecks(access, options.kv === false ? false : kv);
  return {
    tools: view.names,
    get listed() {
      return view.listed();
    },
    async stdio() {
      const { serveStdio } = await import("./mcp/stdio.ts");
      await serveStdio(factoryFor(operator("stdio")), onerror);
    },
    fetch: http.fetch,
    ...checks,
    metrics: telemetry.text,
    async close() {
      await http.close();
      await access.close();
      await audit.close();
      await ownKv?.close();
    },
  };
}

/** The SDK's server for one caller: what it answers to each method. */
function serverFor(caller: Caller, view: View, call: Call): Server {
  const server = new Server(IDENTITY, {
    capabilities: { tools: {}, resources: {}, prompts: {} },
    instructions: view.instructions,
    cacheHints: CACHE_HINTS,
  });
  server.setRequestHandler("tools/list", () => ({
    tools: view.listed() as never,
  }));
  server.setRequestHandler("tools/call", async ({ params }, context) => ({
    ...await call(view.find(params.name), params.arguments ?? {}, {
      caller,
      signal: context.mcpReq.signal,
      tell: tellerOf(context),
    }),
  }));
  server.setRequestHandler("resources/list", listResources);
  server.setRequestHandler("resources/read", readResource);
  server.setRequestHandler("resources/templates/list", () => ({
    resourceTemplates: [],
  }));
  server.setRequestHandler("prompts/list", () => ({ prompts: [] }));
  return server;
}

function storeOf(
  options: ServerOptions & { readonly log: Log },
): TokenStore {
  const { refreshToken, sealer, log, tokenCache } = options;
  const { auth = "oauth", baseUrl = apis[auth].baseUrl } = options;
  if (refreshToken === undefined) {
    throw new CredentialsError(
      "createServer needs a refreshToken or a store: there is nobody to act for",
    );
  }
  const kv = cacheKvOf({ kv: options.kv, tokenCache }, "env");
  return createEnvStore({
    credentials: { refresh_token: refreshToken },
    baseUrl,
    log,
    ...defined({ sealer, kv }),
  });
}
