/** Taking changes back: what a record was before comes back, and nothing else. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { type Resource, resources } from "../../src/qontak/resources.ts";
import { isEmpty } from "../../src/values/json.ts";
import { createCallers } from "../support/callers.ts";
import { call, ok } from "../support/client.ts";
import { outside } from "../support/changed.ts";
import { createWorld, type World, writes } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests look into records freely
type Raw = Record<string, any>;

/** The resources that can be read in the form in which they are written. */
const kinds = Object.values<Resource>(resources)
  .filter(({ readsOtherwise }) => !readsOtherwise);

/** A record as Qontak has it, without what changes by itself. */
async function raw(
  world: World,
  { endpoints: { list: { path } } }: Resource,
  id: number,
): Promise<Raw> {
  // Qontak answers some records in a list of one.
  const [found] = [await outside(world, "GET", `${path}/${id}`)].flat();
  const { updated_at: _, ...record } = found;
  return record;
}

async function firstId(world: World, { name, plural }: Resource) {
  if (name === "note") {
    const [deal] = (await world.ok("list_deals")).records;
    const made = await world.ok("create_note", {
      crm_deal_id: deal.id,
      note: "Isi",
    });
    return made.id as number;
  }
  return Number((await world.ok(`list_${plural}`)).records[0].id);
}

/** Plans to take changes back, and carries the plan out. */
// deno-lint-ignore no-explicit-any -- tests look into answers freely
async function undo(world: World, ...ids: string[]): Promise<any> {
  const planned = await world.ok("undo_change", { ids });
  assertEquals(planned.dry_run, true);
  const before = writes(world).length;
  const { records } = await world.ok("undo_change", { plan: planned.plan });
  for (const { status, problems } of records) {
    assertEquals(status, "done", String(problems));
  }
  assert(writes(world).length > before);
  return records;
}

/** An update of each kind that sets, changes and clears. */
const updates: Readonly<Record<string, Raw>> = {
  contact: {
    first_name: "Lain",
    job_title: "Direktur",
    email: null,
    telephone: "0215550199",
    date_of_birth: "17/08/1990",
    crm_deal_ids: [],
  },
  company: { name: "PT Lain", website: null, number_of_employees: 7 },
  deal: {
    name: "Lain",
    size: 5_000_000,
    crm_priority_id: null,
    crm_lead_ids: [],
    expired_date: "2027-01-31",
  },
  ticket: { name: "Lain", description: "Keterangan lain", due_date: null },
  task: { name: "Lain", detail: null, due_date: "2027-01-31 10:00" },
  note: { note: "Isi lain" },
  product: { name: "Lain", price: 12_345.67, description: null },
  products_association: { quantity: 9, price: 1_000, total_price: 9_000 },
};

/** What Qontak sets in a new record, whatever is sent. */
const OWN = new Set([
  "id",
  "slug",
  "created_at",
  "unique_deal_id",
  "unique_ticket_id",
  "crm_deal_status",
  "last_modifier_id",
]);

