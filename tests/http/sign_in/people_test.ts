/**
 * Several people and companies at one endpoint, and people that Qontak does not
 * name.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MemorySandbox } from "../../../src/sandbox/sandbox.ts";
import type { RunningSandbox } from "../../../src/sandbox/mod.ts";
import { USERS } from "../../../src/sandbox/data/tenant.ts";
import {
  createSessions,
  type Session,
} from "../../../src/auth/sign_in/sessions.ts";
import { recordsOf } from "../../../src/auth/sign_in/store.ts";
import { createSignIn } from "../../../src/auth/sign_in/sign_in.ts";
import { createMemoryStore } from "../../../src/tokens/stores/memory.ts";
import { createMemoryChangeStore } from "../../../src/changes/mod.ts";
import { serve } from "../../support/serve.ts";
import {
  APPLICATION,
  beginning,
  createBrowser,
  createRawClient,
  hidden,
  rpc,
  serveEndpoint,
  serveQontak,
  tokensOf,
  world,
} from "../../support/sign_in.ts";

/** What is added to the ids of users of the second company. */
const APART = 1_000_000;

/**
 * Two companies behind one Qontak. A browser says with a header to which of
 * them its person belongs.
 */
function serveTwoCompanies() {
  const sandboxes = [1, 2].map((seed) =>
    new MemorySandbox({ ...APPLICATION, seed })
  );
  const owners = new Map<string, number>();
  const server = serve(async (request) => {
    const { url, method, headers } = request;
    const body = method === "GET" ? null : await request.text();
    const path = new URL(url).pathname;
    const form = new URLSearchParams(body ?? "");
    const secret = path === "/oauth/token"
      ? form.get("code") ?? form.get("refresh_token") ?? ""
      : headers.get("authorization")?.slice("Bearer ".length) ?? "";
    const at = owners.get(secret) ?? Number(headers.get("x-company") ?? 0);
    const answer = await sandboxes[at]!.handle(
      new Request(url, { method, headers, body }),
      new AbortController().signal,
    );
    const location = answer.headers.get("location");
    if (location !== null && URL.canParse(location)) {
      owners.set(new URL(location).searchParams.get("code") ?? "", at);
    }
    if (path === "/oauth/token" && answer.ok) {
      const { access_token, refresh_token } = await answer.clone().json();
      for (const token of [access_token, refresh_token]) owners.set(token, at);
    }
    if (path !== "/oauth/token/info" || at === 0) return answer;
    const info = await answer.json();
    // In Qontak an id is of one user; both sandboxes have the same ids.
    return Response.json({
      ...info,
      resource_owner_id: info.resource_owner_id + APART,
    });
  });
  return {
    sandboxes,
    qontak: { url: server.url, refreshToken: "none" } as RunningSandbox,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Nothing else belongs to an account. */
const onEnded = () => Promise.resolve();

Deno.test("two people and two companies do not see each other's records, and act as themselves", async () => {
  await using companies = serveTwoCompanies();
  await using endpoint = await serveEndpoint(companies);
  const client = await createRawClient(endpoint);
  const people = await Promise.all([
    [0, 1] as const,
    [0, 2] as const,
    [1, 1] as const,
  ].map(async ([company, user]) => {
    const browser = createBrowser({ "x-company": String(company) });
    const { access_token } = await tokensOf(client, browser, { user });
    const call = async (name: string, args: Record<string, unknown>) => {
      const { text, status } = await rpc(
        endpoint.url,
        access_token,
        "tools/call",
        { name, arguments: args },
      );
      assertEquals(status, 200);
      assert(!text.includes('"isError":true'), text);
      return text;
    };
    return { company, user, call };
  }));
  for (const { company, user, call } of people) {
    await call("create_contact", {
      first_name: `CANARY-${company}-${user}`,
      last_name: "Uji",
      // "me" is the person who signed in; the second company has other ids.
      creator_id: company === 0 ? "me" : USERS[user]!.id,
      additional_fields: [{ id: 7_118_402, value: 1_904_210 }],
    });
  }
  for (const { company, call } of people) {
    const text = await call("list_contacts", {
      per_page: 100,
      fields: ["first_name", "creator_name"],
    });
    const seen = text.match(/CANARY-\d-\d/g) ?? [];
    assert(seen.length > 0, text.slice(0, 2000));
    for (const one of seen) {
      assertEquals(one.slice(0, 8), `CANARY-${company}`);
    }
  }
  // Each request to Qontak had the token of its person.
  const [first] = people;
  const text = await first!.call("list_contacts", {
    per_page: 100,
    fields: ["first_name", "creator_name"],
  });
  for (const { company, user } of people.slice(0, 2)) {
    assertStringIncludes(text, `CANARY-${company}-${user}`);
    assertStringIncludes(text, USERS[user]!.name);
  }
  const tenants = await endpoint.program.store.tenants();
  assertEquals(
    tenants.filter((one) => one.startsWith("qontak.")).toSorted(),
    [
      `qontak.${USERS[1]!.id + APART}`,
      `qontak.${USERS[1]!.id}`,
      `qontak.${USERS[2]!.id}`,
    ].toSorted(),
  );
  // No argument reaches another person.
  const signIn = (await endpoint.program.signIn())!;
  const [session] = await signIn.sessions.list(String(USERS[1]!.id));
  assert(session !== undefined);
});

Deno.test("a tenant of the operator is not forgotten when Qontak refuses its token", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const { store } = endpoint.program;
  await store.replace("qontak.acme", { refresh_token: "old" }, undefined);
  const signIn = (await endpoint.program.signIn())!;
  await signIn.endTenant("qontak.acme");
  assert(await store.read("qontak.acme"));
  await tokensOf(await createRawClient(endpoint), createBrowser(), { user: 1 });
  await signIn.endTenant(`qontak.${USERS[1]!.id}`);
  assertEquals(await store.read(`qontak.${USERS[1]!.id}`), undefined);
});

Deno.test("a person's token cannot name another tenant", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  await tokensOf(client, createBrowser(), { user: 1 });
  const { access_token } = await tokensOf(client, createBrowser(), { user: 2 });
  for (const user_id of [`qontak.${USERS[1]!.id}`, "_default", "acme"]) {
    const { text } = await rpc(endpoint.url, access_token, "tools/call", {
      name: "list_deals",
      arguments: { user_id },
    });
    assertStringIncludes(text, '"isError":true');
  }
});

