/**
 * One of the servers that are compared: `subject.ts bare|sdk|qontak
 * '<SubjectOptions as JSON>'`. Over HTTP it prints its address as JSON, and
 * serves until it is killed. On stdio it serves until stdin ends.
 *
 * - `bare`: Deno.serve, which answers each request with one fetch of a deal.
 * - `sdk`: the low-level handler of the SDK, whose tools do the same.
 * - `qontak`: this server, with the same deals behind it. Its limits are on, but
 *   too high to be felt.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import type { McpServerFactory } from "@modelcontextprotocol/server";
import type { ServerOptions } from "../../src/server.ts";
import {
  type SubjectOptions,
  TOKEN_PATH,
  type Usage,
  USAGE_PATH,
} from "./shared.ts";

type Serve = (request: Request, info: Deno.ServeHandlerInfo) =>
  | Response
  | Promise<Response>;

/** A server: how it answers over HTTP, and how it serves stdio. */
interface Subject {
  http(): Serve | Promise<Serve>;
  stdio?(): Promise<void>;
}

/** The requests of a read and of a checked write, without anything else. */
async function createRequests({ url, token }: SubjectOptions) {
  const grant = await fetch(url + TOKEN_PATH, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: token,
    }),
  });
  const { access_token } = await grant.json();
  const headers = { authorization: `Bearer ${access_token}` };
  const addressOf = (deal: unknown) => `${url}/api/v3.1/deals/${deal}`;
  const read = async (deal: unknown) =>
    await (await fetch(addressOf(deal), { headers })).text();
  // Over a kept connection, Deno may repeat a request, as src/net/transport.ts
  // says. So a write that must not arrive twice needs one of its own.
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  return {
    read,
    async write(deal: unknown, name: unknown) {
      await read(deal);
      const answer = await fetch(addressOf(deal), {
        method: "PUT",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ name }),
        client,
      });
      // It says what was stored, so this server does not ask for it again.
      return await answer.text();
    },
  };
}

/** The SDK's low-level handler. */
async function factoryOf(options: SubjectOptions): Promise<McpServerFactory> {
  const { Server } = await import("@modelcontextprotocol/server");
  const { read, write } = await createRequests(options);
  return () => {
    const server = new Server({ name: "bare", version: "1.0.0" }, {
      capabilities: { tools: {} },
    });
    server.setRequestHandler(
      "tools/list",
      () => ({ tools: options.tools as never }),
    );
    server.setRequestHandler("tools/call", async ({ params }) => {
      const { deal_id, name } = params.arguments ?? {};
      const text = params.name === "update_deal"
        ? await write(deal_id, name)
        : await read(deal_id);
      return { content: [{ type: "text", text }] };
    });
    return server;
  };
}

/** Whose credentials this server has. */
async function credentialsOf(
  { token, isForMany = false }: SubjectOptions,
): Promise<Pick<ServerOptions, "refreshToken" | "store">> {
  if (!isForMany) return { refreshToken: token };
  const { createMemoryStore } = await import("../../tests/support/memory.ts");
  return {
    // Records are made when they are read, so that only what the server keeps
    // counts.
    store: {
      ...createMemoryStore({}),
      read: (tenant) =>
        Promise.resolve({
          credentials: {
            refresh_token: `refresh token of ${tenant}, as long as a real one`,
            access_token: `access token of ${tenant}, as long as a real one is`,
            expires_at: Math.floor(Date.now() / 1_000) + 21_600,
            expires_in: 21_600,
          },
          version: "1",
        }),
    },
  };
}

const subjects: Readonly<
  Record<string, (options: SubjectOptions) => Promise<Subject>>
> = {
  async bare(options) {
    const { read } = await createRequests(options);
    const [deal] = options.deals;
    return {
      http: () => async (request) => {
        await request.json();
        return Response.json({
          content: [{ type: "text", text: await read(deal) }],
        });
      },
    };
  },
  async sdk(options) {
    const factory = await factoryOf(options);
    return {
      async http() {
        const { createMcpHandler } = await import(
          "@modelcontextprotocol/server"
        );
        const { fetch: serve } = createMcpHandler(factory);
        return (request) => serve(request);
      },
      async stdio() {
        const { serveStdio } = await import(
          "@modelcontextprotocol/server/stdio"
        );
        serveStdio(factory);
      },
    };
  },
  async qontak(options) {
    const { createServer } = await import("../../src/server.ts");
    const { createLimits } = await import("../../src/limits/limits.ts");
    const callRate = { perSecond: 1e5, burst: 1e5 };
    const server = createServer({
      ...await credentialsOf(options),
      baseUrl: options.url,
      callRate,
      limits: createLimits({ tenant: callRate, all: callRate }),
    });
    return {
      async http() {
        const { createHandler } = await import("../../src/http/handler.ts");
        return createHandler(server);
      },
      stdio: () => server.stdio(),
    };
  },
};

function usage(isCollected: boolean): Usage {
  if (isCollected) (globalThis as { gc?: () => void }).gc?.();
  const { user, system } = cpuUsage();
  const { rss, heapUsed: heap } = Deno.memoryUsage();
  return { rss, heap, cpu: (user + system) / 1_000 };
}

/** Says what it has used; undefined for other requests. */
function answerUsage({ url }: Request): Response | undefined {
  const { pathname, search } = new URL(url);
  return pathname === USAGE_PATH
    ? Response.json(usage(search !== ""))
    : undefined;
}

const [name = "", text = "{}"] = Deno.args;
const options: SubjectOptions = JSON.parse(text);
const subject = await subjects[name]!(options);
if (options.wire === "stdio") {
  const at = { hostname: "127.0.0.1", port: options.usagePort!, onListen() {} };
  const side = Deno.serve(
    at,
    (request) => answerUsage(request) ?? new Response(null, { status: 404 }),
  );
  side.unref();
  await subject.stdio!();
} else {
  const serve = await subject.http();
  Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen: ({ port }) =>
        // deno-lint-ignore no-console -- the process that started it reads this
        console.log(JSON.stringify({ url: `http://127.0.0.1:${port}/mcp` })),
    },
    (request, info) =>
      request.url.includes(USAGE_PATH)
        ? answerUsage(request)!
        : serve(request, info),
  );
}
