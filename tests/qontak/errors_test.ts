import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import type { Fault } from "../../src/sandbox/mod.ts";
import { createOAuth } from "../../src/qontak/oauth.ts";
import { createTransport } from "../../src/net/transport.ts";
import { argumentsFor } from "../../src/sandbox/samples.ts";
import { createWorld, type World } from "../support/world.ts";

const api = "/api/v3.1/deals*";

async function aDeal(world: World): Promise<number> {
  return (await world.ok("list_deals")).records[0].id;
}

Deno.test("a call reports what Qontak answered, for every kind of bad answer", async () => {
  await using patient = await createWorld({ retryBudget: 0 });
  await using hasty = await createWorld({ timeout: 400, retryBudget: 0 });
  const deal_id = await aDeal(patient);
  const table: [Fault, string[]][] = [
    [{ kind: "status", status: 403 }, ["403", "ask a Qontak admin"]],
    [{ kind: "status", status: 404 }, ["404", "Check the id"]],
    [{ kind: "soft404" }, ["404", "Check the id"]],
    [{ kind: "status", status: 422 }, ["422", "does not name the value"]],
    [{ kind: "status", status: 429, retryAfter: 7 }, ["429", "Wait 7 s"]],
    [{ kind: "status", status: 500 }, ["500", "Try again"]],
    [{ kind: "status", status: 503 }, ["503", "Try again"]],
    [{ kind: "status", status: 503, retryAfter: 7 }, ["503", "Wait 7 s"]],
    [{ kind: "html" }, ["a page of HTML instead of JSON"]],
    [{ kind: "truncated" }, ["JSON that ends too early"]],
    [{ kind: "empty" }, ["an empty body"]],
    [{ kind: "redirect" }, ["redirected", "was not followed"]],
    [{ kind: "huge", bytes: 11 * 1024 * 1024 }, ["larger than 10485760 bytes"]],
    [{ kind: "delay", ms: 1500 }, [
      "did not answer within 400 ms",
      "The option timeout sets the limit",
    ]],
    [{ kind: "cut", when: "before" }, ["broke before an answer came"]],
    [{ kind: "cut", when: "after" }, ["broke before an answer came"]],
    [{ kind: "cut", when: "body" }, ["broke before an answer came"]],
  ];
  for (const [fault, expected] of table) {
    // A busy machine may need longer than 400 ms for the largest answers.
    const world = fault.kind === "delay" ? hasty : patient;
    // Twice: the runtime repeats a read if its reused connection was closed.
    world.sandbox.inject({ fault, path: api, times: 2 });
    const text = await world.refused("get_deal", { deal_id });
    world.sandbox.clearFaults();
    for (const part of expected) assertStringIncludes(text, part);
    assertStringIncludes(text, "GET /deals/:id");
    assert(!text.includes("<html") && !text.includes("http://"), text);
    await world.ok("get_deal", { deal_id });
  }
});

Deno.test("a good answer with a wrong content type is read", async () => {
  await using world = await createWorld();
  const deal_id = await aDeal(world);
  world.sandbox.inject({ fault: { kind: "content-type" }, path: api });
  await world.ok("get_deal", { deal_id });
});

Deno.test("a write whose answer is lost has an unknown outcome, and is not repeated", async () => {
  await using world = await createWorld({ timeout: 400 });
  const deal_id = await aDeal(world);
  await world.ok("update_deal", { deal_id, size: 1 });
  const faults: Fault[] = [
    { kind: "cut", when: "after" },
    { kind: "html" },
    { kind: "truncated" },
    { kind: "status", status: 502 },
    { kind: "delay", ms: 1500 },
  ];
  for (const fault of faults) {
    world.sandbox.clearFaults();
    world.sandbox.inject({ fault, method: "PUT", path: api });
    world.seen();
    const text = await world.refused("update_deal", { deal_id, size: 2 });
    assertStringIncludes(text, "unknown whether Qontak carried out the change");
    const puts = world.seen().filter(({ method }) => method === "PUT");
    // A slow request is recorded when it is done, after the call has ended.
    const most = fault.kind === "delay" ? 0 : 1;
    assertEquals(puts.length, most, fault.kind);
  }
});

