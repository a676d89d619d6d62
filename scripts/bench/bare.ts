/**
 * The baseline of a cold start: the SDK's low-level server with as many tools as
 * ours, which do nothing. The number of tools is the first argument; with
 * `http` as the second, it serves HTTP instead of stdio.
 *
 * @module
 */
import {
  createMcpHandler,
  type McpServerFactory,
  Server,
} from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const tools = Array.from({ length: Number(Deno.args[0]) }, (_, i) => ({
  name: `tool_${i}`,
  description: "A tool of the baseline, with a description of usual length.",
  inputSchema: {
    type: "object" as const,
    properties: {
      id: { type: "integer" },
      name: { type: "string", description: "A name" },
      fields: { type: "array", items: { type: "string" } },
    },
    required: ["id"],
  },
}));

const factory: McpServerFactory = () => {
  const server = new Server({ name: "bare", version: "1.0.0" }, {
    capabilities: { tools: {} },
  });
  server.setRequestHandler("tools/list", () => ({ tools }));
  server.setRequestHandler(
    "tools/call",
    () => ({ content: [{ type: "text" as const, text: "ok" }] }),
  );
  return server;
};

if (Deno.args[1] === "http") {
  const { fetch: serve } = createMcpHandler(factory);
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) =>
      // deno-lint-ignore no-console -- prints its address, as the server does
      console.error(JSON.stringify({ url: `http://127.0.0.1:${port}/mcp` })),
  }, (request) => serve(request));
} else serveStdio(factory);
