/** A person loses access at Qontak: the client has to let them sign in again. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { createHandler, createServer } from "../../../mod.ts";
import type { RunningSandbox } from "../../../src/sandbox/mod.ts";
import { MemorySandbox } from "../../../src/sandbox/sandbox.ts";
import { createMemoryStore } from "../../../src/tokens/stores/memory.ts";
import { serve } from "../../support/serve.ts";
import {
  APPLICATION,
  createRawClient,
  type Endpoint,
  rpc,
  serveEndpoint,
  serveQontak,
  tokensOf,
} from "../../support/sign_in.ts";

/** Calls list_deals, or another tool. */
const call = (
  { url }: Endpoint,
  token: string,
  name = "list_deals",
  args: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
) => rpc(url, token, "tools/call", { name, arguments: args, ...more });

Deno.test("when Qontak refuses a person's token, the first call already gets a 401", async () => {
  // Slower than answers whose stream begins before they are ready.
  await using qontak = serveQontak({ latency: 150 });
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  for (
    const [name, args, more] of [
      ["list_deals", {}, {}],
      // The SDK answers it, with a stream that begins at once.
      ["list_deals", {}, { _meta: { progressToken: 1 } }],
      ["search", { query: "Maju" }, {}],
      ["create_contact", { values: { first_name: "Sari" } }, {}],
    ] as const
  ) {
    const { access_token, refresh_token } = await tokensOf(client);
    qontak.revokeRefreshTokens();
    qontak.expireAccessTokens();
    const { status, headers, text } = await call(
      endpoint,
      access_token,
      name,
      args,
      more,
    );
    assertEquals(status, 401, `${name}: ${text}`);
    const challenge = headers.get("www-authenticate")!;
    assertMatch(challenge, /^Bearer error="invalid_token", /);
    assertStringIncludes(challenge, `resource_metadata="${endpoint.origin}/`);
    // The client renews before it asks: that must not work.
    const renewed = await client.refresh(refresh_token);
    assertEquals([renewed.status, renewed.body.error], [400, "invalid_grant"]);
  }
  // The same client signs the person in again.
  const again = await tokensOf(client);
  const { status, text } = await call(endpoint, again.access_token);
  assertEquals(status, 200);
  assert(!text.includes('"isError":true'), text);
});

Deno.test("a resource gets a 401 when Qontak refuses the person, and what needs no Qontak does not", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  const { access_token } = await tokensOf(client);
  qontak.revokeRefreshTokens();
  qontak.expireAccessTokens();
  const started = performance.now();
  assertEquals(
    (await rpc(endpoint.url, access_token, "tools/list")).status,
    200,
  );
  // Wrong arguments are the model's to fix.
  const wrong = await call(endpoint, access_token, "list_deals", { page: -1 });
  assertEquals(wrong.status, 200, wrong.text);
  const unknown = await call(endpoint, access_token, "no_such_tool");
  assertStringIncludes(unknown.text, "no_such_tool");
  // The SDK refuses these before any tool is looked for.
  const ref = { type: "ref/resource" };
  for (
    const [method, params] of [
      ["tools/call", {}],
      ["tools/call", { name: "list_deals", arguments: [] }],
      ["resources/read", {}],
      ["completion/complete", {}],
      ["completion/complete", { ref, argument: { name: "id", value: "1" } }],
    ] as const
  ) {
    const { text } = await rpc(endpoint.url, access_token, method, params);
    assertStringIncludes(text, "-32602");
  }
  assert(performance.now() - started < 4_000);
  const read = await rpc(endpoint.url, access_token, "resources/read", {
    uri: "qontak://pipelines",
  });
  assertEquals(read.status, 401, read.text);
});

Deno.test("when an operator removes a person's tokens, the person is asked to sign in again", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  const { access_token, refresh_token } = await tokensOf(client);
  const { store } = endpoint.program;
  const tenants = await store.tenants();
  await store.remove(tenants.find((one) => one.startsWith("qontak."))!);
  let { status } = await call(endpoint, access_token);
  // An account is looked up again after five seconds.
  for (let tries = 0; tries < 80 && status === 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    ({ status } = await call(endpoint, access_token));
  }
  assertEquals(status, 401);
  assertEquals((await client.refresh(refresh_token)).status, 400);
});

