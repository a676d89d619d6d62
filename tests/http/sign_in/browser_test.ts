/**
 * Signing in with a real browser: from an empty client to the pipelines, by a
 * person who knows nothing of tokens.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  Client,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { SANDBOX_PASSWORD } from "../../../src/sandbox/mod.ts";
import { USERS } from "../../../src/sandbox/data/tenant.ts";
import { serve } from "../../support/serve.ts";
import {
  createRawClient,
  serveEndpoint,
  serveQontak,
} from "../../support/sign_in.ts";
import { browserTest, openTab } from "../page/browser.ts";

browserTest(
  "from an empty client, a person reads the pipelines after one sign-in",
  async () => {
    await using qontak = serveQontak();
    await using endpoint = await serveEndpoint({ qontak });
    const told = Promise.withResolvers<URLSearchParams>();
    await using callback = serve((request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/callback") told.resolve(searchParams);
      return new Response("You can close this window.");
    });
    // deno-lint-ignore no-explicit-any -- what the client remembers
    const kept: Record<string, any> = {};
    const redirectUrl = `${callback.url}/callback`;
    const provider = {
      redirectUrl,
      clientMetadata: {
        client_name: "Asisten <b>CRM</b>",
        redirect_uris: [redirectUrl],
      },
      clientInformation: () => kept.client,
      saveClientInformation: (client: unknown) => void (kept.client = client),
      tokens: () => kept.tokens,
      saveTokens: (tokens: unknown) => void (kept.tokens = tokens),
      redirectToAuthorization: (url: URL) => void (kept.url = url),
      saveCodeVerifier: (verifier: string) => void (kept.verifier = verifier),
      codeVerifier: () => kept.verifier,
      saveDiscoveryState: (state: unknown) => void (kept.discovery = state),
      discoveryState: () => kept.discovery,
    } as unknown as OAuthClientProvider;
    const make = () =>
      new StreamableHTTPClientTransport(new URL(endpoint.url), {
        authProvider: provider,
      });
    const transport = make();
    await new Client({ name: "tests", version: "1.0.0" }).connect(transport)
      .catch(() => {});

    await using tab = await openTab({
      locale: "id-ID",
      javaScriptEnabled: false,
    });
    const { page } = tab;
    await page.goto(kept.url.href);
    await page.fill('input[name="email"]', USERS[4]!.email);
    await page.fill('input[name="password"]', SANDBOX_PASSWORD);
    await page.click("button");
    await page.click('button[value="allow"]');
    // The consent page, in the person's language and without a script.
    await page.waitForURL(/\/oauth\/consent/);
    const text = await page.innerText("main");
    assertStringIncludes(text, "Asisten <b>CRM</b>");
    assertStringIncludes(text, "ingin memakai Qontak CRM Anda");
    assertStringIncludes(text, String(USERS[4]!.id));
    assertEquals(await page.getAttribute("html", "lang"), "id");
    await page.uncheck('input[value="delete"]');
    await page.click('button[value="allow"]');
    await page.waitForURL(/\/callback/);

    await transport.finishAuth(await told.promise);
    const client = new Client({ name: "tests", version: "1.0.0" });
    await client.connect(make());
    const pipelines = await client.callTool({
      name: "list_pipelines",
      arguments: {},
    });
    assert(!pipelines.isError);
    assertStringIncludes(JSON.stringify(pipelines), "Tender");
    assertEquals(kept.tokens.scope, "read write");
    await client.close();

    // The person sees the session, and ends it.
    await page.goto(`${endpoint.origin}/account`);
    await page.click('button[value="allow"]');
    await page.waitForURL(/\/account\?/);
    assertStringIncludes(await page.innerText("main"), "Asisten <b>CRM</b>");
    await page.click("tbody button");
    await page.waitForSelector("table", { state: "detached" });
    const { status, body } = await fetch(endpoint.url, {
      method: "POST",
      headers: {
        authorization: `Bearer ${kept.tokens.access_token}`,
        "content-type": "application/json",
      },
      body: "{}",
    });
    await body?.cancel();
    assertEquals(status, 401);
  },
);

browserTest(
  "a person who denies comes back to the client without a code",
  async () => {
    await using qontak = serveQontak();
    await using endpoint = await serveEndpoint({ qontak });
    const told = Promise.withResolvers<URLSearchParams>();
    await using callback = serve((request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/callback") told.resolve(searchParams);
      return new Response("You can close this window.");
    });
    const client = await createRawClient(
      endpoint,
      "Tests",
      `${callback.url}/callback`,
    );
    await using tab = await openTab({ javaScriptEnabled: false });
    const { page } = tab;
    await page.goto(await client.authorizeUrl());
    await page.fill('input[name="email"]', USERS[0]!.email);
    await page.fill('input[name="password"]', SANDBOX_PASSWORD);
    await page.click("button");
    await page.click('button[value="allow"]');
    await page.click('button[value="deny"]');
    await page.waitForURL(/\/callback/);
    assertEquals((await told.promise).get("error"), "access_denied");
  },
);

browserTest("the consent page cannot be framed", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  await using tab = await openTab({});
  const { page } = tab;
  await page.goto(await client.authorizeUrl());
  await page.fill('input[name="email"]', USERS[0]!.email);
  await page.fill('input[name="password"]', SANDBOX_PASSWORD);
  await page.click("button");
  await page.click('button[value="allow"]');
  await page.waitForURL(/\/oauth\/consent/);
  const consent = page.url();
  await using evil = serve(() =>
    new Response(`<iframe src="${consent}"></iframe>`, {
      headers: { "content-type": "text/html" },
    })
  );
  await page.goto(evil.url);
  const frame = page.frames().find((one) => one !== page.mainFrame());
  await page.waitForTimeout(300);
  const text = await frame?.content().catch(() => "") ?? "";
  assertEquals(text.includes("oauth/consent"), false);
});
