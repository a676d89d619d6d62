/**
 * Strangers who misuse signing in: they choose unusual words, imitate names,
 * and use up what others need.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  createSessions,
  type Session,
} from "../../../src/auth/sign_in/sessions.ts";
import { createSignIn } from "../../../src/auth/sign_in/sign_in.ts";
import { recordsOf } from "../../../src/auth/sign_in/store.ts";
import { createCheck } from "../../../src/http/credential_check.ts";
import { createThrottle } from "../../../src/http/throttle.ts";
import { createMemoryChangeStore } from "../../../src/changes/mod.ts";
import { isFitting } from "../../../src/http/sign_in/known_clients.ts";
import type { RunningSandbox } from "../../../src/sandbox/mod.ts";
import { MemorySandbox } from "../../../src/sandbox/sandbox.ts";
import { createMemoryStore } from "../../../src/tokens/stores/memory.ts";
import { serve } from "../../support/serve.ts";
import {
  APPLICATION,
  beginning,
  createBrowser,
  createRawClient,
  type Endpoint,
  register,
  rpc,
  serveEndpoint,
  serveQontak,
  type Shown,
  tokensOf,
  world,
} from "../../support/sign_in.ts";

/** The consent page of a client. */
async function consentOf(
  endpoint: Endpoint,
  name: string,
  uri: string,
): Promise<Shown> {
  const client = await createRawClient(endpoint, name, uri);
  return await createBrowser().login(await client.authorizeUrl());
}

Deno.test("a method with the name of a property is refused", async () => {
  await using endpoint = await world();
  for (const method of ["constructor", "toString", "hasOwnProperty"]) {
    for (const path of ["/oauth/token", "/oauth/authorize", "/account"]) {
      const response = await fetch(endpoint.origin + path, { method });
      await response.body?.cancel();
      assertEquals(response.status, 405, `${method} ${path}`);
    }
  }
});

Deno.test("a host with the name of a property is shown as any other", async () => {
  await using endpoint = await world();
  const shown = await consentOf(endpoint, "Tests", "https://constructor/cb");
  assertEquals(shown.status, 200);
  assertStringIncludes(shown.text, "<code>constructor</code>");
});

Deno.test("a host cannot end a part of the content security policy", async () => {
  await using endpoint = await world();
  for (
    const uri of ["https://a;sandbox/cb", "https://a,b/cb", "https://*/cb"]
  ) {
    const { status } = await register(endpoint.origin, {
      redirect_uris: [uri],
    });
    assertEquals(status, 400, uri);
  }
});

Deno.test("a name that imitates letters of another is shown with a warning", async () => {
  await using endpoint = await world();
  const shown = await consentOf(
    endpoint,
    "Cl\u0430ude",
    "https://client.example.co.id/cb",
  );
  assertStringIncludes(shown.text, 'class="warning"');
  for (
    const name of [
      "\u0421hatGPT",
      "\uff23laude",
      "Cl\u00e1ude",
      "\u{1d402}ursor",
      "Anthr\u03bfpic",
    ]
  ) {
    assertEquals(isFitting(name, "client.example.co.id"), false, name);
  }
  for (
    const name of ["Пример", "Пример CRM", "Éditeur", "客户端", "Klien Saya"]
  ) {
    assert(isFitting(name, "client.example.co.id"), name);
  }
});

Deno.test("a name cannot end its own quotation marks", async () => {
  await using endpoint = await world();
  const shown = await consentOf(
    endpoint,
    "A” (checked by the operator) and “B",
    "https://client.example.co.id/cb",
  );
  assertStringIncludes(
    shown.text,
    "“A&#39; (checked by the operator) and &#39;B” wants",
  );
});

Deno.test("the address that a program's scheme passes on is shown", async () => {
  await using endpoint = await world();
  const uri = "microsoft-edge:https://client.example.co.id/cb";
  const shown = await consentOf(endpoint, "Tests", uri);
  assertStringIncludes(shown.text, `<code>${uri}</code>`);
});