for (const resource of kinds) {
  const { name, idArgument, endpoints } = resource;
  Deno.test(`undo_change restores a ${name} exactly after an update`, async () => {
    await using world = await createWorld();
    const id = await firstId(world, resource);
    const before = await raw(world, resource, id);
    const updated = await world.ok(`update_${name}`, {
      [idArgument]: id,
      ...updates[name],
    });
    const changed = await raw(world, resource, id);
    assert(JSON.stringify(changed) !== JSON.stringify(before));
    await undo(world, updated.undo);
    assertEquals(await raw(world, resource, id), before);
  });

  if (!endpoints.delete) continue;
  Deno.test(`undo_change brings a deleted ${name} back under a new id`, async () => {
    await using world = await createWorld();
    const id = await firstId(world, resource);
    const before = await raw(world, resource, id);
    const gone = await world.ok(`delete_${name}`, { [idArgument]: id });
    const planned = await world.ok("undo_change", { ids: [gone.undo] });
    assertStringIncludes(
      planned.notes.join(),
      "A deleted record gets a new id",
    );
    const [{ new_id, undo: again }] = await undo(world, gone.undo);
    const after = await raw(world, resource, new_id);
    for (const [key, value] of Object.entries(before)) {
      const isWritten = Object.hasOwn(endpoints.create.body, key) ||
        key === "additional_fields";
      if (OWN.has(key) || !isWritten) continue;
      if (isEmpty(value)) assert(isEmpty(after[key]), `${name} ${key}`);
      else assertEquals(after[key], value, `${name} ${key}`);
    }
    // The undo is a change of its own.
    await undo(world, again);
    assertMatch(
      await world.refused(`get_${name}`, { [idArgument]: new_id }),
      /404|not found/i,
    );
  });

  Deno.test(`undo_change deletes a ${name} that was created`, async () => {
    await using world = await createWorld();
    const id = await firstId(world, resource);
    const { undo: gone } = await world.ok(`delete_${name}`, {
      [idArgument]: id,
    });
    const [{ new_id, undo: made }] = await undo(world, gone);
    const [{ status }] = await undo(world, made);
    assertEquals(status, "done");
    assertMatch(
      await world.refused(`get_${name}`, { [idArgument]: new_id }),
      /404|not found/i,
    );
  });
}

Deno.test("undo_change restores the owner, and several changes of one record at once", async () => {
  await using world = await createWorld();
  const id = await firstId(world, resources.deal);
  const before = await raw(world, resources.deal, id);
  const owner = await world.ok("update_deal_owner", {
    deal_id: id,
    creator_id: "Dewi Anggraini",
  });
  const size = await world.ok("update_deal", { deal_id: id, size: 1 });
  const again = await world.ok("update_deal", {
    deal_id: id,
    size: 2,
    name: "Lain",
  });
  const sent = writes(world).length;
  // The middle one alone is not what is there now.
  assertStringIncludes(
    await world.refused("undo_change", { ids: [size.undo] }),
    "somebody has changed it since: size is",
  );
  await undo(world, owner.undo, size.undo, again.undo);
  assertEquals(writes(world).length, sent + 1);
  assertEquals(await raw(world, resources.deal, id), before);
});

Deno.test("undo_change takes back a category of tasks that was created or deleted", async () => {
  await using world = await createWorld();
  const names = async () =>
    (await world.ok("list_task_categories")).records
      .map(({ name }: Raw) => name);
  const made = await world.ok("create_task_category", { name: "Kunjungan X" });
  await undo(world, made.undo);
  assert(!(await names()).includes("Kunjungan X"));
  const { records } = await world.ok("list_task_categories");
  const gone = await world.ok("delete_task_category", {
    category_id: records[0].id,
  });
  await undo(world, gone.undo);
  assert((await names()).includes(records[0].name));
});

Deno.test("undo_change leaves no category in the template of tasks that it took back", async () => {
  await using world = await createWorld();
  const count = async () => {
    const { fields } = await world.ok("get_task_template");
    return fields.find(({ key }: Raw) => key === "crm_task_category_id")
      .options_total;
  };
  const before = await count();
  const made = await world.ok("create_task_category", { name: "Kunjungan X" });
  assertEquals(await count(), before + 1);
  const task = await world.ok("update_task", {
    task_id: await firstId(world, resources.task),
    name: "Lain",
  });
  // Taking back the task reads the template while the category is there.
  await undo(world, task.undo, made.undo);
  assertEquals(await count(), before);
});

Deno.test("undo_change refuses what somebody changed since, and says who and when", async () => {
  await using world = await createWorld();
  const id = await firstId(world, resources.deal);
  const updated = await world.ok("update_deal", { deal_id: id, size: 1 });
  await outside(world, "PUT", `/deals/${id}`, { size: 2 });
  const sent = writes(world).length;
  const said = await world.refused("undo_change", { ids: [updated.undo] });
  assertStringIncludes(
    said,
    'size is "2.0" now, and was "1.0" after the change',
  );
  assertStringIncludes(said, 'The newest entry of its timeline is by "Ratna');
  assertEquals(writes(world).length, sent);

  // What others changed elsewhere in the record stays.
  await outside(world, "PUT", `/deals/${id}`, { size: 1, name: "Milik lain" });
  await undo(world, updated.undo);
  assertEquals((await raw(world, resources.deal, id)).name, "Milik lain");

  // A record that was created here and changed by others is not deleted.
  const made = await world.ok("create_company", {
    name: "PT Baru Sekali",
    creator_id: "me",
  });
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await outside(world, "PUT", `/companies/${made.id}`, { city: "Medan" });
  assertStringIncludes(
    await world.refused("undo_change", { ids: [made.undo] }),
    "somebody has changed it since",
  );
  await world.ok("get_company", { company_id: made.id });
});

