/** What records and lists look like in answers. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { createWorld as createData } from "../../src/sandbox/data/world.ts";
import { findField } from "../support/company.ts";
import { createWorld } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Data = any;

const data = createData(1);

/** Every value in an answer, with its key. */
function* values(value: Data, key = ""): Generator<[string, unknown]> {
  if (typeof value !== "object" || value === null) yield [key, value];
  else {
    for (const [name, inner] of Object.entries(value)) {
      yield* values(inner, Array.isArray(value) ? key : name);
    }
  }
}

/** Keys that end as ids do, and hold texts in Qontak's own samples. */
const TEXT_IDS = ["unique_deal_id", "unique_ticket_id", "customer_id"];

for (const profile of ["documented", "observed"] as const) {
  Deno.test(`ids are numbers and dates are ISO in every list and record (${profile})`, async () => {
    await using world = await createWorld({ profile });
    const kinds = {
      contacts: "contact",
      companies: "company",
      deals: "deal",
      tickets: "ticket",
      tasks: "task",
      products: "product",
      products_associations: "products_association",
    };
    let ids = 0, dates = 0;
    for (const [plural, name] of Object.entries(kinds)) {
      const list = await world.ok(`list_${plural}`, { fields: ["*"] });
      const one = await world.ok(`get_${name}`, {
        [`${name.replace("products_", "")}_id`]: list.records[0].id,
      });
      for (const [key, value] of values([list.records, one.record])) {
        if (value === null || value === "") continue;
        if (/(^|_)ids?$/.test(key) && !TEXT_IDS.includes(key)) {
          assert(typeof value === "number", `${plural} ${key} ${value}`);
          ids++;
        }
        if (/(_at|_date|^date)$/.test(key)) {
          assertMatch(String(value), /^\d{4}-\d\d-\d\d(T|$)/, key);
          dates++;
        }
      }
    }
    assert(ids > 1_000 && dates > 250, `${ids} ids, ${dates} dates`);
  });
}

Deno.test("amounts are numbers with their currency, and no digit is lost", async () => {
  const long = "123456789012345678.25";
  await using world = await createWorld({
    change(request, answer) {
      if (!/^GET .*\/deals$/.test(request)) return;
      answer.response[0].size = "36550000.50";
      answer.response[1].size = long;
    },
  });
  const { records } = await world.ok("list_deals", { fields: ["size"] });
  assertEquals(records[0].size, 36550000.5);
  assertEquals(records[1].size, long);
  assertEquals(records[0].currency, "IDR");
});

Deno.test("lists show owners, statuses and priorities with their ids", async () => {
  await using world = await createWorld();
  for (
    const [plural, stem] of [
      ["contacts", "creator"],
      ["companies", "creator"],
      ["deals", "creator"],
      ["contacts", "crm_status"],
      ["tickets", "ticket_priority"],
    ]
  ) {
    const { records } = await world.ok(`list_${plural}`);
    const some = records.filter((one: Data) => one[`${stem}_name`]);
    assert(some.length > 5, `${plural} ${stem}`);
    for (const one of some) assert(typeof one[`${stem}_id`] === "number", stem);
  }
});

Deno.test("records of query_records have ids as numbers, with their names", async () => {
  await using world = await createWorld();
  const { records } = await world.ok("query_records", { resource: "deals" });
  for (const deal of records) {
    for (const key of ["creator", "crm_stage"]) {
      assert(typeof deal[`${key}_id`] === "number", key);
      assertMatch(deal[`${key}_name`], /^[A-Z]/, key);
    }
  }
  const { record } = await world.ok("get_deal", { deal_id: records[0].id });
  for (const key of ["creator_id", "creator_name", "crm_stage_name"]) {
    assertEquals(records[0][key], record[key]);
  }
});

Deno.test("query_records finds the contact of deals, tickets and tasks", async () => {
  await using world = await createWorld();
  for (const resource of ["deals", "tickets", "tasks"]) {
    const { records } = await world.ok("query_records", {
      resource,
      group_by: "contact",
    });
    for (const { crm_lead_ids, crm_person_id, contact, count } of records) {
      const id = [crm_lead_ids ?? crm_person_id].flat()[0];
      if (id === null) continue;
      assertEquals(typeof [contact].flat()[0], "string");
      const { matched } = await world.ok("query_records", {
        resource,
        where: [{ field: "contact", value: id }],
      });
      assert(matched >= count);
    }
    assert(records.length > 5);
  }
});

