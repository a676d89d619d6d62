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

async function ask(latency: number, message: object) {
  await using sandbox = serveSandbox({ latency });
  const server = createServer({
    baseUrl: sandbox.url,
    refreshToken: sandbox.refreshToken,
    log: () => {},
    limits: noRates(),
    callRate: NO_RATE,
  });
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
