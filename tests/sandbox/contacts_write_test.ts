import { assertEquals, assertMatch } from "@std/assert";
import { custom, type Json, open, refused, USER } from "./client.ts";
import {
  all,
  choose,
  contactBody,
  fields,
  get,
  happenings,
  make,
  put,
} from "./records.ts";

Deno.test("createSandbox() creates a contact with all keys of a body", async () => {
  await using client = await open();
  const base = await contactBody(client);
  const [company] = await all(client, "companies");
  const [first, second] = await all(client, "deals");
  const [status] = await fields(client, "contacts", "crm_status_id");
  const made = await make(client, "contacts", {
    ...base,
    job_title: "Pembeli",
    creator_id: USER.bagas,
    email: "nadia@example.co.id",
    telephone: 81_234_567,
    crm_status_id: status.dropdown[1].id,
    date_of_birth: "17/08/1990",
    crm_source_name: "Pameran",
    crm_gender_id: 1,
    income: "120000000",
    upload_id: 7,
    customer_id: "C-1",
    crm_company_id: company.id,
    crm_deal_ids: [first.id, second.id],
    crm_occupation_id: 90_411,
    phone: "lost",
  });
  const contact = await get(client, "contacts", made.id);
  assertEquals(Object.keys(made), Object.keys(contact));
  assertEquals(
    [
      contact.creator_name,
      contact.telephone,
      contact.crm_status_name,
      contact.date_of_birth,
      contact.crm_source_name,
      contact.crm_gender_name,
      contact.income,
      contact.upload_id,
      contact.crm_company_name,
    ],
    [
      "Bagas Pratama",
      "81234567",
      "Prospek",
      "1990-08-17",
      "Pameran",
      "Female",
      "120000000",
      7,
      company.name,
    ],
  );
  assertMatch(contact.slug, /^nadia-kurnia-\d+$/);
  assertEquals(new Set(contact.crm_deal_ids), new Set([first.id, second.id]));
  assertEquals(custom(made, "nik").value, null);
  assertEquals(custom(contact, "nik").value, "");
  const { length } = await all(client, "contacts");
  assertEquals(length, 41);
});

Deno.test("createSandbox() gives a contact without a valid creator_id to the token's user", async () => {
  await using client = await open();
  const body = await contactBody(client);
  for (const creator of [{}, { creator_id: null }, { creator_id: 99 }]) {
    const made = await make(client, "contacts", { ...body, ...creator });
    assertEquals(made.creator_id, USER.ratna);
  }
});

Deno.test("createSandbox() refuses an invalid contact, and names the key", async () => {
  await using client = await open();
  const body = await contactBody(client);
  await refused(
    client,
    "POST",
    "/contacts",
    {},
    "first_name can't be blank",
    "buying_role_14",
  );
  for (
    const [key, value] of [
      ["first_name", " "],
      ["first_name", 5],
      ["last_name", ["a"]],
      ["email", 5],
      ["telephone", true],
      ["crm_status_id", 1],
      ["crm_source_name", "pameran"],
      ["crm_gender_id", 3],
      ["date_of_birth", "1990"],
      ["date_of_birth", "31/02/1990"],
      ["income", {}],
      ["upload_id", "a.pdf"],
      ["crm_company_id", 5],
      ["crm_company_name", "PT Tidak Ada"],
      ["crm_deal_ids", [5]],
      ["crm_deal_name", ["Tidak ada"]],
      ["additional_fields", "x"],
    ] as const
  ) {
    await refused(client, "POST", "/contacts", { ...body, [key]: value }, key);
  }
  assertEquals((await all(client, "contacts")).length, 40);
});

Deno.test("createSandbox() changes only what a contact's PUT names, and answers only meta", async () => {
  for (const profile of ["documented", "observed"] as const) {
    await using client = await open({ profile });
    const [before] = await all(client, "contacts");
    const { id, creator_id } = before;
    const answer = await put(client, "contacts", id, {
      job_title: "Direktur",
      creator_id,
    });
    assertEquals(Object.keys(answer), ["meta"]);
    const after = await get(client, "contacts", id);
    const { updated_at } = after;
    assertEquals(after, { ...before, job_title: "Direktur", updated_at });
    await refused(
      client,
      "PUT",
      `/contacts/${id}`,
      { job_title: "x", first_name: "" },
      "first_name can't be blank",
    );
    const role = {
      ...await choose(client, "contacts", "buying_role_14", "Pengguna"),
      value: "",
    };
    await refused(
      client,
      "PUT",
      `/contacts/${id}`,
      { job_title: "x", additional_fields: [role] },
      "buying_role_14",
    );
    assertEquals(await get(client, "contacts", id), after);
  }
});

Deno.test("createSandbox() resets a contact's owner on a PUT without creator_id, unless configured otherwise", async () => {
  for (const resetOwner of [true, false]) {
    await using client = await open({ resetOwner });
    const { id } = await make(client, "contacts", {
      ...await contactBody(client),
      creator_id: USER.bagas,
    });
    const wanted = resetOwner ? USER.ratna : USER.bagas;
    for (const body of [{ job_title: "a" }, { creator_id: null }]) {
      await put(client, "contacts", id, body);
      assertEquals((await get(client, "contacts", id)).creator_id, wanted);
    }
    const path = `/contacts/${id}`;
    await refused(client, "PUT", path, { creator_id: 99 }, "creator_id");
  }
});

Deno.test("createSandbox() gives a contact to another owner, and refuses a missing or unknown one", async () => {
  await using client = await open();
  const [{ id }] = await all(client, "contacts") as [Json];
  const path = `/contacts/${id}/update_owner`;
  const { status, body } = await client.call("PUT", path, {
    creator_id: USER.bagas,
  });
  assertEquals([status, Object.keys(body)], [200, ["meta"]]);
  for (const wrong of [{}, { creator_id: null }, { creator_id: 99 }]) {
    await refused(client, "PUT", path, wrong, "creator_id");
  }
  assertEquals((await get(client, "contacts", id)).creator_id, USER.bagas);
  assertEquals((await happenings(client, "contacts", id))[0], "assigned");
  const missing = await client.call("PUT", "/contacts/1/update_owner", {
    creator_id: USER.bagas,
  });
  assertEquals(missing.status, 404);
});

Deno.test("createSandbox() deletes a contact once", async () => {
  await using client = await open();
  const [{ id }] = await all(client, "contacts") as [Json];
  const { status, body } = await client.call("DELETE", `/contacts/${id}`);
  assertEquals([status, Object.keys(body)], [200, ["meta"]]);
  assertEquals((await client.call("DELETE", `/contacts/${id}`)).status, 404);
  assertEquals((await client.call("GET", `/contacts/${id}`)).status, 404);
});

Deno.test("createSandbox() accepts a contact as it was read", async () => {
  await using client = await open();
  for (const contact of await all(client, "contacts")) {
    await put(client, "contacts", contact.id, contact);
    const { updated_at } = contact;
    const again = await get(client, "contacts", contact.id);
    assertEquals({ ...again, updated_at }, contact);
  }
});