Deno.test("notes are shown and searched as text, and answers say that formatting is left out", async () => {
  await using world = await createWorld();
  const { records: [deal] } = await world.ok("list_deals");
  const { id: note_id } = await world.ok("create_note", {
    note: "<p>Minta <strong>diskon</strong> 5% &amp; &lt; 3 hari</p>",
    crm_deal_id: deal.id,
  });
  const text = "Minta diskon 5% & < 3 hari";
  const { record } = await world.ok("get_note", { note_id });
  assertEquals([record.note, record.note_formatting], [text, "left out"]);
  const listed = await world.ok("list_notes", { crm_deal_id: deal.id });
  const ofNote = (records: Data) =>
    records.find(({ id }: Data) => id === note_id);
  assertEquals(ofNote(listed.records).note, text);
  const found = await world.ok("query_records", {
    resource: "notes",
    of: { resource: "deals", where: [{ field: "id", value: deal.id }] },
    where: [{ field: "note", op: "contains", value: "minta diskon 5%" }],
  });
  assertEquals(found.records.map((one: Data) => one.note), [text]);
  assertMatch(found.rules.note, /formatting is left out/);
  assertMatch(
    await world.refused("query_records", {
      resource: "deals",
      where: [{ field: "note", op: "contains", value: "diskon" }],
    }),
    /notes are records of their own. Ask with resource notes/,
  );
});

Deno.test("a question on the owner of tickets says who that is", async () => {
  await using world = await createWorld();
  const { rules } = await world.ok("query_records", {
    resource: "tickets",
    group_by: "owner",
  });
  assertMatch(rules.creator_id, /"Owner"; who works on it is assignee_id/);
});

Deno.test("a change of owner shows only the owner of the record", async () => {
  await using world = await createWorld();
  const { records: [deal] } = await world.ok("list_deals");
  const { record } = await world.ok("update_deal_owner", {
    deal_id: deal.id,
    creator_id: "Dewi Anggraini",
  });
  assertEquals(record, {
    id: deal.id,
    name: deal.name,
    creator_id: record.creator_id,
    creator_name: "Dewi Anggraini",
  });
});

Deno.test("names stand beside the ids of status, priority and assignee of tasks", async () => {
  await using world = await createWorld();
  const { records: [task] } = await world.ok("list_tasks");
  for (const key of ["crm_task_status", "crm_task_priority", "assignee"]) {
    assert(typeof task[`${key}_id`] === "number", key);
    assertMatch(task[`${key}_name`], /^[A-Z]/, key);
  }
  const { record } = await world.ok("get_task", { task_id: task.id });
  assertEquals(record.crm_task_status_name, task.crm_task_status_name);
  assert(!("user_id" in record) && !("user_full_name" in record));
  const changed = await world.ok("update_task", {
    task_id: task.id,
    crm_task_status_id: "Completed",
  });
  assertEquals(changed.record.crm_task_status_name, "Completed");
  assertEquals(changed.record.assignee_id, task.assignee_id);
});

Deno.test("custom fields have their labels, ISO dates and numbers, and empty percentages are left out", async () => {
  await using world = await createWorld();
  const { fields } = await world.ok("get_deal_template");
  const labels = new Map(
    fields.filter(({ custom }: Data) => custom)
      .map(({ id, label }: Data) => [id, label]),
  );
  const date = await findField(world, (f) => f.custom && f.type === "date");
  const percent = await findField(
    world,
    (f) => f.custom && f.type === "percentage",
  );
  const number = await findField(world, (f) => f.custom && f.type === "number");
  const { records: [{ id: deal_id }] } = await world.ok("list_deals");
  const set = (id: number, value: unknown) =>
    world.ok("update_deal", { deal_id, additional_fields: [{ id, value }] });
  await set(date.id, "05/03/2027");
  await set(percent.id, 12.5);
  await set(number.id, "1150");
  const entries = async () =>
    (await world.ok("get_deal", { deal_id })).record.additional_fields;
  const find = (list: Data[], id: number) =>
    list.find((entry: Data) => entry.id === id);
  let list = await entries();
  for (const { id, label, name } of list) {
    assertEquals(label ?? name, labels.get(id));
  }
  assertEquals(find(list, date.id).value, "2027-03-05");
  assertEquals(find(list, percent.id).value, 12.5);
  assertEquals(find(list, number.id).value, 1150);
  await set(percent.id, 0);
  list = await entries();
  assertEquals(find(list, percent.id), undefined);
  const { record: whole } = await world.ok("get_deal", {
    deal_id,
    fields: ["*"],
  });
  assertEquals(find(whole.additional_fields, percent.id).value, 0);
  assert(whole.additional_fields.length > list.length);
});

