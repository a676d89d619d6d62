import { assertEquals } from "@std/assert";
import {
  type Client,
  custom,
  type Json,
  open,
  refused,
  type Reply,
  USER,
} from "./client.ts";
import { info, KEYS, LATE, tasksOf } from "./tasks.ts";

async function create({ call }: Client, body: Json): Promise<Json> {
  const reply: Reply = await call("POST", "/tasks", body);
  assertEquals(reply.body.meta.developer_message, "Success");
  assertEquals(reply.status, 200);
  return reply.body.response;
}

Deno.test("createSandbox() creates a task and answers with the record", async () => {
  await using client = await open();
  const [linked] = (await tasksOf(client)).filter((task) =>
    task.crm_deal_id && task.crm_person_id && task.crm_company_id
  );
  const { crm_person_id, crm_deal_name, crm_company_id } = linked;
  const task = await create(client, {
    name: "Bawa sampel",
    crm_person_id,
    crm_deal_name,
    crm_company_id,
    crm_task_status_id: 3,
    crm_task_priority_id: 5,
    crm_task_category_name: "Kunjungan",
    user_id: USER.bagas,
    crm_team_name: ["Tim Tender & Proyek"],
    due_date: "2026-12-01T10:00:00+07:00",
    end_due_date: "2026-12-01T05:00:00Z",
    reminder_date: "2026-12-01T09:00:00.000+07:00",
    detail: "Dua dus",
    next_step: "",
    attachment: "https://files.example.co.id/daftar.pdf",
    crm_checkin_attributes: { longitude: 106.8, lattitude: -6.2 },
  });
  assertEquals(
    new Set(Object.keys(task)),
    new Set([...KEYS, ...LATE]),
  );
  assertEquals(typeof task.id, "string");
  assertEquals(task.crm_person_full_name, linked.crm_person_full_name);
  assertEquals(task.crm_deal_id, linked.crm_deal_id);
  assertEquals(task.crm_company_name, linked.crm_company_name);
  assertEquals(task.crm_task_category_id, 21_605);
  assertEquals([task.user_id, task.user_full_name], [
    USER.bagas,
    "Bagas Pratama",
  ]);
  assertEquals(task.crm_team_ids, [20_412]);
  assertEquals(task.due_date, "2026-12-01T10:00:00.000+07:00");
  assertEquals(task.end_due_date, "2026-12-01T12:00:00.000+07:00");
  assertEquals(task.reminder_date, "2026-12-01T09:00:00.000+07:00");
  assertEquals(task.crm_checkin_attributes, {
    longitude: 106.8,
    lattitude: -6.2,
  });
  const { body } = await client.call("GET", `/tasks/${task.id}`);
  assertEquals(
    body.response,
    Object.fromEntries(KEYS.map((key) => [key, task[key]])),
  );
  const [newest] = await tasksOf(client);
  assertEquals(newest.id, task.id);
});

Deno.test("createSandbox() gives an empty task its defaults", async () => {
  await using client = await open();
  const task = await create(client, {
    name: "Kosong",
    user_id: null,
    description: "lost",
    priority: 4,
    status: 4,
    category_id: 1,
    crm_task_status_name: "Completed",
  });
  assertEquals(
    [task.crm_task_status_id, task.crm_task_priority_id, task.user_id],
    [1, 1, USER.ratna],
  );
  assertEquals(task.crm_team_name, ["Tim Korporat", "Tim Tender & Proyek"]);
  assertEquals([task.crm_deal_id, task.due_date, task.detail], [
    null,
    null,
    null,
  ]);
  assertEquals("description" in task || "priority" in task, false);
  for (const field of task.additional_fields) {
    assertEquals([field.value, field.value_name], [null, null]);
  }
});

Deno.test("createSandbox() refuses an invalid task, and names the key", async () => {
  await using client = await open();
  await refused(client, "POST", "/tasks", {}, "name can't be blank");
  await refused(client, "POST", "/tasks", { name: " " }, "name");
  for (
    const [key, value] of [
      ["name", 5],
      ["crm_person_id", 5],
      ["crm_person_full_name", "Nobody At All"],
      ["crm_deal_id", 5],
      ["crm_company_id", "satu"],
      ["crm_task_status_id", 6],
      ["crm_task_status_id", "1"],
      ["crm_task_priority_id", 0],
      ["crm_task_category_id", 5],
      ["crm_task_category_name", "kunjungan"],
      ["user_id", 5],
      ["user_full_name", "Nobody At All"],
      ["crm_team_ids", [5]],
      ["crm_team_name", ["Tim Lain"]],
      ["due_date", "01/12/2026"],
      ["due_date", "20-12-2026"],
      ["end_due_date", "2026-12-01"],
      ["reminder_date", 1_790_000_000],
      ["detail", 5],
      ["next_step", []],
      ["attachment", {}],
      ["crm_checkin_attributes", { longitude: 106.8 }],
      ["crm_checkin_attributes", { longitude: 181, latitude: 0 }],
      ["crm_checkin_attributes", "-6.2, 106.8"],
      ["additional_fields", {}],
    ] as const
  ) {
    await refused(client, "POST", "/tasks", { name: "x", [key]: value }, key);
  }
  assertEquals((await tasksOf(client)).length, 40);
});

