import { assert, assertEquals } from "@std/assert";
import {
  create,
  custom,
  dealAt,
  field,
  INQUIRY,
  type Json,
  open,
  read,
  refused,
  SALES,
  STAGE,
  TENDER,
  USER,
} from "./client.ts";

Deno.test("createSandbox() creates a deal and answers 200 with the record", async () => {
  await using client = await open();
  const deal = await create(client, {
    ...INQUIRY,
    currency: "IDR",
    size: 12_500_000.5,
    closed_date: "2026-12-01T10:00:00+07:00",
    start_date: "2026-11-01T00:00:00Z",
    crm_priority_id: 2,
  });
  assertEquals(deal.crm_stage_name, "New Inquiry");
  assertEquals(deal.crm_priority_name, "Critical");
  assertEquals(deal.size, "12500000.5");
  assertEquals(deal.closed_date, "2026-12-01T10:00:00.000+07:00");
  assertEquals(deal.start_date, "2026-11-01T07:00:00.000+07:00");
  assertEquals("crm_deal_status" in deal, false);
  assertEquals((await read(client, deal.id)).crm_deal_status, null);
  const { body } = await client.call("GET", "/deals?per_page=1");
  assertEquals(body.response[0].id, deal.id);
  assertEquals(body.total_data, 61);
});

Deno.test("createSandbox() silently drops unknown keys", async () => {
  await using client = await open();
  const deal = await create(client, {
    ...INQUIRY,
    amount: 5,
    description: "lost",
    crm_deal_status: "Existing Client",
    additional_fields: [{ id: 1, value: "lost" }, { name: "npwp", value: "x" }],
  });
  const stored = await read(client, deal.id);
  assertEquals([stored.size, stored.amount, stored.crm_deal_status], [
    null,
    undefined,
    null,
  ]);
  assertEquals(custom(stored, "npwp").value, "");
});

Deno.test("createSandbox() gives a deal without a valid creator_id to the token's user", async () => {
  await using client = await open();
  for (const creator of [{}, { creator_id: null }, { creator_id: 99 }]) {
    const deal = await create(client, { ...INQUIRY, ...creator });
    assertEquals(deal.creator_id, USER.ratna);
  }
  const given = await create(client, { ...INQUIRY, creator_id: USER.bagas });
  assertEquals(given.creator_name, "Bagas Pratama");
});

Deno.test("createSandbox() refuses a deal without name, pipeline and stage", async () => {
  await using client = await open();
  await refused(
    client,
    "POST",
    "/deals",
    {},
    "crm_pipeline_id can't be blank",
    "crm_stage_id can't be blank",
  );
  await refused(client, "POST", "/deals", { ...INQUIRY, name: "  " }, "name");
  const { body } = await client.call("GET", "/deals");
  assertEquals(body.total_data, 60);
});

Deno.test("createSandbox() names every key with an invalid value", async () => {
  await using client = await open();
  for (
    const [key, value] of [
      ["name", 7],
      ["size", "banyak"],
      ["size", true],
      ["currency", "Rupiah"],
      ["closed_date", "2026-12-01"],
      ["closed_date", "2026-02-30T10:00:00+07:00"],
      ["start_date", "01/12/2026"],
      ["expired_date", 1_790_000_000],
      ["crm_source_id", 1],
      ["crm_source_name", "website"],
      ["crm_priority_id", "2"],
      ["crm_lost_reason_id", 5],
      ["crm_company_id", 5],
      ["crm_lead_ids", [5]],
      ["crm_lead_name", ["Nobody"]],
      ["product_association_ids", [5]],
      ["crm_pipeline_id", 5],
      ["crm_stage_id", STAGE.infoTender],
      ["additional_fields", { id: 1 }],
    ] as const
  ) {
    await refused(client, "POST", "/deals", { ...INQUIRY, [key]: value }, key);
  }
});

Deno.test("createSandbox() resolves exact names, and prefers ids", async () => {
  await using client = await open();
  const named = await create(client, {
    name: "Lewat nama",
    crm_pipeline_name: "Tender Pengadaan",
    crm_stage_name: "Info Tender",
    crm_source_name: "Pameran",
    additional_fields: [{
      id: (await field(client, "tender_deadline")).id,
      value: "05/12/2026",
    }],
  });
  assertEquals([named.crm_pipeline_id, named.crm_stage_id], [
    TENDER,
    STAGE.infoTender,
  ]);
  assertEquals(named.crm_source_name, "Pameran");
  const both = await create(client, {
    ...INQUIRY,
    crm_stage_name: "Won",
    crm_priority_id: 1,
    crm_priority_name: "High",
  });
  assertEquals([both.crm_stage_name, both.crm_priority_name], [
    "New Inquiry",
    "Low",
  ]);
  const stage = await create(client, {
    name: "Tanpa pipeline",
    crm_stage_id: STAGE.qualified,
  });
  assertEquals(stage.crm_pipeline_id, SALES);
});

