import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { createWorld } from "../../src/sandbox/data/world.ts";
import {
  custom,
  dealAt,
  descriptors,
  type Json,
  open,
  SALES,
  STAGE,
  TENDER,
} from "./client.ts";

Deno.test("createSandbox() shows the deal template as Qontak does", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/deals/info");
  const fields: Json[] = body.response;
  const [name, currency] = fields;
  assertEquals(Object.keys(name), [
    "id",
    "name",
    "name_alias",
    "additional_field",
    "type",
    "dropdown",
    "required_pipeline_ids",
    "required_stage_ids",
  ]);
  assertEquals(name.required_pipeline_ids, [SALES, TENDER]);
  assertEquals(currency.dropdown[0], { id: null, name: "IDR" });

  const [owner] = await descriptors(client, "creator_id");
  assertEquals(owner.dropdown.length, 8);
  assertEquals(Object.keys(owner.dropdown[0]), [
    "id",
    "name",
    "email",
    "crm_teams",
  ]);
  const teams = owner.dropdown.flatMap((user: Json) => user.crm_teams);
  assertEquals(new Set(teams.map((team: Json) => team.id)).size, 2);
  const [stage] = await descriptors(client, "crm_stage_id");
  assertEquals(stage.dropdown, null);
  assertEquals((await descriptors(client, "crm_pipeline_id")).length, 0);
  const [priority] = await descriptors(client, "crm_priority_id");
  assertEquals(
    priority.dropdown.map((one: Json) => one.name),
    ["Low", "Critical", "High", "Medium"],
  );
});

Deno.test("createSandbox() has custom deal fields of every kind", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/deals/info");
  const customs: Json[] = body.response.filter((one: Json) =>
    one.additional_field
  );
  assertEquals(customs.length, 80);
  assertEquals(new Set(customs.map((one) => one.id)).size, 80);
  assertEquals(
    new Set(customs.map((one) => one.type)),
    new Set([
      "Single-line text",
      "Text Area",
      "Number",
      "Percentage",
      "Date",
      "Date time",
      "Dropdown select",
      "Multiple select",
      "URL",
      "Upload",
      "Photo",
      "Signature",
      "gps",
    ]),
  );
  for (const required of [null, false]) {
    assert(customs.some((one) => one.required === required));
  }
  assert(customs.some((one) => "required_stage_ids" in one));
  assert(
    customs.some((one) =>
      !("required" in one) && !("required_stage_ids" in one)
    ),
  );
  const [first, second] = await descriptors(client, "service_type");
  assertNotEquals(first.id, second.id);
  const [city] = await descriptors(client, "delivery_city");
  assert(city.dropdown.length >= 60);
  assertEquals(
    new Set(city.dropdown.map((one: Json) => one.name)).size,
    city.dropdown.length,
  );
});

Deno.test("createSandbox() pages through deals", async () => {
  await using client = await open();
  const seen: number[] = [];
  for (let page = 1; page <= 3; page++) {
    const { body } = await client.call("GET", `/deals?page=${page}`);
    assertEquals(Object.keys(body), [
      "meta",
      "response",
      "page",
      "total_page",
      "current_data",
      "total_data",
    ]);
    assertEquals([body.page, body.total_page, body.total_data], [page, 3, 60]);
    assertEquals(body.current_data, body.response.length);
    seen.push(...body.response.map((deal: Json) => deal.id));
  }
  assertEquals(new Set(seen).size, 60);
  const { body: past } = await client.call("GET", "/deals?page=4");
  assertEquals([past.response, past.current_data], [[], 0]);
  const { body: odd } = await client.call("GET", "/deals?page=x&per_page=-1");
  assertEquals([odd.page, odd.current_data], [1, 25]);
  const { body: all } = await client.call("GET", "/deals?per_page=1000");
  assertEquals(all.current_data, 60);
});

Deno.test("createSandbox() filters deals by what Qontak documents, and ignores the rest", async () => {
  await using client = await open();
  const list = async (query: string): Promise<Json> =>
    (await client.call("GET", `/deals?per_page=100&${query}`)).body;
  const { response: all } = await list("");
  const deal = all.find((one: Json) =>
    one.crm_company_id && one.crm_lead_ids.length &&
    one.product_association_ids.length
  );
  const [companyId] = deal.crm_company_id;
  const [contactId] = deal.crm_lead_ids;

  const part = deal.name.slice(2, 9).toUpperCase();
  const named = await list(`name=${encodeURIComponent(part)}`);
  assert(named.response.some((one: Json) => one.id === deal.id));
  assert(named.total_data < 60);
  for (const one of (await list(`company_ids=${companyId}`)).response) {
    assertEquals(one.crm_company_id, [companyId]);
  }
  for (const one of (await list(`contact_ids=${contactId}`)).response) {
    assert(one.crm_lead_ids.includes(contactId));
  }
  const { total_data: nobody } = await list("contact_ids=999");
  assertEquals(nobody, 0);
  assertEquals((await list("product_ids=999")).total_data, 0);
  assertEquals((await list("name=tidak+ada")).total_data, 0);
  assertEquals((await list(`crm_pipeline_id=${SALES}`)).total_data, 60);
});

