import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createWorld } from "../../src/sandbox/data/world.ts";
import { INQUIRY, open } from "./client.ts";
import { all, contactBody, get, happenings, make, put } from "./records.ts";

Deno.test("createSandbox() keeps the relations of its seeded records both ways", async () => {
  await using client = await open();
  const deals = await all(client, "deals");
  const contacts = await all(client, "contacts");
  for (const company of await all(client, "companies")) {
    assertEquals(
      new Set(company.crm_deal_ids),
      new Set(
        deals.filter((one) => one.crm_company_id?.[0] === company.id)
          .map((one) => one.id),
      ),
    );
    assertEquals(
      new Set(company.crm_person_name),
      new Set(
        contacts.filter((one) => one.crm_company_id === company.id)
          .map((one) => `${one.first_name} ${one.last_name}`.trim()),
      ),
    );
  }
  for (const contact of contacts) {
    assertEquals(
      new Set(contact.crm_deal_ids),
      new Set(
        deals.filter((one) => one.crm_lead_ids.includes(contact.id))
          .map((one) => one.id),
      ),
    );
  }
});

Deno.test("createSandbox() changes a contact and its deals together", async () => {
  await using client = await open();
  const deal = await make(client, "deals", INQUIRY);
  const contact = await make(client, "contacts", {
    ...await contactBody(client),
    crm_deal_ids: [deal.id],
  });
  assertEquals((await get(client, "deals", deal.id)).crm_lead_ids, [
    contact.id,
  ]);
  assertEquals((await happenings(client, "deals", deal.id))[0], "associated");
  await put(client, "contacts", contact.id, { job_title: "Tetap" });
  assertEquals((await get(client, "contacts", contact.id)).crm_deal_ids, [
    deal.id,
  ]);
  await put(client, "deals", deal.id, { crm_lead_ids: [] });
  assertEquals((await get(client, "contacts", contact.id)).crm_deal_ids, []);
  await put(client, "contacts", contact.id, { crm_deal_name: [INQUIRY.name] });
  await put(client, "contacts", contact.id, { crm_deal_ids: null });
  assertEquals((await get(client, "deals", deal.id)).crm_lead_ids, []);
});

Deno.test("createSandbox() changes a company, its contacts and its deals together", async () => {
  await using client = await open();
  const deal = await make(client, "deals", INQUIRY);
  const contact = await make(client, "contacts", await contactBody(client));
  const [one, two] = [
    await make(client, "companies", {
      name: "PT Satu",
      crm_person_ids: [contact.id],
      crm_deal_ids: [deal.id],
    }),
    await make(client, "companies", { name: "PT Dua" }),
  ];
  assertEquals(one.crm_person_name, ["Nadia Kurnia"]);
  assertEquals(
    (await get(client, "contacts", contact.id)).crm_company_name,
    "PT Satu",
  );
  assertEquals((await get(client, "deals", deal.id)).crm_company_id, [one.id]);

  // A contact and a deal have one company, so they move to the new one.
  await put(client, "companies", two.id, {
    crm_person_ids: [contact.id],
    crm_deal_ids: [deal.id],
  });
  const left = await get(client, "companies", one.id);
  assertEquals([left.crm_person_ids, left.crm_deal_ids], [[], []]);
  await put(client, "contacts", contact.id, { crm_company_id: one.id });
  assertEquals((await get(client, "companies", two.id)).crm_person_ids, []);
  assertEquals(
    (await happenings(client, "companies", one.id))[0],
    "associated",
  );
  assertEquals(
    (await happenings(client, "companies", two.id))[0],
    "dissociated",
  );
});

Deno.test("createSandbox() removes a deleted record from the others", async () => {
  await using client = await open();
  const [company] = (await all(client, "companies")).filter((one) =>
    one.crm_deal_ids.length && one.crm_person_ids.length
  );
  const contactId = company.crm_person_ids[0];
  const dealId = company.crm_deal_ids[0];
  const { id: noteId } = await make(client, "notes", {
    note: "Tentang perusahaan",
    crm_company_id: company.id,
  });
  await client.call("DELETE", `/companies/${company.id}`);
  const contact = await get(client, "contacts", contactId);
  assertEquals([contact.crm_company_id, contact.crm_company_name], [
    null,
    null,
  ]);
  assertEquals((await get(client, "deals", dealId)).crm_company_id, null);
  assertEquals((await get(client, "notes", noteId)).crm_company_id, null);
  assertEquals(await all(client, "deals", `company_ids=${company.id}`), []);

  await put(client, "contacts", contactId, { crm_deal_ids: [dealId] });
  await client.call("DELETE", `/deals/${dealId}`);
  assertEquals((await get(client, "contacts", contactId)).crm_deal_ids, []);

  const ticket = (await all(client, "tickets"))[0];
  const [leadId] = ticket.crm_lead_ids;
  await client.call("DELETE", `/contacts/${leadId}`);
  assertEquals((await get(client, "tickets", ticket.id)).crm_lead_ids, []);
  for (const deal of await all(client, "deals")) {
    assert(!deal.crm_lead_ids.includes(leadId));
  }
});

Deno.test("createSandbox() makes contacts, companies, tickets and notes with all required values", async () => {
  for (const seed of [2, 3]) {
    await using client = await open({ seed });
    for (const resource of ["contacts", "companies", "tickets"]) {
      for (const { id, creator_id } of await all(client, resource)) {
        await put(client, resource, id, { creator_id });
      }
    }
    for (const id of createWorld(seed).notes.keys()) {
      await put(client, "notes", id, {});
    }
  }
});

Deno.test("createSandbox() makes the same contacts, companies, tickets and notes from the same seed", () => {
  const [one, same, other] = [7, 7, 8].map((seed) => {
    const { contacts, companies, tickets, notes } = createWorld(seed);
    return { contacts, companies, tickets, notes };
  });
  assertEquals(one, same);
  assertNotEquals(one, other);
});
