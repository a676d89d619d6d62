import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { catalog } from "../../src/tools/catalog.ts";
import { program, run, spawnPiped } from "../support/process.ts";
import { answersById, HANDSHAKE, parseLines, toStdin } from "../support/rpc.ts";

const call = (id: unknown, name: unknown, args: unknown = {}) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: args },
});

/** Every answer on stdout, by id; fails if a line is not of the protocol. */
async function converse(lines: (object | string)[]) {
  const { code, stdout, stderr } = await run(["--sandbox"], {
    stdin: toStdin(...lines),
    env: { LOG_LEVEL: "debug" },
  });
  assertEquals(code, 0, stderr);
  const answers = parseLines(stdout);
  for (const answer of answers) assertEquals(answer.jsonrpc, "2.0");
  parseLines(stderr);
  return { answers, byId: answersById(stdout), stderr };
}

Deno.test("stdio answers every bad message and continues", async () => {
  const { byId, answers } = await converse([
    ...HANDSHAKE,
    "this is not JSON",
    "[]",
    `{"jsonrpc":"2.0","id":"batch"`,
    { jsonrpc: "1.0", id: "old", method: "tools/list" },
    { jsonrpc: "2.0", id: "params", method: "tools/list", params: 5 },
    { jsonrpc: "2.0", id: "method", method: 5 },
    { jsonrpc: "2.0", id: "none", method: "deals/list" },
    call("unknown", "get_deel", { deal_id: 1 }),
    call("name", 5),
    call("type", "get_deal", { deal_id: "one" }),
    call("extra", "get_deal", { deal_id: 1, feilds: [] }),
    call("page", "list_deals", { page: -1 }),
    call("missing", "get_deal", { deal_id: 99999999 }),
    call("tenant", "list_pipelines", { user_id: "acme" }),
    "",
    call("good", "list_pipelines"),
  ]);
  const code = (id: unknown) => byId.get(id)?.error?.code;
  const text = (id: unknown) => byId.get(id)?.result?.content[0].text;
  const withoutId = answers.filter(({ id }) => id === null)
    .map(({ error }) => error.code).toSorted();
  assertEquals(withoutId, [-32600, -32700, -32700]);
  assertEquals(code("old"), -32600);
  assertEquals(code("params"), -32600);
  assertEquals(code("method"), -32600);
  assertEquals(code("none"), -32601);
  assertEquals(code("unknown"), -32602);
  assertStringIncludes(byId.get("unknown").error.message, "mean get_deal?");
  assertEquals(code("name"), -32602);
  assertStringIncludes(text("type"), 'not "one"');
  assertStringIncludes(text("extra"), "Did you mean fields?");
  assertStringIncludes(text("page"), "at least 1, not -1");
  assertStringIncludes(text("missing"), "Couldn't find record");
  assertStringIncludes(text("tenant"), "decided by your credential");
  for (const id of ["type", "extra", "page", "missing", "tenant"]) {
    assertEquals(byId.get(id).result.isError, true, String(id));
    assertEquals(byId.get(id).result.structuredContent, undefined, String(id));
  }
  assert(byId.get("good").result.structuredContent.records.length >= 2);
});

Deno.test("stdio writes only the protocol to stdout in a long run", async () => {
  const calls = Array.from({ length: 300 }, (_, i) => {
    switch (i % 6) {
      case 0:
        return call(i, "list_deals", { page: (i % 3) + 1 });
      case 1:
        return call(i, "get_deal", { deal_id: i });
      case 2:
        return call(i, "create_deal", { name: "x", amount: 3 });
      case 3:
        return call(i, "get_required_fields_for_deal", { stage_id: "?" });
      case 4:
        return call(i, "no_such_tool");
      default:
        return { jsonrpc: "2.0", id: i, method: "tools/list" };
    }
  });
  const { byId } = await converse([...HANDSHAKE, ...calls]);
  for (const { id } of calls) assert(byId.has(id), `no answer to ${id}`);
});

Deno.test("stdio serves the 2026-07-28 revision without initialize", async () => {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const { byId } = await converse([
    { jsonrpc: "2.0", id: 1, method: "server/discover", params: { _meta } },
    { jsonrpc: "2.0", id: 2, method: "tools/list", params: { _meta } },
  ]);
  const discovered = byId.get(1).result;
  assert(discovered.supportedVersions.includes("2026-07-28"));
  assertStringIncludes(discovered.instructions, "get_required_fields_for_");
  assert(byId.get(2).result.ttlMs > 0);
  assertEquals(byId.get(2).result.tools.length, catalog.length);
});

Deno.test("stdio ends cleanly when stdin ends at once", async () => {
  const { answers } = await converse([]);
  assertEquals(answers, []);
});

Deno.test("stdio ends when the client stops reading answers", async () => {
  const child = spawnPiped(await program("--sandbox"));
  const writer = child.stdin.getWriter();
  const send = (...messages: readonly object[]) =>
    writer.write(new TextEncoder().encode(toStdin(...messages)));
  await send(...HANDSHAKE);
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  // Stdin stays open; the server notices because it cannot write.
  let isOver = false;
  const over = child.status.then(() => isOver = true);
  for (let i = 0; i < 300 && !isOver; i++) {
    await send(call(i, "no_such_tool")).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const inTime = isOver;
  if (!inTime) child.kill();
  await over;
  await writer.close().catch(() => {});
  assert(inTime, "it was still running after 30 s");
});