Deno.test("where Qontak does not say who signs in, the browser that signed in before may continue its account, and no other", async () => {
  await using qontak = serveQontak({ tokenInfo: false });
  await using endpoint = await serveEndpoint({ qontak });
  const client = await createRawClient(endpoint);
  const tenants = async () =>
    (await endpoint.program.store.tenants()).filter((one) =>
      one.startsWith("qontak.")
    );
  const browser = createBrowser();
  await tokensOf(client, browser);
  const [own] = await tenants();
  assert(/^qontak\.r[a-z2-7]{20}$/.test(own!), own);
  // Another browser is not offered that account, and cannot choose it.
  const other = createBrowser();
  const shown = await other.login(await client.authorizeUrl());
  assertEquals(shown.text.includes('value="known"'), false);
  await tokensOf(client, createBrowser(), { account: "known" });
  assertEquals((await tenants()).length, 2);
  // Nor does one that knows the account but not the secret.
  const guess = createBrowser();
  const cookie = `${own!.slice("qontak.".length)}.${"a".repeat(52)}`;
  guess.cookies.set(endpoint.origin, new Map([["qontak-known", cookie]]));
  const guessed = await guess.login(await client.authorizeUrl());
  assertEquals(guessed.status, 200);
  assertEquals(guessed.text.includes('value="known"'), false);
  // The same browser is asked, and may continue.
  const asked = await browser.login(await client.authorizeUrl());
  assertStringIncludes(asked.text, 'value="known"');
  await tokensOf(client, browser, { account: "known" });
  assertEquals((await tenants()).length, 2);
  await tokensOf(client, browser, { account: "new" });
  assertEquals((await tenants()).length, 3);
});

Deno.test("a client that revokes its old session while a new code waits gets tokens for the code", async () => {
  await using endpoint = await world();
  const client = await createRawClient(endpoint);
  const old = await tokensOf(client);
  const told = await createBrowser().allow(await client.authorizeUrl());
  await fetch(`${endpoint.origin}/oauth/revoke`, {
    method: "POST",
    body: new URLSearchParams({ token: old.refresh_token }),
  }).then((response) => response.body?.cancel());
  assertEquals((await client.refresh(old.refresh_token)).status, 400);
  const { status, body } = await client.exchange(
    told.searchParams.get("code")!,
  );
  assertEquals(status, 200, JSON.stringify(body));
  const read = await rpc(endpoint.url, body.access_token, "tools/call", {
    name: "list_deals",
    arguments: {},
  });
  assertEquals(read.status, 200);
});

