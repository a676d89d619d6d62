/** What clears a key, and what changes a list. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { findField } from "../support/company.ts";
import { createWorld, type World, writes } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Data = any;

/** A contact that has an e-mail address, a phone number and a job title. */
async function contactOf(world: World): Promise<Data> {
  const { records } = await world.ok("list_contacts", { fields: ["*"] });
  return records.find((one: Data) =>
    one.email && one.telephone && one.job_title && one.creator_id
  );
}

const after = async (world: World, contact_id: number) =>
  (await world.ok("get_contact", { contact_id, fields: ["*"] })).record;

Deno.test("one null clears a key, and the answer says what was there", async () => {
  await using world = await createWorld();
  const { id: contact_id, job_title } = await contactOf(world);
  const { cleared } = await world.ok("update_contact", {
    contact_id,
    job_title: null,
  });
  assertEquals(cleared.map(({ from }: Data) => from), [job_title]);
  assert(!(await after(world, contact_id)).job_title);
});

Deno.test("nulls for many keys are a client that fills in blanks: they clear nothing", async () => {
  await using world = await createWorld();
  const contact = await contactOf(world);
  const { id: contact_id } = contact;
  const nulls = { email: null, telephone: null, job_title: null };
  const answer = await world.ok("update_contact", {
    contact_id,
    address: "Jl. Contoh No. 1",
    ...nulls,
  });
  assertEquals(answer.cleared, undefined);
  assertStringIncludes(answer.notes.join(), 'clear: ["job_title"]');
  const now = await after(world, contact_id);
  for (const key of Object.keys(nulls)) assertEquals(now[key], contact[key]);
  // With nothing else to write, nothing is sent, and the refusal says how.
  const sent = writes(world).length;
  assertStringIncludes(
    await world.refused("update_contact", { contact_id, ...nulls }),
    'clear: ["job_title"]',
  );
  assertEquals(writes(world).length, sent);
});

Deno.test("nulls for every other key of a small tool clear nothing", async () => {
  await using world = await createWorld();
  const { records: [{ id: crm_deal_id }] } = await world.ok("list_deals");
  const { id: note_id } = await world.ok("create_note", {
    note: "Satu",
    crm_deal_id,
  });
  const others = { crm_person_id: null, crm_company_id: null };
  const answer = await world.ok("update_note", {
    note_id,
    note: "Dua",
    type: "Crm::DealNote",
    crm_deal_id: null,
    ...others,
  });
  assertEquals(answer.cleared, undefined);
  assertStringIncludes(answer.notes.join(), "Blank values cleared nothing");
});

Deno.test("clear empties the keys and custom fields that it names", async () => {
  await using world = await createWorld();
  const contact = await contactOf(world);
  const { id: contact_id } = contact;
  const text = await findFieldOf(world, "NIK");
  await world.ok("update_contact", {
    contact_id,
    additional_fields: [{ id: text.id, value: "3273000000000002" }],
  });
  const { cleared } = await world.ok("update_contact", {
    contact_id,
    first_name: "Lina",
    clear: ["email", "telephone", "job_title", "nik"],
  });
  assertEquals(cleared.map(({ from }: Data) => from), [
    contact.job_title,
    contact.email,
    contact.telephone,
    "3273000000000002",
  ]);
  const now = await after(world, contact_id);
  assert(!now.email && !now.telephone && !now.job_title);
  assertEquals(now.creator_id, contact.creator_id);
});

async function findFieldOf(world: World, label: string): Promise<Data> {
  const { fields } = await world.ok("get_contact_template");
  return fields.find((field: Data) => field.label === label);
}

Deno.test("clear looks for 20 mistakes, however many and long names it is given", async () => {
  await using world = await createWorld();
  const { records: [{ id }] } = await world.ok("list_contacts");
  const said = await world.refused("update_contact", {
    contact_id: id,
    clear: Array.from({ length: 400 }, (_, i) => `${i}${"\ufdfa".repeat(300)}`),
  });
  assertEquals(said.split("clear: there is no field").length - 1, 20);
  assertStringIncludes(said, "clear may have more");
});

Deno.test("clear is refused for what cannot be cleared or does not exist, all at once", async () => {
  await using world = await createWorld();
  const { id: contact_id } = await contactOf(world);
  const { records: [task] } = await world.ok("list_tasks");
  const before = writes(world).length;
  const text = await world.refused("update_contact", {
    contact_id,
    email: "lina@example.co.id",
    clear: ["email", "creator_id", "telepon", "first_name"],
  });
  assertStringIncludes(text, "clear names email, which also has a value");
  assertStringIncludes(text, "must have an owner");
  assertStringIncludes(text, 'clear: there is no field "telepon"');
  assertStringIncludes(text, "first_name");
  assertStringIncludes(
    await world.refused("update_task", { task_id: task.id, assignee_id: null }),
    "assignee_id cannot be cleared: a task must have an assignee",
  );
  assertEquals(writes(world).length, before);
});

