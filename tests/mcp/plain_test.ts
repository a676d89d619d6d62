/**
 * Plain requests on stdio: they are answered without the SDK's server, and the
 * client receives the same.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import type { JsonObject } from "../../src/values/json.ts";
import { startGate } from "../support/gate.ts";
import { preloading, program, spawnPiped } from "../support/process.ts";
import { parseLines, request, toolCall, toStdin } from "../support/rpc.ts";

/** A deal of the sandbox. */
const DEAL = 48307353;

const PRELOAD = new URL("seen_by_sdk.ts", import.meta.url).href;

/** The first messages of a client that can do some things. */
const opening = (
  capabilities: object = {},
  protocolVersion = "2025-11-25",
): readonly JsonObject[] => [
  request("init", "initialize", {
    protocolVersion,
    capabilities,
    clientInfo: { name: "tests", version: "1.0.0" },
  }),
  { jsonrpc: "2.0", method: "notifications/initialized" },
];

/** What a client of revision 2026-07-28 says with each request. */
const envelopeOf = (capabilities: object = {}) => ({
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "tests", version: "1.0.0" },
  "io.modelcontextprotocol/clientCapabilities": capabilities,
});

/** The capabilities of a client that can ask the person and show views. */
const CAN_ALL = {
  elicitation: {},
  extensions: {
    "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] },
  },
};

/** The same request with more in its `_meta`. */
function withMeta(message: JsonObject, meta: object): JsonObject {
  const params = message.params as JsonObject | undefined;
  return {
    ...message,
    params: {
      ...params,
      _meta: { ...params?._meta as JsonObject | undefined, ...meta },
    },
  };
}

/** Starts the program, and talks to it line by line. */
async function startTalk(env: Record<string, string>, ...args: string[]) {
  const child = spawnPiped(preloading(await program(...args), PRELOAD), {
    env,
    stderr: "piped",
  });
  const errors = new Response(child.stderr).text();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async send(...messages: readonly JsonObject[]): Promise<void> {
      await writer.write(new TextEncoder().encode(toStdin(...messages)));
    },
    /** The next line of the program. */
    async next(): Promise<string> {
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`it ended: ${await errors}`);
        text += value;
      }
      const end = text.indexOf("\n");
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      return line;
    },
    /** Closes stdin. The lines that follow, and what the SDK has answered. */
    async end() {
      await writer.close();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        text += value;
      }
      const { code } = await child.status;
      const stderr = await errors;
      const seen = Array.from(
        stderr.matchAll(/^\{"seen":(.*)\}$/gm),
        ([, id]) => JSON.parse(id!),
      );
      assertEquals(code, 0, stderr);
      return { rest: parseLines(text), seen };
    },
  };
}

/** An answer without what is random: the number of its fence, and plans. */
function withoutNumbers(answer: string): string {
  return answer.replace(/(<\/?qontak-data) \d{6}>/g, "$1>")
    .replace(/("requestState":)"[^"]+"/, "$1")
    .replace(/(\\?"plan\\?":)\\?"[^"]+"/g, "$1")
    .replace(/(\\?"plan_expires\\?":)\\?"[^"]+"/g, "$1");
}

const ASKED: readonly JsonObject[] = [
  request(1, "tools/list"),
  request("b", "tools/list", {}),
  toolCall(2, "list_pipelines"),
  toolCall(3, "get_deal", { deal_id: DEAL }),
  toolCall(4, "get_deal", { deal_id: 1 }),
  toolCall(5, "get_deal", { deal_id: "x" }),
  toolCall(6, "get_deal", { dael_id: 1 }),
  toolCall(7, "get_nothing"),
  toolCall(8, "delete_deal", { deal_id: DEAL, dry_run: true }),
  toolCall(9, "update_deal", { deal_id: 1, name: "x" }),
  toolCall(10, "find_tool", { query: "delete a deal" }),
  toolCall(11, "call_read_tool", { tool: "list_pipelines" }),
  toolCall(12, "call_write_tool", { tool: "list_pipelines" }),
  toolCall(13, "list_pipelines", { user_id: "another" }),
  request(14, "tools/call", { name: "list_pipelines" }),
];

