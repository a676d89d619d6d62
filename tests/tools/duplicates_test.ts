/** Records that are the same: found, and not made a second time. */
import { assert, assertEquals } from "@std/assert";
import { createTwoCompanies } from "../support/two_companies.ts";
import { createWorld } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Data = any;

/** Changes the records of a list. */
function withContacts(change: (record: Data, index: number) => void) {
  return (request: string, answer: Data): void => {
    if (/GET .*\/(contacts|companies)$/.test(request)) {
      answer.response.forEach(change);
    }
  };
}

Deno.test("find_duplicates groups contacts and companies, with the evidence", async () => {
  await using world = await createWorld({
    change: withContacts((record, i) => {
      if (i === 0) record.telephone = "+62 899-1111-2222";
      if (i === 1) record.telephone = "0899 1111 2222";
      if ("name" in record && i < 2) record.name = ["PT. Uji", "Uji, Tbk"][i];
    }),
  });
  for (
    const [resource, by] of [
      ["contacts", ["phone"]],
      ["companies", ["phone", "name"]],
    ] as const
  ) {
    const listed = await world.ok(`list_${resource}`, { per_page: 2 });
    const answer = await world.ok("find_duplicates", { resource });
    assertEquals(answer.groups, 1);
    const [group] = answer.records;
    assertEquals(group.same, by.map((one) => ({ by: one })));
    assertEquals(
      group.records.map(({ id }: Data) => id).sort(),
      listed.records.map(({ id }: Data) => id).sort(),
    );
    assert(answer.records_read > 0 && answer.as_of);
  }
});

Deno.test("find_duplicates takes at most 12 KB, and counts the other groups", async () => {
  await using world = await createWorld({
    contacts: 2_000,
    timeout: 60_000,
    change: withContacts((record) => {
      record.telephone = `08991111${String(record.id % 900).padStart(4, "0")}`;
      record.first_name = "日本\u200b".repeat(60);
    }),
  });
  const called = await world.call("find_duplicates", { resource: "contacts" });
  const size = new TextEncoder().encode(called.text).length;
  assert(size <= 12 * 1024, `${size} bytes`);
  const { records, groups, left_out } = called.data as Data;
  assert(records.length > 0 && left_out > 0);
  assertEquals(records.length + left_out, groups);
});

Deno.test("find_duplicates compares only records of one company", async () => {
  await using two = await createTwoCompanies();
  const telephone = "0899 1111 2222";
  for (const company of ["acme", "beta"] as const) {
    const { records: [{ id: contact_id }] } = await two.ok(
      company,
      "list_contacts",
    );
    await two.ok(company, "update_contact", {
      contact_id,
      telephone,
      skip_validation: true,
    });
  }
  for (const company of ["acme", "beta"] as const) {
    const { records } = await two.ok(company, "find_duplicates", {
      resource: "contacts",
    });
    assert(!JSON.stringify(records).includes(telephone));
  }
});