Deno.test("createSandbox() links a deal with a company and contacts", async () => {
  await using client = await open();
  const other = (await client.call("GET", "/deals?per_page=100")).body.response
    .find((deal: Json) => deal.crm_company_id && deal.crm_lead_ids.length);
  const { crm_company_id, crm_company_name, crm_lead_ids, crm_lead_name } =
    other;
  const deal = await create(client, {
    ...INQUIRY,
    crm_company_id: crm_company_id[0],
    crm_lead_name,
  });
  assertEquals(deal.crm_company_name, crm_company_name);
  assertEquals(deal.crm_lead_name, crm_lead_name);
  assertEquals(deal.crm_lead_ids.length, crm_lead_ids.length);
  await client.call("PUT", `/deals/${deal.id}`, {
    crm_company_id: null,
    crm_lead_ids: [],
  });
  const cleared = await read(client, deal.id);
  assertEquals([cleared.crm_company_id, cleared.crm_company_name], [
    null,
    null,
  ]);
  assertEquals([cleared.crm_lead_ids, cleared.crm_lead_name], [[], []]);
});

Deno.test("createSandbox() changes only what a PUT names, and answers only meta", async () => {
  await using client = await open();
  const before = await dealAt(client, STAGE.negotiation);
  const { status, body } = await client.call("PUT", `/deals/${before.id}`, {
    name: "Nama baru",
    creator_id: before.creator_id,
  });
  assertEquals([status, Object.keys(body)], [200, ["meta"]]);
  const after = await read(client, before.id);
  assertEquals(after, {
    ...before,
    name: "Nama baru",
    updated_at: after.updated_at,
  });
  assert(after.updated_at > before.updated_at);
});

Deno.test("createSandbox() answers a PUT with the deal in the observed profile", async () => {
  await using client = await open({ profile: "observed" });
  const { id } = await dealAt(client, STAGE.negotiation);
  const { body } = await client.call("PUT", `/deals/${id}`, { name: "Baru" });
  assertEquals([body.response.id, body.response.name], [id, "Baru"]);
});

Deno.test("createSandbox() leaves a deal as it was when a PUT is refused", async () => {
  await using client = await open();
  const deal = await dealAt(client, STAGE.won);
  const path = `/deals/${deal.id}`;
  for (
    const [body, name] of [
      [{ name: "x", closed_date: null }, "closed_date can't be blank"],
      [{ name: "x", name_alias: 1, size: "" }, "size"],
      [{ name: "x", crm_stage_id: null }, "crm_stage_id can't be blank"],
      [{ name: "x", crm_pipeline_id: TENDER }, "crm_stage_id"],
      [{ name: "x", creator_id: 99 }, "creator_id"],
    ] as const
  ) {
    await refused(client, "PUT", path, body, name);
  }
  assertEquals(await read(client, deal.id), deal);
  assertEquals((await client.call("PUT", "/deals/1", {})).status, 404);
});

Deno.test("createSandbox() resets the owner on a PUT without creator_id, unless configured otherwise", async () => {
  for (const resetOwner of [true, false]) {
    await using client = await open({ resetOwner });
    const { id } = await create(client, {
      ...INQUIRY,
      creator_id: USER.bagas,
    });
    const wanted = resetOwner ? USER.ratna : USER.bagas;
    for (const body of [{ name: "a" }, { name: "b", creator_id: null }]) {
      await client.call("PUT", `/deals/${id}`, body);
      assertEquals((await read(client, id)).creator_id, wanted);
    }
  }
});

Deno.test("createSandbox() clears a value with null", async () => {
  await using client = await open();
  const { id: npwp } = await field(client, "npwp");
  const { id } = await create(client, {
    ...INQUIRY,
    size: 5,
    crm_source_name: "Website",
    closed_date: "2026-12-01T10:00:00+07:00",
    additional_fields: [{ id: npwp, value: "01" }],
  });
  await client.call("PUT", `/deals/${id}`, {
    size: null,
    crm_source_id: null,
    crm_source_name: "Website",
    closed_date: null,
    additional_fields: [{ id: npwp, value: null }],
  });
  const deal = await read(client, id);
  assertEquals(
    [deal.size, deal.crm_source_id, deal.crm_source_name, deal.closed_date],
    [null, null, null, null],
  );
  assertEquals(custom(deal, npwp).value, "");
});

Deno.test("createSandbox() appends a stage change to history and timeline", async () => {
  await using client = await open();
  const { id } = await create(client, { ...INQUIRY, creator_id: USER.bagas });
  await client.call("PUT", `/deals/${id}`, {
    crm_stage_id: STAGE.qualified,
    creator_id: USER.bagas,
  });
  const { body: history } = await client.call(
    "GET",
    `/deals/${id}/stage_history`,
  );
  assertEquals(
    history.response.map((move: Json) => [
      move.current_owner,
      move.prev_stage.id,
      move.current_stage.name,
      move.moved_by,
    ]),
    [
      ["Bagas Pratama", null, "New Inquiry", null],
      ["Bagas Pratama", STAGE.newInquiry, "Qualified", "Ratna Kusumawardani"],
    ],
  );
  const { body: timeline } = await client.call("GET", `/deals/${id}/timeline`);
  assertEquals(
    timeline.response.map((one: Json) => one.how.trim()),
    ["moved", "added"],
  );
});

Deno.test("createSandbox() deletes a deal once", async () => {
  await using client = await open();
  const { id } = await dealAt(client, STAGE.lost);
  const { status, body } = await client.call("DELETE", `/deals/${id}`);
  assertEquals([status, Object.keys(body)], [200, ["meta"]]);
  assertEquals((await client.call("DELETE", `/deals/${id}`)).status, 404);
  assertEquals((await client.call("GET", `/deals/${id}/timeline`)).status, 404);
});