/** Servers and clients that get other answers. */
const SETUPS: readonly {
  readonly name: string;
  readonly env?: Record<string, string>;
  readonly capabilities?: object;
}[] = [
  { name: "all tools" },
  { name: "the short list", env: { QONTAK_TOOLS: "compact" } },
  {
    name: "some tools",
    env: { QONTAK_TOOLS: "deals,-delete_deal", QONTAK_CONTENT: "strict" },
  },
  {
    name: "a client that can show views",
    env: { QONTAK_CONFIRM: "deletes" },
    capabilities: CAN_ALL,
  },
];

for (const { name, env = {}, capabilities = {} } of SETUPS) {
  for (const era of ["2025-11-25", "2026-07-28"]) {
    const isStateless = era === "2026-07-28";
    // In earlier revisions, the SDK asks the person during a call.
    const asksDuring = !isStateless &&
      Object.hasOwn(capabilities, "elicitation");
    const plain = ASKED.filter(({ params }) => {
      const tool = (params as JsonObject | undefined)?.name;
      return !asksDuring || tool === undefined ||
        /^(get_deal|list_)/.test(String(tool));
    });
    Deno.test(`stdio answers plain requests of ${era} as the SDK does, for ${name}`, async () => {
      const talk = await startTalk(env, "--sandbox");
      const own = (message: JsonObject) =>
        isStateless ? withMeta(message, envelopeOf(capabilities)) : message;
      if (!isStateless) {
        await talk.send(...opening(capabilities, era));
        await talk.next();
      }
      await talk.send(own(request("first", "tools/list")));
      await talk.next();
      for (const message of plain.map(own)) {
        await talk.send(message);
        const quick = await talk.next();
        // It is more than this server reads, so the SDK looks at it.
        await talk.send(withMeta(message, { "com.example/more": 1 }));
        const sdk = await talk.next();
        assertEquals(
          withoutNumbers(quick),
          withoutNumbers(sdk),
          JSON.stringify(message),
        );
      }
      const { rest, seen } = await talk.end();
      assertEquals(rest, []);
      // Each time the second one, and the first one if nothing was said before.
      assertEquals(seen, [
        ...(isStateless ? ["first"] : []),
        ...plain.map(({ id }) => id),
      ]);
    });
  }
}

for (
  const [era, ...types] of [
    ["2025-03-26", "text"],
    ["2025-11-25", "text", "resource_link"],
  ] as const
) {
  Deno.test(`a plain call of ${era} on stdio has the links that the revision knows`, async () => {
    const talk = await startTalk({}, "--sandbox");
    await talk.send(...opening({}, era), request("first", "tools/list"));
    await talk.next();
    await talk.next();
    await talk.send(
      toolCall(1, "create_product", { name: "Kopi Gayo", price: 1 }),
    );
    const { content } = JSON.parse(await talk.next()).result;
    assertEquals(content.map(({ type }: { type: string }) => type), types);
    const { seen } = await talk.end();
    assertEquals(seen, []);
  });
}

Deno.test("stdio passes requests to the SDK that need it", async () => {
  const talk = await startTalk({}, "--sandbox");
  const ask = async (...messages: readonly JsonObject[]) => {
    await talk.send(...messages);
    return JSON.parse(await talk.next());
  };
  // Before the revision is known, and for the first request after it.
  await ask(request(1, "tools/list"));
  await ask(request(2, "tools/list"));
  await ask(...opening());
  await ask(request(3, "tools/list"));
  await ask(request(4, "tools/list"));
  const list = request(5, "tools/list");
  await ask(withMeta(list, { progressToken: 1 }));
  await ask(withMeta({ ...list, id: 6 }, envelopeOf()));
  await ask(request(7, "tools/list", { cursor: "x" }));
  const call = toolCall(8, "get_deal", { deal_id: DEAL });
  const params = call.params as JsonObject;
  await ask({ ...call, params: { ...params, task: { ttl: 1 } } });
  await ask({ ...call, id: 9, params: { ...params, requestState: "x" } });
  // A client may begin again, and say something else.
  await ask(...opening(CAN_ALL));
  const { result } = await ask(request(10, "tools/list"));
  assertStringIncludes(JSON.stringify(result), "ui://qontak/board");
  await ask(toolCall(11, "get_deal", { deal_id: 1 }));
  await ask(toolCall(12, "update_deal", { deal_id: 1, name: "x" }));
  const { rest, seen } = await talk.end();
  assertEquals(rest, []);
  assertEquals(seen, [1, 2, 3, 5, 6, 7, 8, 9, 10, 12]);
});

