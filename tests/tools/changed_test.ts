/** What answers to writes say of everything that changed. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { findField } from "../support/company.ts";
import { createWorld } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Data = any;

const keys = (list: Data[] = []) => list.map(({ key }) => key);

Deno.test("an update says what changed, from what to what, by labels", async () => {
  await using world = await createWorld();
  const { records } = await world.ok("list_deals", { fields: ["*"] });
  const deal = records.find((one: Data) => one.crm_lead_ids.length > 1);
  const number = await findField(world, (f) => f.custom && f.type === "number");
  const creator_id = deal.creator_name.startsWith("Dewi") ? "Bagas" : "Dewi";
  const owner = { Bagas: [512304, "Pratama"], Dewi: [512305, "Anggraini"] };
  const [id, last] = owner[creator_id];
  const answer = await world.ok("update_deal", {
    deal_id: deal.id,
    name: "Meja rapat",
    creator_id,
    currency: deal.currency,
    additional_fields: [{ id: number.id, value: 7 }],
  });
  assertEquals(answer.changed.slice(0, 2), [
    { key: "name", label: "Deal Name", from: deal.name, to: "Meja rapat" },
    {
      key: "creator_id",
      label: "Owner",
      from: `${deal.creator_name} (id ${deal.creator_id})`,
      to: `${creator_id} ${last} (id ${id})`,
    },
  ]);
  // What is the same as before did not change.
  assertEquals(keys(answer.changed).slice(2), [
    `additional_fields id ${number.id}`,
  ]);
  assertEquals(answer.changed[2].label, number.label);
  assertEquals([answer.cleared, answer.removed], [undefined, undefined]);
});

Deno.test("an update names what was cleared with its old value, and what a list lost", async () => {
  await using world = await createWorld();
  const { records } = await world.ok("list_deals", { fields: ["*"] });
  const deal = records.find((one: Data) =>
    one.crm_lead_ids.length > 1 && one.crm_priority_id !== null
  );
  const [kept, gone] = deal.crm_lead_ids;
  const answer = await world.ok("update_deal", {
    deal_id: deal.id,
    crm_priority_id: null,
    crm_lead_ids: [kept],
  });
  assertEquals(answer.cleared, [{
    key: "crm_priority_id",
    label: "Priority",
    from: `${deal.crm_priority_name} (id ${deal.crm_priority_id})`,
  }]);
  assertEquals(answer.removed, [{
    key: "crm_lead_ids",
    label: "Contact",
    removed: [`${deal.crm_lead_name[1]} (id ${gone})`],
  }]);
  assertEquals(keys(answer.changed), ["crm_lead_ids"]);
});

Deno.test("a create says what Qontak filled in, an update what Qontak changed by itself", async () => {
  let isChanged = false;
  await using world = await createWorld({
    change(request, answer) {
      if (request.startsWith("PUT ")) isChanged = true;
      if (!/\/tasks\/\d+$/.test(request) || !isChanged) return;
      answer.response.detail = "Diubah oleh Qontak";
    },
  });
  const made = await world.ok("create_task", { name: "Telepon" });
  assertEquals(
    made.set_by_qontak.find(({ key }: Data) => key === "assignee_id").to,
    "Ratna Kusumawardani (id 512301)",
  );
  assert(keys(made.set_by_qontak).includes("crm_task_status_id"));
  assertEquals(made.changed, undefined);
  for (const key of ["id", "name", "created_at", "user_full_name"]) {
    assert(!keys(made.set_by_qontak).includes(key), key);
  }
  const answer = await world.ok("update_task", {
    task_id: made.id,
    name: "Baru",
  });
  assertEquals(keys(answer.changed), ["name"]);
  assertEquals(answer.set_by_qontak.length, 1);
  const { key, from, to } = answer.set_by_qontak[0];
  assertEquals([key, from, to], ["detail", null, "Diubah oleh Qontak"]);
});

Deno.test("update_deal_owner says who owned it before", async () => {
  await using world = await createWorld();
  const { records: [{ id: deal_id }] } = await world.ok("list_deals");
  await world.ok("update_deal_owner", { deal_id, creator_id: "Dewi" });
  const { changed } = await world.ok("update_deal_owner", {
    deal_id,
    creator_id: "Bagas",
  });
  assertEquals(changed, [{
    key: "creator_id",
    label: "Owner",
    from: "Dewi Anggraini (id 512305)",
    to: "Bagas Pratama (id 512304)",
  }]);
});

Deno.test("strict mode withholds free text in what changed", async () => {
  await using world = await createWorld({ content: "strict" });
  const { id: note_id } = await world.ok("create_note", {
    note: "Rahasia lama",
    crm_deal_id: (await world.ok("list_deals")).records[0].id,
  });
  const answer = await world.ok("update_note", { note_id, note: "Baru" });
  assert(!JSON.stringify(answer).includes("Rahasia"));
  const [{ from, to }] = answer.changed;
  assertMatch(from, /^\[withheld: /);
  assertMatch(to, /^\[withheld: /);
});
