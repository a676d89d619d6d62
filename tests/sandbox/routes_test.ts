import { assertEquals, assertStringIncludes } from "@std/assert";
import { success } from "../../src/sandbox/answer.ts";
import { createRouter, type Route } from "../../src/sandbox/router.ts";
import { dealAt, open, STAGE } from "./client.ts";

Deno.test("createSandbox() answers 404 if a route is not exactly Qontak's", async () => {
  await using client = await open();
  const { id } = await dealAt(client, STAGE.won);
  for (
    const [method, path] of [
      ["GET", `/deals/${id}/stage-history`],
      ["GET", `/deals/${id}/chat_history`],
      ["GET", `/deals/${id}/real-creator`],
      ["GET", `/deals/${id}/full_field`],
      ["GET", `/deals/${id}/time_line`],
      ["GET", `/deals/${id}/timeline/`],
      ["GET", `/deals/${id}/`],
      ["GET", "/Deals"],
      ["GET", "/deal"],
      ["GET", "/deals//"],
      ["POST", "/deals/deal-permission"],
      ["PUT", "/deals/deal_permission"],
      ["PATCH", `/deals/${id}`],
      ["POST", `/deals/${id}`],
      ["PUT", "/deals"],
      ["DELETE", "/deals"],
      ["PATCH", `/deals/${id}/update_owner`],
      ["POST", "/pipelines"],
      ["GET", "/nothing"],
    ] as const
  ) {
    const { status, body } = await client.call(method, path);
    if (method === "PUT" && path === "/deals/deal_permission") {
      // It matches PUT /deals/:id, so Qontak searches for a record with that
      // name.
      assertEquals(body.meta.status, 404);
    } else {
      assertEquals([status, body], [404, { status: 404, error: "Not Found" }]);
    }
  }
  for (const path of ["/api/v3/deals", "/deals", "/", "/oauth/token"]) {
    assertEquals((await client.raw(path)).status, 404);
  }
});

Deno.test("createSandbox() accepts a final slash on a collection", async () => {
  await using client = await open();
  for (const path of ["/deals/", "/pipelines/", "/deals/?page=2"]) {
    assertEquals((await client.call("GET", path)).status, 200);
  }
});

Deno.test("createSandbox() refuses a body that is not a JSON object", async () => {
  await using client = await open();
  const send = (body: string, type = "application/json") =>
    client.raw("/api/v3.1/deals", {
      method: "POST",
      headers: {
        authorization: `Bearer ${client.token}`,
        "content-type": type,
      },
      body,
    });
  assertEquals((await send('{"name":')).status, 400);
  assertEquals((await send("[1]")).status, 400);
  const { status, body } = await send('{"name":"x"}', "text/plain");
  assertEquals(status, 422);
  assertStringIncludes(
    body.meta.developer_message,
    "crm_stage_id can't be blank",
  );
});

Deno.test("createRouter() prefers literal segments to names", () => {
  const route = (path: string): Route => ({
    method: "GET",
    path,
    handle: () => ({}),
  });
  const find = createRouter([{
    name: "tasks",
    routes: ["/tasks/:id", "/tasks/category", "/tasks/category/:id"].map(route),
  }]);
  const pathOf = (path: string) => find("GET", `/api/v3.1${path}`)?.route.path;
  assertEquals(pathOf("/tasks/category"), "/tasks/category");
  assertEquals(pathOf("/tasks/7"), "/tasks/:id");
  assertEquals(pathOf("/tasks/category/7"), "/tasks/category/:id");
  assertEquals(pathOf("/tasks/%E0%A4%A"), undefined);
  assertEquals(find("GET", "/api/v3.1/tasks/a%2Fb")?.params, { id: "a/b" });
});

Deno.test("success() uses unix seconds for a resource that has them", async () => {
  const { meta } = await success({}, { unixTimestamp: true }).json();
  assertEquals(Number.isInteger(meta.timestamp), true);
  assertEquals(String(meta.timestamp).length, 10);
});
