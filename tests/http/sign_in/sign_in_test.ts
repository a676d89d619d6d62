import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { USERS } from "../../../src/sandbox/data/tenant.ts";
import {
  createBrowser,
  createRawClient,
  rpc,
  serveEndpoint,
  serveQontak,
  tokensOf,
} from "../../support/sign_in.ts";

Deno.test("a client signs a person in, and its token reads the person's CRM", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  const browser = createBrowser();
  const told = await browser.allow(await client.authorizeUrl(), { user: 1 });
  assertEquals(told.searchParams.get("state"), "a state");
  assertEquals(told.searchParams.get("iss"), endpoint.origin);
  const { status, body, headers } = await client.exchange(
    told.searchParams.get("code")!,
  );
  assertEquals(status, 200);
  assertEquals(headers.get("cache-control"), "no-store");
  assertEquals(body.token_type, "Bearer");
  assertEquals(body.expires_in, 3600);
  assertEquals(body.scope, "read write delete");
  const called = await rpc(endpoint.url, body.access_token, "tools/call", {
    name: "list_deals",
    arguments: {},
  });
  assertEquals(called.status, 200, called.text);
  assertStringIncludes(called.text, "records");
  assert(!called.text.includes('"isError":true'), called.text);
  // The person acts as itself: Qontak saw the token of the second user.
  const { store } = endpoint.program;
  const tenants = await store.tenants();
  assert(tenants.includes(`qontak.${USERS[1]!.id}`), String(tenants));
});

Deno.test("the page at / says that programs need only the address, and a person signs in", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  for (const language of ["en", "id"]) {
    const page = await (await fetch(`${endpoint.origin}/`, {
      headers: { "accept-language": language },
    })).text();
    assertStringIncludes(
      page,
      language === "en" ? "you copy no key" : "Anda tidak menyalin kunci",
    );
    assert(!/<code>[^<]*YOUR_API_KEY/.test(page), "a snippet asks for a key");
  }
});

Deno.test("a caller without a token is told where to sign in", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const { status, headers } = await rpc(endpoint.url, undefined, "tools/list");
  assertEquals(status, 401);
  const challenge = headers.get("www-authenticate")!;
  const [, address = ""] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
  const resource = await (await fetch(address)).json();
  assertEquals(resource.resource, endpoint.url);
  assertEquals(resource.authorization_servers, [endpoint.origin]);
  assertEquals(resource.scopes_supported, ["read", "write", "delete"]);
  const metadata = await (await fetch(
    `${endpoint.origin}/.well-known/oauth-authorization-server`,
  )).json();
  assertEquals(metadata.issuer, endpoint.origin);
  assertEquals(metadata.code_challenge_methods_supported, ["S256"]);
  assertEquals(metadata.token_endpoint_auth_methods_supported, ["none"]);
  assertEquals(metadata.authorization_response_iss_parameter_supported, true);
});

Deno.test("a refresh token is replaced by each use, and may narrow the scopes", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  const first = await tokensOf(client);
  const second = await client.refresh(first.refresh_token, { scope: "read" });
  assertEquals([second.status, second.body.scope], [200, "read"]);
  assert(second.body.refresh_token !== first.refresh_token);
  const third = await client.refresh(second.body.refresh_token);
  assertEquals([third.status, third.body.scope], [200, "read write delete"]);
  const { status } = await rpc(
    endpoint.url,
    third.body.access_token,
    "tools/list",
  );
  assertEquals(status, 200);
});

Deno.test("a call beyond what the person allowed gets a 403 that names the scopes", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  const { access_token, scope } = await tokensOf(client, createBrowser(), {
    scopes: ["read"],
  });
  assertEquals(scope, "read");
  const listed = await rpc(endpoint.url, access_token, "tools/list");
  // The client sees the tool, so that it can ask for its scope.
  assertStringIncludes(listed.text, '"delete_deal"');
  const { status, headers } = await rpc(
    endpoint.url,
    access_token,
    "tools/call",
    { name: "delete_deal", arguments: { deal_id: 1 } },
  );
  assertEquals(status, 403);
  const challenge = headers.get("www-authenticate")!;
  assertMatch(challenge, /error="insufficient_scope"/);
  assertMatch(challenge, /scope="read delete"/);
  assertMatch(challenge, /resource_metadata="http/);
  assertEquals(
    qontak.requests.filter(({ method }) => method === "DELETE"),
    [],
  );
});

