/**
 * The MCP server: its parts, and its answer to each method.
 *
 * @module
 */
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
import { type Confirm, CONFIRMS } from "./changes/confirm.ts";
import { type ChangeOptions, UNDO_DAYS, undoDays } from "./changes/store.ts";
import { createMemoryChangeStore } from "./changes/stores/memory.ts";
import { DEFAULT_SCOPES, type Principal } from "./auth/principal.ts";
import { type Caller, type Calling, ON_THIS_MACHINE } from "./mcp/caller.ts";
import type { Call } from "./mcp/call.ts";
import type { Calls } from "./mcp/calls.ts";
import type { HttpEndpoint } from "./mcp/http.ts";
import { type AnswerCall, createToolMethods } from "./mcp/tool_methods.ts";
import { createViews } from "./mcp/view.ts";
import { createKv } from "./storage/kv.ts";
import { createLog, type Log, withRequest } from "./logging/log.ts";
import { createChecks, type Readiness } from "./qontak/readiness.ts";
import { type Rate, rate } from "./limits/bucket.ts";
import { createTelemetry } from "./telemetry/telemetry.ts";
import { DEFAULT_TENANT, type TokenStore } from "./tokens/store.ts";
import { createEnvStore } from "./tokens/stores/env.ts";
import type { ListedTool, Toolset } from "./tools/outline.ts";
import {
  isCompact,
  selectTools,
  toolChoice,
  toolsetNames,
} from "./tools/selection.ts";
import { type Content, CONTENTS } from "./mcp/contents.ts";
import { pasted } from "./values/pasted.ts";
import { flag, oneOf, type Rules, whole } from "./values/rules.ts";
import type { Snapshots } from "./snapshots/snapshots.ts";
import { createZone, DEFAULT_ZONE, zoneName } from "./values/zone.ts";
import { defined } from "./values/json.ts";

/** Settings of {@linkcode createServer}. */
export interface ServerOptions extends ConnectionOptions {
  /** The refresh token, if the server serves only one company. */
  readonly refreshToken?: string;
  /**
   * Where the credentials of companies are kept, instead of a token. The code
   * that created the store closes it, after the server.
   */
  readonly store?: TokenStore;
  /** The groups of tools to offer; all by default. */
  readonly toolsets?: readonly Toolset[];
  /**
   * The tools to offer: names of tools and of groups, each with `-` in front to
   * leave it out, such as `["deals", "search", "-delete_deal"]`. With
   * `"compact"`, clients list a dozen tools, and find and call the others
   * through three more. All by default; with `toolsets`, only those in both.
   */
  readonly tools?: readonly string[];
  /**
   * Whether to offer only tools that change nothing.
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
   * The time zone in which days and months in questions begin.
   *
   * @default {"Asia/Jakarta"}
   */
  readonly timeZone?: string;
  /**
   * How long the server reuses all records of one kind that it read for a
   * question, in ms. With 0, it reads them again for each question.
   *
   * @default {300000}
   */
  readonly snapshotLifetime?: number;
  /**
   * The memory limit for the records that the server keeps for the questions of
   * one company, in bytes.
   *
   * @default {33554432}
   */
  readonly snapshotBytes?: number;
  /**
   * The memory limit for the records that it keeps for the questions of all
   * companies, in bytes.
   *
   * @default {268435456}
   */
  readonly snapshotTotalBytes?: number;
  /**
   * How many calls each caller over HTTP may make that send nothing to Qontak,
   * such as `tools/list`, and those answered from memory.
   *
   * @default {{ perSecond: 100, burst: 1000 }}
   */
  readonly callRate?: Rate;
  /** Writes log lines; to stderr by default. */
  readonly log?: Log;
  /**
   * Words the advice on errors, for answers and log lines. By default, it names
   * options of this function.
   */
  readonly advise?: Advise;
  /**
   * How to record each request that may change something in Qontak; false turns
   * this off.
   *
   * By default, records go to stderr, with hashes of the values.
   */
  readonly audit?: AuditOptions | false;
  /**
   * Which changes need a plan or the person's own yes, for which the server
   * asks through clients that can. By default, "off" on stdio, and "deletes"
   * over HTTP.
   */
  readonly confirm?: Confirm;
  /** Plans of changes, and where they are kept. */
  readonly changes?: ChangeOptions;
}

/** The rules for some of the options. */
const rules = {
  ...connectionRules,
  refreshToken: pasted,
  toolsets: toolsetNames,
  tools: toolChoice,
  readOnly: flag,
  content: oneOf(CONTENTS),
  timeZone: zoneName,
  confirm: oneOf(CONFIRMS),
  snapshotLifetime: whole(0, 86_400_000),
  snapshotBytes: whole(1, Number.MAX_SAFE_INTEGER),
  snapshotTotalBytes: whole(1, Number.MAX_SAFE_INTEGER),
  callRate: rate,
} as const satisfies Rules<ServerOptions>;

