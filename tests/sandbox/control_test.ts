import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createSandbox, serveSandbox } from "../../src/sandbox/mod.ts";
import { INQUIRY, open } from "./client.ts";

const post = (body?: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});

Deno.test("serveSandbox() lets another process inject and clear faults", async () => {
  await using client = await open();
  const rule = { fault: { kind: "status", status: 500 }, times: 2 };
  assertEquals((await client.raw("/_sandbox/faults", post(rule))).status, 200);
  assertEquals((await client.call("GET", "/deals")).status, 500);
  await client.raw("/_sandbox/faults", { method: "DELETE" });
  assertEquals((await client.call("GET", "/deals")).status, 200);
  for (const wrong of [{ fault: { kind: "storm" } }, [], 5]) {
    const { status, body } = await client.raw("/_sandbox/faults", post(wrong));
    assertEquals(status, 400);
    assertStringIncludes(body.error, "Cannot inject the fault");
  }
});

Deno.test("serveSandbox() lets another process expire and revoke tokens", async () => {
  await using client = await open();
  await client.raw("/_sandbox/expire", post());
  assertEquals((await client.call("GET", "/deals")).status, 401);
  await client.raw("/_sandbox/revoke", post());
  const { body } = await client.grant({
    grant_type: "refresh_token",
    refresh_token: client.sandbox.refreshToken,
  });
  assertEquals(body.error, "invalid_grant");
  assertEquals((await client.raw("/_sandbox/nothing")).status, 404);
});

Deno.test("serveSandbox() reports its state", async () => {
  await using client = await open();
  await client.call("POST", "/deals", INQUIRY);
  const { body } = await client.raw("/_sandbox/state");
  assertEquals([body.grants, body.requests, body.deals], [1, 2, 61]);
  assert(body.contacts > 0 && body.companies > 0 && body.notes > 0);
});

Deno.test("Sandbox.requests shows the requests without secrets", async () => {
  await using client = await open({ clientSecret: "very-secret" });
  await client.call("PUT", "/deals/1?a=1&b=2&b=3", { name: "x" });
  await client.raw("/api/v3.1/nothing", { method: "PATCH" });
  const [grant, put, patch] = client.sandbox.requests;
  assertEquals(put, {
    method: "PUT",
    path: "/api/v3.1/deals/1",
    query: { a: "1", b: ["2", "3"] },
    body: { name: "x" },
    status: 404,
    authorized: true,
  });
  assertEquals([patch!.body, patch!.authorized], [null, false]);
  assertEquals(grant!.body, {
    grant_type: "refresh_token",
    refresh_token: "(hidden)",
    client_id: "(hidden)",
    client_secret: "(hidden)",
  });
  const { body } = await client.raw("/_sandbox/requests");
  assertEquals(body, client.sandbox.requests);
  const text = JSON.stringify(body);
  for (
    const secret of [
      "very-secret",
      client.token,
      client.sandbox.refreshToken,
      "sandbox-refresh-token",
    ]
  ) {
    assert(!text.includes(secret));
  }
});

Deno.test("Sandbox.requests keeps the newest 10,000", async () => {
  const sandbox = createSandbox();
  for (let index = 0; index < 10_003; index++) {
    await sandbox.fetch(new Request(`http://sandbox/${index}`));
  }
  assertEquals(sandbox.requests.length, 10_000);
  assertEquals(sandbox.requests[0]!.path, "/3");
});

Deno.test("createSandbox() adds its latency to each answer", async () => {
  await using client = await open({ latency: 40 });
  const start = performance.now();
  await client.call("GET", "/pipelines");
  assert(performance.now() - start >= 35);
});

Deno.test("serveSandbox() listens on loopback, on the given port", async () => {
  await using first = serveSandbox();
  const port = Number(new URL(first.url).port);
  assertEquals(first.url, `http://127.0.0.1:${port}`);
  let error: unknown;
  try {
    await serveSandbox({ port }).close();
  } catch (caught) {
    error = caught;
  }
  assert(error instanceof Deno.errors.AddrInUse);
  await first.close();
  await using second = serveSandbox({ port });
  assertEquals(second.url, `http://127.0.0.1:${port}`);
});

Deno.test("serveSandbox() serves many connections at once", async () => {
  await using client = await open();
  const replies = await Promise.all(
    Array.from({ length: 50 }, () => client.call("GET", "/deals?per_page=5")),
  );
  assert(replies.every(({ body }) => body.current_data === 5));
});