Deno.test("createSandbox() filters deals by product", async () => {
  await using client = await open();
  const world = createWorld(1);
  const [line] = [...world.associations.values()];
  const productId = line!.values.crm_product_id;
  const { body } = await client.call("GET", `/deals?product_ids=${productId}`);
  const ids = body.response.map((deal: Json) => deal.id);
  assert(ids.includes(line!.values.crm_deal_id));
  assert(ids.length < 60);
});

Deno.test("createSandbox() shows a deal with the keys of the documented profile", async () => {
  await using client = await open();
  const { id } = await dealAt(client, STAGE.won);
  const { body } = await client.call("GET", `/deals/${id}`);
  const deal = body.response;
  assertEquals(Object.keys(body), ["meta", "response"]);
  assertEquals(Object.keys(deal), [
    ..."id,name,slug,created_at,updated_at,currency,size,closed_date".split(
      ",",
    ),
    ..."creator_id,creator_name,crm_source_id,crm_source_name".split(","),
    ..."crm_lost_reason_id,crm_lost_reason_name,crm_pipeline_id".split(","),
    ..."crm_pipeline_name,crm_stage_id,crm_stage_name,start_date".split(","),
    ..."expired_date,crm_priority_id,crm_priority_name".split(","),
    ..."crm_company_id,crm_company_name,crm_lead_ids,crm_lead_name".split(","),
    "crm_deal_status",
    "product_association_ids",
    "product_association_name",
    "product_association_quantity",
    "product_association_price",
    "product_association_total_price",
    "additional_fields",
  ]);
  assertMatch(deal.size, /^\d+\.0$/);
  assertMatch(deal.closed_date, /^2026-\d\d-\d\dT[\d:]{8}\.000\+07:00$/);
  assertEquals(deal.additional_fields.length, 80);
});

Deno.test("createSandbox() shows a deal as real traffic does in the observed profile", async () => {
  await using client = await open({ profile: "observed" });
  await using documented = await open();
  const won = await dealAt(client, STAGE.won);
  const same = await documented.call("GET", `/deals/${won.id}`);
  const { crm_company_id: ids, size } = same.body.response;
  assertEquals(typeof won.size, "number");
  assertEquals(Number(size), won.size);
  assertEquals(won.crm_company_id, ids?.[0] ?? null);
  assertEquals(typeof won.unique_deal_id, "string");
  const { body } = await client.call("GET", "/deals?per_page=100");
  assert(
    body.response.some((deal: Json) => Number.isInteger(deal.crm_company_id)),
  );
  assertMatch(body.meta.log_id, /rails5$/);
});

Deno.test("createSandbox() returns empty custom fields in the form of their type", async () => {
  await using client = await open();
  const { body } = await client.call("POST", "/deals", {
    name: "Kosong",
    crm_pipeline_id: SALES,
    crm_stage_id: STAGE.newInquiry,
  });
  const made = body.response;
  assertEquals(custom(made, "npwp").value_name, null);
  const { body: read } = await client.call("GET", `/deals/${made.id}`);
  for (
    const [name, value, value_name] of [
      ["npwp", "", ""],
      ["billing_address", "", ""],
      ["credit_limit", "", ""],
      ["delivery_city", "", null],
      ["product_category_8", "", []],
      ["survey_date", "", ""],
      ["meeting_schedule", "", ""],
      ["discount_percentage", "0.0", "0.0"],
      ["quotation_file", null, null],
      ["site_photo", null, ""],
      ["customer_signature", null, ""],
      ["site_location", "", ""],
    ] as const
  ) {
    const { id: _, ...shown } = custom(read.response, name);
    assertEquals(shown, { name, value, value_name }, name);
  }
});

Deno.test("createSandbox() answers an unknown deal with 404, soft if configured", async () => {
  await using client = await open();
  for (const id of ["1", "abc", "1.5", "-1"]) {
    const { status, body } = await client.call("GET", `/deals/${id}`);
    assertEquals([status, body.meta.status, body.response], [
      404,
      404,
      undefined,
    ]);
  }
  await using soft = await open({ softErrors: true });
  const { status, body } = await soft.call("GET", "/deals/1");
  assertEquals([status, body.meta.status, body.meta.error_code], [
    200,
    404,
    404,
  ]);
});
