/**
 * The way of real clients: the SDK's own, of both eras, with a browser.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  Client,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { Client as OlderClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OlderTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { UnauthorizedError as OlderUnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import {
  createBrowser,
  REDIRECT,
  serveEndpoint,
  serveQontak,
} from "../../support/sign_in.ts";

/** What a client remembers; both eras of the SDK take it. */
function createProvider() {
  // deno-lint-ignore no-explicit-any -- both eras have types of their own
  const kept: Record<string, any> = {};
  const provider = {
    redirectUrl: REDIRECT,
    clientMetadata: {
      client_name: "SDK",
      redirect_uris: [REDIRECT],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
    clientInformation: () => kept.client,
    saveClientInformation: (client: unknown) => void (kept.client = client),
    tokens: () => kept.tokens,
    saveTokens: (tokens: unknown) => void (kept.tokens = tokens),
    redirectToAuthorization: (url: URL) => void (kept.url = url),
    saveCodeVerifier: (verifier: string) => void (kept.verifier = verifier),
    codeVerifier: () => kept.verifier,
    state: () => "the client's state",
    saveDiscoveryState: (state: unknown) => void (kept.discovery = state),
    discoveryState: () => kept.discovery,
  };
  return { kept, provider };
}

Deno.test("the SDK's client signs a person in, reads, renews and asks for more scopes", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const { kept, provider } = createProvider();
  const browser = createBrowser();
  const connect = async (scopes?: readonly string[]) => {
    const make = () =>
      new StreamableHTTPClientTransport(new URL(endpoint.url), {
        authProvider: provider as unknown as OAuthClientProvider,
      });
    const first = make();
    const client = new Client({ name: "tests", version: "1.0.0" });
    try {
      await client.connect(first);
      return { client, transport: first };
    } catch (error) {
      assert(error instanceof UnauthorizedError, String(error));
    }
    const told = await browser.allow(
      kept.url.href,
      scopes ? { scopes } : {},
    );
    await first.finishAuth(told.searchParams);
    const transport = make();
    const again = new Client({ name: "tests", version: "1.0.0" });
    await again.connect(transport);
    return { client: again, transport };
  };
  const { client, transport } = await connect(["read"]);
  assertEquals(kept.url.searchParams.get("resource"), endpoint.url);
  const read = await client.callTool({ name: "list_deals", arguments: {} });
  assert(!read.isError, JSON.stringify(read));
  // A write is not allowed yet: the client sends the person to agree.
  const create = () =>
    client.callTool({
      name: "create_task_category",
      arguments: { name: "Kunjungan" },
    });
  let error: unknown;
  await create().catch((problem) => {
    error = problem;
  });
  assert(error !== undefined, "the write was not refused");
  assertEquals(kept.url.searchParams.get("scope"), "read write");
  const told = await browser.allow(kept.url.href);
  await transport.finishAuth(told.searchParams);
  const written = await create();
  assert(!written.isError, JSON.stringify(written));
  // The access token ends: the client renews it without the person.
  const { refresh_token } = kept.tokens;
  kept.tokens = { ...kept.tokens, access_token: "ended" };
  const later = await client.callTool({ name: "list_deals", arguments: {} });
  assert(!later.isError);
  assert(kept.tokens.refresh_token !== refresh_token);
  await client.close();
});

Deno.test("the SDK's older client signs a person in and reads", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const { kept, provider } = createProvider();
  const make = () =>
    new OlderTransport(new URL(endpoint.url), {
      authProvider: provider,
    });
  const first = make();
  const client = new OlderClient({ name: "tests", version: "1.0.0" });
  let error: unknown;
  // deno-lint-ignore no-explicit-any -- its optional fields have other types
  await client.connect(first as any).catch((problem: unknown) => {
    error = problem;
  });
  assert(error instanceof OlderUnauthorizedError, String(error));
  const told = await createBrowser().allow(kept.url.href, { user: 3 });
  await first.finishAuth(told.searchParams.get("code")!);
  const again = new OlderClient({ name: "tests", version: "1.0.0" });
  // deno-lint-ignore no-explicit-any -- its optional fields have other types
  await again.connect(make() as any);
  const read = await again.callTool({ name: "list_pipelines", arguments: {} });
  assertStringIncludes(JSON.stringify(read), "records");
  assert(!read.isError);
  const { refresh_token } = kept.tokens;
  kept.tokens = { ...kept.tokens, access_token: "ended" };
  const later = await again.callTool({ name: "list_deals", arguments: {} });
  assert(!later.isError);
  assert(kept.tokens.refresh_token !== refresh_token);
  await again.close();
});
