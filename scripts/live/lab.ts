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
import type { Place } from "../../src/fields/required.ts";
import { createSetup, SETUP_LIFETIME } from "../../src/fields/setup.ts";
import { noLimits } from "../../src/limits/limits.ts";
import { createLog, type Log, toStderr } from "../../src/logging/log.ts";
import { isLoopback } from "../../src/net/address.ts";
import { createTransport } from "../../src/net/transport.ts";
import { apis, createAccess } from "../../src/qontak/connection.ts";
import type { CallOptions } from "../../src/qontak/crm.ts";
import { type Endpoint, nameOf } from "../../src/qontak/endpoints.ts";
import { readAnswer } from "../../src/qontak/envelope.ts";
import { createListParser } from "../../src/values/json_list.ts";
import type { Resource } from "../../src/qontak/resources.ts";
import { createServer, type ServerOptions } from "../../src/server.ts";
import { createCache } from "../../src/storage/cache.ts";
import { DEFAULT_TENANT } from "../../src/tokens/store.ts";
import { defined, isObject, type JsonObject } from "../../src/values/json.ts";
import { recordIn } from "./answers.ts";
import type { LiveFlags } from "./flags.ts";
import { type Kind, MARK } from "./kinds.ts";
import { redact } from "./redact.ts";
import { watchTokens } from "./tokens.ts";
import { demand, Refused, Stopped } from "./verdict.ts";
import { createWire, type Exchange, LONGEST_WAIT } from "./wire.ts";

/** A raw call that may be refused. */
export interface Attempt extends Exchange {
  /** What Qontak said; it may contain anything, so it is never printed. */
  readonly said: string;
}

/** The statuses that say nothing about the request. */
const OUT_OF_ORDER = [429, 502, 503, 504];

/** The tools of a live test. */
export type Lab = Awaited<ReturnType<typeof createLab>>;

/** Starts the server, and connects a client. */
async function connect(options: ServerOptions) {
  // It deletes only what it has made itself.
  const server = createServer({ ...options, confirm: "off" });
  const client = new Client({ name: "qontak-mcp-live", version: "1.0.0" }, {
    versionNegotiation: { mode: "auto" },
  });
  const url = new URL("http://127.0.0.1/mcp");
  const fetch = (url: string | URL, init?: RequestInit) =>
    server.fetch(new Request(url, init));
  await client.connect(new StreamableHTTPClientTransport(url, { fetch }));
  return { client, server };
}

/**
 * Creates the lab.
 *
 * @throws {ConfigError} When the file of --save-token cannot be used.
 */