Deno.test("guesses do not keep others from renewing, though all have the address of a proxy", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const { refresh_token } = await tokensOf(client);
  const guessed: number[] = [];
  for (let tries = 0; tries < 40; tries++) {
    guessed.push((await client.refresh(`guess ${tries}`)).status);
  }
  assert(guessed.includes(429), String(guessed));
  assertEquals((await client.refresh(refresh_token)).status, 200);
});

Deno.test("guesses do not keep new tokens from being used, though all have the address of a proxy", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const { refresh_token } = await tokensOf(client);
  const status = async (token: string) =>
    (await rpc(endpoint.url, token, "tools/list")).status;
  const guessed: number[] = [];
  for (let tries = 0; tries < 40; tries++) {
    guessed.push(await status(`guess-${tries}`));
  }
  assert(guessed.includes(429), String(guessed));
  const { body } = await client.refresh(refresh_token);
  assertEquals(await status(body.access_token), 200);
  // A wrong token of the same form is refused.
  assertEquals(await status(body.access_token.replace(/.$/, "?")), 429);
  const end = body.access_token.endsWith("a") ? "b" : "a";
  assertEquals(await status(body.access_token.replace(/.$/, end)), 401);
});

/** The same token, of a session that does not exist. */
function forge(token: string, i: number): string {
  const end = `${"abcdefghij"[Math.floor(i / 10)]}${"abcdefghij"[i % 10]}`;
  return token.replace(/_[a-z2-7]{16}_/, `_${"a".repeat(14)}${end}_`);
}

Deno.test("forged tokens of sign-in are slowed down as any wrong credential", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const { access_token, refresh_token } = await tokensOf(client);
  const status = async (token: string) =>
    (await rpc(endpoint.url, token, "tools/list")).status;
  const statuses: number[] = [];
  for (let i = 0; i < 100; i++) {
    statuses.push(await status(forge(access_token, i)));
  }
  assert(statuses.includes(429), String(statuses));
  // The person can still call, also with new tokens.
  assertEquals(await status(access_token), 200);
  const { body } = await client.refresh(refresh_token);
  assertEquals(await status(body.access_token), 200);
});

Deno.test("forged tokens of sign-in cost no read of the store once they are slowed down", async () => {
  const kept = recordsOf<Session>(createMemoryChangeStore(), "session");
  let reads = 0;
  const sessions = createSessions({
    records: {
      ...kept,
      get(...place) {
        reads++;
        return kept.get(...place);
      },
    },
    log: () => {},
    onEnded: () => Promise.resolve(),
    now: Date.now,
  });
  const { access_token } = await sessions.begin(
    beginning({ id: "b".repeat(16) }),
  );
  const check = createCheck(
    async (bearer) =>
      await sessions.find(bearer) &&
      { name: "a", tenants: ["a"], scopes: ["read"] },
    createThrottle(() => 0),
    sessions.knows,
    () => 0,
  );
  for (let i = 0; i < 100; i++) {
    await check(forge(access_token, i), "203.0.113.5");
  }
  assertEquals(reads, 20);
  const caller = await check(access_token, "203.0.113.5");
  assertEquals(typeof caller, "object");
});

Deno.test("when a stolen secret ends the last session of a person, no token of Qontak stays", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const people = async () => {
    const all = await endpoint.program.store.tenants();
    return all.filter((tenant) => tenant.startsWith("qontak.")).length;
  };
  const [first, other] = [await tokensOf(client), await tokensOf(client)];
  for (const { refresh_token } of [first, other]) {
    assertEquals(await people(), 1);
    const { status, body } = await client.refresh(refresh_token);
    assertEquals(status, 200);
    assertEquals((await client.refresh(body.refresh_token)).status, 200);
    assertEquals((await client.refresh(refresh_token)).status, 400);
  }
  assertEquals(await people(), 0);
});

