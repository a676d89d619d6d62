/**
 * Attacks on signing in. Each fails with the protocol's own error.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { isPublicAddress } from "../../../src/net/public_address.ts";
import {
  checkPublicUrl,
  createDocumentReader,
  DocumentError,
} from "../../../src/net/public_document.ts";
import { isSame } from "../../../src/auth/sign_in/issued.ts";
import {
  createBrowser,
  createRawClient,
  type Endpoint,
  hidden,
  post,
  rawClient,
  REDIRECT,
  register,
  rpc,
  type Shown,
  tokensOf,
  world,
} from "../../support/sign_in.ts";

/** The tenants of people who signed in. */
async function people({ program }: Endpoint): Promise<readonly string[]> {
  const all = await program.store.tenants();
  return all.filter((tenant) => tenant.startsWith("qontak."));
}

async function isAccepted({ url }: Endpoint, token: string): Promise<boolean> {
  return (await rpc(url, token, "tools/list")).status === 200;
}

/** Checks that a page shows an error, and that nobody was sent anywhere. */
function assertProblem(shown: Shown, error: string, origin: string): void {
  assertEquals(new URL(shown.url).origin, origin);
  assertEquals(shown.status, 400);
  assertStringIncludes(shown.text, error);
}

Deno.test("a code works once, and used again it ends what it gave", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const told = await createBrowser().allow(await client.authorizeUrl());
  const code = told.searchParams.get("code")!;
  const first = await client.exchange(code);
  assertEquals(first.status, 200);
  assert(await isAccepted(endpoint, first.body.access_token));
  const second = await client.exchange(code);
  assertEquals([second.status, second.body.error], [400, "invalid_grant"]);
  assertEquals(await isAccepted(endpoint, first.body.access_token), false);
  const renewed = await client.refresh(first.body.refresh_token);
  assertEquals(renewed.body.error, "invalid_grant");
});

Deno.test("of many requests with one code, at most one gets tokens", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const told = await createBrowser().allow(await client.authorizeUrl());
  const code = told.searchParams.get("code")!;
  const all = await Promise.all(
    Array.from({ length: 8 }, () => client.exchange(code)),
  );
  assertEquals(all.filter(({ status }) => status === 200).length, 1);
});

Deno.test("PKCE cannot be left out, weakened or guessed", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const browser = createBrowser();
  for (
    const change of [
      { code_challenge: undefined, code_challenge_method: undefined },
      { code_challenge_method: "plain" },
      { code_challenge_method: undefined },
      { code_challenge: "short" },
    ]
  ) {
    const shown = await browser.open(await client.authorizeUrl(change));
    assertProblem(shown, "invalid_request", endpoint.origin);
  }
  for (
    const [verifier, error] of [
      [undefined, "invalid_request"],
      ["w".repeat(43), "invalid_grant"],
      ["v".repeat(42), "invalid_grant"],
    ] as const
  ) {
    const told = await browser.allow(await client.authorizeUrl());
    const code = told.searchParams.get("code")!;
    const { status, body } = await client.exchange(code, {
      code_verifier: verifier,
    });
    assertEquals([status, body.error], [400, error]);
    // A wrong try uses the code up.
    assertEquals((await client.exchange(code)).status, 400);
  }
});

