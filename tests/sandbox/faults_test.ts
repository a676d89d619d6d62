import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { createSandbox, type FaultRule } from "../../src/sandbox/mod.ts";
import { dealAt, INQUIRY, open, STAGE } from "./client.ts";

const LIST = "/api/v3.1/deals";

Deno.test("Sandbox.inject() answers any failing status, with Retry-After if given", async () => {
  await using client = await open();
  for (const status of [400, 401, 403, 404, 422, 429, 500, 502, 503, 504]) {
    client.sandbox.inject({ fault: { kind: "status", status, retryAfter: 3 } });
    const { status: got, headers, body } = await client.call("GET", "/deals");
    assertEquals([got, headers.get("retry-after")], [status, "3"]);
    if (status === 401) assertEquals(Object.keys(body), ["error"]);
    else assertEquals(body.meta.status, status);
  }
  client.sandbox.inject({
    fault: { kind: "status", status: 429, body: { message: "slow down" } },
  });
  const { body, headers } = await client.call("GET", "/deals");
  assertEquals(body, { message: "slow down" });
  assertEquals(headers.get("retry-after"), null);
  assertEquals((await client.call("GET", "/deals")).status, 200);
});

Deno.test("Sandbox.inject() fails before or after the request is handled", async () => {
  await using client = await open();
  const total = async () =>
    (await client.call("GET", "/deals")).body.total_data;
  for (const [when, deals] of [["before", 60], ["after", 61]] as const) {
    client.sandbox.inject({
      method: "post",
      fault: { kind: "status", status: 504, when },
    });
    assertEquals((await client.call("POST", "/deals", INQUIRY)).status, 504);
    assertEquals(await total(), deals);
  }
});

Deno.test("Sandbox.inject() follows the method, path, times and skip of its rule", async () => {
  await using client = await open();
  const { id } = await dealAt(client, STAGE.won);
  const fault = { kind: "status", status: 503 } as const;
  const statuses = async (...paths: string[]) => {
    const list = [];
    for (const path of paths) {
      list.push((await client.call("GET", path)).status);
    }
    return list;
  };
  client.sandbox.inject({ fault, path: `${LIST}/${id}` });
  assertEquals(
    await statuses(
      "/deals",
      `/deals/${id}/timeline`,
      `/deals/${id}`,
      `/deals/${id}`,
    ),
    [200, 200, 503, 200],
  );
  client.sandbox.inject({ fault, path: `${LIST}/*`, times: 2, skip: 1 });
  assertEquals(
    await statuses(
      "/deals",
      "/deals/info",
      "/deals/info",
      "/deals/1",
      "/deals/info",
    ),
    [200, 200, 503, 503, 200],
  );
  client.sandbox.inject({ fault, method: "PUT" });
  assertEquals(await statuses("/deals"), [200]);
  client.sandbox.clearFaults();
  assertEquals((await client.call("PUT", "/deals/1", {})).status, 404);
});

Deno.test("Sandbox.inject() uses rules in their order", async () => {
  await using client = await open();
  for (const status of [500, 502]) {
    client.sandbox.inject({ fault: { kind: "status", status } });
  }
  for (const status of [500, 502, 200]) {
    assertEquals((await client.call("GET", "/pipelines")).status, status);
  }
});

Deno.test("Sandbox.inject() fails a grant too, without using up the token", async () => {
  await using client = await open();
  client.sandbox.inject({
    path: "/oauth/token",
    fault: { kind: "status", status: 500 },
  });
  const fields = {
    grant_type: "refresh_token",
    refresh_token: client.sandbox.refreshToken,
  };
  assertEquals((await client.grant(fields)).status, 500);
  assertEquals((await client.grant(fields)).status, 200);
});

Deno.test("Sandbox.inject() answers a soft 404", async () => {
  await using client = await open();
  client.sandbox.inject({ fault: { kind: "soft404" } });
  const { status, body } = await client.call("GET", "/deals");
  assertEquals([status, body.meta.status, body.meta.error_code], [
    200,
    404,
    404,
  ]);
  assertEquals(body.response, undefined);
});

Deno.test("Sandbox.inject() answers HTML", async () => {
  await using client = await open();
  for (const status of [undefined, 502]) {
    client.sandbox.inject({
      fault: { kind: "html", ...(status === undefined ? {} : { status }) },
    });
    const reply = await client.call("GET", "/deals");
    assertEquals(reply.status, status ?? 200);
    assertMatch(reply.body, /^<!DOCTYPE html>/);
    assertMatch(reply.headers.get("content-type")!, /^text\/html/);
  }
});