Deno.test("stdio refuses another revision after plain requests of 2026-07-28", async () => {
  const talk = await startTalk({}, "--sandbox");
  const ask = async (...messages: readonly JsonObject[]) => {
    await talk.send(...messages);
    return JSON.parse(await talk.next());
  };
  const own = (id: number) => withMeta(request(id, "tools/list"), envelopeOf());
  // This alone does not choose the revision.
  await ask(withMeta(request(0, "server/discover"), envelopeOf()));
  await ask(own(1));
  assert((await ask(own(2))).result.tools.length > 40);
  const refused = await ask(opening()[0]!);
  assertEquals(refused.error.data.supported, ["2026-07-28"]);
  assertStringIncludes(
    (await ask(request(3, "tools/list"))).error.message,
    "missing the required _meta envelope",
  );
  await ask(own(4));
  await ask(own(5));
  const { rest, seen } = await talk.end();
  assertEquals(rest, []);
  // After the other revision was tried, the SDK looks at one again.
  assertEquals(seen, [1, 4]);
});

/** Tests with a plain call of list_pipelines whose answer is held. */
async function whileHeld(
  test: (
    talk: Awaited<ReturnType<typeof startTalk>>,
    release: () => void,
  ) => Promise<void>,
): Promise<void> {
  await using sandbox = serveSandbox();
  await using gate = startGate(sandbox);
  const talk = await startTalk({
    QONTAK_BASE_URL: gate.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
  });
  await talk.send(...opening(), request("first", "tools/list"));
  await talk.next();
  await talk.next();
  const held = gate.hold("/api/v3.1/pipelines", "after");
  await talk.send(toolCall("held", "list_pipelines"));
  await held;
  await test(talk, gate.release);
}

const cancelled = (requestId: string) => ({
  jsonrpc: "2.0",
  method: "notifications/cancelled",
  params: { requestId, reason: "the person has gone" },
});

Deno.test("a plain call on stdio that the client cancels has no answer", async () => {
  await whileHeld(async (talk, release) => {
    await talk.send(cancelled("held"), request("next", "tools/list"));
    assertEquals(JSON.parse(await talk.next()).id, "next");
    release();
    await talk.send(toolCall("last", "list_pipelines"));
    assertEquals(JSON.parse(await talk.next()).id, "last");
    const { rest, seen } = await talk.end();
    assertEquals(rest, []);
    assertEquals(seen, []);
  });
});

Deno.test("of two calls on stdio with the same id, the client cancels the later one", async () => {
  await whileHeld(async (talk, release) => {
    await talk.send(
      toolCall("held", "list_pipelines"),
      cancelled("held"),
      request("next", "tools/list"),
    );
    assertEquals(JSON.parse(await talk.next()).id, "next");
    release();
    const { rest, seen } = await talk.end();
    assertEquals(rest.map(({ id, error }) => [id, error]), [[
      "held",
      undefined,
    ]]);
    assertEquals(seen, ["held"]);
  });
});

Deno.test("stdio answers a plain call that is under way when stdin ends", async () => {
  await whileHeld(async (talk, release) => {
    const ending = talk.end();
    release();
    const { rest, seen } = await ending;
    assertEquals(rest.map(({ id }) => id), ["held"]);
    assertStringIncludes(JSON.stringify(rest), "Corporate Sales");
    assertEquals(seen, []);
  });
});