Deno.test("what a record shows can be written back", async () => {
  await using world = await createWorld();
  const { records } = await world.ok("list_deals", { per_page: 10 });
  for (const { id: deal_id } of records) {
    const { record } = await world.ok("get_deal", { deal_id });
    const entries = (record.additional_fields ?? []).map((
      { id, value }: Data,
    ) => ({ id, value }));
    if (entries.length === 0) continue;
    const { ignored, stored_differently } = await world.ok("update_deal", {
      deal_id,
      ...(record.size === undefined ? {} : { size: record.size }),
      additional_fields: entries,
    });
    assertEquals([ignored, stored_differently], [[], []]);
  }
});

Deno.test("fields names what answers show: labels, and the names beside ids", async () => {
  await using world = await createWorld();
  const { records: [{ id: deal_id }] } = await world.ok("query_records", {
    resource: "deals",
    where: [{ field: "Catatan Internal", op: "is_set" }],
  });
  const { record, unknown_fields } = await world.ok("get_deal", {
    deal_id,
    fields: ["catatan internal", "crm_stage_name"],
  });
  assertEquals(unknown_fields, undefined);
  assertEquals(Object.keys(record), [
    "id",
    "crm_stage_name",
    "additional_fields",
  ]);
  assertEquals(record.additional_fields[0].label, "Catatan Internal");
  const tasks = await world.ok("list_tasks", {
    fields: ["crm_task_status_name", "assignee_name"],
  });
  assertEquals(tasks.unknown_fields, undefined);
  for (const task of tasks.records) {
    assertEquals(typeof task.crm_task_status_name, "string");
    assertEquals(typeof task.assignee_name, "string");
  }
  const none = await world.ok("list_deals", { fields: ["nama"] });
  assertEquals(none.unknown_fields, ["nama"]);
});

Deno.test("another company of a deal is reported, kept and taken back", async () => {
  for (const profile of ["documented", "observed"] as const) {
    await using world = await createWorld({ profile });
    const { records: companies } = await world.ok("list_companies");
    const { records: deals } = await world.ok("query_records", {
      resource: "deals",
      where: [{ field: "company", op: "is_set" }],
      fields: "company",
    });
    const [{ id: deal_id, crm_company_id, crm_company_name }] = deals;
    const { id, name } = companies.find((one: Data) =>
      one.id !== crm_company_id
    );
    const { changed, applied, undo } = await world.ok("update_deal", {
      deal_id,
      crm_company_id: id,
    });
    assertEquals(applied, ["crm_company_id"]);
    const [{ key, from, to }] = changed;
    assertEquals(key, "crm_company_id");
    assertStringIncludes(`${from}`, `${crm_company_name ?? crm_company_id}`);
    assertStringIncludes(`${to}`, `${name}`);
    const { records: [listed] } = await world.ok("undo_change");
    assertEquals([listed.undo, listed.outcome], [undo, undefined]);
    const { plan } = await world.ok("undo_change", { ids: [undo] });
    await world.ok("undo_change", { plan });
    const { record } = await world.ok("get_deal", { deal_id });
    assertEquals(record.crm_company_id, crm_company_id);
  }
});

Deno.test("an answer of a write that is too large keeps the id and the undo", async () => {
  await using world = await createWorld({
    change(request, answer) {
      if (!/^GET .*\/deals\/\d+$/.test(request)) return;
      answer.response.crm_lead_ids = Array.from({ length: 9_000 }, (_, i) => i);
    },
  });
  const { records: [{ id: deal_id }] } = await world.ok("list_deals");
  const { records: [{ id }] } = await world.ok("list_contacts");
  const answer = await world.ok("update_deal", {
    deal_id,
    crm_lead_ids: [id],
  });
  assertStringIncludes(answer.cut, "too large");
  assertEquals(answer.id, deal_id);
  assertMatch(answer.undo, /^\d{8}T/);
});

Deno.test("fields takes short words, and shows the names beside ids", async () => {
  await using world = await createWorld();
  const { records: [{ id: deal_id }] } = await world.ok("query_records", {
    resource: "deals",
    where: ["crm_source_id", "company"].map((field) => ({
      field,
      op: "is_set",
    })),
  });
  const fields = ["stage", "pipeline", "company", "crm_source_id"];
  const keys = ["pipeline", "stage", "company", "source"]
    .flatMap((word) => [`crm_${word}_id`, `crm_${word}_name`]);
  const { record, unknown_fields } = await world.ok("get_deal", {
    deal_id,
    fields,
  });
  assertEquals(unknown_fields, undefined);
  assertEquals(Object.keys(record).toSorted(), ["id", ...keys].toSorted());
  const list = await world.ok("list_deals", { fields, per_page: 60 });
  assertEquals(list.unknown_fields, undefined);
  assertEquals(list.records.find(({ id }: Data) => id === deal_id), record);
});

