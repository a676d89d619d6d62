import { assert, assertEquals, assertMatch } from "@std/assert";
import { custom, type Json, open, refused, USER } from "./client.ts";
import {
  all,
  fields,
  get,
  make,
  put,
  supportFields,
  TICKET,
} from "./records.ts";

const SIMPLE = { name: "Printer macet", ticket_stage_id: TICKET.baru } as const;

Deno.test("createSandbox() shows the ticket template as Qontak does", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/tickets/info");
  const template: Json[] = body.response;
  for (const field of template) {
    assertEquals(Object.keys(field), [
      "id",
      "additional_field",
      "name",
      "name_alias",
      "type",
      "dropdown",
      "required_pipeline_ids",
      "show_pipeline_ids",
    ]);
    assert(Array.isArray(field.dropdown));
  }
  const { service, support } = TICKET;
  assertEquals(template[0].required_pipeline_ids, [
    service,
    support,
    service,
    support,
  ]);
  assert(Number.isInteger(template[0].id));
  assertEquals(
    template.filter((one) => one.id === null).map((one) => one.name),
    [
      ..."ticket_pipeline_id,ticket_stage_id,crm_lead_ids".split(","),
      ..."crm_company_id,crm_product_ids,crm_task_ids".split(","),
    ],
  );
  const [stage] = await fields(client, "tickets", "ticket_stage_id");
  assertEquals(stage.dropdown[0], {
    id: TICKET.baru,
    name: "Baru",
    ticket_pipeline_id: service,
  });
  const customs = template.filter((one) => one.additional_field);
  assertEquals(customs.length, 14);
  assertEquals(
    customs.filter((one) => one.required_pipeline_ids.length > 0)
      .map((one) => [one.name, one.required_pipeline_ids]),
    [["serial_number_31", [support]], ["warranty_status_8", [support]]],
  );
});

Deno.test("createSandbox() lists the ticket pipelines with their stages", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/tickets/ticket_pipelines");
  assertEquals(Object.keys(body), ["meta", "response"]);
  assertEquals(
    body.response.map((one: Json) => [
      one.id,
      one.name,
      one.ticket_stages.length,
    ]),
    [
      [TICKET.service, "Layanan Pelanggan", 4],
      [TICKET.support, "Technical Support", 5],
    ],
  );
  for (const { id, ticket_stages } of body.response) {
    assertEquals(Object.keys(ticket_stages[0]), [
      ..."id,name,slug,ticket_pipeline_id,order,win_probability".split(","),
    ]);
    for (const [index, stage] of ticket_stages.entries()) {
      assertEquals([stage.ticket_pipeline_id, stage.order], [id, index + 1]);
      assertMatch(stage.win_probability, /^[01]\.\d$/);
    }
  }
  for (const path of ["/tickets/ticket-pipelines", "/tickets/pipelines"]) {
    assertEquals((await client.call("GET", path)).status, 404);
  }
});

Deno.test("createSandbox() pages through thirty tickets at every stage", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/tickets?page=2");
  assertEquals([body.page, body.total_page, body.total_data], [2, 2, 30]);
  const tickets = await all(client, "tickets", "ticket_stage_id=1");
  assertEquals(tickets.length, 30);
  assertEquals(new Set(tickets.map((one) => one.ticket_stage_id)).size, 9);
  for (const ticket of tickets) {
    assertEquals(Object.keys(ticket), [
      ..."id,slug,unique_ticket_id,name,user_id,user_name".split(","),
      ..."creator_id,creator_name,ticket_stage_id,ticket_stage_name".split(","),
      ..."ticket_pipeline_id,ticket_pipeline_name,description".split(","),
      ..."due_date,ticket_priority_id,ticket_priority_name".split(","),
      ..."ticket_category_id,ticket_category_name,crm_company_id".split(","),
      ..."crm_company_name,crm_lead_ids,crm_lead_names".split(","),
      ..."crm_product_ids,crm_product_names,crm_task_ids".split(","),
      ..."crm_task_names,created_at,updated_at,additional_fields".split(","),
    ]);
    assertMatch(ticket.unique_ticket_id, /^\d{3}[A-Z]{7}$/);
    if (ticket.due_date) {
      assertMatch(ticket.due_date, /T00:00:00\.000\+07:00$/);
    }
    assertEquals(ticket.crm_lead_ids.length, ticket.crm_lead_names.length);
    if (ticket.ticket_pipeline_id === TICKET.support) {
      assert(custom(ticket, "serial_number_31").value);
    }
  }
});

Deno.test("createSandbox() creates a ticket whose pipeline follows from its stage", async () => {
  await using client = await open();
  const made = await make(client, "tickets", SIMPLE);
  assertEquals(
    [made.ticket_pipeline_name, made.creator_id, made.user_id, made.due_date],
    ["Layanan Pelanggan", USER.ratna, null, null],
  );
  assertMatch(made.unique_ticket_id, /^\d{3}[A-Z]{7}$/);
  const [contact] = await all(client, "contacts");
  const [product] = await all(client, "products");
  const [task] = await all(client, "tasks");
  const [company] = await all(client, "companies");
  const full = await make(client, "tickets", {
    ...SIMPLE,
    ticket_stage_id: TICKET.new,
    user_id: USER.bagas,
    ticket_priority_id: 11_404,
    ticket_category_id: 11_431,
    description: "Rincian",
    due_date: "20-12-2026",
    crm_company_id: company.id,
    crm_lead_ids: [contact.id],
    crm_product_ids: [product.id],
    crm_task_ids: [task.id],
    priority: "lost",
    additional_fields: await supportFields(client),
  });
  assertEquals(
    [
      full.user_name,
      full.ticket_priority_name,
      full.ticket_category_name,
      full.due_date,
      full.crm_company_name,
      full.crm_product_names,
      full.crm_task_names,
      full.ticket_pipeline_id,
    ],
    [
      "Bagas Pratama",
      "High",
      "Email",
      "2026-12-20T00:00:00.000+07:00",
      company.name,
      [product.name],
      [task.name],
      TICKET.support,
    ],
  );
});

