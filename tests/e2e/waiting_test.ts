import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { Client } from "@modelcontextprotocol/client";
import { createServer, type TokenStore } from "../../mod.ts";
import { createSandbox } from "../../src/sandbox/mod.ts";
import { createMemoryStore } from "../support/memory.ts";
import { callTool } from "../support/call.ts";
import { connectHttp, connectStdio } from "../support/client.ts";
import { serveMcp } from "../support/serve.ts";
import { serveUpstream } from "../support/upstream.ts";
import { until } from "../support/time.ts";

/** A Qontak that begins every answer, and ends none before a signal. */
function serveSlowly() {
  let begun = 0;
  let dropped = 0;
  const open = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const bytes = (text: string) => new TextEncoder().encode(text);
  const sandbox = createSandbox({ rotateRefreshTokens: false });
  const { refreshToken } = sandbox;
  const http = serveUpstream(sandbox, (request, pass) => {
    if (new URL(request.url).pathname === "/oauth/token") return pass(request);
    begun++;
    let mine: ReadableStreamDefaultController<Uint8Array>;
    return new Response(
      new ReadableStream({
        start(controller) {
          mine = controller;
          open.add(controller);
          controller.enqueue(bytes(`{"meta":{"status":200},`));
        },
        cancel() {
          open.delete(mine);
          dropped++;
        },
      }),
      { headers: { "content-type": "application/json" } },
    );
  });
  return {
    url: http.url,
    refreshToken,
    /** The environment with which a server uses it. */
    options: { baseUrl: http.url, refreshToken },
    get begun() {
      return begun;
    },
    get dropped() {
      return dropped;
    },
    finish() {
      for (const controller of open) {
        controller.enqueue(bytes(`"response":[{"id":1,"name":"Sales"}]}`));
        controller.close();
      }
      open.clear();
    },
    async [Symbol.asyncDispose]() {
      for (const controller of open) controller.close();
      await http[Symbol.asyncDispose]();
    },
  };
}

function serveHttp(options: Parameters<typeof createServer>[0]) {
  return serveMcp(
    createServer({
      log: () => {},
      tokenCache: "memory",
      confirm: "off",
      ...options,
    }),
  );
}

/** A client that asks for progress, and finally gets an answer. */
async function wait(
  client: Client,
  qontak: ReturnType<typeof serveSlowly>,
): Promise<void> {
  const news: { progress: number; message?: string | undefined }[] = [];
  const params = { name: "list_pipelines", arguments: {} };
  const waiting = client.callTool(params, {
    onprogress: (one) => {
      news.push(one);
    },
  });
  await until(() => news.length >= 2, "news of a call that takes long");
  qontak.finish();
  const { isError } = await waiting;
  assert(!isError);
  assertStringIncludes(news[0]!.message ?? "", "GET /pipelines");
  assert(news[1]!.progress > news[0]!.progress);
}

/** A client that gives up, and is still answered. */
async function giveUp(
  client: Client,
  qontak: ReturnType<typeof serveSlowly>,
): Promise<void> {
  const before = { begun: qontak.begun, dropped: qontak.dropped };
  const enough = new AbortController();
  const given = client.callTool({
    name: "get_pipeline",
    arguments: { pipeline_id: 1 },
  }, { signal: enough.signal });
  await until(() => qontak.begun > before.begun, "the request to Qontak");
  enough.abort();
  await assertRejects(() => given);
  await until(() => qontak.dropped > before.dropped, "the end of the request");
  // The next call works.
  const next = client.callTool({ name: "list_pipelines", arguments: {} });
  await until(() => qontak.begun > before.begun + 1, "the next request");
  qontak.finish();
  assert(!(await next).isError);
}

for (const mode of ["auto", "legacy"] as const) {
  Deno.test(`a client over HTTP (${mode}) learns what it waits for`, async () => {
    await using qontak = serveSlowly();
    await using server = serveHttp(qontak.options);
    const client = await connectHttp(server.url, { mode });
    try {
      await wait(client, qontak);
      // Older revisions over HTTP cancel by another request. That request has
      // only a number that each client counts for itself, so it cannot be
      // matched.
      if (mode === "auto") await giveUp(client, qontak);
    } finally {
      await client.close();
    }
  });
}

Deno.test({
  name: "a client on stdio learns what it waits for, and can give up",
  // The SDK's transport leaves a timer running when it closes.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using qontak = serveSlowly();
    const client = await connectStdio({
      QONTAK_BASE_URL: qontak.url,
      QONTAK_REFRESH_TOKEN: qontak.refreshToken,
      TOKEN_CACHE: "memory",
      LOG_LEVEL: "error",
    });
    try {
      await wait(client, qontak);
      await giveUp(client, qontak);
    } finally {
      await client.close();
    }
  },
});

Deno.test("a client that disconnects ends the request to Qontak", async () => {
  await using qontak = serveSlowly();
  await using server = serveHttp(qontak.options);
  for (const padding of [0, 2_000]) {
    const { begun, dropped } = qontak;
    const gone = new AbortController();
    const call = callTool(
      server.url,
      "get_deal",
      { deal_id: 1, fields: "name,".repeat(padding / 5) },
      {},
      gone.signal,
    );
    await until(() => qontak.begun > begun, "the request to Qontak");
    gone.abort();
    await assertRejects(() => call);
    await until(() => qontak.dropped > dropped, "the end of the request");
  }
});

Deno.test("no call waits longer than its timeout, no matter what hangs", async () => {
  await using qontak = serveSlowly();
  const never = () => new Promise<never>(() => {});
  const good = createMemoryStore({
    _default: { refresh_token: qontak.refreshToken },
  });
  const stores: [string, TokenStore][] = [
    ["A read of the store", { ...good, read: never }],
    ["The store's identity", { ...good, identity: never }],
    ["A write to the store", { ...good, replace: never }],
    ["A lease of the store", { ...good, lease: never }],
    ["Qontak", good],
  ];
  for (const [what, store] of stores) {
    await using server = serveHttp({
      baseUrl: qontak.url,
      store: { ...store, isSingle: true },
      timeout: 300,
    });
    const { text, isError } = await callTool(server.url, "list_pipelines");
    assert(isError, what);
    assertStringIncludes(text, "300 ms", what);
    // A write says whether it may have happened.
    const write = await callTool(server.url, "create_task_category", {
      name: "New",
    });
    assert(write.isError, what);
    assertStringIncludes(
      write.text,
      what === "Qontak"
        ? "unknown whether"
        : what === "The store's identity"
        ? "No write was sent"
        : "Nothing was sent",
      what,
    );
  }
  assertEquals(qontak.begun, 2);
});