Deno.test("a write and a grant say how long Qontak asks to wait", async () => {
  await using world = await createWorld({ retryBudget: 0 });
  const deal_id = await aDeal(world);
  const fault = { kind: "status", status: 503, retryAfter: 9 } as const;
  world.sandbox.inject({ fault, method: "PUT", path: api });
  const lost = await world.refused("update_deal", { deal_id, size: 2 });
  assertStringIncludes(lost, "unknown whether Qontak carried out the change");
  assertStringIncludes(lost, "Qontak asks to wait 9 s");
  // The same holds if there is no token for a call.
  world.sandbox.expireAccessTokens();
  world.sandbox.inject({ fault, path: "/oauth/token" });
  const text = await world.refused("get_deal", { deal_id });
  assertStringIncludes(text, "Qontak's token endpoint answered 503");
  assertStringIncludes(text, "Wait 9 s and try again");
});

Deno.test("a grant reads a lifetime that is a text", async () => {
  for (const [said, expected] of [["7200", 7200], [60, 60], ["soon", 21_600]]) {
    const { refresh } = createOAuth({
      baseUrl: "https://qontak.example.com",
      timeout: 1_000,
      transport: createTransport(() =>
        Promise.resolve(Response.json({
          access_token: "a",
          refresh_token: "r",
          expires_in: said,
        }))
      ),
      remedyFor: () => ({ what: "checkAddress" }),
    });
    assertEquals((await refresh("old", "acme")).expires_in, expected);
  }
});

Deno.test("a write that was stored is not lost when reading it back fails", async () => {
  await using world = await createWorld();
  const deal_id = await aDeal(world);
  await world.ok("update_deal", { deal_id, size: 1 });
  world.sandbox.inject({
    fault: { kind: "status", status: 500 },
    method: "GET",
    path: api,
    skip: 1,
  });
  const data = await world.ok("update_deal", { deal_id, size: 3 });
  assertStringIncludes(data.notes.join(), "reading it back failed");
  assertEquals(data.applied, []);
});

Deno.test("the note about a failed read after a write says what to do", async () => {
  await using world = await createWorld();
  const deal_id = await aDeal(world);
  await world.ok("update_deal", { deal_id, size: 1 });
  world.sandbox.inject({
    fault: { kind: "status", status: 404, body: { error: "Not Found" } },
    method: "GET",
    path: api,
    skip: 1,
  });
  const data = await world.ok("update_deal", { deal_id, size: 3 });
  assertMatch(
    data.notes.join(),
    /reading it back failed: .* Check the option baseUrl/,
  );
});

Deno.test("a 401 refreshes once and repeats the call once", async () => {
  await using world = await createWorld();
  const deal_id = await aDeal(world);
  assertEquals(world.sandbox.grants, 1);
  world.sandbox.expireAccessTokens();
  world.seen();
  await Promise.all(
    Array.from({ length: 20 }, () => world.ok("get_deal", { deal_id })),
  );
  assertEquals(world.sandbox.grants, 2);
  world.sandbox.expireAccessTokens();
  world.seen();
  await world.ok("update_deal", { deal_id, size: 9 });
  assertEquals(
    world.seen().filter(({ method, status }) =>
      method === "PUT" && status === 200
    ).length,
    1,
  );
});

Deno.test("a 401 that stays is reported after one try with a fresh token", async () => {
  await using world = await createWorld();
  const deal_id = await aDeal(world);
  world.sandbox.inject({
    fault: { kind: "status", status: 401 },
    path: api,
    times: 10,
  });
  world.seen();
  const text = await world.refused("get_deal", { deal_id });
  assertStringIncludes(text, "401");
  assertStringIncludes(text, "so was a fresh one");
  assertEquals(
    world.seen().filter(({ path }) => path.includes("/deals/")).length,
    2,
  );
});

Deno.test("the error about an invalid refresh token says where to make another", async () => {
  await using world = await createWorld();
  world.sandbox.revokeRefreshTokens();
  const text = await world.refused("list_pipelines");
  assertStringIncludes(text, "invalid_grant");
  assertStringIncludes(text, "https://crm.qontak.com/crm/api_token/");
});