Deno.test("Sandbox.inject() damages the answer of a handled request", async () => {
  await using client = await open();
  const create = async (rule: FaultRule) => {
    client.sandbox.inject(rule);
    return await client.call("POST", "/deals", INQUIRY);
  };
  const truncated = await create({ fault: { kind: "truncated" } });
  assertEquals(truncated.status, 200);
  assertMatch(truncated.body, /^\{"meta"/);

  const empty = await create({ fault: { kind: "empty" } });
  assertEquals([empty.status, empty.body], [200, ""]);

  const plain = await create({ fault: { kind: "content-type" } });
  assertMatch(plain.headers.get("content-type")!, /^text\/plain/);
  assertEquals(plain.body.meta.status, 200);
  const given = await create({
    fault: { kind: "content-type", contentType: "application/octet-stream" },
  });
  assertEquals(given.headers.get("content-type"), "application/octet-stream");

  const { body } = await client.call("GET", "/deals");
  assertEquals(body.total_data, 64);
});

Deno.test("Sandbox.inject() delays an answer, and close() does not wait for it", async () => {
  const client = await open();
  client.sandbox.inject({ fault: { kind: "delay", ms: 60 } });
  const start = performance.now();
  assertEquals((await client.call("GET", "/pipelines")).status, 200);
  assert(performance.now() - start >= 55);

  client.sandbox.inject({ fault: { kind: "delay", ms: 60_000 } });
  await assertRejects(() =>
    fetch(client.sandbox.url + LIST, { signal: AbortSignal.timeout(50) })
  );
  await client.sandbox.close();
});

Deno.test("Sandbox.inject() cuts the connection before or after handling", async () => {
  await using client = await open();
  const total = async () =>
    (await client.call("GET", "/deals")).body.total_data;
  for (const [when, made] of [["before", 0], ["after", 1]] as const) {
    const before = await total();
    client.sandbox.inject({ fault: { kind: "cut", when }, method: "POST" });
    // Deno's fetch repeats a request when a connection that it used before
    // breaks; a new one for this request shows a single attempt.
    using http = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
    await assertRejects(
      () =>
        fetch(client.sandbox.url + LIST, {
          method: "POST",
          client: http,
          headers: {
            authorization: `Bearer ${client.token}`,
            "content-type": "application/json",
          },
          body: JSON.stringify(INQUIRY),
        }),
      TypeError,
    );
    assertEquals(client.sandbox.requests.at(-1)!.status, 0);
    assertEquals(await total(), before + made);
  }
});

Deno.test("Sandbox.inject() cuts the connection inside the body", async () => {
  await using client = await open();
  client.sandbox.inject({ fault: { kind: "cut", when: "body" } });
  const response = await fetch(client.sandbox.url + LIST, {
    headers: { authorization: `Bearer ${client.token}` },
  });
  assertEquals(response.status, 200);
  await assertRejects(() => response.text(), TypeError);
  assertEquals((await client.call("GET", "/deals")).status, 200);

  const memory = createSandbox();
  memory.inject({ fault: { kind: "cut", when: "body" } });
  const begun = await memory.fetch(new Request(`http://sandbox${LIST}`));
  assertEquals(begun.status, 401);
  await assertRejects(() => begun.text(), TypeError);
});

Deno.test("Sandbox.inject() redirects to a login page", async () => {
  await using client = await open();
  client.sandbox.inject({ fault: { kind: "redirect" }, times: 2 });
  const manual = await client.raw(LIST, { redirect: "manual" });
  assertEquals(manual.status, 302);
  assertEquals(manual.headers.get("location"), "/users/sign_in");
  client.sandbox.clearFaults();
  client.sandbox.inject({ fault: { kind: "redirect" } });
  const { status, body } = await client.call("GET", "/deals");
  assertEquals(status, 200);
  assertMatch(body, /Sign in/);
});

Deno.test("Sandbox.inject() answers a huge body of well-formed JSON", async () => {
  await using client = await open();
  client.sandbox.inject({ fault: { kind: "huge", bytes: 3_000_000 } });
  const { status, body } = await client.call("GET", "/deals");
  assertEquals([status, body.meta.status], [200, 200]);
  assertEquals(JSON.stringify(body).length, 3_000_000);
});

Deno.test("Sandbox.inject() refuses what is not a rule", () => {
  const sandbox = createSandbox();
  for (
    const [rule, message] of [
      [{}, "rule.fault"],
      [{ fault: { kind: "storm" } }, "fault.kind"],
      [{ fault: { kind: "toString" } }, "fault.kind"],
      [{ fault: { kind: "status", status: 200 } }, "fault.status"],
      [{ fault: { kind: "delay" } }, "fault.ms"],
      [{ fault: { kind: "cut", when: "never" } }, "fault.when"],
      [{ fault: { kind: "empty" }, times: -1 }, "rule.times"],
      [{ fault: { kind: "empty" }, paths: "/" }, "rule.paths"],
      [{ fault: { kind: "empty", ms: 1 } }, "fault.ms"],
    ] as const
  ) {
    assertThrows(
      () => sandbox.inject(rule as unknown as FaultRule),
      TypeError,
      message,
    );
  }
});

Deno.test("Sandbox.fetch() rejects as fetch does if a fault cuts the connection", async () => {
  const sandbox = createSandbox();
  sandbox.inject({ fault: { kind: "cut", when: "before" } });
  const url = `http://sandbox${LIST}`;
  await assertRejects(() => sandbox.fetch(new Request(url)), TypeError);
  sandbox.inject({ fault: { kind: "delay", ms: 60_000 } });
  const signal = AbortSignal.abort();
  await assertRejects(() => sandbox.fetch(new Request(url, { signal })));
});
