import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  createSandbox,
  SANDBOX_CODE,
  SANDBOX_PASSWORD,
} from "../../src/sandbox/mod.ts";
import { USERS } from "../../src/sandbox/data/tenant.ts";
import { type Client, INQUIRY, open } from "./client.ts";

const refresh = (refresh_token: string) => ({
  grant_type: "refresh_token",
  refresh_token,
});

Deno.test("createSandbox() answers a refresh grant with a bearer token", async () => {
  await using client = await open();
  const { status, body } = await client.grant(
    refresh(client.sandbox.refreshToken),
  );
  assertEquals(status, 200);
  assertEquals(Object.keys(body), [
    "access_token",
    "token_type",
    "expires_in",
    "refresh_token",
    "created_at",
  ]);
  assertEquals(body.token_type, "bearer");
  assertEquals(body.expires_in, 21_600);
  assert(Number.isInteger(body.created_at));
  assertEquals(client.sandbox.refreshToken, body.refresh_token);
  assertEquals(client.sandbox.grants, 2);
});

Deno.test("createSandbox() answers a rotated refresh token with invalid_grant", async () => {
  await using client = await open();
  const used = client.sandbox.refreshToken;
  const { body: first } = await client.grant(refresh(used));
  assertNotEquals(first.refresh_token, used);
  const { status, body } = await client.grant(refresh(used));
  assertEquals(status, 401);
  assertEquals(body.error, "invalid_grant");
  assertEquals(typeof body.error_description, "string");
  assertEquals((await client.grant(refresh(first.refresh_token))).status, 200);
});

Deno.test("createSandbox() keeps the refresh token if rotation is off", async () => {
  await using client = await open({
    rotateRefreshTokens: false,
    refreshToken: "given",
  });
  const { body } = await client.grant(refresh("given"));
  assertEquals(body.refresh_token, "given");
  assertEquals((await client.grant(refresh("given"))).status, 200);
});

Deno.test("createSandbox() grants one of many concurrent refreshes of one token", async () => {
  await using client = await open({ latency: 5 });
  const used = client.sandbox.refreshToken;
  const replies = await Promise.all(
    Array.from({ length: 12 }, () => client.grant(refresh(used))),
  );
  assertEquals(replies.filter(({ status }) => status === 200).length, 1);
  assertEquals(
    replies.filter(({ body }) => body.error === "invalid_grant").length,
    11,
  );
  assertEquals(client.sandbox.grants, 2);
});

Deno.test("createSandbox() takes a grant as JSON", async () => {
  await using client = await open();
  const { status } = await client.raw("/oauth/token", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(refresh(client.sandbox.refreshToken)),
  });
  assertEquals(status, 200);
});

Deno.test("createSandbox() grants a password, and refuses a wrong one", async () => {
  await using client = await open();
  const fields = {
    grant_type: "password",
    username: "bagas.pratama@example.co.id",
    password: SANDBOX_PASSWORD,
  };
  assertEquals((await client.grant(fields)).status, 200);
  for (
    const wrong of [{ password: "no" }, { username: "nobody@example.co.id" }]
  ) {
    const { status, body } = await client.grant({ ...fields, ...wrong });
    assertEquals([status, body.error], [401, "invalid_grant"]);
  }
});

Deno.test("createSandbox() grants an authorization code once", async () => {
  await using client = await open();
  const fields = {
    grant_type: "authorization_code",
    code: SANDBOX_CODE,
    client_id: "any",
    redirect_uri: "https://app.example.co.id/callback",
  };
  assertEquals((await client.grant(fields)).status, 200);
  assertEquals((await client.grant(fields)).body.error, "invalid_grant");
  const { redirect_uri: _, ...rest } = fields;
  const { status, body } = await client.grant(rest);
  assertEquals([status, body.error], [400, "invalid_request"]);
});

Deno.test("createSandbox() refuses an unknown grant type and an absent parameter", async () => {
  await using client = await open();
  for (
    const [fields, code] of [
      [{ grant_type: "toString" }, "unsupported_grant_type"],
      [{ grant_type: "refresh_token" }, "invalid_request"],
      [{}, "invalid_request"],
    ] as const
  ) {
    const { status, body } = await client.grant({ ...fields });
    assertEquals([status, body.error], [400, code]);
  }
});

