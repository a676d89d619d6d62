/**
 * What the reads, the writes and the probes of a live test work with: the
 * project's own CRM for raw calls, and its MCP server behind a real client.
 *
 * @module
 */
import {
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { QontakError } from "../../src/errors.ts";
import { DEFAULT_TIMEOUT, ways } from "../../src/qontak/connection.ts";
import { serverOptionsOf, type Settings } from "../../src/app/settings.ts";
import { createCache } from "../../src/storage/cache.ts";
import {
  createSetup,
  type Setup,
  SETUP_LIFETIME,
} from "../../src/fields/setup.ts";
import { createHandler } from "../../src/http/handler.ts";
import { createLog, type Log, toStderr } from "../../src/logging/log.ts";
import { isLoopback } from "../../src/net/address.ts";
import {
  type Authorize,
  type CallOptions,
  createCrm,
  type Crm,
} from "../../src/qontak/crm.ts";
import { type Endpoint, nameOf } from "../../src/qontak/endpoints.ts";
import { bearer, createOAuth, TOKEN_PAGE } from "../../src/qontak/oauth.ts";
import { createServer } from "../../src/server.ts";
import { createTelemetry } from "../../src/telemetry/telemetry.ts";
import { DEFAULT_TENANT } from "../../src/tokens/store.ts";
import { createTransport } from "../../src/net/transport.ts";
import { createTokens } from "../../src/tokens/tokens.ts";
import { defined, isObject, type JsonObject } from "../../src/values/json.ts";
import { isGood, recordIn } from "./answers.ts";
import { NotTried } from "./fact.ts";
import type { Flags } from "./flags.ts";
import { type Kind, MARK } from "./kinds.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { redact } from "./redact.ts";
import { type TokenWatch, watchTokens } from "./tokens.ts";
import {
  createWire,
  type Exchange,
  LONGEST_WAIT,
  Stopped,
  type Wire,
} from "./wire.ts";

/** What came of a raw call that may be refused. */
export interface Attempt {
  /** Whether Qontak said yes. */
  readonly ok: boolean;
  /** `meta.status` or the HTTP status. */
  readonly status: number;
  /** What Qontak said; may hold anything, so it is never printed. */
  readonly said: string;
  /** What stood under `response`. */
  readonly response: unknown;
  /** The whole exchange. */
  readonly exchange: Exchange;
}

/** A tool said no. Its message holds no personal data. */
export class ToolRefusal extends Error {
  override readonly name = "ToolRefusal";
}

/** Everything that a live test works with. */
export interface Lab extends AsyncDisposable {
  readonly flags: Flags;
  /** Names the records of this run. */
  readonly run: string;
  /** The mark that all of them bear. */
  readonly mark: string;
  readonly wire: Wire;
  readonly tokens: TokenWatch;
  readonly crm: Crm;
  /** The company's setup, read apart from the server's. */
  readonly setup: Setup;
  readonly ledger: Ledger;
  /** Whether an OAuth application is configured. */
  readonly hasClient: boolean;
  /** Whether Qontak is on this machine. */
  readonly loopback: boolean;
  /** Records of ours that the probes work on, by kind. */
  readonly own: Map<Kind, number>;
  /** The id of the user behind the token, once it is known. */
  me: number | undefined;
  /** The same CRM for somebody else. */
  crmAs(authorize: Authorize): Crm;
  /** A raw call; a refusal is an answer too. */
  attempt(
    endpoint: Endpoint,
    options?: CallOptions,
    via?: Crm,
  ): Promise<Attempt>;
  /** Calls a tool and returns what it answers as data. */
  tool(name: string, args: JsonObject): Promise<JsonObject>;
  /** The good answers of an endpoint so far. */
  answers(endpoint: Endpoint): Exchange[];
  /** The id of our record of a kind. */
  ours(kind: Kind): number;
  /** Reads our record of a kind. */
  read(kind: Kind, id?: number): Promise<JsonObject>;
  /** Changes our record of a kind by a raw PUT that keeps its owner. */
  change(kind: Kind, body: JsonObject, id?: number): Promise<Attempt>;
}

/**
 * Makes the lab.
 *
 * @param settings Where Qontak is, and the token.
 * @param flags What the run may do.
 */
export async function createLab(
  settings: Settings,
  flags: Flags,
): Promise<Lab> {
  const { oauth } = ways;
  const { baseUrl = oauth.baseUrl, timeout = DEFAULT_TIMEOUT, ...options } =
    serverOptionsOf(settings);
  const apiUrl = baseUrl + oauth.prefix;
  const loopback = isLoopback(new URL(baseUrl).hostname);
  const run = runId();
  const ledger = createLedger();
  const wire = createWire({
    apiUrl,
    loopback,
    onExchange(exchange) {
      ledger.observe(exchange);
      toStderr(
        `${exchange.endpoint}: ${
          exchange.status || "no status"
        }, ${exchange.ms} ms, ${exchange.shape}`,
      );
    },
  });
  const errors = createLog("error");
  // Once the run is stopped, every request fails, which is no news.
  const log: Log = (...line) => {
    if (wire.stopped === undefined) errors(...line);
  };
  const transport = createTransport(wire.fetch);
  // A request may wait for its turn before it is sent.
  const patience = timeout + LONGEST_WAIT;
  const { clientId, clientSecret, redirectUri } = options;
  const refreshToken = settings.QONTAK_REFRESH_TOKEN ?? "";
  const { refresh } = createOAuth({
    baseUrl,
    timeout: patience,
    transport,
    mend: () => `Make a new one at ${TOKEN_PAGE}`,
    ...defined({ clientId, clientSecret, redirectUri }),
  });
  const tokens = watchTokens({
    refreshToken,
    refresh,
    ...defined({ path: flags["save-token"] }),
  });
  const { store } = tokens;
  const crmAs = (authorize: Authorize) =>
    createCrm({
      apiUrl,
      authorize,
      unauthorized: oauth.unauthorized,
      timeout: patience,
      // What Qontak answers is to be seen as it comes.
      retryBudget: 0,
      transport,
      telemetry: createTelemetry(),
    });
  const access = createTokens({ store, refresh, log });
  const crm = crmAs(bearer(access, DEFAULT_TENANT));
  const cache = createCache({ lifetime: SETUP_LIFETIME, size: 1_000 });
  const server = createServer({
    ...defined({ clientId, clientSecret, redirectUri }),
    store,
    baseUrl,
    // One call sends several requests.
    timeout: 5 * patience,
    retryBudget: 0,
    fetch: wire.fetch,
    log,
  });
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    createHandler(server),
  );
  const client = new Client({ name: "qontak-mcp-live", version: "1.0.0" }, {
    versionNegotiation: { mode: "auto" },
  });
  await client.connect(
    new StreamableHTTPClientTransport(
      new URL(`http://127.0.0.1:${http.addr.port}/mcp`),
    ),
  );

  const own = new Map<Kind, number>();

  async function attempt(
    endpoint: Endpoint,
    request: CallOptions = {},
    via: Crm = crm,
  ): Promise<Attempt> {
    try {
      const { response } = await via.call(endpoint, request);
      const exchange = wire.seen.at(-1)!;
      return {
        ok: true,
        status: exchange.status,
        said: "",
        response,
        exchange,
      };
    } catch (error) {
      if (!(error instanceof QontakError)) throw error;
      const { status, said } = error;
      const exchange = wire.seen.at(-1)!;
      return { ok: false, status, said, response: undefined, exchange };
    }
  }

  const lab: Lab = {
    flags,
    run,
    mark: `${MARK} ${run}`,
    wire,
    tokens,
    crm,
    crmAs,
    setup: createSetup(crm, cache, "live"),
    ledger,
    hasClient: clientId !== undefined,
    loopback,
    own,
    me: undefined,
    attempt,
    async tool(name, args) {
      const result = await client.callTool({ name, arguments: args }, {
        // A tool sends several requests, and each may wait for its turn.
        timeout: 10 * patience,
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
    change(kind, body, id = lab.ours(kind)) {
      const kept = kind.owner && lab.me !== undefined
        ? { [kind.owner]: lab.me }
        : {};
      return attempt(kind.endpoints.update!, {
        path: { id },
        body: { ...kept, ...body },
      });
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await http.shutdown();
      await server.close();
      access.close();
      wire[Symbol.dispose]();
    },
  };
  return lab;
}

function runId(): string {
  const random = crypto.getRandomValues(new Uint8Array(1))[0]! % 36;
  return Date.now().toString(36) + random.toString(36);
}
