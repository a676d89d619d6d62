import { assertEquals, assertRejects } from "@std/assert";
import { type CallOptions, createCrm } from "../../src/qontak/crm.ts";
import { type Endpoint, endpoints } from "../../src/qontak/endpoints.ts";
import { createTelemetry } from "../../src/telemetry/telemetry.ts";
import { createTransport } from "../../src/net/transport.ts";

function fake() {
  const sent: string[] = [];
  const crm = createCrm({
    apiUrl: "https://app.qontak.com/api/v3.1",
    authorize: () => Promise.resolve({ authorization: "Bearer x" }),
    unauthorized: "",
    timeout: 1000,
    retryBudget: 0,
    telemetry: createTelemetry(),
    transport: createTransport((url) => {
      sent.push(String(url));
      return Promise.resolve(Response.json({ meta: { status: 200 } }));
    }),
  });
  return { crm, sent };
}

Deno.test("call() sends nothing that is not in the endpoint's table", async () => {
  const { crm, sent } = fake();
  const { get, list, update } = endpoints.deals;
  const table: [Endpoint, CallOptions, string][] = [
    [list, { query: { stage: 1 } }, "GET /deals has no query stage"],
    [
      update,
      { path: { id: 1 }, body: { amount: 5, name: "x" } },
      "has no body key amount",
    ],
    [list, { body: { name: "x" } }, "GET /deals has no body key name"],
    [get, { path: { id: 1, page: 2 } }, "has no path id page"],
    [get, {}, "takes a whole number as id, not undefined"],
    [get, { path: { id: 1.5 } }, "not 1.5"],
    [get, { path: { id: -1 } }, "not -1"],
    [get, { path: { id: "../1" as unknown as number } }, "not ../1"],
  ];
  for (const [endpoint, options, expected] of table) {
    await assertRejects(
      () => crm.call(endpoint, options),
      TypeError,
      expected,
    );
  }
  assertEquals(sent, []);
});

Deno.test("call() encodes the values of a query", async () => {
  const { crm, sent } = fake();
  await crm.call(endpoints.contacts.list, {
    query: { name: "a&page=9 b", page: 2, phone: undefined },
  });
  assertEquals(sent, [
    "https://app.qontak.com/api/v3.1/contacts?name=a%26page%3D9+b&page=2",
  ]);
});