Deno.test("createSandbox() requires the client if one is configured", async () => {
  await using client = await open({ clientId: "id", clientSecret: "secret" });
  const fields = refresh(client.sandbox.refreshToken);
  for (
    const wrong of [{}, { client_id: "id" }, {
      client_id: "id",
      client_secret: "no",
    }]
  ) {
    const { status, body } = await client.grant({ ...fields, ...wrong });
    assertEquals([status, body.error], [401, "invalid_client"]);
  }
  assertEquals(client.sandbox.refreshToken, fields.refresh_token);
});

Deno.test("createSandbox() refuses a missing, unknown or expired access token", async () => {
  await using client = await open();
  const path = "/api/v3.1/pipelines";
  for (const authorization of ["", "Bearer nothing", "Basic abc"]) {
    const { status, body } = await client.raw(path, {
      headers: { authorization },
    });
    assertEquals(status, 401);
    assertEquals(body, { error: "The access token is invalid" });
  }
  assertEquals((await client.call("GET", "/pipelines")).status, 200);
  client.sandbox.expireAccessTokens();
  const { status, body } = await client.call("GET", "/pipelines");
  assertEquals(status, 401);
  assertEquals(body, { error: "The access token expired" });
  const { body: fresh } = await client.grant(
    refresh(client.sandbox.refreshToken),
  );
  const again = await client.raw(path, {
    headers: { authorization: `bearer ${fresh.access_token}` },
  });
  assertEquals(again.status, 200);
});

Deno.test("createSandbox() ends access tokens after their lifetime", async () => {
  await using client = await open({ accessTokenLifetime: 0 });
  assertEquals((await client.call("GET", "/pipelines")).status, 401);
});

Deno.test("Sandbox.revokeRefreshTokens() makes a new login necessary", async () => {
  await using client = await open();
  client.sandbox.revokeRefreshTokens();
  const { body } = await client.grant(refresh(client.sandbox.refreshToken));
  assertEquals(body.error, "invalid_grant");
  const { body: login } = await client.grant({
    grant_type: "password",
    username: "bagas.pratama@example.co.id",
    password: SANDBOX_PASSWORD,
  });
  assertEquals(client.sandbox.refreshToken, login.refresh_token);
  assertEquals((await client.grant(refresh(login.refresh_token))).status, 200);
});

Deno.test("Sandbox.fetch() answers without a network", async () => {
  const { fetch, refreshToken } = createSandbox();
  const url = "http://sandbox/oauth/token";
  const body = new URLSearchParams(refresh(refreshToken));
  const response = await fetch(new Request(url, { method: "POST", body }));
  assertEquals(response.status, 200);
  assertEquals(typeof (await response.json()).access_token, "string");
});

/** The owner of a new deal that is created with a token. */
async function actorOf({ raw }: Client, token: string): Promise<number> {
  const { body } = await raw("/api/v3.1/deals", {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(INQUIRY),
  });
  return body.response.creator_id;
}

Deno.test("createSandbox() rotates several refresh tokens independently", async () => {
  await using client = await open({ refreshTokens: ["second", "third"] });
  const first = client.sandbox.refreshToken;
  const { body: second } = await client.grant(refresh("second"));
  assertEquals(client.sandbox.refreshToken, second.refresh_token);
  assertEquals((await client.grant(refresh("second"))).status, 401);
  const { body: again } = await client.grant(refresh(second.refresh_token));
  const { body: third } = await client.grant(refresh("third"));
  const { body: mine } = await client.grant(refresh(first));
  for (
    const [index, { access_token }] of [mine, again, third].entries()
  ) {
    assertEquals(await actorOf(client, access_token), USERS[index]!.id);
  }
  client.sandbox.revokeRefreshTokens();
  for (const { refresh_token } of [mine, again, third]) {
    assertEquals((await client.grant(refresh(refresh_token))).status, 401);
  }
});

Deno.test("createSandbox() keeps several refresh tokens if rotation is off", async () => {
  await using client = await open({
    rotateRefreshTokens: false,
    refreshTokens: ["second"],
  });
  for (let times = 0; times < 2; times++) {
    const { body } = await client.grant(refresh("second"));
    assertEquals(body.refresh_token, "second");
  }
});

