/**
 * A complete test setup on loopback: the sandbox CRM over HTTP, the server over
 * HTTP in front of it, and a real MCP client.
 *
 * @module
 */
import type { Client } from "@modelcontextprotocol/client";
import {
  type Content,
  createServer,
  type Limits,
  type ServerOptions,
} from "../../mod.ts";
import { createLimits } from "../../src/limits/mod.ts";
import {
  type RunningSandbox,
  type SandboxOptions,
  type SandboxRequest,
  serveSandbox,
} from "../../src/sandbox/mod.ts";
import { defined } from "../../src/values/json.ts";
import { call, type Called, connectHttp, type Mode, ok } from "./client.ts";
import { serveMcp } from "./serve.ts";
import { changing, serveUpstream } from "./upstream.ts";

/** The test setup; everything in it closes with it. */
export interface World extends AsyncDisposable {
  readonly sandbox: RunningSandbox;
  readonly client: Client;
  /** The origin of the server. */
  readonly url: string;
  /** Log lines that the server wrote. */
  readonly logs: readonly string[];
  /** Calls a tool. */
  call(name: string, args?: Record<string, unknown>): Promise<Called>;
  /** Calls a tool that must succeed. */
  // deno-lint-ignore no-explicit-any -- tests read any field of an answer
  ok(name: string, args?: Record<string, unknown>): Promise<any>;
  /** Calls a tool that must fail, and returns what it says. */
  refused(name: string, args?: Record<string, unknown>): Promise<string>;
  /** The requests to Qontak since the last call of this function. */
  seen(): SandboxRequest[];
}

/** Settings of {@linkcode createWorld}. */
export interface WorldOptions extends SandboxOptions {
  readonly timeout?: number;
  readonly retryBudget?: number;
  readonly audit?: NonNullable<ServerOptions["audit"]>;
  readonly content?: Content;
  readonly tokenUser?: number;
  readonly changes?: NonNullable<ServerOptions["changes"]>;
  /** Which revision the client speaks. */
  readonly mode?: Mode;
  /** By default, there are no rate limits. */
  readonly limits?: Limits;
  /** Further options of the server. */
  readonly server?: Partial<ServerOptions>;
  /**
   * Changes the sandbox's answer to a request, such as
   * `GET /api/v3.1/deals/info`.
   */
  // deno-lint-ignore no-explicit-any -- tests change any field of an answer
  readonly change?: (request: string, answer: any) => unknown;
}

/** The requests that could have changed something. */
export function writes(world: World): SandboxRequest[] {
  return world.sandbox.requests.filter(({ method, path }) =>
    method !== "GET" && path !== "/oauth/token"
  );
}

/** The rate that does not limit anything. */
export const NO_RATE = { perSecond: Infinity, burst: 1 };

/** Limits that do not restrict the requests of a test. */
export function noRates(): Limits {
  return createLimits({ tenant: NO_RATE, all: NO_RATE });
}

/** Makes a test setup. */
export async function createWorld(
  {
    timeout,
    retryBudget,
    audit,
    content,
    tokenUser,
    changes,
    mode,
    limits = noRates(),
    server: further,
    change,
    ...options
  }: WorldOptions = {},
): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const sandbox = stack.use(serveSandbox(options));
  const qontak = change
    ? stack.use(serveUpstream(sandbox, changing(change)))
    : sandbox;
  const logs: string[] = [];
  const server = createServer({
    baseUrl: qontak.url,
    // Tests of questions to the person choose another.
    confirm: "off",
    refreshToken: sandbox.refreshToken,
    log: (level, message, details) =>
      logs.push(JSON.stringify({ level, message, ...details })),
    limits,
    callRate: NO_RATE,
    ...defined({ timeout, retryBudget, audit, content, tokenUser, changes }),
    ...further,
  });
  const { url } = stack.use(serveMcp(server, { metrics: true }));
  const client = await connectHttp(url, defined({ mode }));
  stack.defer(() => client.close());
  const owned = stack.move();
  let asked = 0;

  return {
    sandbox,
    client,
    url: new URL(url).origin,
    logs,
    call: (name, args) => call(client, name, args),
    ok: (name, args) => ok(client, name, args),
    async refused(name, args) {
      const called = await call(client, name, args);
      if (!called.isError) throw new Error(`${name} was not refused`);
      return called.text;
    },
    seen() {
      const since = sandbox.requests.slice(asked);
      asked = sandbox.requests.length;
      return since;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