export async function createLab(settings: Settings, flags: LiveFlags) {
  const { QONTAK_BASE_URL: baseUrl, QONTAK_TIMEOUT_MS: timeout } = settings;
  const { clientId, clientSecret, redirectUri } = serverOptionsOf(settings);
  const apiUrl = baseUrl + apis.oauth.prefix;
  const loopback = isLoopback(new URL(baseUrl).hostname);
  const run = runId();
  const mark = `${MARK} ${run}`;
  const tokens = await watchTokens(
    settings.QONTAK_REFRESH_TOKEN!,
    flags["save-token"],
  );
  const wire = createWire(apiUrl, loopback, ({ endpoint, http, ms, shape }) => {
    toStderr(`${endpoint}: ${http || "no status"}, ${ms} ms, ${shape}`);
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
  const { client, server } = await connect({
    ...options,
    timeout: 5 * timeLimit,
  });
  const cache = createCache({ lifetime: SETUP_LIFETIME, size: 1_000 });
  const setup = createSetup(crm, cache, "live", async () => {
    const account = await access.account(DEFAULT_TENANT);
    return await account.user(AbortSignal.timeout(timeLimit));
  });
  const own = new Map<Kind, number>();
  let closing: Promise<void> | undefined;

  /** Waits for a raw call; a refusal also counts as an answer. */
  async function attempted(call: Promise<unknown>): Promise<Attempt> {
    const refusal = await call.then(() => undefined, (error) => {
      const isRefusal = error instanceof QontakError &&
        !OUT_OF_ORDER.includes(error.status);
      if (isRefusal) return error;
      throw error;
    });
    const last = wire.seen.at(-1)!;
    const { status = last.http, said = "" } = refusal ?? {};
    return { ...last, ok: !refusal, status, said };
  }

  /** Sends a raw call that Qontak may refuse. */
  const attempt = (endpoint: Endpoint, request?: CallOptions) =>
    attempted(crm.call(endpoint, request));

  /**
   * Sends a raw call that must be accepted.
   *
   * @throws {Refused} When it is refused.
   */
  async function send(endpoint: Endpoint, request?: CallOptions) {
    const answer = await attempt(endpoint, request);
    if (!answer.ok) throw new Refused(`refused with ${answer.status}`);
    return answer;
  }

  /** The id of our record of a kind. */
  const ours = (kind: Kind) =>
    demand(own.get(kind), `no ${kind.name} could be made`);

  /** The successful answers of an endpoint so far. */
  const answers = (endpoint: Endpoint) =>
    wire.seen.filter((one) => one.ok && one.endpoint === nameOf(endpoint));

  const lab = {
    flags,
    /** The id of this run; part of the names of its records. */
    run,
    /** The mark that its records share. */
    mark,
    baseUrl,
    wire,
    tokens,
    crm,
    /** The company's setup, read separately from the server's. */
    setup,
    /** Whether an OAuth application is configured. */
    hasClient: clientId !== undefined,
    /** Whether Qontak runs on this machine. */
    loopback,
    /** Our records for the probes, by kind. */
    own,
    /** The id of the token's user, once it is known. */
    me: undefined as number | undefined,
    ours,
    attempt,
    send,
    /** Sends a read with an invalid access token. */
    attemptWithBadToken: (endpoint: Endpoint) =>
      attempted(
        createTransport(wire.fetch).read(apiUrl + endpoint.path, {
          headers: { authorization: "Bearer not-a-token" },
          signal: AbortSignal.timeout(timeLimit),
        }).then((reply) => readAnswer(endpoint, reply, "", createListParser())),
      ),
    /** Requests new tokens with this refresh token. */
    async grant(refreshToken: string) {
      const { store } = tokens;
      const { expires_in, ...grant } = await access.oauth!
        .refresh(refreshToken, DEFAULT_TENANT);
      const expires_at = Math.floor(Date.now() / 1000) + expires_in;
      const { version } = await store.read(DEFAULT_TENANT) ?? {};
      const next = { ...grant, expires_in, expires_at };
      await store.replace(DEFAULT_TENANT, next, version);
    },
    /** Calls a tool and returns its answer as data. */
    async tool(name: string, args: JsonObject): Promise<JsonObject> {
      const result = await client.callTool({ name, arguments: args }, {
        // A tool sends several requests, and each may wait for its turn.
        timeout: 10 * timeLimit,
      });
      if (wire.stopped !== undefined) throw new Stopped(wire.stopped);
      const [content] = result.content as { text?: string }[];
      if (result.isError) throw new Refused(redact(content?.text ?? ""));
      return isObject(result.structuredContent) ? result.structuredContent : {};
    },
    answers,
    /** The body of the first successful answer of an endpoint. */
    firstBody(endpoint: Endpoint): JsonObject {
      const [first] = answers(endpoint);
      return demand(first?.body, `${endpoint.path} could not be read`);
    },
    /** The fields of a kind of record; none if it has no template. */
    fields: (kind: Kind) => setup.fields(kind as Resource),
    /** The stages of a kind of record, in the first of its pipelines. */
    async places(kind: Kind, most?: number) {
      const found: Place[] = [];
      const resource = kind as Resource;
      for (const pipeline of (await setup.pipelines(resource)).slice(0, most)) {
        const listed = await setup.stages(resource, pipeline.id);
        const stages = listed.map(({ id }) => id);
        found.push(...listed.map((stage) => ({ pipeline, stage, stages })));
      }
      return found;
    },
    /** Reads our record of a kind. */
    async read(kind: Kind, id = ours(kind)) {
      const path = { id };
      const { response } = await crm.call(kind.endpoints.get!, { path });
      return recordIn(response);
    },
    /** Changes our record of a kind with a raw PUT that keeps its owner. */
    change(kind: Kind, body: JsonObject) {
      const { owner } = kind;
      const kept = owner?.resetByUpdate && lab.me !== undefined
        ? { [owner.key]: lab.me }
        : {};
      return send(kind.endpoints.update!, {
        path: { id: ours(kind) },
        body: { ...kept, ...body },
      });
    },
    /** Saves pending data, and closes all connections. */
    close: () =>
      closing ??= (async () => {
        await client.close();
        await server.close();
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
