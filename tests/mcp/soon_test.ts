/**
 * Answers over HTTP: a quick one is sent whole, and a slow one begins before it
 * is ready. The client receives the same event.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHandler, createServer } from "../../mod.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { parseEvents, post, toolCall } from "../support/rpc.ts";
import { serve } from "../support/serve.ts";
import { NO_RATE, noRates } from "../support/world.ts";

/** A deal of the sandbox. */
const DEAL = 48307353;

/** Longer than a quick answer takes, in ms. */
const SLOW = 400;

function serverOf(
  { url, refreshToken }: ReturnType<typeof serveSandbox>,
) {
  return createServer({
    baseUrl: url,
    refreshToken,
    log: () => {},
    limits: noRates(),
    callRate: NO_RATE,
  });
}

async function ask(latency: number, init: RequestInit) {
  await using sandbox = serveSandbox({ latency });
  const server = serverOf(sandbox);
  await using served = serve(createHandler(server));
  try {
    const start = performance.now();
    const response = await fetch(new URL("/mcp", served.url), init);
    const begun = performance.now() - start;
    const [answer] = parseEvents(await response.text());
    return {
      length: response.headers.get("content-length"),
      type: response.headers.get("content-type"),
      began: begun,
      took: performance.now() - start,
      answer: answer as { result: Record<string, unknown> },
    };
  } finally {
    await server.close();
  }
}

const ERAS = {
  "2025-11-25": (method: string, params = {}) =>
    post({ jsonrpc: "2.0", id: 1, method, params }),
  "2026-07-28": (method: string, params = {}) => stateless(method, params),
};

for (const [revision, asked] of Object.entries(ERAS)) {
  Deno.test(`a quick answer of ${revision} has a length, and all tools are in it`, async () => {
    const { length, type, answer } = await ask(0, asked("tools/list"));
    assertEquals(type, "text/event-stream");
    assert(Number(length) > 10_000, `content-length ${length}`);
    assert((answer.result.tools as unknown[]).length > 40);
  });

  Deno.test(`a slow answer of ${revision} begins before it is ready, so that a hang-up is noticed`, async () => {
    const { length, type, began, took, answer } = await ask(
      SLOW,
      asked("tools/call", get("list_pipelines")),
    );
    assertEquals(type, "text/event-stream");
    assertEquals(length, null);
    assert(took - began > SLOW / 2, `${began} of ${took} ms`);
    assert(answer.result.structuredContent, JSON.stringify(answer));
  });
}

for (const [revision, asked] of Object.entries(ERAS)) {
  Deno.test(`close() ends a call of ${revision} in progress, and none begins after it`, async () => {
    await using sandbox = serveSandbox({ latency: 8_000 });
    const server = serverOf(sandbox);
    await using served = serve(createHandler(server));
    const url = new URL("/mcp", served.url);
    const init = asked("tools/call", get("list_pipelines"));
    const response = await fetch(url, init);
    const start = performance.now();
    await server.close();
    const [answer] = parseEvents(await response.text());
    assert(performance.now() - start < 4_000);
    assertMatch(JSON.stringify(answer), /cancelled/);
    const after = await fetch(url, init);
    assertEquals(after.status, 500);
    await after.body?.cancel();
  });
}

Deno.test("an answer has the same data as text and as data, in one form of JSON", async () => {
  await using sandbox = serveSandbox();
  const server = serverOf(sandbox);
  await using served = serve(createHandler(server));
  const calls = [
    get("get_deal", { deal_id: DEAL }),
    get("list_deals", { per_page: 3 }),
    get("list_pipelines"),
    get("get_required_fields_for_deal"),
    get("search", { query: "a" }),
    get("fetch", { id: `deal:${DEAL}` }),
    get("update_deal", { deal_id: DEAL, name: 'Kopi "susu" 90 %' }),
    get("get_deal", { deal_id: 1 }),
  ];
  for (const asked of Object.values(ERAS)) {
    for (const call of calls) {
      const answer = await fetch(
        new URL("/mcp", served.url),
        asked("tools/call", call),
      );
      const [, json = ""] = /^data: (.*)$/m.exec(await answer.text()) ?? [];
      const { result } = JSON.parse(json);
      // A key that is there twice, or in another order, would be another text.
      assertEquals(json, JSON.stringify({ result, jsonrpc: "2.0", id: 1 }));
      if (result.isError) {
        assertEquals(result.structuredContent, undefined);
        continue;
      }
      const [{ text }] = result.content;
      const [, inner = text] = /^<[^\n]+>\n(.*)\n<\/[^\n]+>$/s.exec(text) ?? [];
      const { untrusted: _, ...data } = result.structuredContent;
      const { untrusted: __, ...told } = JSON.parse(inner);
      assertEquals(told, data, call.name);
    }
  }
  await server.close();
});