Deno.test("a percentage of 0 is shown to those who name its field", async () => {
  await using world = await createWorld();
  const { records: [{ id: deal_id }] } = await world.ok("query_records", {
    resource: "deals",
    where: [{ field: "Diskon (%)", value: 0 }],
  });
  const { record } = await world.ok("get_deal", {
    deal_id,
    fields: ["Diskon (%)"],
  });
  const [{ label, value }] = record.additional_fields;
  assertEquals([label, value], ["Diskon (%)", 0]);
  const { record: more } = await world.ok("get_deal", {
    deal_id,
    fields: ["Diskon (%)", "additional_fields", "STAGE"],
  });
  assert(more.additional_fields.some((one: Data) => one.label === label));
  assertEquals(typeof more.crm_stage_name, "string");
  const { record: all } = await world.ok("get_deal", { deal_id });
  for (const { label } of all.additional_fields ?? []) {
    assert(label !== "Diskon (%)");
  }
});

Deno.test("a timeline says each thing once", async () => {
  await using world = await createWorld();
  const { records: [{ id: deal_id }] } = await world.ok("list_deals");
  const { records } = await world.ok("get_deal_timeline", { deal_id });
  assert(records.length > 0);
  for (const { why, how, what, content, when } of records) {
    assertEquals(why, undefined);
    assertMatch(`${how} ${what} ${content}`, /^\w+ a deal '.+'/);
    assertMatch(when, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+07:00$/);
  }
});

Deno.test("a timeline keeps a reason that the rest does not say", async () => {
  await using world = await createWorld({
    change(request, answer) {
      if (!request.endsWith("/timeline")) return;
      answer.response[0].why = "Another reason";
    },
  });
  const { records: [{ id: deal_id }] } = await world.ok("list_deals");
  const { records } = await world.ok("get_deal_timeline", { deal_id });
  assertEquals(records[0].why, "Another reason");
});

Deno.test("what a filter fixes is said once, unless fields names it", async () => {
  await using world = await createWorld();
  const crm_pipeline_id = "Corporate Sales";
  const { records, same_for_all } = await world.ok("list_deals", {
    crm_pipeline_id,
  });
  assertEquals(same_for_all, {
    crm_pipeline_id: 48213,
    crm_pipeline_name: crm_pipeline_id,
  });
  assert(records.length > 1);
  for (const record of records) {
    assert(!("crm_pipeline_id" in record) && "crm_stage_id" in record);
  }
  const named = await world.ok("list_deals", {
    crm_pipeline_id,
    fields: ["crm_pipeline_id"],
  });
  assertEquals(named.records[0].crm_pipeline_id, 48213);
  assertEquals(named.same_for_all, undefined);
});

Deno.test("records are shown without labels if the template cannot be read", async () => {
  await using world = await createWorld();
  world.sandbox.inject({
    fault: { kind: "status", status: 500 },
    path: "/api/v3.1/tasks/info",
    times: 100,
  });
  const { records: [task] } = await world.ok("list_tasks");
  assert(typeof task.crm_task_status_id === "number");
  assertEquals(task.crm_task_status_name, undefined);
});

Deno.test("notes and product lines name the user beside creator_id, and query_records finds notes by that name", async () => {
  await using world = await createWorld();
  const users = new Map(data.users.map(({ id, name }) => [id, name]));
  const [stored] = [...data.notes.values()].filter(({ values }) =>
    values.crm_deal_id
  );
  const crm_deal_id = stored!.values.crm_deal_id;
  const { records } = await world.ok("list_notes", { crm_deal_id });
  assert(records.length > 0);
  for (const { creator_id, creator_name } of records) {
    assertEquals(creator_name, users.get(creator_id));
  }
  const { record } = await world.ok("get_note", { note_id: stored!.id });
  assertEquals(record.creator_name, users.get(record.creator_id));
  const { records: lines } = await world.ok("list_products_associations", {
    fields: "name,creator_id",
  });
  assertEquals(lines[0].creator_name, users.get(lines[0].creator_id));
  const of = {
    resource: "deals",
    where: [{ field: "id", value: crm_deal_id }],
  };
  const found = await world.ok("query_records", { resource: "notes", of });
  assertEquals(
    found.records.map((note: Data) => note.creator_name),
    found.records.map((note: Data) => users.get(note.creator_id)),
  );
  const name = found.records[0].creator_name;
  const own = await world.ok("query_records", {
    resource: "notes",
    of,
    where: [{ field: "creator_id", value: name }],
    group_by: "creator_id",
  });
  assertEquals(own.records.map((one: Data) => one.creator_name), [name]);
});