Deno.test("with the last session of a person, what is cached for the person goes, too", async () => {
  const dropped: string[] = [];
  const store = createMemoryChangeStore();
  const signIn = createSignIn({
    publicUrl: "https://one.example.co.id/mcp",
    store: {
      ...store,
      get: (place) =>
        place.id.length > 100
          ? Promise.reject(new Error("the key is too long"))
          : store.get(place),
    },
    tokens: createMemoryStore(),
    dropCached: (tenant) => {
      dropped.push(tenant);
      return Promise.resolve();
    },
    log: () => {},
    place: { url: () => "", exchange: () => Promise.reject() },
    readDocument: () => Promise.reject(),
  });
  const ids = ["a".repeat(16), "b".repeat(16)] as const;
  for (const id of ids) {
    await signIn.sessions.begin(beginning({ id, resource: signIn.resource }));
  }
  // A form can name any session.
  assertEquals(await signIn.end("512301", "x".repeat(3_000)), false);
  assertEquals(await signIn.end("512301", ids[0]), true);
  assertEquals(dropped, []);
  assertEquals(await signIn.end("512301", ids[1]), true);
  assertEquals(dropped, ["qontak.512301"]);
});

Deno.test("who continues an account that Qontak does not name gets nothing that was held for it", async () => {
  await using qontak = serveQontak({ tokenInfo: false });
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  const { store } = endpoint.program;
  const browser = createBrowser();
  const accounts: unknown[] = [];
  for (const account of ["new", "known"]) {
    await tokensOf(client, browser, { account });
    const all = await store.tenants();
    const [tenant, ...others] = all.filter((one) => one.startsWith("qontak."));
    assertEquals(others, []);
    const { credentials } = (await store.read(tenant!))!;
    accounts.push("account" in credentials && credentials.account);
  }
  assert(accounts[0] !== accounts[1], String(accounts));
});

Deno.test("at /account the tokens go that a person allowed and no program fetched", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const browser = createBrowser();
  const people = async () => {
    const all = await endpoint.program.store.tenants();
    return all.filter((tenant) => tenant.startsWith("qontak.")).length;
  };
  const told = await browser.allow(await client.authorizeUrl());
  assertEquals(await people(), 1);
  await browser.login(`${endpoint.origin}/account`);
  assertEquals(await people(), 0);
  const code = told.searchParams.get("code")!;
  assertEquals((await client.exchange(code)).body.error, "invalid_grant");
  // What a session needs stays.
  await tokensOf(client, browser);
  await browser.login(`${endpoint.origin}/account`);
  assertEquals(await people(), 1);
});

Deno.test("when Qontak refuses a person's token, sessions end though the store forgot the account", async () => {
  const store = createMemoryChangeStore();
  const signIn = createSignIn({
    publicUrl: "https://one.example.co.id/mcp",
    store,
    tokens: createMemoryStore(),
    dropCached: () => Promise.resolve(),
    log: () => {},
    place: { url: () => "", exchange: () => Promise.reject() },
    readDocument: () => Promise.reject(),
  });
  const { access_token } = await signIn.sessions.begin(
    beginning({ id: "a".repeat(16), resource: signIn.resource }),
  );
  assertEquals(await signIn.accounts.exists("512301"), false);
  await signIn.endTenant("qontak.512301");
  assertEquals(await signIn.authenticate(access_token), undefined);
});

Deno.test("people that Qontak calls 0 do not share an account", async () => {
  const sandbox = new MemorySandbox(APPLICATION);
  await using server = serve(async (request) => {
    const answer = await sandbox.handle(
      request,
      new AbortController().signal,
    );
    if (new URL(request.url).pathname !== "/oauth/token/info") return answer;
    return Response.json({ ...await answer.json(), resource_owner_id: 0 });
  });
  const qontak = { url: server.url, refreshToken: "none" } as RunningSandbox;
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  await tokensOf(client, createBrowser(), { user: 0 });
  await tokensOf(client, createBrowser(), { user: 1 });
  const all = await endpoint.program.store.tenants();
  assertEquals(all.filter((one) => one.startsWith("qontak.")).length, 2);
});

Deno.test("who is sent to sign in many times keeps few cookies, and can go on", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const browser = createBrowser();
  for (let times = 0; times < 15; times++) {
    await browser.open(await client.authorizeUrl());
  }
  assertEquals(browser.cookies.get(endpoint.origin)!.size, 12);
  const told = await browser.allow(await client.authorizeUrl());
  const { status } = await client.exchange(told.searchParams.get("code")!);
  assertEquals(status, 200);
  assert(browser.cookies.get(endpoint.origin)!.size <= 12);
});
