/**
 * The baseline: the SDK's low-level server with as many tools as ours, which do
 * nothing. The number of tools is the first argument.
 *
 * @module
 */
import { Server } from "@modelcontextprotocol/server";
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

serveStdio(() => {
  const server = new Server({ name: "bare", version: "1.0.0" }, {
    capabilities: { tools: {} },
  });
  server.setRequestHandler("tools/list", () => ({ tools }));
  server.setRequestHandler(
    "tools/call",
    () => ({ content: [{ type: "text" as const, text: "ok" }] }),
  );
  return server;
});
