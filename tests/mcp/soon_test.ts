/**
 * Answers over HTTP: a quick one is sent whole, and a slow one begins before it
 * is ready. The client receives the same event.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { createHandler, createServer } from "../../mod.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { parseEvents, post, toolCall } from "../support/rpc.ts";
import { serve } from "../support/serve.ts";
import { NO_RATE, noRates } from "../support/world.ts";

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

async function ask(latency: number, message: object) {
  await using sandbox = serveSandbox({ latency });
  const server = serverOf(sandbox);
  await using served = serve(createHandler(server));
  try {
    const start = performance.now();
    const response = await fetch(new URL("/mcp", served.url), post(message));
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

Deno.test("a quick answer has a length, and all tools are in it", async () => {
  const message = { jsonrpc: "2.0", id: 1, method: "tools/list" };
  const { length, type, answer } = await ask(0, message);
  assertEquals(type, "text/event-stream");
  assert(Number(length) > 10_000, `content-length ${length}`);
  assert((answer.result.tools as unknown[]).length > 40);
});

Deno.test("a slow answer begins before it is ready, so that a hang-up is noticed", async () => {
  const { length, type, began, took, answer } = await ask(
    SLOW,
    toolCall(1, "list_pipelines"),
  );
  assertEquals(type, "text/event-stream");
  assertEquals(length, null);
  assert(took - began > SLOW / 2, `${began} of ${took} ms`);
  assert(answer.result.structuredContent, JSON.stringify(answer));
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
  ];
  for (const message of messages) {
    const quick = await fetch(new URL("/mcp", served.url), post(message));
    // The SDK answers where the host does not tell when answers are delivered.
    const own = await server.fetch(
      new Request("http://127.0.0.1/mcp", post(message)),
    );
    assertEquals(
      withoutNumbers(await quick.text()),
      withoutNumbers(await own.text()),
    );
    assertEquals(quick.status, own.status);
  }
  await server.close();
});

/** An answer without the random number of its fence. */
function withoutNumbers(answer: string): string {
  return answer.replace(/(<\/?qontak-data) \d{6}>/g, "$1>");
}
