import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  createSandbox,
  SANDBOX_CODE,
  SANDBOX_PASSWORD,
} from "../../src/sandbox/mod.ts";
import { open } from "./client.ts";

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

Deno.test("createSandbox() keeps the refresh token where rotation is off", async () => {
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

Deno.test("createSandbox() demands the client where one is set", async () => {
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

Deno.test("createSandbox() lets access tokens expire by themselves", async () => {
  await using client = await open({ accessTokenLifetime: 0 });
  assertEquals((await client.call("GET", "/pipelines")).status, 401);
});

Deno.test("Sandbox.revokeRefreshTokens() leaves only a new login", async () => {
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