Deno.test("the refresh grant is sent as a form, with the application if there is one", async () => {
  const forms: [string | null, Record<string, string>][] = [];
  const answer = { access_token: "a", refresh_token: "r", expires_in: 60 };
  const refresh = (application: Record<string, string>) =>
    createOAuth({
      baseUrl: "https://app.qontak.com",
      timeout: 1000,
      remedyFor: () => ({ what: "configureToken", page: "a page" }),
      transport: createTransport((_url, init) => {
        const { headers, body } = new Request("https://x", init);
        return new Response(body).text().then((text) => {
          forms.push([
            headers.get("content-type"),
            Object.fromEntries(new URLSearchParams(text)),
          ]);
          return Response.json(answer);
        });
      }),
      ...application,
    }).refresh;
  assertEquals(await refresh({})("old", "acme"), answer);
  await refresh({
    clientId: "id",
    clientSecret: "secret",
    redirectUri: "https://a.id/cb",
  })("old", "acme");
  const form = { grant_type: "refresh_token", refresh_token: "old" };
  const type = "application/x-www-form-urlencoded;charset=UTF-8";
  assertEquals(forms, [
    [type, form],
    [type, {
      ...form,
      client_id: "id",
      client_secret: "secret",
      redirect_uri: "https://a.id/cb",
    }],
  ]);
});

Deno.test("an outage of the token endpoint is not reported as a refusal", async () => {
  await using world = await createWorld({ timeout: 400 });
  const table: [Fault, string][] = [
    [{ kind: "html" }, "something that is not JSON"],
    [{ kind: "huge", bytes: 1024 * 1024 }, "more than 65536 bytes"],
    [{ kind: "status", status: 503 }, "token endpoint answered 503"],
    [{ kind: "delay", ms: 1500 }, "did not answer within 400 ms"],
    [
      { kind: "cut", when: "before" },
      "broke the connection before an answer came",
    ],
  ];
  for (const [fault, expected] of table) {
    world.sandbox.clearFaults();
    world.sandbox.inject({ fault, path: "/oauth/token" });
    assertStringIncludes(await world.refused("list_pipelines"), expected);
  }
  world.sandbox.clearFaults();
  await world.ok("list_pipelines");
});

Deno.test("a rotated refresh token is used from then on, with one warning about its loss", async () => {
  await using world = await createWorld({ rotateRefreshTokens: true });
  for (let i = 0; i < 4; i++) {
    await world.ok("list_pipelines");
    world.sandbox.expireAccessTokens();
  }
  assertEquals(world.sandbox.grants, 4);
  const warnings = world.logs.filter((line) => line.includes('"warn"'));
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0]!, "in memory only");
});

Deno.test("no answer and no log line contains a token", async () => {
  const canary = "canary-refresh-token";
  await using world = await createWorld({ refreshToken: canary });
  const texts: string[] = [];
  const faults: Fault[] = [
    { kind: "status", status: 401 },
    { kind: "status", status: 500 },
    { kind: "html" },
    { kind: "cut", when: "before" },
    { kind: "redirect" },
  ];
  for (const path of ["/oauth/token", "/api/v3.1/pipelines"]) {
    for (const fault of faults) {
      world.sandbox.expireAccessTokens();
      world.sandbox.inject({ fault, path, times: 2 });
      texts.push((await world.call("list_pipelines")).text);
      world.sandbox.clearFaults();
    }
  }
  const all = [...texts, ...world.logs].join("\n");
  for (const secret of [canary, world.sandbox.refreshToken, "Bearer "]) {
    assert(!all.includes(secret), `${secret} leaked`);
  }
});

Deno.test("a write is sent once, even if its reused connection closes", async () => {
  await using world = await createWorld();
  const { required } = await world.ok("get_required_fields_for_deal", {
    stage_id: "New Inquiry",
  });
  const args = argumentsFor(required);
  const { id } = await world.ok("create_deal", args);
  const total = async () => (await world.ok("list_deals")).total_data;
  const before = await total();
  world.sandbox.inject({
    fault: { kind: "cut", when: "after" },
    method: "POST",
    path: "/api/v3.1/deals",
  });
  assertStringIncludes(
    await world.refused("create_deal", args),
    "unknown whether",
  );
  assertEquals(await total(), before + 1);
  world.sandbox.inject({
    fault: { kind: "cut", when: "after" },
    method: "DELETE",
    path: api,
  });
  // Sent twice, it would say that there is no such deal.
  assertStringIncludes(
    await world.refused("delete_deal", { deal_id: id }),
    "unknown whether",
  );
});

Deno.test("a refresh is sent once, even if its reused connection closes", async () => {
  await using world = await createWorld();
  await world.ok("list_pipelines");
  world.sandbox.expireAccessTokens();
  world.sandbox.inject({
    fault: { kind: "cut", when: "before" },
    path: "/oauth/token",
  });
  assertStringIncludes(
    await world.refused("list_pipelines"),
    "broke the connection before an answer came",
  );
});
