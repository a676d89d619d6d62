/**
 * One of the servers that are compared over HTTP: `subject.ts bare|sdk|qontak
 * '<SubjectOptions as JSON>'`. It prints its address as JSON and serves until it
 * is killed.
 *
 * - `bare`: Deno.serve, which answers each request with one fetch of the deal.
 * - `sdk`: the low-level handler of the SDK, whose tools do the same.
 * - `qontak`: this server, with the same deal behind it. Its limits are on, but
 *   too high to be felt.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import {
  type SubjectOptions,
  TOKEN_PATH,
  type Usage,
  USAGE_PATH,
} from "./shared.ts";

type Serve = (request: Request, info: Deno.ServeHandlerInfo) =>
  | Response
  | Promise<Response>;

/** The requests of a read and of a checked write, without anything else. */
async function createRequests({ url, deal, token }: SubjectOptions) {
  const grant = await fetch(url + TOKEN_PATH, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: token,
    }),
  });
  const { access_token } = await grant.json();
  const headers = { authorization: `Bearer ${access_token}` };
  const address = `${url}/api/v3.1/deals/${deal}`;
  const read = async () => await (await fetch(address, { headers })).text();
  return {
    read,
    async write(name: unknown) {
      await read();
      const answer = await fetch(address, {
        method: "PUT",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ name }),
      });
      await answer.body?.cancel();
      return await read();
    },
  };
}

const subjects: Readonly<
  Record<string, (options: SubjectOptions) => Promise<Serve>>
> = {
  async bare(options) {
    const { read } = await createRequests(options);
    return async (request) => {
      await request.json();
      return Response.json({
        content: [{ type: "text", text: await read() }],
      });
    };
  },
  async sdk(options) {
    const { createMcpHandler, Server } = await import(
      "@modelcontextprotocol/server"
    );
    const { read, write } = await createRequests(options);
    const { fetch: serve } = createMcpHandler(() => {
      const server = new Server({ name: "bare", version: "1.0.0" }, {
        capabilities: { tools: {} },
      });
      server.setRequestHandler(
        "tools/list",
        () => ({ tools: options.tools as never }),
      );
      server.setRequestHandler("tools/call", async ({ params }) => ({
        content: [{
          type: "text",
          text: params.name === "update_deal"
            ? await write(params.arguments?.name)
            : await read(),
        }],
      }));
      return server;
    });
    return (request) => serve(request);
  },
  async qontak({ url: baseUrl, token: refreshToken }) {
    const { createHandler } = await import("../../src/http/handler.ts");
    const { createServer } = await import("../../src/server.ts");
    const { createLimits } = await import("../../src/limits/limits.ts");
    const callRate = { perSecond: 1e5, burst: 1e5 };
    return createHandler(createServer({
      baseUrl,
      refreshToken,
      callRate,
      limits: createLimits({ tenant: callRate, all: callRate }),
    }));
  },
};

function usage(): Usage {
  const { user, system } = cpuUsage();
  return { rss: Deno.memoryUsage().rss, cpu: (user + system) / 1_000 };
}

const [name = "", options = "{}"] = Deno.args;
const serve = await subjects[name]!(JSON.parse(options));
Deno.serve(
  {
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) =>
      // deno-lint-ignore no-console -- the process that started it reads this
      console.log(JSON.stringify({ url: `http://127.0.0.1:${port}/mcp` })),
  },
  (request, info) =>
    request.url.endsWith(USAGE_PATH)
      ? Response.json(usage())
      : serve(request, info),
);