Deno.test("codes go to a registered redirect URI only", async () => {
  await using endpoint = await world();
  const uri = "https://client.example.co.id/callback?tenant=1";
  const client = await createRawClient(endpoint, "Tests", uri);
  for (
    const other of [
      "https://client.example.co.id/callback",
      "https://client.example.co.id/callback?tenant=2",
      "https://client.example.co.id/callback?tenant=1&a=b",
      "https://client.example.co.id/callback/../evil?tenant=1",
      "https://client.example.co.id:8443/callback?tenant=1",
      "http://client.example.co.id/callback?tenant=1",
      "https://client.example.co.id.evil.example/callback?tenant=1",
      "https://evil.example@client.example.co.id/callback?tenant=1",
      "https://client.example.co.id/callback?tenant=1#x",
      "https://CLIENT.example.co.id/callback?tenant=1",
      "https://client.example.co.id\\@evil.example/callback?tenant=1",
      "javascript:alert(1)",
      REDIRECT,
    ]
  ) {
    const shown = await createBrowser().open(
      await client.authorizeUrl({ redirect_uri: other }),
    );
    assertProblem(shown, "invalid_request", endpoint.origin);
  }
  const absent = await createBrowser().open(
    await client.authorizeUrl({ redirect_uri: undefined }),
  );
  assertProblem(absent, "redirect_uri", endpoint.origin);
});

Deno.test("on the person's machine the port of a redirect URI may differ, and nothing else", async () => {
  await using endpoint = await world();
  const client = await createRawClient(
    endpoint,
    "Tests",
    "http://127.0.0.1:1234/callback",
  );
  const told = await createBrowser().allow(
    await client.authorizeUrl({ redirect_uri: REDIRECT }),
  );
  assert(told.searchParams.has("code"));
  for (
    const other of [
      "http://127.0.0.1:9/other",
      "http://localhost:9/callback",
      "http://127.0.0.2:9/callback",
      "http://127.0.0.1:9/callback?a=b",
      "http://127.0.0.1.evil.example:9/callback",
      "http://127.0.0.1:9@evil.example/callback",
    ]
  ) {
    const shown = await createBrowser().open(
      await client.authorizeUrl({ redirect_uri: other }),
    );
    assertProblem(shown, "invalid_request", endpoint.origin);
  }
});

Deno.test("a code is for the redirect URI and client that asked for it", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const other = await createRawClient(endpoint, "Others");
  const browser = createBrowser();
  const codeOf = async () =>
    (await browser.allow(await client.authorizeUrl())).searchParams
      .get("code")!;
  const elsewhere = await client.exchange(await codeOf(), {
    redirect_uri: "http://127.0.0.1:9/other",
  });
  assertEquals(elsewhere.body.error, "invalid_grant");
  const stolen = await other.exchange(await codeOf());
  assertEquals(stolen.body.error, "invalid_grant");
});

Deno.test("a refresh token works for its client only", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const other = await createRawClient(endpoint, "Others");
  const { refresh_token } = await tokensOf(client);
  const stolen = await other.refresh(refresh_token);
  assertEquals([stolen.status, stolen.body.error], [400, "invalid_grant"]);
  // The other client cannot end the session either.
  await post(`${endpoint.origin}/oauth/revoke`, {
    token: refresh_token,
    client_id: other.id,
  });
  assertEquals((await client.refresh(refresh_token)).status, 200);
});

Deno.test("a refresh token that was replaced ends the session when it is used again", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const first = await tokensOf(client);
  const second = (await client.refresh(first.refresh_token)).body;
  const third = (await client.refresh(second.refresh_token)).body;
  assert(await isAccepted(endpoint, third.access_token));
  const reused = await client.refresh(first.refresh_token);
  assertEquals([reused.status, reused.body.error], [400, "invalid_grant"]);
  assertEquals(await isAccepted(endpoint, third.access_token), false);
  const { body } = await client.refresh(third.refresh_token);
  assertEquals(body.error, "invalid_grant");
});

Deno.test("a replaced refresh token ends the session also with another client or wrong scopes", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const other = await createRawClient(endpoint, "Other");
  for (
    const change of [
      { scope: "read" },
      { scope: "read write delete" },
      { scope: "of another server" },
      { client_id: other.id },
    ]
  ) {
    const first = await tokensOf(client, undefined, {
      scopes: ["read", "write"],
    });
    const second = (await client.refresh(first.refresh_token)).body;
    assert(await isAccepted(endpoint, second.access_token));
    const reused = await client.refresh(first.refresh_token, change);
    assertEquals([reused.status, reused.body.error], [400, "invalid_grant"]);
    assertEquals(await isAccepted(endpoint, second.access_token), false);
  }
});