Deno.test("an answer that Qontak began is kept, though the token is refused later", async () => {
  const sandbox = new MemorySandbox(APPLICATION);
  let asked = -Infinity;
  await using server = serve((request) => {
    // The first request of the call is answered, all others are not.
    if (++asked === 2) {
      sandbox.revokeRefreshTokens();
      sandbox.expireAccessTokens();
    }
    return sandbox.handle(request, new AbortController().signal);
  });
  const qontak = { url: server.url, refreshToken: "none" } as RunningSandbox;
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  const { access_token } = await tokensOf(client);
  asked = 0;
  const { status, text } = await call(endpoint, access_token, "search", {
    query: "Maju",
  });
  assert(asked >= 2);
  assertEquals(status, 200);
  assertStringIncludes(text, '"isError":true');
});

Deno.test("the answer to a write whose fate is unknown is kept, though the token is refused later", async () => {
  const sandbox = new MemorySandbox(APPLICATION);
  let isBreaking = false;
  let made = 0;
  await using server = serve(async (request) => {
    const isCreate = request.method === "POST" &&
      new URL(request.url).pathname.endsWith("/contacts");
    const answer = await sandbox.handle(request, new AbortController().signal);
    if (!isBreaking || !isCreate) return answer;
    // Qontak made the contact, but says that it failed.
    assert(answer.ok);
    await answer.body?.cancel();
    made++;
    sandbox.revokeRefreshTokens();
    sandbox.expireAccessTokens();
    return new Response("{}", { status: 500 });
  });
  const qontak = { url: server.url, refreshToken: "none" } as RunningSandbox;
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  const { access_token } = await tokensOf(client);
  const create = (first_name: string) =>
    call(endpoint, access_token, "create_contact", {
      first_name,
      // No search before: the write is the first request.
      allow_duplicate: true,
      creator_id: 512301,
      additional_fields: [{ id: 7118402, value: 1904210 }],
    });
  // What the tool reads first is known from now on.
  const first = await create("Dewi");
  assert(!first.text.includes('"isError":true'), first.text);
  isBreaking = true;
  // A client that got a 401 would sign in and create the contact once more.
  const { status, text } = await create("Sari");
  assertEquals([made, status], [1, 200], text);
  assertStringIncludes(text, '"isError":true');
});

Deno.test("a session stays valid when its account was replaced while a call ran", async () => {
  const sandbox = new MemorySandbox(APPLICATION);
  let replace: (() => Promise<void>) | undefined;
  await using server = serve(async (request) => {
    const run = replace;
    replace = undefined;
    await run?.();
    return await sandbox.handle(request, new AbortController().signal);
  });
  const qontak = { url: server.url, refreshToken: "none" } as RunningSandbox;
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  const { access_token } = await tokensOf(client);
  assertEquals((await call(endpoint, access_token)).status, 200);
  const { store } = endpoint.program;
  const tenant = (await store.tenants()).find((one) =>
    one.startsWith("qontak.")
  )!;
  replace = async () => {
    // As a second sign-in does it when Qontak does not say who signs in.
    const { credentials, version } = (await store.read(tenant))!;
    assert("refresh_token" in credentials);
    const other = { ...credentials, account: "another mark" };
    await store.replace(tenant, other, version);
    sandbox.expireAccessTokens();
  };
  const { status, text } = await call(endpoint, access_token);
  assertEquals(status, 200, text);
  assertStringIncludes(text, "was replaced while this call ran");
  const next = await call(endpoint, access_token);
  assertEquals(next.status, 200, next.text);
  assert(!next.text.includes('"isError":true'), next.text);
});

Deno.test("a caller with a key gets the error that says what to do", async () => {
  await using qontak = serveQontak();
  qontak.revokeRefreshTokens();
  const server = createServer({
    ...APPLICATION,
    baseUrl: qontak.url,
    store: createMemoryStore({ acme: { refresh_token: "wrong" } }),
    kv: false,
    log: () => {},
  });
  const handler = createHandler(server, {
    authenticate: () =>
      Promise.resolve({ name: "key", tenants: ["acme"], scopes: ["read"] }),
  });
  const response = await handler(
    new Request("http://mcp.example.co.id/mcp", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        authorization: "Bearer a-key",
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "list_deals", arguments: {} },
      }),
    }),
  );
  assertEquals(response.status, 200);
  assertStringIncludes(await response.text(), "put it into the store");
  await server.close();
});
