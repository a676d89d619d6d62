/** The habits of clients: what is taken, and how the rest is refused. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { run, startHttp } from "../support/process.ts";
import {
  answersById,
  parseEvents,
  post,
  request,
  toolCall,
  toStdin,
} from "../support/rpc.ts";

// deno-lint-ignore no-explicit-any -- tests read any field of an answer
type Data = any;

/** A call with arguments that are not an object. */
const callWith = (id: number, args: unknown) =>
  request(id, "tools/call", { name: "list_pipelines", arguments: args });

Deno.test("a client over stdio may leave out its revision and send arguments as null or text", async () => {
  const { stdout } = await run(["--sandbox"], {
    stdin: toStdin(
      request(1, "initialize"),
      callWith(2, null),
      callWith(3, '{"page": 1}'),
      callWith(4, ""),
      request(5, "tools/list", { cursor: null, _meta: null }),
      { ...request(6, "tools/list"), params: null },
      toolCall(7, "list_pipelines", {
        toolCallId: "call_1",
        sessionId: "s",
        action: "sendMessage",
        chatInput: "hi",
        tool: "list_pipelines",
      }),
      callWith(8, "no JSON"),
      callWith(9, [1]),
      request(10, "tools/call", { name: 5 }),
      request(11, "resources/read", {}),
      request(12, "tools/list", { cursor: 5 }),
    ),
  });
  const answers = answersById(stdout);
  assertMatch(answers.get(1).result.protocolVersion, /^20\d\d-/);
  for (const id of [2, 3, 4, 7]) {
    assertEquals(
      answers.get(id).result.structuredContent.records.length,
      2,
      String(id),
    );
  }
  for (const id of [5, 6]) assert(answers.get(id).result.tools.length > 70);
  const refusals = {
    8: "tools/call was refused: params.arguments must be an object, not text",
    9: "tools/call was refused: params.arguments must be an object, not a list",
    10: "tools/call was refused: params.name must be text, not a number",
    11: "resources/read was refused: params.uri is missing: it must be text",
    12: "tools/list was refused: params.cursor must be text, not a number",
  };
  for (const [id, message] of Object.entries(refusals)) {
    assertEquals(answers.get(Number(id)).error, { code: -32602, message });
  }
});

Deno.test("POST /mcp/ and any Accept are served, as JSON where a client reads no events", async () => {
  await using server = await startHttp(["--sandbox"]);
  const rows: [string, string, boolean][] = [
    ["", "application/json, text/event-stream", true],
    ["", "text/event-stream", true],
    ["", "application/json", false],
    ["", "*/*", false],
    ["/", "*/*", false],
    ["/", "application/json, text/event-stream", true],
  ];
  for (const [slash, accept, isStream] of rows) {
    const response = await fetch(
      `${server.url}${slash}`,
      post(callWith(1, null), { accept }),
    );
    const text = await response.text();
    assertEquals(response.status, 200, `${accept}: ${text}`);
    assertEquals(
      response.headers.get("content-type")?.split(";")[0],
      isStream ? "text/event-stream" : "application/json",
      accept,
    );
    const answer: Data = isStream ? parseEvents(text)[0] : JSON.parse(text);
    assertEquals(answer.result.structuredContent.records.length, 2);
  }
  // The shared list of tools is whole, and a batch stays one.
  const listed = await fetch(
    server.url,
    post(request(1, "tools/list"), { accept: "*/*" }),
  );
  assert((await listed.json()).result.tools.length > 70);
  const batch = await fetch(
    server.url,
    post([request(1, "tools/list"), callWith(2, "")], { accept: "*/*" }),
  );
  // It holds records, as the answer to one call does.
  assertEquals(batch.headers.get("cache-control"), "no-store");
  assertEquals(
    (await batch.json()).map(({ id }: Data) => id).toSorted(),
    [1, 2],
  );
  // Without a revision, and as JSON.
  const hello = await fetch(
    server.url,
    post(request(1, "initialize", {}), { accept: "application/json" }),
  );
  assertMatch((await hello.json()).result.protocolVersion, /^20\d\d-/);
  const notified = await fetch(
    server.url,
    post({ jsonrpc: "2.0", method: "notifications/initialized" }, {
      accept: "application/json",
    }),
  );
  assertEquals([notified.status, await notified.text()], [202, ""]);
});

Deno.test("a batch that cancels a request of its own ends without that request, and holds no memory", async () => {
  await using server = await startHttp(["--sandbox"]);
  const cancel = (requestId: unknown) => ({
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId },
  });
  const send = async (accept: string, ...batch: object[]) => {
    const response = await fetch(server.url, {
      ...post(batch, { accept }),
      signal: AbortSignal.timeout(5_000),
    });
    return { status: response.status, text: await response.text() };
  };
  const large = callWith(1, { fields: "x".repeat(900_000) });
  for (const accept of ["application/json", "text/event-stream"]) {
    // Together they would be more than one caller may hold.
    for (let i = 0; i < 40; i++) {
      const { status, text } = await send(accept, large, cancel(1));
      assertEquals([status, text], [202, ""], `${accept}, ${i}`);
    }
    const ids = ({ text }: { text: string }): unknown =>
      (accept === "application/json" ? JSON.parse(text) : parseEvents(text))
        .map(({ id }: Data) => id);
    const ping = (id: number | string) => request(id, "ping");
    assertEquals(ids(await send(accept, cancel(1), ping(1), ping(2))), [2]);
    assertEquals(
      ids(await send(accept, ping(1), ping("1"), cancel("1"))),
      [1],
      "an id that is text is another one",
    );
    assertEquals(ids(await send(accept, ping(1), cancel(null))), [1]);
    assertEquals(ids(await send(accept, ping(1), cancel([1]))), [1]);
  }
});

for (const mode of ["legacy", "auto"] as const) {
  Deno.test(`a client (${mode}) works at /mcp/ with Accept */*`, async () => {
    await using server = await startHttp(["--sandbox"]);
    const client = new Client({ name: "tests", version: "1.0.0" }, {
      versionNegotiation: { mode },
    });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${server.url}/`), {
        fetch: (url, init) => {
          const headers = new Headers(init?.headers);
          headers.set("accept", "*/*");
          return fetch(url, { ...init, headers });
        },
      }),
    );
    assert((await client.listTools()).tools.length > 70);
    const { structuredContent }: Data = await client.callTool({
      name: "list_pipelines",
      arguments: {},
    });
    assertEquals(structuredContent.records.length, 2);
    await client.close();
  });
}