Deno.test("many uses of one refresh token at once give the same tokens, and the session ends when one of two who have them renews", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const { refresh_token } = await tokensOf(client);
  const all = await Promise.all(
    Array.from({ length: 8 }, () => client.refresh(refresh_token)),
  );
  for (const { status, body } of all) {
    assertEquals(status, 200);
    assertEquals(body, all[0]!.body);
  }
  const next = await client.refresh(all[0]!.body.refresh_token);
  assert(await isAccepted(endpoint, next.body.access_token));
  const reused = await client.refresh(refresh_token);
  assertEquals([reused.status, reused.body.error], [400, "invalid_grant"]);
  for (const { body } of [all[0]!, next]) {
    assertEquals(await isAccepted(endpoint, body.access_token), false);
  }
});

Deno.test("who knows a session but no secret of it cannot end it", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const { access_token, refresh_token } = await tokensOf(client);
  const forged = (token: string) => token.slice(0, -52) + "a".repeat(52);
  assertEquals((await client.refresh(forged(refresh_token))).status, 400);
  await client.exchange(forged(refresh_token).replace("qsir_", "qsic_"));
  await post(`${endpoint.origin}/oauth/revoke`, {
    token: forged(refresh_token),
  });
  assertEquals(await isAccepted(endpoint, forged(access_token)), false);
  assert(await isAccepted(endpoint, access_token));
});

Deno.test("scopes cannot grow beyond what the person allowed", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const browser = createBrowser();
  const { refresh_token } = await tokensOf(client, browser, {
    scopes: ["read"],
  });
  const grown = await client.refresh(refresh_token, { scope: "read write" });
  assertEquals([grown.status, grown.body.error], [400, "invalid_scope"]);
  // A form cannot allow what the client did not ask for.
  const told = await browser.allow(
    await client.authorizeUrl({ scope: "read" }),
    { scopes: ["read", "write", "delete", "metrics"] },
  );
  const { body } = await client.exchange(told.searchParams.get("code")!);
  assertEquals(body.scope, "read");
  const shown = await browser.open(
    await client.authorizeUrl({ scope: "metrics" }),
  );
  assertProblem(shown, "invalid_scope", endpoint.origin);
});

Deno.test("a token for one endpoint is refused at another", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const browser = createBrowser();
  const resource = "https://other.example.co.id/mcp";
  const shown = await browser.open(await client.authorizeUrl({ resource }));
  assertProblem(shown, "invalid_target", endpoint.origin);
  const told = await browser.allow(await client.authorizeUrl());
  const { body } = await client.exchange(told.searchParams.get("code")!, {
    resource,
  });
  assertEquals(body.error, "invalid_target");
  const { refresh_token } = await tokensOf(client);
  const renewed = await client.refresh(refresh_token, { resource });
  assertEquals(renewed.body.error, "invalid_target");
});

Deno.test("a login at Qontak counts only in the browser that began it", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  // An attacker logs in, and stops before the answer of Qontak.
  const attacker = createBrowser();
  const page = await attacker.open(await client.authorizeUrl());
  const state = new URLSearchParams(hidden(page.text)).get("state")!;
  const qontak = new URL(page.url).origin;
  const code = await (async () => {
    const query = new URLSearchParams(hidden(page.text));
    const response = await fetch(`${qontak}/oauth/authorize?${query}`, {
      redirect: "manual",
    });
    await response.body?.cancel();
    return new URL(response.headers.get("location")!).searchParams.get("code")!;
  })();
  const callback = `${endpoint.origin}/oauth/callback?code=${code}&state=`;
  // A victim is made to open it.
  const victim = createBrowser();
  assertProblem(
    await victim.open(callback + state),
    "invalid_request",
    endpoint.origin,
  );
  // So does a victim that has a sign-in of its own under way.
  await victim.open(await client.authorizeUrl());
  assertProblem(
    await victim.open(callback + state),
    "invalid_request",
    endpoint.origin,
  );
  // Nor does another value of the attacker's cookie count.
  victim.cookies.get(endpoint.origin)!.set(
    `qontak-${state.slice(0, 8)}`,
    "a".repeat(52),
  );
  assertProblem(
    await victim.open(callback + state),
    "invalid_request",
    endpoint.origin,
  );
  for (const wrong of ["", "a".repeat(40)]) {
    const shown = await attacker.open(callback + wrong);
    assertEquals(shown.status, 400);
  }
  assertEquals(await people(endpoint), []);
});

