import { assert, assertEquals, assertMatch } from "@std/assert";
import { custom, type Json, open, refused } from "./client.ts";
import { info, KEYS, LATE, tasksOf } from "./tasks.ts";

Deno.test("createSandbox() shows the task template in Indonesian, requiring nothing", async () => {
  await using client = await open();
  const fields = await info(client);
  for (const field of fields) {
    assertEquals(Object.keys(field), [
      "id",
      "name",
      "name_alias",
      "additional_field",
      "type",
      "dropdown",
      "checklist_details_attributes",
    ]);
    assertEquals(field.id === null, !field.additional_field);
  }
  const field = (name: string) => fields.find((one) => one.name === name);
  assertEquals(
    fields.filter((one) => !one.additional_field).map((one) => one.name),
    [
      ..."name,crm_person,crm_company,crm_deal,crm_task_status_id".split(","),
      ..."user_id,crm_task_priority_id,crm_task_category_id".split(","),
      ..."due_date,end_due_date,reminder_date,detail,next_step".split(","),
      ..."crm_task_attachment,crm_checkin_attributes".split(","),
      "crm_team_hierarchy_id",
    ],
  );
  assertEquals(field("name").name_alias, "Nama Tugas");
  assertEquals(field("detail").type, "text area");
  assertEquals(field("crm_checkin_attributes").type, "checkin");
  assertEquals(field("crm_deal").type, "assoc");
  const names = (name: string) =>
    field(name).dropdown.map((one: Json) => `${one.id} ${one.name}`);
  assertEquals(names("crm_task_status_id"), [
    "1 Not Started",
    "2 In Progress",
    "3 Waiting",
    "4 Completed",
    "5 Deferred",
  ]);
  assertEquals(names("crm_task_priority_id"), [
    "1 None",
    "2 Low",
    "3 Normal",
    "4 High",
    "5 Urgent",
  ]);
  assertEquals(field("user_id").dropdown.length, 8);
  assertEquals(Object.keys(field("user_id").dropdown[0]), ["id", "name"]);
  assertEquals(field("crm_team_hierarchy_id").dropdown.length, 2);
  assertEquals(
    fields.filter((one) => one.additional_field).map((one) => one.type),
    [
      "Photo",
      "Signature",
      "Text Area",
      "Checklist",
      "gps",
      "Dropdown select",
      "Date",
    ],
  );
  const items = field("visit_checklist").checklist_details_attributes;
  assertEquals(
    items.map((item: Json) => item.crm_additional_option_id),
    items.map((item: Json) => item.crm_additional_option_id).toSorted()
      .toReversed(),
  );
  assertEquals(Object.keys(items[0]), [
    ..."crm_additional_option_id,name,completed,due_date".split(","),
    ..."checklist_due_time,reminder,user_ids".split(","),
  ]);
  assertEquals([items[0].completed, items[0].user_ids], [null, null]);
  assertEquals((await client.call("POST", "/tasks/info")).status, 404);
});

Deno.test("createSandbox() lists forty tasks with the keys of the documented profile", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/tasks?filter=alltask&page=2");
  assertEquals(Object.keys(body), [
    ..."meta,response,page,total_page,current_data,total_data".split(","),
  ]);
  assertEquals([body.page, body.total_page, body.current_data], [2, 2, 15]);
  assertEquals(body.total_data, 40);
  const all = await tasksOf(client);
  for (const task of all) {
    assertEquals(Object.keys(task), KEYS);
    assertMatch(task.id, /^\d+$/);
    const { body } = await client.call("GET", `/tasks/${task.id}`);
    assertEquals(body.response, task);
  }
  for (const key of ["crm_person_id", "crm_deal_id", "crm_company_id"]) {
    assert(all.some((task) => task[key]) && all.some((task) => !task[key]));
  }
  const linked = all.find((task) => task.crm_deal_id && task.crm_person_id);
  assertEquals(typeof linked.crm_deal_name, "string");
  assertEquals(typeof linked.crm_person_full_name, "string");
  assertEquals(new Set(all.map((task) => task.crm_task_status_id)).size, 5);
  for (const path of ["/tasks/1", "/tasks/abc"]) {
    const { status, body } = await client.call("GET", path);
    assertEquals([status, body.meta.status], [404, 404]);
  }
});