Deno.test("a plan of undo_change is used once, and refuses what changed since", async () => {
  for (const mode of ["auto", "legacy"] as const) {
    await using world = await createWorld({ mode });
    const id = await firstId(world, resources.deal);
    const updated = await world.ok("update_deal", { deal_id: id, size: 1 });
    const drifted = await world.ok("undo_change", { ids: [updated.undo] });
    await outside(world, "PUT", `/deals/${id}`, { name: "Milik lain" });
    const sent = writes(world).length;
    assertStringIncludes(
      await world.refused("undo_change", { plan: drifted.plan }),
      "it has changed since the plan was made",
    );
    const { plan } = await world.ok("undo_change", { ids: [updated.undo] });
    assertStringIncludes(
      await world.refused("update_deal", { deal_id: id, plan }),
      "this plan is for undo_change",
    );
    await world.ok("undo_change", { plan });
    assertEquals(writes(world).length, sent + 1);
    assertStringIncludes(
      await world.refused("undo_change", { plan }),
      "you have no such plan",
    );
    assertStringIncludes(
      await world.refused("undo_change", { ids: [updated.undo] }),
      "was taken back already",
    );
    assertStringIncludes(
      await world.refused("undo_change", { ids: ["no such change"] }),
      'there is no change "no such change"',
    );
  }
});

Deno.test("undo_change lists the last changes, newest first, and what was taken back", async () => {
  await using world = await createWorld();
  const id = await firstId(world, resources.company);
  const one = await world.ok("update_company", { company_id: id, city: "A" });
  const two = await world.ok("update_company", { company_id: id, city: "B" });
  await undo(world, two.undo);
  const { records } = await world.ok("undo_change");
  assertEquals(records.length, 3);
  assertEquals(records[0].undoes, [two.undo]);
  assertEquals(records[1].undone_by, records[0].undo);
  assertEquals(records[2].undo, one.undo);
  assertEquals(records[2].tool, "update_company");
  assertEquals(records[2].record, `company ${id}`);
  assertEquals(records[2].keys, ["city"]);
  // Keys are called as in arguments.
  const ticket_id = await firstId(world, resources.ticket);
  await world.ok("update_ticket", { ticket_id, assignee_id: "me" });
  const { records: [assigned] } = await world.ok("undo_change", { limit: 1 });
  assertEquals(assigned.keys, ["assignee_id"]);
  const { records: some, left_out } = await world.ok("undo_change", {
    limit: 1,
  });
  assertEquals([some.length, left_out], [1, 3]);
});

Deno.test("undo_change is for the company, and for callers with the scopes that it needs", async () => {
  await using place = await createCallers();
  const { alpha, keeper, writer, reader, beta } = place.clients;
  const made = await ok(alpha, "create_company", {
    name: "PT Canary",
    creator_id: "Ratna Kusumawardani",
  });
  assertEquals((await ok(beta, "undo_change")).records, []);
  const strange = await call(beta, "undo_change", { ids: [made.undo] });
  assertMatch(strange.text, /there is no change/);
  const kept = await call(keeper, "undo_change", { ids: [made.undo] });
  assertMatch(kept.text, /lacks the scope delete/);
  const blind = await call(writer, "undo_change", { ids: [made.undo] });
  assertMatch(blind.text, /lacks the scope read/);
  const { tools } = await reader.listTools();
  assert(!tools.some(({ name }) => name === "undo_change"));
  // A colleague with the scopes may.
  const { plan } = await ok(alpha, "undo_change", { ids: [made.undo] });
  const stolen = await call(keeper, "undo_change", { plan });
  assertMatch(stolen.text, /no such plan/);
  await ok(alpha, "undo_change", { plan });
});