Deno.test("add and remove change a list without the rest of it", async () => {
  await using world = await createWorld();
  const { records } = await world.ok("list_deals", { fields: ["*"] });
  const deal = records.find((one: Data) => one.crm_lead_ids.length > 1);
  const { records: contacts } = await world.ok("list_contacts");
  const [kept, gone] = deal.crm_lead_ids;
  const { id: added } = contacts.find(({ id }: Data) =>
    !deal.crm_lead_ids.includes(id)
  );
  for (
    const crm_lead_ids of [
      { add: [added], remove: [gone] },
      JSON.stringify({ add: [gone], remove: [added] }),
      { add: [kept] },
    ]
  ) {
    await world.ok("update_deal", { deal_id: deal.id, crm_lead_ids });
  }
  const { record } = await world.ok("get_deal", { deal_id: deal.id });
  assertEquals(record.crm_lead_ids.sort(), deal.crm_lead_ids.toSorted());
  // A plain list replaces it, and the answer says what it lost.
  const { removed } = await world.ok("update_deal", {
    deal_id: deal.id,
    crm_lead_ids: [kept],
  });
  assertEquals(removed.length, 1);
  assertStringIncludes(
    await world.refused("update_deal", {
      deal_id: deal.id,
      crm_lead_ids: { remove: [gone] },
    }),
    `crm_lead_ids does not hold ${gone}, so it cannot be removed. It holds ${kept}`,
  );
  assertStringIncludes(
    await world.refused("update_deal", {
      deal_id: deal.id,
      crm_lead_ids: { ad: [gone] },
    }),
    "crm_lead_ids",
  );
});

Deno.test("add and remove change a multiple select, by labels", async () => {
  await using world = await createWorld();
  const field = await findField(
    world,
    (f) => f.custom && f.type === "multiple_select",
  );
  const [one, two, three] = field.options;
  const { records: [{ id: deal_id }] } = await world.ok("list_deals");
  const set = async (value: unknown) => {
    await world.ok("update_deal", {
      deal_id,
      additional_fields: [{ id: field.id, value }],
    });
    const { record } = await world.ok("get_deal", { deal_id });
    return record.additional_fields.find(({ id }: Data) => id === field.id)
      ?.value;
  };
  assertEquals(await set([one.id, two.id]), [one.id, two.id]);
  assertEquals(
    await set({ add: [three.name.toLowerCase()], remove: [one.name] }),
    [two.id, three.id],
  );
  assertEquals(await set({ remove: [two.id, three.id] }), undefined);
  assertStringIncludes(
    await world.refused("update_deal", {
      deal_id,
      additional_fields: [{ id: field.id, value: { add: ["nothing"] } }],
    }),
    "additional_fields id",
  );
});

Deno.test('"" and 0 for an id mean that none was given, in reads and creates', async () => {
  await using world = await createWorld();
  const all = await world.ok("list_deals");
  for (const blank of ["", 0, "0"]) {
    assertEquals(
      await world.ok("list_deals", {
        contact_ids: blank,
        crm_pipeline_id: blank,
        creator_id: blank,
      }),
      all,
    );
    const { record } = await world.ok("create_task", {
      name: "Telepon",
      crm_deal_id: blank,
      crm_person_id: blank,
      assignee_id: blank,
    });
    assertEquals(record.crm_deal_id, undefined);
  }
  // In an update it could be meant to clear the key.
  const { records: [task] } = await world.ok("list_tasks");
  await world.refused("update_task", { task_id: task.id, crm_deal_id: 0 });
});

Deno.test("an update in which a client filled in every key changes only what it names", async () => {
  await using world = await createWorld();
  const { records } = await world.ok("list_deals", { fields: ["*"] });
  const deal = records.find((one: Data) =>
    one.crm_lead_ids.length > 1 && one.crm_company_id && one.closed_date
  );
  const answer = await world.ok("update_deal", {
    deal_id: deal.id,
    name: "Nama baru",
    currency: "",
    closed_date: "",
    creator_id: "",
    crm_source_id: 0,
    crm_company_id: 0,
    crm_lead_ids: [],
    additional_fields: [{ id: 0, name: "", value: "" }],
    clear: "",
    skip_validation: false,
    dry_run: false,
    plan: "",
  });
  assertEquals(answer.changed.map(({ key }: Data) => key), ["name"]);
  assertEquals(answer.cleared, undefined);
  assertEquals(answer.removed, undefined);
  assertStringIncludes(answer.notes.join(), "Blank values cleared nothing");
  const { record } = await world.ok("get_deal", {
    deal_id: deal.id,
    fields: ["*"],
  });
  assertEquals(record.crm_lead_ids, deal.crm_lead_ids);
  assertEquals(record.crm_company_id, deal.crm_company_id);
});

Deno.test("a list of ids that Qontak returns in its own order is stored as sent", async () => {
  await using world = await createWorld();
  const { records } = await world.ok("list_companies", { fields: ["*"] });
  const company = records.find((one: Data) => one.crm_person_ids.length > 1);
  const answer = await world.ok("update_company", {
    company_id: company.id,
    crm_person_ids: company.crm_person_ids.toReversed(),
  });
  assertEquals(answer.applied, ["crm_person_ids"]);
  assertEquals([answer.stored_differently, answer.changed], [[], []]);
});