Deno.test("a cookie that an attacker planted does not continue the attacker's sign-in", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const attacker = createBrowser();
  await attacker.open(await client.authorizeUrl());
  const planted = attacker.cookies.get(endpoint.origin)!;
  const victim = createBrowser();
  victim.cookies.set(endpoint.origin, new Map(planted));
  // A sign-in of the victim gets a cookie of its own, which nobody knows.
  await victim.open(await client.authorizeUrl());
  const names = [...victim.cookies.get(endpoint.origin)!.entries()];
  const own = names.filter(([name]) => !planted.has(name));
  assertEquals(own.length, 1);
  assert(own[0]![1].length === 52);
});

Deno.test("the form of the consent page counts only with its own secret, in its own browser, once", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const browser = createBrowser();
  const consent = await browser.login(await client.authorizeUrl());
  const at = `${endpoint.origin}/oauth/consent`;
  const fields = hidden(consent.text);
  // Its id is not one with which Qontak sends somebody back.
  const second = await browser.login(await client.authorizeUrl());
  const state = new Map(hidden(second.text)).get("request");
  assertProblem(
    await browser.open(
      `${endpoint.origin}/oauth/callback?code=c&state=${state}`,
    ),
    "invalid_request",
    endpoint.origin,
  );
  const allow: [string, string][] = [["scope", "read"], ["decision", "allow"]];
  const request = fields.filter(([name]) => name === "request");
  for (
    const [by, form] of [
      [browser, [...request, ...allow]],
      [browser, [...request, ["form", "a".repeat(52)], ...allow]],
      [createBrowser(), [...fields, ...allow]],
      [
        createBrowser({ origin: "https://evil.example" }),
        [...fields, ...allow],
      ],
    ] as const
  ) {
    const shown = await by.open(at, form as [string, string][]);
    assertProblem(shown, "invalid_request", endpoint.origin);
  }
  // From a page of another site, even with all secrets.
  for (
    const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
    ]
  ) {
    const other = createBrowser(headers);
    other.cookies.set(
      endpoint.origin,
      browser.cookies.get(endpoint.origin)!,
    );
    const shown = await other.open(at, [...fields, ...allow]);
    assertProblem(shown, "invalid_request", endpoint.origin);
  }
  assertEquals(await people(endpoint), []);
  const told = await browser.open(at, [...fields, ...allow]);
  assert(told.url.startsWith(REDIRECT), told.url);
  const again = await browser.open(at, [...fields, ...allow]);
  assertProblem(again, "invalid_request", endpoint.origin);
});

Deno.test("the consent page cannot be framed, runs no script, and shows a name as text", async () => {
  await using endpoint = await world();
  const name = "<script>alert(1)</script>";
  const client = await createRawClient(endpoint, name);
  const consent = await createBrowser().login(await client.authorizeUrl());
  const policy = consent.headers.get("content-security-policy")!;
  assertStringIncludes(policy, "default-src 'none'");
  assertStringIncludes(policy, "frame-ancestors 'none'");
  assertEquals(policy.includes("script-src"), false);
  assertEquals(consent.headers.get("x-frame-options"), "DENY");
  assertEquals(consent.headers.get("cache-control"), "no-store");
  assertEquals(consent.text.includes("<script"), false);
  assertStringIncludes(consent.text, "&lt;script&gt;");
});