Deno.test("undo_change withholds free text in strict mode, and still restores it", async () => {
  const secret = `Rahasia ${"panjang ".repeat(60)}`;
  await using world = await createWorld({ content: "strict" });
  const [{ id: deal_id }] = (await world.ok("list_deals")).records;
  const { id } = await world.ok("create_note", {
    crm_deal_id: deal_id,
    note: secret,
  });
  const before = await raw(world, resources.note, id);
  const updated = await world.ok("update_note", { note_id: id, note: "Lain" });
  const planned = await world.call("undo_change", { ids: [updated.undo] });
  assert(!planned.text.includes(secret.slice(0, 120)), planned.text);
  assertStringIncludes(planned.text, "withheld");
  await undo(world, updated.undo);
  assertEquals(await raw(world, resources.note, id), before);
});

Deno.test("undo_change refuses changes between which somebody else changed the same value", async () => {
  await using world = await createWorld();
  const id = await firstId(world, resources.deal);
  const one = await world.ok("update_deal", { deal_id: id, size: 1 });
  await outside(world, "PUT", `/deals/${id}`, { size: 2 });
  const two = await world.ok("update_deal", { deal_id: id, size: 3 });
  const said = await world.refused("undo_change", {
    ids: [one.undo, two.undo],
  });
  assertStringIncludes(said, "somebody has changed it between these changes");
  assertMatch(
    said,
    /size was "1.0" after update_deal at 20\S+Z, and "2.0" before update_deal at 20\S+Z/,
  );
  // What others changed elsewhere in the record between them stays.
  await undo(world, two.undo);
  const three = await world.ok("update_deal", { deal_id: id, size: 4 });
  await outside(world, "PUT", `/deals/${id}`, { name: "Milik lain" });
  const four = await world.ok("update_deal", { deal_id: id, size: 5 });
  await undo(world, three.undo, four.undo);
  const { size, name } = await raw(world, resources.deal, id);
  assertEquals([Number(size), name], [2, "Milik lain"]);

  // A deleted record comes back as it was before the first change, too.
  const five = await world.ok("update_deal", { deal_id: id, size: 6 });
  await outside(world, "PUT", `/deals/${id}`, { size: 7 });
  const gone = await world.ok("delete_deal", { deal_id: id });
  assertStringIncludes(
    await world.refused("undo_change", { ids: [five.undo, gone.undo] }),
    "somebody has changed it between these changes",
  );
});

Deno.test("a plan of undo_change says what it would delete, and what hangs on that", async () => {
  await using world = await createWorld();
  const made = await world.ok("create_company", {
    name: "PT Baru Sekali",
    creator_id: "me",
  });
  const contact = await firstId(world, resources.contact);
  await world.ok("update_contact", {
    contact_id: contact,
    crm_company_id: made.id,
  });
  const { takes_back: [plan] } = await world.ok("undo_change", {
    ids: [made.undo],
  });
  assertEquals(plan.would_delete.name, "PT Baru Sekali");
  assertEquals(plan.hangs_on.contacts, { count: 1, ids: [contact] });
});

Deno.test("undo_change brings a deleted deal with product lines back without them, and says so", async () => {
  await using world = await createWorld();
  const { records: lines } = await world.ok("list_products_associations");
  const id = lines[0].crm_deal_id;
  const before = await raw(world, resources.deal, id);
  assert(before.product_association_ids.length > 0);
  const gone = await world.ok("delete_deal", { deal_id: id });
  const { notes } = await world.ok("undo_change", { ids: [gone.undo] });
  assertStringIncludes(notes.join(), "The product lines of a deleted deal");
  const [{ new_id }] = await undo(world, gone.undo);
  const after = await raw(world, resources.deal, new_id);
  assertEquals([after.name, after.size], [before.name, before.size]);
  assertEquals(after.product_association_ids, []);
});
