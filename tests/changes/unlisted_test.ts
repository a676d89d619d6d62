/** Runs about values that the list of records does not show. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createWorld } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Raw = Record<string, any>;

/** A custom field of companies in the sandbox. */
const TAX_NUMBER = 8302116;

/** More records than a run reads one by one. */
const COUNT = 60;

const taxNumber = (value: string) => ({
  additional_fields: [{ id: TAX_NUMBER, value }],
});

Deno.test("a run over many records shows and takes back custom fields that only single records show", async () => {
  await using world = await createWorld({
    change: (request, answer) =>
      request === "GET /api/v3.1/companies"
        ? {
          ...answer,
          response: answer.response.map((company: Raw) => ({
            ...company,
            additional_fields: company.additional_fields
              .filter(({ id }: Raw) => id !== TAX_NUMBER),
          })),
        }
        : answer,
  });
  const { records } = await world.ok("query_records", {
    resource: "companies",
    limit: 100,
  });
  const ids: number[] = records.map(({ id }: Raw) => id);
  while (ids.length < COUNT) {
    const { id } = await world.ok("create_company", {
      name: `Perusahaan ${ids.length * 7_919}`,
      creator_id: 512301,
    });
    ids.push(id);
  }
  for (const id of ids) {
    await world.ok("update_company", {
      company_id: id,
      ...taxNumber(`01.${id}`),
    });
  }
  const taxNumbers = async () => {
    const found: string[] = [];
    for (const id of ids) {
      const { record } = await world.ok("get_company", { company_id: id });
      found.push(
        record.additional_fields.find((one: Raw) => one.id === TAX_NUMBER)
          ?.value,
      );
    }
    return found;
  };
  const before = await taxNumbers();
  const dry = await world.ok("change_records", {
    resource: "companies",
    action: "update",
    rows: ids.map((company_id) => ({ company_id, ...taxNumber("02") })),
  });
  assert(dry.changes.length > 5);
  for (const { id, from, to } of dry.changes) {
    assertEquals([from, to], [`01.${id}`, "02"]);
  }
  const run = await world.ok("change_records", { plan: dry.plan });
  assertEquals(run.done, COUNT, JSON.stringify(run.problems));
  const undo = await world.ok("undo_change", { ids: [run.undo] });
  assertEquals([undo.count, undo.problems], [COUNT, undefined]);
  const undone = await world.ok("undo_change", { plan: undo.plan });
  assertEquals(undone.done, COUNT, JSON.stringify(undone.problems));
  assertEquals(await taxNumbers(), before);
});

Deno.test("undo_change says what cannot be restored because Qontak does not show what it was", async () => {
  await using world = await createWorld();
  const { records } = await world.ok("query_records", { resource: "contacts" });
  const [{ id }] = records;
  const { record: before } = await world.ok("get_contact", { contact_id: id });
  const change = (args: Raw) =>
    world.ok("update_contact", { contact_id: id, ...args });
  const { undo: first } = await change({ address: "Jl. Melati 1" });
  const hidden = `contact ${id}: Qontak does not show what address was before`;
  assertStringIncludes(
    await world.refused("undo_change", { ids: [first] }),
    `${hidden}, so it cannot be restored`,
  );
  const { undo: second } = await change({
    address: "Jl. Melati 2",
    job_title: "Kepala Gudang",
  });
  const both = await world.ok("undo_change", { ids: [second] });
  assertEquals(both.notes, [`${hidden}, so it stays as it is`]);
  await world.ok("undo_change", { plan: both.plan });
  const { record } = await world.ok("get_contact", { contact_id: id });
  assert(before.job_title);
  assertEquals(record.job_title, before.job_title);
});