Deno.test("a second client gets nothing without the person's own yes, though Qontak remembers the application", async () => {
  await using endpoint = await world();
  const browser = createBrowser();
  await tokensOf(await createRawClient(endpoint, "Known"), browser);
  // The browser is signed in at Qontak, and Qontak's consent was given.
  const attacker = await createRawClient(
    endpoint,
    "Attacker",
    "https://client.example.co.id/evil",
  );
  const shown = await browser.login(await attacker.authorizeUrl());
  assertEquals(new URL(shown.url).pathname, "/oauth/consent");
  assertStringIncludes(shown.text, "Attacker");
  // The same client is asked again, too.
  const again = await browser.login(await attacker.authorizeUrl());
  assertEquals(new URL(again.url).pathname, "/oauth/consent");
});

Deno.test("a client with the name of another is shown with a warning", async () => {
  await using endpoint = await world();
  for (
    const [name, uri, isWarned] of [
      ["Claude", "https://client.example.co.id/cb", true],
      ["ChatGPT", "https://client.example.co.id/cb", true],
      ["Bank example.com", "https://client.example.co.id/cb", true],
      ["Cursor", "cursor://anysphere.cursor-mcp/oauth/callback", false],
      ["Evil", "cursor://anysphere.cursor-mcp/oauth/callback", true],
      ["Anything", "https://client.example.co.id/cb", false],
      ["Local", "http://localhost:33418/cb", false],
    ] as const
  ) {
    const client = await createRawClient(endpoint, name, uri);
    const shown = await createBrowser().login(await client.authorizeUrl());
    assertEquals(shown.text.includes('class="warning"'), isWarned, name);
    assertStringIncludes(shown.text, "chose its own name");
    // It is said once.
    assertEquals(shown.text.split("a moment ago").length, 2, shown.text);
    assertStringIncludes(
      shown.text,
      uri.startsWith("http") ? new URL(uri).hostname : "cursor:",
    );
  }
});

Deno.test("a request with errors sends nobody to the client", async () => {
  await using endpoint = await world();
  const client = await createRawClient(
    endpoint,
    "Tests",
    "https://client.example.co.id/landing",
  );
  for (
    const [change, error] of [
      [{ response_type: "token" }, "unsupported_response_type"],
      [{ scope: "unknown" }, "invalid_scope"],
      [{ resource: "https://evil.example/" }, "invalid_target"],
      [{ client_id: "a".repeat(32) }, "invalid_client"],
      [{ state: "s".repeat(3000) }, "invalid_request"],
    ] as const
  ) {
    const shown = await createBrowser().open(await client.authorizeUrl(change));
    assertProblem(shown, error, endpoint.origin);
  }
  for (const again of ["redirect_uri=https://evil.example/", "scope=read"]) {
    assertProblem(
      await createBrowser().open(`${await client.authorizeUrl()}&${again}`),
      "invalid_request",
      endpoint.origin,
    );
  }
});

Deno.test("an answer names its issuer, so that a client notices another server's", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  for (const decision of ["allow", "deny"] as const) {
    const told = await createBrowser().allow(await client.authorizeUrl(), {
      decision,
    });
    assertEquals(told.searchParams.getAll("iss"), [endpoint.origin]);
  }
});

Deno.test("clients register addresses of https, of this machine or of programs only", async () => {
  await using endpoint = await world();
  for (
    const uri of [
      "http://client.example.co.id/cb",
      "javascript:alert(1)",
      "data:text/html,x",
      "file:///etc/passwd",
      "https://user@client.example.co.id/cb",
      "https://client.example.co.id/cb#x",
      "https://client.example.co.id/c b",
      "/relative",
      "",
      7,
    ]
  ) {
    const { status, body } = await register(endpoint.origin, {
      redirect_uris: [uri],
    });
    assertEquals([status, body.error], [400, "invalid_redirect_uri"]);
  }
  const many = Array.from({ length: 11 }, (_, i) => `https://a.example/${i}`);
  const { status } = await register(endpoint.origin, { redirect_uris: many });
  assertEquals(status, 400);
});