Deno.test("with the short list, a call beyond what the person allowed gets the same 403", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({
    qontak,
    more: { QONTAK_TOOLS: "compact" },
  });
  const client = await createRawClient(endpoint);
  const challengeOf = async (
    scopes: string[],
    params: Record<string, unknown>,
  ) => {
    const { access_token } = await tokensOf(client, createBrowser(), {
      scopes,
    });
    const { status, headers } = await rpc(
      endpoint.url,
      access_token,
      "tools/call",
      params,
    );
    return [status, headers.get("www-authenticate")];
  };
  const [status, asked] = await challengeOf(["read"], {
    name: "update_deal",
    arguments: { deal_id: 1, name: "x" },
  });
  assertEquals(status, 403);
  assertMatch(String(asked), /scope="read write"/);
  const note = { crm_deal_id: 1, note: "x" };
  for (
    const args of [
      { tool: "update_note", arguments: note },
      { tool: "update_note", arguments: JSON.stringify(note) },
      { tool: " update_note " },
      // A listed tool can be called either way.
      { tool: "create_note", arguments: note },
      JSON.stringify({ tool: "update_note", arguments: note }),
    ]
  ) {
    assertEquals(
      await challengeOf(["read"], { name: "call_write_tool", arguments: args }),
      [403, asked],
      JSON.stringify(args),
    );
  }
  const cases: [string, object, string[], string][] = [
    ["call_write_tool", { tool: "delete_deal" }, ["read"], "read delete"],
    [
      "call_write_tool",
      { tool: "delete_deal" },
      ["read", "write"],
      "read write delete",
    ],
    ["call_read_tool", { tool: "list_deals" }, ["write"], "read write"],
    ["find_tool", { query: "deals" }, ["write"], "read write"],
  ];
  for (const [name, args, scopes, expected] of cases) {
    const [status, challenge] = await challengeOf(scopes, {
      name,
      arguments: args,
    });
    assertEquals(status, 403, name);
    assertStringIncludes(String(challenge), `scope="${expected}"`);
    assertMatch(String(challenge), /resource_metadata="http/);
  }
  // What reads is not kept from a person who allowed reading.
  const [passed] = await challengeOf(["read"], {
    name: "call_read_tool",
    arguments: { tool: "list_deals" },
  });
  assertEquals(passed, 200);
  assertEquals(
    qontak.requests.filter(({ method, path }) =>
      method !== "GET" && /notes|deals/.test(path)
    ),
    [],
  );
});

Deno.test("a person who denies, here or at Qontak, gives no code", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  const told = await createBrowser().allow(await client.authorizeUrl(), {
    decision: "deny",
  });
  assertEquals(told.searchParams.get("error"), "access_denied");
  assertEquals(told.searchParams.get("iss"), endpoint.origin);
  assertEquals(told.searchParams.has("code"), false);
  assertEquals(await endpoint.program.store.tenants(), ["_default"]);
});

Deno.test("a revoked token stops working, and so does its whole session", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  const { access_token, refresh_token } = await tokensOf(client);
  const revoked = await fetch(`${endpoint.origin}/oauth/revoke`, {
    method: "POST",
    body: new URLSearchParams({ token: refresh_token, client_id: client.id }),
  });
  assertEquals(revoked.status, 200);
  await revoked.body?.cancel();
  const { status, headers } = await rpc(
    endpoint.url,
    access_token,
    "tools/list",
  );
  assertEquals(status, 401);
  assertMatch(headers.get("www-authenticate")!, /error="invalid_token"/);
  // It was the person's last session: the tokens of Qontak are gone as well.
  assertEquals(await endpoint.program.store.tenants(), ["_default"]);
});

Deno.test("the consent page names the person, or says that Qontak does not", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  const consent = async (headers: Record<string, string> = {}) =>
    await createBrowser(headers).login(await client.authorizeUrl());
  const named = await consent();
  assertStringIncludes(
    named.text,
    "your Qontak account: Ratna Kusumawardani (user 512301)",
  );
  const indonesian = await consent({ "accept-language": "id" });
  assertStringIncludes(
    indonesian.text,
    "akun Qontak Anda: Ratna Kusumawardani (pengguna 512301)",
  );
  for (const status of [403, 500]) {
    qontak.inject({
      fault: { kind: "status", status },
      path: "/api/v3.1/deals/info",
      times: 10,
    });
    const { status: answered, text } = await consent();
    assertEquals(answered, 200);
    assertStringIncludes(
      text,
      "user 512301, whose name Qontak does not say here",
    );
    qontak.clearFaults();
  }
});
