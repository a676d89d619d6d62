/**
 * The tools for the reads, the writes and the probes of a live test: the
 * project's own CRM client for raw calls, and its MCP server with a real
 * client.
 *
 * @module
 */
import {
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { serverOptionsOf, type Settings } from "../../src/app/settings.ts";
import { QontakError } from "../../src/errors.ts";
import {
  createSetup,
  type Setup,
  SETUP_LIFETIME,
} from "../../src/fields/setup.ts";
import { createHandler } from "../../src/http/handler.ts";
import { noLimits } from "../../src/limits/limits.ts";
import { createLog, type Log, toStderr } from "../../src/logging/log.ts";
import { isLoopback } from "../../src/net/address.ts";
import { createTransport } from "../../src/net/transport.ts";
import { apis, createAccess } from "../../src/qontak/connection.ts";
import type { CallOptions, Crm } from "../../src/qontak/crm.ts";
import { type Endpoint, nameOf } from "../../src/qontak/endpoints.ts";
import { type Answer, readAnswer } from "../../src/qontak/envelope.ts";
import { createServer } from "../../src/server.ts";
import { createCache } from "../../src/storage/cache.ts";
import { DEFAULT_TENANT } from "../../src/tokens/store.ts";
import { defined, isObject, type JsonObject } from "../../src/values/json.ts";
import { isGood, recordIn } from "./answers.ts";
import type { LiveFlags } from "./flags.ts";
import { type Kind, MARK } from "./kinds.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { redact } from "./redact.ts";
import { type TokenWatch, watchTokens } from "./tokens.ts";
import { NotTried, Stopped, ToolRefusal } from "./verdict.ts";
import { createWire, type Exchange, LONGEST_WAIT, type Wire } from "./wire.ts";

/** The result of a raw call that may be refused. */
export interface Attempt {
  /** Whether Qontak accepted it. */
  readonly ok: boolean;
  /** `meta.status` or the HTTP status. */
  readonly status: number;
  /**
   * The text that Qontak sent; it may contain anything, so it is never printed.
   */
  readonly said: string;
  /** The value of `response`. */
  readonly response: unknown;
  /** The whole exchange. */
  readonly exchange: Exchange;
}

/** The tools of a live test. */
export interface Lab {
  readonly flags: LiveFlags;
  /** The id of this run; part of the names of its records. */
  readonly run: string;
  /** The mark that its records share. */
  readonly mark: string;
  readonly wire: Wire;
  readonly tokens: TokenWatch;
  readonly crm: Crm;
  /** The company's setup, read separately from the server's. */
  readonly setup: Setup;
  readonly ledger: Ledger;
  /** Whether an OAuth application is configured. */
  readonly hasClient: boolean;
  /** Whether Qontak runs on this machine. */
  readonly loopback: boolean;
  /** Our records for the probes, by kind. */
  readonly own: Map<Kind, number>;
  /** The id of the token's user, once it is known. */
  me: number | undefined;
  /** Sends a raw call; a refusal also counts as an answer. */
  attempt(endpoint: Endpoint, request?: CallOptions): Promise<Attempt>;
  /** Sends a read with an invalid access token. */
  attemptWithBadToken(endpoint: Endpoint): Promise<Attempt>;
  /** Requests new tokens with this refresh token. */
  grant(refreshToken: string): Promise<void>;
  /** Calls a tool and returns its answer as data. */
  tool(name: string, args: JsonObject): Promise<JsonObject>;
  /** The successful answers of an endpoint so far. */
  answers(endpoint: Endpoint): Exchange[];
  /** The id of our record of a kind. */
  ours(kind: Kind): number;
  /** Reads our record of a kind. */
  read(kind: Kind, id?: number): Promise<JsonObject>;
  /** Changes our record of a kind with a raw PUT that keeps its owner. */
  change(kind: Kind, body: JsonObject): Promise<Attempt>;
  /** Saves pending data, and closes all connections. */
  close(): Promise<void>;
}

/** Starts the server on its own port, and connects a client. */
async function connect(options: Parameters<typeof createServer>[0]) {
  const server = createServer(options);
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    createHandler(server),
  );
  const client = new Client({ name: "qontak-mcp-live", version: "1.0.0" }, {
    versionNegotiation: { mode: "auto" },
  });
  const url = new URL(`http://127.0.0.1:${http.addr.port}/mcp`);
  await client.connect(new StreamableHTTPClientTransport(url));
  return {
    client,
    async close() {
      await client.close();
      await http.shutdown();
      await server.close();
    },
  };
}

/**
 * Creates the lab.
 *
 * @param settings The address of Qontak, and the token.
 * @param flags What the run may do.
 * @throws {ConfigError} When the file of --save-token cannot be used.
 */