Deno.test("createSandbox() shows a task's id as a number and its custom fields in the observed profile", async () => {
  await using client = await open({ profile: "observed" });
  const all = await tasksOf(client);
  for (const task of all) {
    assertEquals(Number.isInteger(task.id), true);
    assertEquals(new Set(Object.keys(task)), new Set([...KEYS, ...LATE]));
    assertEquals(task.additional_fields.length, 7);
  }
  const { body } = await client.call("GET", `/tasks/${all[0].id}`);
  assertEquals(body.response, all[0]);
  const filled = all.find((task) => custom(task, "visit_result_6").value);
  const { value, value_name } = custom(filled, "visit_result_6");
  assertMatch(value, /^\d+$/);
  assertEquals(typeof value_name, "string");
  assert(all.some((task) => task.crm_checkin_attributes && task.end_due_date));
});

Deno.test("createSandbox() lists, creates and deletes task categories", async () => {
  await using client = await open();
  const list = async () => (await client.call("GET", "/tasks/category")).body;
  const before = await list();
  assertEquals(Object.keys(before), ["meta", "response"]);
  assertEquals(before.response.length, 8);
  assertEquals(before.response[1], { id: 21_605, name: "Kunjungan" });

  const { status, body } = await client.call("POST", "/tasks/category", {
    id: 1,
    name: "Retur Barang",
  });
  const made = body.response;
  assertEquals(status, 200);
  assertEquals(Object.keys(made), [
    ..."id,name,slug,created_at,updated_at,team_id,organization_id".split(","),
  ]);
  assertEquals([made.name, made.slug], ["Retur Barang", "retur-barang"]);
  assertEquals(made.id === 1, false);
  assertEquals((await list()).response.at(-1), {
    id: made.id,
    name: "Retur Barang",
  });
  const fields = await info(client);
  const dropdown = fields.find((one) => one.name === "crm_task_category_id")
    .dropdown;
  assertEquals(dropdown, (await list()).response);
  const task = await client.call("POST", "/tasks", {
    name: "x",
    crm_task_category_id: made.id,
  });
  assertEquals(task.body.response.crm_task_category_name, "Retur Barang");

  for (const wrong of [{}, { name: "" }, { name: 5 }]) {
    await refused(client, "POST", "/tasks/category", wrong, "name");
  }
  const path = `/tasks/category/${made.id}`;
  const deleted = await client.call("DELETE", path);
  assertEquals([deleted.status, Object.keys(deleted.body)], [200, ["meta"]]);
  assertEquals((await client.call("DELETE", path)).status, 404);
  assertEquals((await list()).response.length, 8);
});

Deno.test("createSandbox() removes a deleted category from its tasks", async () => {
  await using client = await open();
  const before = await tasksOf(client);
  const { crm_task_category_id: id } = before.find((task) =>
    task.crm_task_category_id
  );
  await client.call("DELETE", `/tasks/category/${id}`);
  for (const [index, task] of (await tasksOf(client)).entries()) {
    const was = before[index]!.crm_task_category_id;
    assertEquals(task.crm_task_category_id, was === id ? null : was);
    if (was === id) assertEquals(task.crm_task_category_name, null);
  }
});

Deno.test("createSandbox() answers 404 if a task route is not Qontak's", async () => {
  await using client = await open();
  for (
    const [method, path] of [
      ["GET", "/tasks/categories"],
      ["PUT", "/tasks/category/21605"],
      ["GET", "/tasks/category/21605"],
      ["GET", "/task"],
      ["PATCH", "/tasks/1"],
      ["DELETE", "/tasks"],
    ] as const
  ) {
    assertEquals((await client.call(method, path)).status, 404);
  }
});