Deno.test("a thousand registrations are slowed down, and nobody else is", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const { access_token, refresh_token } = await tokensOf(client);
  let [made, refused] = [0, 0];
  for (let step = 0; step < 50; step++) {
    const all = await Promise.all(
      Array.from(
        { length: 20 },
        () => register(endpoint.origin, { redirect_uris: [REDIRECT] }),
      ),
    );
    made += all.filter(({ status }) => status === 201).length;
    refused += all.filter(({ status }) => status === 429).length;
  }
  assertEquals(made + refused, 1_000);
  assert(made < 200, `${made} were made`);
  assert(await isAccepted(endpoint, access_token));
  assertEquals((await client.refresh(refresh_token)).status, 200);
});

Deno.test("guesses at the token endpoint are slowed down", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const all: number[] = [];
  for (let tries = 0; tries < 40; tries++) {
    all.push((await client.refresh(`guess ${tries}`)).status);
  }
  assertEquals(all[0], 400);
  assert(all.includes(429), String(all));
});

Deno.test("hashes are compared in full, whichever character differs", () => {
  const hash = "a".repeat(64);
  assert(isSame(hash, hash));
  for (const at of [0, 31, 63]) {
    const other = hash.slice(0, at) + "b" + hash.slice(at + 1);
    assertEquals(isSame(hash, other), false);
  }
  for (const other of ["", "a", hash + "a", hash.slice(1)]) {
    assertEquals(isSame(hash, other), false);
  }
});

Deno.test("a metadata document is fetched from the internet only", () => {
  for (
    const address of [
      "http://client.example.co.id/c.json",
      "https://127.0.0.1/c.json",
      "https://2130706433/c.json",
      "https://0x7f.1/c.json",
      "https://[::1]/c.json",
      "https://[::ffff:10.0.0.1]/c.json",
      "https://localhost/c.json",
      "https://metadata/c.json",
      "https://db.internal/c.json",
      "https://client.example.co.id:8443/c.json",
      "https://user@client.example.co.id/c.json",
      "https://client.example.co.id/c.json#x",
    ]
  ) {
    let problem: unknown;
    try {
      checkPublicUrl(address);
    } catch (error) {
      problem = error;
    }
    assert(problem instanceof DocumentError, address);
  }
  for (
    const address of [
      ...[
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
      ],
      ...[
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
      ],
      ...["::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::7f00:1"],
      ...["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:7f00:1::", "2001:db8::1"],
      ...["2001::1", "3fff::1", "not an address", ""],
    ]
  ) {
    assertEquals(isPublicAddress(address), false, address);
  }
  for (const address of ["8.8.8.8", "172.32.0.1", "2606:4700::1111"]) {
    assert(isPublicAddress(address), address);
  }
});

Deno.test("a host name that leads to a private address is not asked", async () => {
  let sent = 0;
  for (const found of [["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"], []]) {
    const read = createDocumentReader({
      resolve: () => Promise.resolve(found),
      request: (() => {
        sent++;
        throw new Error("sent");
      }) as never,
    });
    let problem: unknown;
    await read("https://client.example.co.id/c.json").catch((error) => {
      problem = error;
    });
    assert(problem instanceof DocumentError);
  }
  assertEquals(sent, 0);
});

Deno.test("a client whose metadata document is private is refused", async () => {
  await using endpoint = await world();
  for (
    const id of [
      "https://127.0.0.1/client.json",
      "http://client.example.co.id/client.json",
      "https://localhost/client.json",
    ]
  ) {
    const shown = await createBrowser().open(
      await rawClient(endpoint, id).authorizeUrl(),
    );
    assertProblem(shown, "invalid_client", endpoint.origin);
  }
});