Deno.test("createSandbox() stores a task's custom values, a checklist as JSON", async () => {
  await using client = await open();
  const fields = await info(client);
  const field = (name: string) => fields.find((one) => one.name === name);
  const checklist = field("visit_checklist");
  const [item] = checklist.checklist_details_attributes;
  const written = JSON.stringify({
    checklist_details_attributes: [{ ...item, completed: true }],
  });
  const option = field("visit_result_6").dropdown[1];
  const cases: [string, unknown, unknown, unknown][] = [
    ["visit_photo", "https://f.example/1.jpg", null, null],
    ["visitor_signature_2", "https://f.example/1.png", null, null],
    ["visit_summary", "Baris 1\nBaris 2", "Baris 1\nBaris 2", undefined],
    ["visit_checklist", written, written, undefined],
    ["location_gps", "-6.2, 106.8", "-6.2, 106.8", undefined],
    ["visit_result_6", String(option.id), String(option.id), option.name],
    ["next_visit_date", "05/12/2026", "05/12/2026", undefined],
  ];
  const task = await create(client, {
    name: "Kunjungan",
    additional_fields: cases.map(([name, value]) => ({
      id: field(name).id,
      value,
    })),
  });
  for (const [name, , value, label] of cases) {
    const shown = custom(task, name);
    assertEquals([shown.value, shown.value_name], [
      value,
      label === undefined ? value : label,
    ]);
  }
  for (
    const [name, value] of [
      ["visit_checklist", true],
      ["visit_checklist", "selesai"],
      ["visit_checklist", "{}"],
      [
        "visit_checklist",
        '{"checklist_details_attributes":[{"crm_additional_option_id":1}]}',
      ],
      ["visit_result_6", option.name],
      ["next_visit_date", "2026-12-05"],
      ["visit_summary", 5],
    ] as const
  ) {
    const additional_fields = [{ id: field(name).id, value }];
    await refused(
      client,
      "PUT",
      `/tasks/${task.id}`,
      { additional_fields },
      `${name} (${field(name).id})`,
    );
  }
});

Deno.test("createSandbox() answers a task's PUT with the whole record", async () => {
  await using client = await open();
  const [before] = await tasksOf(client);
  const { status, body } = await client.call("PUT", `/tasks/${before.id}`, {
    crm_task_status_id: 4,
    crm_checkin_attributes: { longitude: "106.8", latitude: -6.2 },
  });
  const after = body.response;
  assertEquals([status, typeof after.id], [200, "string"]);
  assertEquals(after.additional_fields.length, 7);
  assertEquals(after.crm_checkin_attributes, {
    longitude: "106.8",
    latitude: -6.2,
  });
  for (const key of KEYS) {
    if (key === "crm_task_status_id") assertEquals(after[key], 4);
    else if (key !== "updated_at") assertEquals(after[key], before[key]);
  }
  const { body: cleared } = await client.call("PUT", `/tasks/${before.id}`, {
    crm_company_id: null,
    crm_team_ids: null,
    due_date: null,
    crm_checkin_attributes: null,
  });
  const { crm_company_name, crm_team_ids, crm_team_name, due_date } =
    cleared.response;
  assertEquals([crm_company_name, crm_team_ids, crm_team_name, due_date], [
    null,
    [],
    [],
    null,
  ]);
  await refused(client, "PUT", `/tasks/${before.id}`, { name: "" }, "name");
  assertEquals((await client.call("PUT", "/tasks/1", {})).status, 404);
});

Deno.test("createSandbox() accepts a task as it was read", async () => {
  await using client = await open();
  for (const task of await tasksOf(client)) {
    const { status, body } = await client.call(
      "PUT",
      `/tasks/${task.id}`,
      task,
    );
    assertEquals(status, 200, body.meta.developer_message);
    for (const key of KEYS) {
      if (key !== "updated_at") assertEquals(body.response[key], task[key]);
    }
  }
});

Deno.test("createSandbox() keeps the id of a deleted deal, without its name", async () => {
  await using client = await open();
  const task = (await tasksOf(client)).find((one) => one.crm_deal_id);
  await client.call("DELETE", `/deals/${task.crm_deal_id}`);
  const { body } = await client.call("GET", `/tasks/${task.id}`);
  // A task of Qontak's collection has it so.
  assertEquals(
    [body.response.crm_deal_id, body.response.crm_deal_name],
    [task.crm_deal_id, null],
  );
});

Deno.test("createSandbox() deletes a task once", async () => {
  await using client = await open();
  const [{ id }] = await tasksOf(client) as [Json];
  const { status, body } = await client.call("DELETE", `/tasks/${id}`);
  assertEquals([status, Object.keys(body)], [200, ["meta"]]);
  assertEquals((await client.call("DELETE", `/tasks/${id}`)).status, 404);
  assertEquals((await client.call("GET", `/tasks/${id}`)).status, 404);
  assertEquals((await client.raw("/_sandbox/state")).body.tasks, 39);
});