Deno.test("a person sees only their own sessions at /account, and ends only those", async () => {
  await using qontak = serveQontak();
  await using endpoint = await serveEndpoint({ qontak });
  const [one, other] = [createBrowser(), createBrowser()];
  const mine = await tokensOf(await createRawClient(endpoint, "Mine"), one, {
    user: 1,
  });
  const theirs = await tokensOf(
    await createRawClient(endpoint, "Theirs"),
    other,
    { user: 2 },
  );
  const at = `${endpoint.origin}/account`;
  const shown = await one.login(at, 1);
  assertStringIncludes(shown.text, "Mine");
  assertEquals(shown.text.includes("Theirs"), false);
  const fields = hidden(shown.text);
  // The page's secret, its browser and the person's own sessions are needed.
  const signIn = (await endpoint.program.signIn())!;
  const [foreign] = await signIn.sessions.list(String(USERS[2]!.id));
  await one.open(at, [...fields, ["session", foreign!.id]]);
  const forged = await one.open(at, [
    ...fields.filter(([name]) => name === "request"),
    ["session", "all"],
  ]);
  assertEquals(forged.status, 400);
  const stolen = await other.open(at, [...fields, ["session", "all"]]);
  assertEquals(stolen.status, 400);
  const isFine = async (token: string) =>
    (await rpc(endpoint.url, token, "tools/list")).status;
  assertEquals(await isFine(mine.access_token), 200);
  await one.open(at, [...fields, ["session", "all"]]);
  assertEquals(await isFine(mine.access_token), 401);
  assertEquals(await isFine(theirs.access_token), 200);
});

Deno.test("a token of one endpoint is refused at another with the same store", async () => {
  const store = createMemoryChangeStore();
  const make = (publicUrl: string) =>
    createSignIn({
      publicUrl,
      store,
      tokens: createMemoryStore(),
      dropCached: () => Promise.resolve(),
      log: () => {},
      place: { url: () => "", exchange: () => Promise.reject() },
      readDocument: () => Promise.reject(),
    });
  const one = make("https://one.example.co.id/mcp");
  const other = make("https://two.example.co.id/mcp");
  const { access_token } = await one.sessions.begin(
    beginning({ id: "a".repeat(16), resource: one.resource }),
  );
  assertEquals((await one.authenticate(access_token))?.scopes, ["read"]);
  assertEquals(await other.authenticate(access_token), undefined);
});

Deno.test("a session that ended at one server ends at the others within 60 s", async () => {
  const records = recordsOf<Session>(createMemoryChangeStore(), "session");
  const make = (at: () => number) =>
    createSessions({ records, log: () => {}, onEnded, now: at });
  let time = Date.now();
  const [one, other] = [make(() => time), make(() => time)];
  const issued = await one.begin(beginning({ id: "a".repeat(16) }));
  const found = await other.find(issued.access_token);
  assertEquals(found?.session.resource, "https://one.example.co.id/mcp");
  time += 3_590_000;
  assert(await other.find(issued.access_token));
  time += 20_000;
  assertEquals(await one.find(issued.access_token), undefined, "after an hour");
  time -= 3_610_000;
  assert(await other.find(issued.access_token));
  // Ended at one server, it works at the other for at most 60 s.
  await one.end("512301", "a".repeat(16));
  time += 59_000;
  assertEquals(await other.find(issued.access_token), undefined);
});

Deno.test("two renewals that read the same refresh token at once get the same tokens", async () => {
  const kept = recordsOf<Session>(createMemoryChangeStore(), "session");
  const both = Promise.withResolvers<void>();
  let reads = 0;
  const records: typeof kept = {
    ...kept,
    async get(...place) {
      const session = await kept.get(...place);
      // Neither continues before both have read it.
      if (++reads === 2) both.resolve();
      await both.promise;
      return session;
    },
  };
  const sessions = createSessions({
    records,
    log: () => {},
    onEnded,
    now: Date.now,
  });
  const { refresh_token } = await sessions.begin(
    beginning({ id: "a".repeat(16) }),
  );
  const all = await Promise.all(
    [1, 2].map(() => sessions.renew(refresh_token, "c", (allowed) => allowed)),
  );
  assert(all[0]);
  assertEquals(all[0], all[1]);
  assertEquals((await sessions.list("512301")).length, 1);
});

Deno.test("a person has a limited number of sessions, and the oldest ends first", async () => {
  const records = recordsOf<Session>(createMemoryChangeStore(), "session");
  let time = Date.now();
  const sessions = createSessions({
    records,
    log: () => {},
    onEnded,
    now: () => time,
  });
  const ids = Array.from(
    { length: 40 },
    (_, i) =>
      String.fromCharCode(97 + i % 26).repeat(15) + "ab"[Math.floor(i / 26)],
  );
  for (const id of ids) {
    time += 1_000;
    await sessions.begin(beginning({ id }));
  }
  const left = await sessions.list("512301");
  assertEquals(left.map(({ id }) => id), ids.slice(-30).reverse());
});
