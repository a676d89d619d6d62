import { assertEquals } from "@std/assert";
import { type Endpoint, endpoints } from "../../src/qontak/endpoints.ts";
import { argumentsFor } from "../support/company.ts";
import { createWorld } from "../support/world.ts";

/** One endpoint as Qontak documents it, and the call that reaches it. */
interface Row {
  readonly tool: string;
  readonly args?: Record<string, unknown>;
  /** Method and path below /api/v3.1. */
  readonly request: string;
  readonly query?: Record<string, string>;
  readonly body?: Record<string, unknown>;
}

await using world = await createWorld();
const { records } = await world.ok("list_deals", { fields: ["*"] });
const deal = records[0];
const deal_id = deal.id;
const pipeline_id = deal.crm_pipeline_id;
const place = await world.ok("get_required_fields_for_deal", {
  pipeline_id,
  stage_id: deal.crm_stage_id,
});
const owner = (await world.ok("get_deal_real_creator", { deal_id })).record;

/** Every body key of a deal, in the form that reaches the wire. */
const everything = {
  name: "Meja rapat",
  currency: "IDR",
  size: 5_000_000,
  closed_date: "2026-12-18T00:00:00.000+07:00",
  creator_id: deal.creator_id,
  creator_name: deal.creator_name,
  crm_source_id: null,
  crm_source_name: null,
  crm_lost_reason_id: null,
  crm_lost_reason_name: null,
  crm_pipeline_id: pipeline_id,
  crm_pipeline_name: deal.crm_pipeline_name,
  crm_stage_id: deal.crm_stage_id,
  crm_stage_name: deal.crm_stage_name,
  start_date: "2026-11-01T00:00:00.000+07:00",
  expired_date: "2026-12-31T00:00:00.000+07:00",
  crm_priority_id: 3,
  crm_priority_name: "High",
  crm_company_id: 7,
  crm_company_name: "PT Contoh",
  crm_lead_ids: [1, 2],
  crm_lead_name: ["Budi", "Sari"],
  product_association_ids: [3],
  product_association_name: ["Kursi"],
  product_association_quantity: [2],
  product_association_price: [1500],
  product_association_total_price: [3000],
};

const rows: Record<string, Row> = {
  "deals.template": { tool: "get_deal_template", request: "GET /deals/info" },
  "deals.list": {
    tool: "list_deals",
    args: {
      name: "a b&c",
      contact_ids: 4,
      company_ids: 5,
      product_ids: 6,
      page: 2,
      per_page: 10,
    },
    request: "GET /deals",
    query: {
      name: "a b&c",
      contact_ids: "4",
      company_ids: "5",
      product_ids: "6",
      page: "2",
      per_page: "10",
    },
  },
  "deals.get": {
    tool: "get_deal",
    args: { deal_id },
    request: `GET /deals/${deal_id}`,
  },
  "deals.timeline": {
    tool: "get_deal_timeline",
    args: { deal_id },
    request: `GET /deals/${deal_id}/timeline`,
  },
  "deals.stageHistory": {
    tool: "get_deal_stage_history",
    args: { deal_id },
    request: `GET /deals/${deal_id}/stage_history`,
  },
  "deals.chatHistory": {
    tool: "get_deal_chat_history",
    args: { deal_id },
    request: `GET /deals/${deal_id}/chat-history`,
  },
  "deals.realCreator": {
    tool: "get_deal_real_creator",
    args: { deal_id },
    request: `GET /deals/${deal_id}/real_creator`,
  },
  "deals.fullField": {
    tool: "get_deal_full_field",
    args: { deal_id },
    request: `GET /deals/${deal_id}/full-field`,
  },
  "deals.create": {
    tool: "create_deal",
    args: {
      ...everything,
      // Sent unchecked: the row is about the wire, and the ids are invented.
      skip_validation: true,
      additional_fields: [{ id: 1, name: "x", value: "y", value_name: "z" }],
    },
    request: "POST /deals",
    body: {
      ...Object.fromEntries(
        Object.entries(everything).filter(([, value]) => value !== null),
      ),
      additional_fields: [{ id: 1, name: "x", value: "y", value_name: "z" }],
    },
  },
  "deals.update": {
    tool: "update_deal",
    args: { deal_id, ...everything, skip_validation: true },
    request: `PUT /deals/${deal_id}`,
    body: everything,
  },
  "deals.updateOwner": {
    tool: "update_deal_owner",
    args: { deal_id, creator_id: deal.creator_name },
    request: `PUT /deals/${deal_id}/update_owner`,
    body: { creator_id: deal.creator_id },
  },
  "deals.setPermissions": {
    tool: "set_deal_permissions",
    args: {
      deal_id,
      permissions: [{ email: owner.email, access_types: ["view", "edit"] }],
    },
    request: "POST /deals/deal_permission",
    body: {
      id: deal_id,
      permissions: [{ email: owner.email, access_types: ["view", "edit"] }],
    },
  },
  "deals.delete": {
    tool: "delete_deal",
    args: { deal_id },
    request: `DELETE /deals/${deal_id}`,
  },
  "pipelines.list": { tool: "list_pipelines", request: "GET /pipelines" },
  "pipelines.get": {
    tool: "get_pipeline",
    args: { pipeline_id },
    request: `GET /pipelines/${pipeline_id}`,
  },
  "pipelines.stages": {
    tool: "list_pipeline_stages",
    args: { pipeline_id },
    request: `GET /pipelines/${pipeline_id}/stages`,
  },
};

Deno.test("every endpoint has its row", () => {
  const all = Object.entries(endpoints).flatMap(([resource, table]) =>
    Object.keys(table).map((name) => `${resource}.${name}`)
  );
  assertEquals(Object.keys(rows).toSorted(), all.toSorted());
});

for (const [name, row] of Object.entries(rows)) {
  Deno.test(`${row.tool} reaches ${row.request.replace(/\d+/, ":id")}`, async () => {
    await using world = await createWorld();
    await world.call(row.tool, row.args);
    const [method, path] = row.request.split(" ");
    const wanted = world.sandbox.requests.filter((request) =>
      request.method === method && request.path === `/api/v3.1${path}`
    );
    assertEquals(wanted.length >= 1, true, `${name} was not requested`);
    const [request] = wanted;
    assertEquals(request!.query, row.query ?? defaultQuery(name));
    assertEquals(request!.body ?? undefined, row.body);
    assertKeys(name, row);
  });
}

/** A list is always asked for by page. */
function defaultQuery(name: string): Record<string, string> {
  return name === "deals.list" ? { page: "1", per_page: "25" } : {};
}

/** The row covers every query parameter and body key of the table. */
function assertKeys(name: string, row: Row): void {
  const [resource, key] = name.split(".") as [string, string];
  const tables = endpoints as Record<string, Record<string, Endpoint>>;
  const endpoint = tables[resource]![key]!;
  if (row.query) {
    assertEquals(Object.keys(row.query).toSorted(), endpoint.query.toSorted());
  }
  const sent = Object.keys(row.args ?? {})
    .filter((arg) => arg !== "skip_validation");
  const body = Object.keys(endpoint.body);
  const reached = body.filter((one) =>
    sent.includes(one) || (one === "id" && sent.includes("deal_id"))
  );
  if (name !== "deals.update") assertEquals(reached, body);
}

Deno.test("create_deal with what a stage requires reaches the wire as Qontak takes it", async () => {
  await using world = await createWorld();
  await world.ok("create_deal", argumentsFor(place.required));
  const request = world.sandbox.requests.find(({ method, path }) =>
    method === "POST" && path === "/api/v3.1/deals"
  );
  assertEquals(request?.status, 200);
});