Deno.test("Sandbox.grantAttempts counts all requests for grants", async () => {
  await using client = await open();
  const { sandbox } = client;
  assertEquals([sandbox.grantAttempts, sandbox.grants], [1, 1]);
  await client.grant(refresh("wrong"));
  sandbox.inject({ fault: { kind: "status", status: 503 } });
  await client.grant(refresh(sandbox.refreshToken));
  await client.raw("/oauth/token");
  await client.raw("/api/v3.1/oauth/token", { method: "POST" });
  assertEquals([sandbox.grantAttempts, sandbox.grants], [3, 1]);
  const { body } = await client.raw("/_sandbox/state");
  assertEquals([body.grant_attempts, body.grants], [3, 1]);
});

const CALLBACK = "http://127.0.0.1:9/callback?from=here";

/** Requests a code, and returns the answer without following it. */
function authorize({ raw }: Client, query: Record<string, string>) {
  return raw(`/oauth/authorize?${new URLSearchParams(query)}`, {
    redirect: "manual",
  });
}

Deno.test("createSandbox() answers an authorization with a code that works once", async () => {
  await using client = await open({ clientId: "mine", clientSecret: "s" });
  const asked = {
    client_id: "mine",
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "crm",
    state: "a b&c=ü",
  };
  const codes = [];
  for (let times = 0; times < 2; times++) {
    const { status, headers } = await authorize(client, asked);
    assertEquals(status, 302);
    const back = new URL(headers.get("location")!);
    assertEquals(back.origin + back.pathname, "http://127.0.0.1:9/callback");
    const { code, ...rest } = Object.fromEntries(back.searchParams);
    assertEquals(rest, { from: "here", state: asked.state });
    codes.push(code!);
  }
  const [code = "", other = ""] = codes;
  assertNotEquals(code, other);
  const fields = {
    grant_type: "authorization_code",
    client_id: "mine",
    client_secret: "s",
    redirect_uri: CALLBACK,
    code,
  };
  const elsewhere = { ...fields, redirect_uri: "http://127.0.0.1:9/" };
  assertEquals(
    (await client.grant(elsewhere)).body.error,
    "invalid_grant",
  );
  const { status, body } = await client.grant(fields);
  assertEquals(status, 200);
  assertEquals(await actorOf(client, body.access_token), USERS[0]!.id);
  assertEquals((await client.grant(fields)).body.error, "invalid_grant");
  assertEquals((await client.grant({ ...fields, code: other })).status, 200);
});

Deno.test("createSandbox() binds a code to the client that requested it", async () => {
  await using client = await open();
  const { headers } = await authorize(client, {
    client_id: "one",
    redirect_uri: CALLBACK,
    response_type: "code",
  });
  const told = new URL(headers.get("location")!).searchParams;
  assertEquals(told.has("state"), false);
  const fields = {
    grant_type: "authorization_code",
    redirect_uri: CALLBACK,
    code: told.get("code")!,
  };
  const { body } = await client.grant({ ...fields, client_id: "two" });
  assertEquals(body.error, "invalid_grant");
  assertEquals(
    (await client.grant({ ...fields, client_id: "one" })).status,
    200,
  );
});

Deno.test("createSandbox() refuses an authorization without a valid redirect URI", async () => {
  await using client = await open({ clientId: "mine" });
  const good = {
    client_id: "mine",
    redirect_uri: CALLBACK,
    response_type: "code",
  };
  for (
    const [wrong, expected] of [
      [{ client_id: "another" }, [401, "invalid_client"]],
      [{ client_id: "" }, [401, "invalid_client"]],
      [{ redirect_uri: "" }, [400, "invalid_request"]],
      [{ redirect_uri: "/callback" }, [400, "invalid_redirect_uri"]],
    ] as const
  ) {
    const { status, body, headers } = await authorize(client, {
      ...good,
      ...wrong,
    });
    assertEquals([status, body.error], [...expected]);
    assertEquals(headers.get("location"), null);
  }
  const { status, headers } = await authorize(client, {
    ...good,
    response_type: "token",
    state: "x",
  });
  assertEquals(status, 302);
  assertEquals(
    headers.get("location"),
    `${CALLBACK}&error=unsupported_response_type&state=x`,
  );
});