export async function createLab(
  settings: Settings,
  flags: LiveFlags,
): Promise<Lab> {
  const { QONTAK_BASE_URL: baseUrl, QONTAK_TIMEOUT_MS: timeout } = settings;
  const { clientId, clientSecret, redirectUri } = serverOptionsOf(settings);
  const apiUrl = baseUrl + apis.oauth.prefix;
  const loopback = isLoopback(new URL(baseUrl).hostname);
  const run = runId();
  const ledger = createLedger();
  const tokens = await watchTokens(
    settings.QONTAK_REFRESH_TOKEN!,
    flags["save-token"],
  );
  const wire = createWire({
    apiUrl,
    loopback,
    onExchange(exchange) {
      ledger.observe(exchange);
      const { endpoint, status, ms, shape } = exchange;
      toStderr(`${endpoint}: ${status || "no status"}, ${ms} ms, ${shape}`);
    },
  });
  const errors = createLog("error");
  // Once the run is stopped, every request fails, so the log is not needed.
  const log: Log = (...line) => {
    if (wire.stopped === undefined) errors(...line);
  };
  // A request may wait for its turn before it is sent.
  const timeLimit = timeout + LONGEST_WAIT;
  const options = {
    ...defined({ clientId, clientSecret, redirectUri }),
    store: tokens.store,
    baseUrl,
    timeout: timeLimit,
    // The answers of Qontak must be visible as they arrive.
    retryBudget: 0,
    tokenCache: "memory",
    // The wire has its own limits.
    limits: noLimits,
    fetch: wire.fetch,
    log,
  } as const;
  const access = createAccess(options);
  const crm = access.crm(DEFAULT_TENANT);
  // One call of a tool sends several requests.
  const { client, close } = await connect({
    ...options,
    timeout: 5 * timeLimit,
  });
  const own = new Map<Kind, number>();
  let closing: Promise<void> | undefined;

  async function attempt(call: Promise<Answer>): Promise<Attempt> {
    const exchange = () => wire.seen.at(-1)!;
    try {
      const { response } = await call;
      const { status } = exchange();
      return { ok: true, status, said: "", response, exchange: exchange() };
    } catch (error) {
      if (!(error instanceof QontakError)) throw error;
      const { status, said } = error;
      return {
        ...{ ok: false, status, said, response: undefined },
        exchange: exchange(),
      };
    }
  }

  const lab: Lab = {
    flags,
    run,
    mark: `${MARK} ${run}`,
    wire,
    tokens,
    crm,
    setup: createSetup(
      crm,
      createCache({ lifetime: SETUP_LIFETIME, size: 1_000 }),
      "live",
      () =>
        Promise.reject(new TypeError("The live test writes no owner as me")),
    ),
    ledger,
    hasClient: clientId !== undefined,
    loopback,
    own,
    me: undefined,
    attempt: (endpoint, request) => attempt(crm.call(endpoint, request)),
    attemptWithBadToken: (endpoint) =>
      attempt(
        createTransport(wire.fetch).read(apiUrl + endpoint.path, {
          headers: { authorization: "Bearer not-a-token" },
          signal: AbortSignal.timeout(timeLimit),
        }).then((reply) => readAnswer(endpoint, reply, "")),
      ),
    async grant(refreshToken) {
      const { store } = tokens;
      const { expires_in, ...grant } = await access.oauth!.refresh(
        refreshToken,
        DEFAULT_TENANT,
      );
      const expires_at = Math.floor(Date.now() / 1000) + expires_in;
      await store.replace(
        DEFAULT_TENANT,
        { ...grant, expires_in, expires_at },
        (await store.read(DEFAULT_TENANT))?.version,
      );
    },
    async tool(name, args) {
      const result = await client.callTool({ name, arguments: args }, {
        // A tool sends several requests, and each may wait for its turn.
        timeout: 10 * timeLimit,
      });
      if (wire.stopped !== undefined) throw new Stopped(wire.stopped);
      const [content] = result.content as { text?: string }[];
      if (result.isError) throw new ToolRefusal(redact(content?.text ?? ""));
      return isObject(result.structuredContent) ? result.structuredContent : {};
    },
    answers: (endpoint) =>
      wire.seen.filter((exchange) =>
        exchange.endpoint === nameOf(endpoint) && isGood(exchange)
      ),
    ours(kind) {
      const id = own.get(kind);
      if (id !== undefined) return id;
      throw new NotTried(
        flags.write ? `no ${kind.name} could be made` : "it needs --write",
      );
    },
    async read(kind, id = lab.ours(kind)) {
      const { response } = await crm.call(kind.endpoints.get!, {
        path: { id },
      });
      return recordIn(response);
    },
    change(kind, body) {
      const { owner } = kind.resource ?? {};
      const kept = owner?.resetByUpdate && lab.me !== undefined
        ? { [owner.key]: lab.me }
        : {};
      return lab.attempt(kind.endpoints.update!, {
        path: { id: lab.ours(kind) },
        body: { ...kept, ...body },
      });
    },
    close: () =>
      closing ??= (async () => {
        await close();
        await access.close();
        await wire.close();
      })(),
  };
  return lab;
}

function runId(): string {
  const random = crypto.getRandomValues(new Uint8Array(1))[0]! % 36;
  return Date.now().toString(36) + random.toString(36);
}
