import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { USERS } from "../../src/sandbox/data/tenant.ts";
import {
  createSandbox,
  SANDBOX_MEKARI,
  ssoIdOf,
} from "../../src/sandbox/mod.ts";
import { resources } from "../../src/sandbox/resources/mod.ts";
import { fromHttpDate } from "../../src/sandbox/time.ts";
import {
  type Client,
  dealAt,
  INQUIRY,
  type Json,
  open,
  type Reply,
  STAGE,
  USER,
} from "./client.ts";
import { contactBody, make } from "./records.ts";
import { sign, type Signing } from "./signer.ts";

const UNAUTHORIZED = [401, { message: "Unauthorized" }];
const MINUTE = 60_000;

/** An HTTP date, a number of ms from now. */
const later = (ms: number): string => new Date(Date.now() + ms).toUTCString();

/** Sends a signed request below `/qontak/crm`. */
function send(
  { raw }: Client,
  method: string,
  path: string,
  { body, ...signing }: Signing & { readonly body?: Json } = {},
): Promise<Reply> {
  const target = `/qontak/crm${path}`;
  return raw(target, {
    method,
    headers: {
      ...sign(method, target, signing),
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Sends bytes as they are, and returns the answer's status. */
async function statusOf(
  client: Client,
  requestLine: string,
  headers: Record<string, string>,
): Promise<number> {
  const { port } = new URL(client.sandbox.url);
  const socket = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(port),
  });
  const lines = Object.entries({ host: "a", connection: "close", ...headers })
    .map(([name, value]) => `${name}: ${value}`);
  await socket.write(
    new TextEncoder().encode(
      [requestLine, ...lines, "", ""].join("\r\n"),
    ),
  );
  const answer = await new Response(socket.readable).text();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
}

Deno.test("createSandbox() answers a signed request", async () => {
  await using client = await open();
  const { status, body } = await send(client, "GET", "/pipelines");
  assertEquals([status, body.meta.status], [200, 200]);
  assertEquals(
    body.response,
    (await client.call("GET", "/pipelines")).body.response,
  );
});

Deno.test("createSandbox() has every endpoint under both prefixes", async () => {
  await using client = await open();
  const routes = resources.flatMap(({ routes }) => routes);
  assert(routes.length > 60);
  for (const { method, path } of routes) {
    const tail = path.replaceAll(/:\w+/g, "0");
    const body = method === "GET" || method === "DELETE" ? {} : { body: {} };
    const signed = await send(client, method, tail, body);
    const { body: { meta } } = await client.call(method, tail, body.body);
    assertEquals(signed.body.meta?.status, meta.status, `${method} ${path}`);
    assertEquals(
      signed.body.meta.developer_message,
      meta.developer_message,
      `${method} ${path}`,
    );
  }
  const { status, body } = await send(client, "GET", "/nothing");
  assertEquals([status, body], [404, { status: 404, error: "Not Found" }]);
});

Deno.test("createSandbox() has the same data under both prefixes", async () => {
  await using client = await open();
  const { body: { response: { id } } } = await send(client, "POST", "/deals", {
    body: INQUIRY,
  });
  const nameOf = async () =>
    (await client.call("GET", `/deals/${id}`)).body.response?.name;
  assertEquals(await nameOf(), INQUIRY.name);
  const body = { name: "Signed again" };
  assertEquals(
    (await send(client, "PUT", `/deals/${id}`, { body })).status,
    200,
  );
  assertEquals(await nameOf(), "Signed again");
  assertEquals((await send(client, "DELETE", `/deals/${id}`)).status, 200);
  assertEquals(await nameOf(), undefined);
});

Deno.test("createSandbox() takes tokens under one prefix and signatures under the other", async () => {
  await using client = await open();
  const bearer = { authorization: `Bearer ${client.token}` };
  const target = "/qontak/crm/pipelines";
  const { "x-crm-user-sso-id": ssoId, date, authorization } = sign(
    "GET",
    target,
  );
  for (
    const headers of [
      {},
      bearer,
      { ...bearer, date, "x-crm-user-sso-id": ssoId },
    ] as Record<string, string>[]
  ) {
    const { status, body } = await client.raw(target, { headers });
    assertEquals([status, body], UNAUTHORIZED);
  }
  const path = "/api/v3.1/pipelines";
  const { status, body } = await client.raw(path, {
    headers: sign("GET", path),
  });
  assertEquals([status, body], [401, { error: "The access token is invalid" }]);
  assertMatch(authorization!, /^hmac /);
});

Deno.test("createSandbox() refuses a signed request with one mistake", async () => {
  await using client = await open();
  const target = "/qontak/crm/deals?page=2&per_page=1";
  const good = sign("GET", target);
  const { clientId, clientSecret } = SANDBOX_MEKARI;
  const signature = /signature="(.*)"/.exec(good.authorization!)![1]!;
  const rewritten = (from: string | RegExp, to: string) => {
    const authorization = good.authorization!.replace(from, to);
    assertNotEquals(authorization, good.authorization);
    return { ...good, authorization };
  };
  const { date: _, ...undated } = good;
  const { authorization: __, ...unsigned } = good;
  const { "x-crm-user-sso-id": ___, ...nobody } = good;
  const as = (id: string, secret: string) =>
    sign("GET", target, {
      application: { clientId: id, clientSecret: secret },
    });
  const at = (date: string) => sign("GET", target, { date });
  const fresh = new Date();
  const wrong: Record<string, Record<string, string>> = {
    "no Authorization": unsigned,
    "no Date": undated,
    "no SSO id": nobody,
    "an unknown SSO id": sign("GET", target, { ssoId: ssoIdOf(1) }),
    "an empty SSO id": sign("GET", target, { ssoId: "" }),
    "an SSO id twice": sign("GET", target, {
      ssoId: `${SANDBOX_MEKARI.ssoId}, ${SANDBOX_MEKARI.ssoId}`,
    }),
    "an unknown username": as("somebody", clientSecret),
    "no username": as("", clientSecret),
    "another secret": as(clientId, "somebody-s-secret"),
    "a secret too long": as(clientId, `${clientSecret} `),
    "another scheme": rewritten("hmac ", "Signature "),
    "no scheme": rewritten("hmac ", ""),
    "another algorithm": rewritten("hmac-sha256", "hmac-sha1"),
    "no algorithm": rewritten('algorithm="hmac-sha256", ', ""),
    "fewer headers": rewritten("date request-line", "date"),
    "more headers": rewritten("date request-line", "date request-line host"),
    "headers in another order": rewritten(
      "date request-line",
      "request-line date",
    ),
    "no header list": rewritten(/headers="[^"]*", /, ""),
    "no signature": rewritten(/, signature=.*/, ""),
    "an empty signature": rewritten(signature, ""),
    "half a signature": rewritten(signature, signature.slice(0, 20)),
    "a signature without padding": rewritten(/="$/, '"'),
    "no base64": rewritten(signature, `!${signature.slice(1)}`),
    "base64url": rewritten(signature, `-${signature.slice(1)}`),
    "hex": rewritten(signature, "ab".repeat(32)),
    "another signature": rewritten(signature, `${"A".repeat(43)}=`),
    "the signature of another method": sign("POST", target),
    "the signature of a lower-case method": sign("get", target),
    "the signature of another path": sign("GET", `${target}0`),
    "the signature of no query": sign("GET", target.split("?")[0]!),
    "the signature of a query in another order": sign(
      "GET",
      "/qontak/crm/deals?per_page=1&page=2",
    ),
    "the signature of the tail alone": sign("GET", target.slice(11)),
    "the signature of the whole URL": sign("GET", client.sandbox.url + target),
    "another date than signed": { ...good, date: later(-MINUTE) },
    "a stale date": at(later(-6 * MINUTE)),
    "a date to come": at(later(6 * MINUTE)),
    "an ISO date": at(fresh.toISOString()),
    "seconds since 1970": at(String(Math.floor(fresh.getTime() / 1000))),
    "a date with an offset": at(fresh.toUTCString().replace("GMT", "+0000")),
    "a date in UTC": at(fresh.toUTCString().replace("GMT", "UTC")),
    "a date without a weekday": at(fresh.toUTCString().slice(5)),
    "the wrong weekday": at(
      fresh.toUTCString().replace(
        /^.../,
        (day) => day === "Mon" ? "Tue" : "Mon",
      ),
    ),
    "a lower-case date": at(fresh.toUTCString().toLowerCase()),
    "words for a date": at("Invalid Date"),
  };
  for (const [what, headers] of Object.entries(wrong)) {
    const { status, body } = await client.raw(target, { headers });
    assertEquals([status, body], UNAUTHORIZED, what);
    assertEquals(client.sandbox.requests.at(-1)!.authorized, false, what);
  }
  const { status, body } = await client.raw(target, { headers: good });
  assertEquals([status, body.page], [200, 2]);
});

Deno.test("createSandbox() takes a date up to five minutes from its clock", async () => {
  using time = new FakeTime(Date.UTC(2026, 9, 5, 2, 30));
  const { fetch } = createSandbox();
  const target = "/qontak/crm/pipelines";
  for (
    const [ms, status] of [
      [-5 * MINUTE - 1_000, 401],
      [-5 * MINUTE, 200],
      [5 * MINUTE, 200],
      [5 * MINUTE + 1_000, 401],
    ] as const
  ) {
    const date = new Date(time.now + ms).toUTCString();
    const headers = sign("GET", target, { date });
    const request = new Request(`http://sandbox${target}`, { headers });
    assertEquals((await fetch(request)).status, status, date);
  }
});

Deno.test("fromHttpDate() reads only the current form of a date", () => {
  const ms = Date.UTC(1994, 10, 6, 8, 49, 37);
  assertEquals(fromHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), ms);
  for (
    const text of [
      "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun, 31 Nov 1994 08:49:37 GMT",
      "Invalid Date",
      "",
    ]
  ) assertEquals(fromHttpDate(text), undefined, text);
});

Deno.test("createSandbox() verifies the request line as it was sent", async () => {
  await using client = await open();
  const { id } = await make(client, "contacts", {
    ...await contactBody(client),
    first_name: "Café & Rekan",
    email: "kopi+rekan@example.co.id",
  });
  for (
    const query of [
      "name=Caf%C3%A9%20%26%20Rekan",
      "name=Caf%c3%a9+%26+Rekan",
      "%6Eame=Caf%C3%A9%20%26%20Rekan",
      "email=kopi%2Brekan%40example.co.id",
      "email=kopi%2brekan@example.co.id&name=&",
    ]
  ) {
    const { status, body } = await send(client, "GET", `/contacts?${query}`);
    assertEquals(status, 200, query);
    assertEquals(body.response.map((one: Json) => one.id), [id], query);
  }
  // A client that normalizes these could not send them.
  for (
    const target of [
      `/qontak/crm/contacts/%3${String(id)[0]}${String(id).slice(1)}`,
      `/qontak/crm/./deals/../contacts/${id}`,
      `/qontak/crm/contacts/${id}?a={b}|c'"<d>`,
      `/qontak/crm/contacts/${id}?`,
    ]
  ) {
    const line = `GET ${target} HTTP/1.1`;
    const headers = sign("GET", target);
    assertEquals(await statusOf(client, line, headers), 200, target);
    const { pathname, search } = new URL(target, client.sandbox.url);
    if (pathname + search === target) continue;
    const tidied = sign("GET", pathname + search);
    assertEquals(await statusOf(client, line, tidied), 401, target);
  }
});

Deno.test("createSandbox() acts as the user of the SSO id", async () => {
  await using client = await open();
  assertEquals(SANDBOX_MEKARI.ssoId, ssoIdOf(USERS[0]!.id));
  const ssoId = ssoIdOf(USER.bagas);
  const { id } = await dealAt(client, STAGE.won);
  const owner = async () =>
    (await client.call("GET", `/deals/${id}`)).body.response.creator_id;
  const body = { name: "x" };
  await send(client, "PUT", `/deals/${id}`, { body, ssoId });
  assertEquals(await owner(), USER.bagas);
  await send(client, "PUT", `/deals/${id}`, { body });
  assertEquals(await owner(), USERS[0]!.id);
  for (const user of USERS) {
    const made = await send(client, "POST", "/deals", {
      body: INQUIRY,
      ssoId: ssoIdOf(user.id),
    });
    assertEquals(made.body.response.creator_id, user.id);
  }
});

Deno.test("createSandbox() uses a clock that is wrong", async () => {
  for (const clockOffset of [-10 * MINUTE, 20 * MINUTE]) {
    await using client = await open({ clockOffset });
    const isShown = ({ headers }: Reply): boolean => {
      const skew = Date.parse(headers.get("date")!) - Date.now();
      return Math.abs(skew - clockOffset) < 5_000;
    };
    const late = await send(client, "GET", "/pipelines");
    assertEquals([late.status, late.body], UNAUTHORIZED);
    // A client that uses the clock of the answer is accepted.
    const date = late.headers.get("date")!;
    assertEquals(new Date(Date.parse(date)).toUTCString(), date);
    const right = await send(client, "GET", "/pipelines", { date });
    assertEquals(right.status, 200);
    client.sandbox.inject({ fault: { kind: "status", status: 503 } });
    const failed = await send(client, "GET", "/pipelines", { date });
    const bearer = await client.call("GET", "/pipelines");
    assertEquals([failed.status, bearer.status], [503, 200]);
    for (const reply of [late, right, failed, bearer]) assert(isShown(reply));
  }
  const sandbox = createSandbox();
  const { headers } = await sandbox.fetch(new Request("http://sandbox/"));
  assert(Math.abs(Date.parse(headers.get("date")!) - Date.now()) < 5_000);
});

Deno.test("createSandbox() separates applications", async () => {
  const mekari = [
    { clientId: "one", clientSecret: "secret-1", ssoId: crypto.randomUUID() },
    { clientId: "two", clientSecret: "secret-2", ssoId: crypto.randomUUID() },
    { clientId: "three", clientSecret: "secret-3" },
  ] as const;
  const [one, two, three] = mekari;
  await using client = await open({ mekari });
  const get = async (signing: Signing) =>
    (await send(client, "GET", "/pipelines", signing)).status;
  for (const [index, application] of mekari.entries()) {
    assertEquals(await get({ application }), 200);
    const made = await send(client, "POST", "/deals", {
      application,
      body: INQUIRY,
    });
    // The third one has no SSO id of its own, and acts for the first user.
    const user = USERS[application === three ? 0 : index]!;
    assertEquals(made.body.response.creator_id, user.id);
  }
  const mixed = { clientId: "one", clientSecret: "secret-2", ssoId: one.ssoId };
  assertEquals(await get({ application: mixed }), 401);
  assertEquals(await get({ application: one, ssoId: two.ssoId }), 401);
  assertEquals(await get({ application: three, ssoId: one.ssoId }), 401);
  assertEquals(await get({ application: SANDBOX_MEKARI }), 401);
});

Deno.test("createSandbox() accepts one application without a list", async () => {
  const application = { clientId: "alone", clientSecret: "its-secret" };
  await using client = await open({ mekari: application });
  const { status } = await send(client, "GET", "/pipelines", { application });
  assertEquals(status, 200);
});

Deno.test("Sandbox.revokeApplication() ends one application", async () => {
  const one = { clientId: "one", clientSecret: "secret-1" };
  const two = { clientId: "two", clientSecret: "secret-2" };
  await using client = await open({ mekari: [one, two] });
  const get = async (application: typeof one) =>
    (await send(client, "GET", "/pipelines", { application })).status;
  assertEquals([await get(one), await get(two)], [200, 200]);
  client.sandbox.revokeApplication("one");
  client.sandbox.revokeApplication("nobody");
  assertEquals([await get(one), await get(two)], [401, 200]);
  assertEquals((await client.call("GET", "/pipelines")).status, 200);
});

Deno.test("Sandbox.inject() also applies to requests under /qontak/crm", async () => {
  await using client = await open();
  const { sandbox } = client;
  sandbox.inject({
    path: "/qontak/crm/*",
    fault: { kind: "status", status: 429, retryAfter: 7 },
  });
  assertEquals((await client.call("GET", "/deals")).status, 200);
  const busy = await send(client, "GET", "/deals?page=1");
  assertEquals([busy.status, busy.headers.get("retry-after")], [429, "7"]);
  sandbox.inject({
    path: "/qontak/crm/deals",
    fault: { kind: "status", status: 401 },
  });
  assertEquals((await send(client, "GET", "/pipelines")).status, 200);
  const { status, body } = await send(client, "GET", "/deals");
  assertEquals([status, body], UNAUTHORIZED);
  sandbox.inject({ fault: { kind: "cut", when: "body" } });
  const target = "/qontak/crm/deals";
  const cut = await fetch(sandbox.url + target, {
    headers: sign("GET", target),
  });
  assertEquals(cut.status, 200);
  assertEquals(await cut.text().catch(() => "broken"), "broken");
});

Deno.test("Sandbox.requests shows signed requests without their signatures", async () => {
  await using client = await open();
  const target = "/qontak/crm/deals/1?a=%2F";
  const headers = sign("PUT", target);
  const body = JSON.stringify({ name: "x" });
  await client.raw(target, {
    method: "PUT",
    headers: { ...headers, "content-type": "application/json" },
    body,
  });
  assertEquals(client.sandbox.requests.at(-1), {
    method: "PUT",
    path: "/qontak/crm/deals/1",
    query: { a: "/" },
    body: { name: "x" },
    status: 404,
    authorized: true,
  });
  const { body: shown } = await client.raw("/_sandbox/requests");
  const { body: state } = await client.raw("/_sandbox/state");
  const text = JSON.stringify([shown, state]) + Deno.inspect(client.sandbox, {
    depth: 9,
    showHidden: true,
  });
  const [, signature] = /signature="(.*)"/.exec(headers.authorization!)!;
  for (const secret of [signature!, SANDBOX_MEKARI.clientSecret]) {
    assert(!text.includes(secret));
  }
});

Deno.test("Sandbox.fetch() verifies signatures without a network", async () => {
  const { fetch } = createSandbox();
  const get = async (url: string, target: string) => {
    const headers = sign("GET", target);
    return (await fetch(new Request(url, { headers }))).status;
  };
  const target = "/qontak/crm/deals?name=a%20b";
  assertEquals(await get(`https://sandbox:99${target}`, target), 200);
  assertEquals(await get(`https://sandbox${target}#here`, target), 200);
  assertEquals(await get(`https://sandbox${target}`, `${target}#here`), 401);
});