Deno.test("createSandbox() requires a ticket's fields by pipeline", async () => {
  await using client = await open();
  await refused(
    client,
    "POST",
    "/tickets",
    {},
    "ticket_stage_id can't be blank",
  );
  await refused(
    client,
    "POST",
    "/tickets",
    { ticket_stage_id: TICKET.baru },
    "name can't be blank",
  );
  const support = { ...SIMPLE, ticket_stage_id: TICKET.done };
  await refused(
    client,
    "POST",
    "/tickets",
    support,
    "serial_number_31",
    "warranty_status_8",
  );
  const { id } = await make(client, "tickets", SIMPLE);
  const move = { ticket_stage_id: TICKET.new };
  await refused(client, "PUT", `/tickets/${id}`, move, "serial_number_31");
  const additional_fields = await supportFields(client);
  const moved = await put(client, "tickets", id, {
    ...move,
    additional_fields,
  });
  assertEquals(moved.response.ticket_pipeline_id, TICKET.support);
});

Deno.test("createSandbox() refuses an invalid ticket, and names the key", async () => {
  await using client = await open();
  for (
    const [key, value] of [
      ["name", 5],
      ["user_id", 5],
      ["ticket_stage_id", 5],
      ["ticket_stage_id", null],
      ["ticket_priority_id", 5],
      ["ticket_category_id", "Email"],
      ["due_date", "2026-12-20"],
      ["due_date", "2026-12-20T00:00:00.000+07:00"],
      ["due_date", "20.12.2026"],
      ["due_date", "31-02-2026"],
      ["due_date", "20-12/2026"],
      ["crm_company_id", 5],
      ["crm_lead_ids", [5]],
      ["crm_product_ids", [5]],
      ["crm_task_ids", ["5"]],
      ["crm_task_ids", "x"],
    ] as const
  ) {
    await refused(client, "POST", "/tickets", { ...SIMPLE, [key]: value }, key);
  }
  await refused(
    client,
    "POST",
    "/tickets",
    { ...SIMPLE, ticket_pipeline_id: TICKET.support },
    "ticket_stage_id is not a stage of the pipeline",
  );
  assertEquals((await all(client, "tickets")).length, 30);
});

Deno.test("createSandbox() answers a ticket's PUT with the whole record", async () => {
  await using client = await open();
  const before = (await all(client, "tickets")).find((one) =>
    one.ticket_pipeline_id === TICKET.service && one.creator_id !== USER.ratna
  );
  const path = `/tickets/${before.id}`;
  const { status, body } = await client.call("PUT", path, {
    due_date: "10/01/2027",
    ticket_stage_id: TICKET.eskalasi,
    ticket_pipeline_id: TICKET.service,
  });
  assertEquals(status, 200);
  assertEquals(body.response.due_date, "2027-01-10T00:00:00.000+07:00");
  const after = await get(client, "tickets", before.id);
  assertEquals(after, {
    ...before,
    due_date: "2027-01-10T00:00:00.000+07:00",
    ticket_stage_id: TICKET.eskalasi,
    ticket_stage_name: "Eskalasi",
    updated_at: after.updated_at,
  });
  assertEquals((await client.call("PUT", "/tickets/1", {})).status, 404);
});

Deno.test("createSandbox() shows a ticket's empty fields as null right after a write, and its GPS", async () => {
  await using client = await open();
  const [gps] = await fields(client, "tickets", "site_gps_5");
  const made = await make(client, "tickets", SIMPLE);
  const nothing = (name: string) => ({ name, value: null, value_name: null });
  const read = await get(client, "tickets", made.id);
  const put_ = (await put(client, "tickets", made.id, {})).response;
  for (const name of ["site_gps_5", "compensation_percentage"]) {
    for (const record of [made, put_]) {
      const { id: _, ...shown } = custom(record, name);
      assertEquals(shown, nothing(name));
    }
  }
  assertEquals(custom(read, gps.id), {
    id: gps.id,
    name: "site_gps_5",
    value: "",
    value_name: "",
    long: null,
    lat: null,
  });
  await put(client, "tickets", made.id, {
    additional_fields: [{ id: gps.id, value: "-6.2, 106.8" }],
  });
  const { long, lat } = custom(await get(client, "tickets", made.id), gps.id);
  assertEquals([long, lat], ["106.8", "-6.2"]);
});

Deno.test("createSandbox() deletes a ticket once", async () => {
  await using client = await open();
  const [{ id }] = await all(client, "tickets") as [Json];
  const { status, body } = await client.call("DELETE", `/tickets/${id}`);
  assertEquals([status, Object.keys(body)], [200, ["meta"]]);
  assertEquals((await client.call("DELETE", `/tickets/${id}`)).status, 404);
  assertEquals((await client.call("GET", `/tickets/${id}`)).status, 404);
});