/** An MCP server for Qontak. */
export interface QontakServer {
  /** The names of its tools, in the order in which clients list them. */
  readonly tools: readonly string[];
  /**
   * The tools, as `tools/list` shows them to callers that may call all of them.
   */
  readonly listed: readonly ListedTool[];
  /**
   * Serves MCP on stdin and stdout, in every revision of the protocol.
   *
   * @param ending Tells it to read no more, and to end within 3.5 seconds.
   * @returns A promise that resolves when the client has closed stdin and all
   * its requests are answered.
   */
  stdio(ending?: AbortSignal): Promise<void>;
  /**
   * Answers one HTTP request to the MCP endpoint, in every revision of the
   * protocol. It does not check who calls or from where: see {@linkcode
   * createHandler}.
   *
   * @param request The request.
   * @param principal The caller, according to the credential; it decides the
   * tenants and the tools. By default, the caller may do all that the server
   * may.
   * @returns The response; never rejects.
   */
  fetch(request: Request, principal?: Principal): Promise<Response>;
  /**
   * Checks what calls depend on, and reports only whether each part works. The
   * results are cached for a few seconds.
   *
   * @returns "ok", "failing", "absent" or "unused" by name.
   */
  ready(): Promise<Readiness>;
  /**
   * Checks Deno KV alone, as {@linkcode ready} does.
   *
   * @returns "absent" if the runtime has no Deno KV or none is attached,
   * "unused" with `kv: false`.
   */
  kv(): Promise<Readiness["kv"]>;
  /**
   * All counters and timings since the server was created, in Prometheus' text
   * format, version 0.0.4. They contain no tenant, id or value of a record.
   */
  metrics(): string;
  /**
   * Ends the HTTP requests in progress, saves pending data, and closes the
   * parts that the server created.
   */
  close(): Promise<void>;
}

/**
 * Creates an MCP server for Qontak. It does nothing until it serves.
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
 * @example Listing the tools
 * ```ts
 * import { assert } from "@std/assert";
 * import { createServer } from "@qontak/mcp";
 *
 * const server = createServer({ refreshToken: "a-refresh-token" });
 * assert(server.tools.includes("create_deal"));
 * ```
 *
 * @param given The company's credentials, and the address of Qontak.
 * @returns The server.
 * @throws {CredentialsError} When neither a token nor a store is given.
 * @throws {OptionError} When an option is invalid.
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
  let snapshots: Snapshots | undefined;
  telemetry.gauge("snapshot_bytes", () => snapshots?.bytes ?? 0);
  const tools = selectTools(options);
  const settings = {
    access,
    kv,
    sealer: options.sealer,
    log,
    audit,
    telemetry,
    content,
    advise,
    changes: {
      store: createMemoryChangeStore(),
      undoDays: UNDO_DAYS,
      ...checkOptions(options.changes ?? {}, { undoDays }),
    },
    zone: createZone(options.timeZone ?? DEFAULT_ZONE),
    hasTool: (name: string) => tools.some((tool) => tool.name === name),
  };
  const loadCalls = async (): Promise<Calls> => {
    const [{ createCalls }, { createSnapshots }] = await Promise.all([
      import("./mcp/calls.ts"),
      import("./snapshots/snapshots.ts"),
    ]);
    snapshots = createSnapshots(
      defined({
        lifetime: options.snapshotLifetime,
        tenantBytes: options.snapshotBytes,
        allBytes: options.snapshotTotalBytes,
      }),
    );
    return createCalls({ ...settings, snapshots });
  };
  let loaded: Promise<Calls> | undefined;
  const calls = () => loaded ??= loadCalls();
  const call: Call = async (...one) => await (await calls()).call(...one);
  const viewOf = createViews(tools, {
    compact: isCompact(options.tools ?? []),
  });
  // Without a credential, a caller may do all that the server may.
  const operator = (name: string): Caller => ({
    name,
    tenants: store.isSingle ? [DEFAULT_TENANT] : undefined,
    scopes: DEFAULT_SCOPES,
  });
  /** Makes the methods of callers: of the owner if nobody else is named. */
  const methodsFor = (owner: Caller, otherwise: Confirm) => {
    const { confirm = otherwise } = options;
    let answering: AnswerCall | undefined;
    const answerCall: AnswerCall = async (one) => {
      answering ??= (await calls()).answering(confirm);
      return await answering(one);
    };
    return (
      { principal, choice, exchange, hold }: Partial<Calling> = {},
    ) => {
      const caller = principal ?? owner;
      const view = viewOf(caller, choice);
      return createToolMethods({ caller, view, exchange, hold, answerCall });
    };
  };
  const onerror = (error: Error) =>
    log("debug", "A message was refused", { error: error.name });
  const methodsOverHttp = methodsFor(operator(ON_THIS_MACHINE), "deletes");
  let endpoint: Promise<HttpEndpoint> | undefined;
  const http = () =>
    endpoint ??= import("./mcp/http.ts").then(({ createEndpoint }) =>
      createEndpoint({
        methods: methodsOverHttp,
        call,
        callRate: options.callRate,
        onerror,
      })
    );
  const view = viewOf(operator("stdio"));
  const checks = createChecks(access, options.kv === false ? false : kv);
  return {
    tools: view.names,
    get listed() {
      return view.listed();
    },
    async stdio(ending) {
      const { serveStdio } = await import("./mcp/stdio.ts");
      await serveStdio({
        methods: methodsFor(operator("stdio"), "off")(),
        call,
        onerror,
        ending,
      });
    },
    fetch: async (request, principal) =>
      await (await http()).fetch(request, principal),
    ...checks,
    metrics: telemetry.text,
    async close() {
      await (await endpoint)?.close();
      await access.close();
      await audit.close();
      await ownKv?.close();
    },
  };
}

function storeOf(
  options: ServerOptions & { readonly log: Log },
): TokenStore {
  const { refreshToken, sealer, log, tokenCache } = options;
  const { auth = "oauth", baseUrl = apis[auth].baseUrl } = options;
  if (refreshToken === undefined) {
    throw new CredentialsError(
      "createServer needs a refreshToken or a store: it has no company to act for",
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