Deno.test("an answer is the same as the SDK's own", async () => {
  await using sandbox = serveSandbox();
  const server = serverOf(sandbox);
  await using served = serve(createHandler(server));
  const list = { jsonrpc: "2.0", id: "a", method: "tools/list" };
  const messages = [
    list,
    { ...list, params: {} },
    toolCall(1, "list_pipelines"),
    toolCall(2, "get_deal", { deal_id: 1 }),
    toolCall(3, "get_deal", { deal_id: "x" }),
    toolCall(4, "get_nothing"),
    toolCall(5, "delete_deal", { deal_id: 1 }),
    { ...toolCall(6, "get_deal"), params: { name: 7 } },
    { ...toolCall(7, "get_deal"), params: { name: "get_deal", arguments: 1 } },
    { ...list, method: "tools/nothing" },
    ...OPENINGS.map((params, id) => ({
      jsonrpc: "2.0",
      id,
      method: "initialize",
      params,
    })),
  ];
  const later = [
    stateless("tools/list"),
    stateless("tools/call", get("list_pipelines")),
    stateless("tools/call", get("get_deal", { deal_id: DEAL })),
    stateless("tools/call", get("get_deal", { deal_id: "x" })),
    stateless("tools/call", get("get_nothing")),
    stateless("tools/call", get("delete_deal", { deal_id: DEAL })),
    // It can ask the person, and show views.
    stateless("tools/call", get("delete_deal", { deal_id: DEAL }), {}, CAN_ALL),
    stateless("tools/call", get("list_pipelines"), {}, CAN_ALL),
    stateless("tools/list", {}, {}, CAN_ALL),
    stateless("tools/call", { name: "get_deal", arguments: 1 }),
    stateless("tools/list", {}, { "mcp-protocol-version": "2099-01-01" }),
    stateless("tools/list", {}, {}, {
      "io.modelcontextprotocol/protocolVersion": "2099-01-01",
    }),
    stateless("tools/list", {}, {}, {
      "io.modelcontextprotocol/clientCapabilities": 1,
    }),
    stateless("tools/list", {}, {}, {
      "io.modelcontextprotocol/clientInfo": { name: 1 },
    }),
    ...[
      { roots: { listChanged: true } },
      { roots: { listChanged: 1 } },
      {
        sampling: { tools: {} },
        elicitation: { form: {}, url: {} },
      },
      { elicitation: { form: 1 } },
      { extensions: { a: 1 } },
      { tasks: 1 },
    ]
      .map((can) =>
        stateless("tools/list", {}, {}, {
          "io.modelcontextprotocol/clientCapabilities": can,
        })
      ),
    stateless("initialize", OPENINGS[0]),
    stateless("tools/list", { _meta: undefined }),
    stateless("tools/list", { _meta: {} }),
    stateless("tools/list", {}, { "mcp-method": "tools/call" }),
    stateless("tools/list", {}, { "mcp-method": undefined }),
    stateless("tools/call", get("get_me"), { "mcp-name": "get_deal" }),
    stateless("tools/call", get("get_me"), { "mcp-name": undefined }),
    stateless("tools/list", {}, { "mcp-protocol-version": undefined }),
    stateless("tools/nothing"),
  ];
  for (
    const init of [...messages.map((message) => post(message)), ...later]
  ) {
    const quick = await fetch(new URL("/mcp", served.url), init);
    // The SDK answers where the host does not tell when answers are delivered.
    const own = await server.fetch(new Request("http://127.0.0.1/mcp", init));
    assertEquals(
      withoutNumbers(await quick.text()),
      withoutNumbers(await own.text()),
      String(init.body),
    );
    assertEquals(quick.status, own.status);
    for (const name of HEADERS) {
      assertEquals(quick.headers.get(name), own.headers.get(name), name);
    }
  }
  await server.close();
});

/** What clients say first: some in the usual form, some not. */
const OPENINGS: readonly Record<string, unknown>[] = [
  opening(),
  opening({ protocolVersion: "2024-11-05" }),
  opening({ protocolVersion: "2026-07-28" }),
  opening({ protocolVersion: "1999-01-01" }),
  opening({ protocolVersion: 7 }),
  opening({ capabilities: { roots: { listChanged: true }, sampling: {} } }),
  opening({ capabilities: { roots: { listChanged: "yes" } } }),
  opening({ capabilities: { elicitation: { form: { applyDefaults: true } } } }),
  opening({ capabilities: { tasks: { list: {} }, other: 1 } }),
  opening({ capabilities: [] }),
  opening({ clientInfo: { name: "a", version: "1", title: "A" } }),
  opening({ clientInfo: { name: "a", version: 1 } }),
  opening({ clientInfo: { name: "a", version: "1", icons: [{ src: "a:b" }] } }),
  opening({ clientInfo: "a" }),
  opening({ _meta: { progressToken: 1 } }),
  {},
];

function opening(others: Record<string, unknown> = {}) {
  return {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "tests", version: "1.0.0" },
    ...others,
  };
}

/** What an answer says of itself, besides its length. */
const HEADERS = ["content-type", "cache-control", "x-accel-buffering"];

/** The capabilities of a client that can ask the person and show views. */
const CAN_ALL = {
  "io.modelcontextprotocol/clientCapabilities": {
    elicitation: {},
    extensions: {
      "io.modelcontextprotocol/ui": {
        mimeTypes: ["text/html;profile=mcp-app"],
      },
    },
  },
};

const get = (name: string, args = {}) => ({ name, arguments: args });

/**
 * A request of revision 2026-07-28.
 *
 * @param headers Headers that differ; those that are undefined are left out.
 * @param meta What differs in what it says of itself.
 */
function stateless(
  method: string,
  params: Record<string, unknown> = {},
  headers: Readonly<Record<string, string | undefined>> = {},
  meta: object = {},
) {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "tests", version: "1.0.0" },
    "io.modelcontextprotocol/clientCapabilities": {},
    ...meta,
  };
  const all = {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    "mcp-name": params.name as string | undefined,
    ...headers,
  };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return post(
    { jsonrpc: "2.0", id: 1, method, params: { _meta, ...params } },
    Object.fromEntries(given) as Record<string, string>,
  );
}

/** An answer without what is random: the number of its fence, and plans. */
function withoutNumbers(answer: string): string {
  return answer.replace(/(<\/?qontak-data) \d{6}>/g, "$1>")
    .replace(/("requestState":)"[^"]+"/, "$1");
}
