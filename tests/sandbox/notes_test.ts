import { assert, assertEquals } from "@std/assert";
import { createWorld } from "../../src/sandbox/data/world.ts";
import { type Client, type Json, open, refused, USER } from "./client.ts";
import { all, contactBody, get, make, put } from "./records.ts";

const KEYS = [
  ..."id,note,creator_id,last_modifier_id,team_id,organization_id".split(","),
  ..."type,crm_person_id,crm_person_full_name,crm_deal_id".split(","),
  ..."crm_deal_name,crm_company_id,crm_company_name,crm_checkin".split(","),
  ..."crm_note_images,crm_note_audios,created_at,updated_at".split(","),
];

/** The ids of seeded records that have notes, by the note's key. */
function noted(key: string): number[] {
  return [...createWorld(1).notes.values()].flatMap(({ values }) =>
    typeof values[key] === "number" ? [values[key]] : []
  );
}

async function list({ call }: Client, query: string): Promise<Json> {
  return (await call("GET", `/notes?${query}`)).body;
}

Deno.test("createSandbox() lists the notes of one record, without pages", async () => {
  await using client = await open();
  let html = 0;
  for (
    const [query, key, type] of [
      ["crm_lead_id", "crm_person_id", "Crm::PersonNote"],
      ["crm_company_id", "crm_company_id", "Crm::CompanyNote"],
      ["crm_deal_id", "crm_deal_id", "Crm::DealNote"],
    ] as const
  ) {
    const ids = noted(key);
    assert(ids.length >= 8, key);
    for (const id of ids) {
      const body = await list(client, `${query}=${id}&per_page=1`);
      assertEquals(Object.keys(body), ["meta", "response"]);
      assertEquals(
        body.response.length,
        ids.filter((one) => one === id).length,
      );
      for (const note of body.response) {
        assertEquals(Object.keys(note), KEYS);
        assertEquals([note.type, note[key]], [type, id]);
        if (note.note.startsWith("<p>")) html++;
        assertEquals(await get(client, "notes", note.id), note);
      }
    }
    assertEquals((await list(client, `${query}=1`)).response, []);
  }
  assert(html > 0);
  await refused(client, "GET", "/notes", undefined, "crm_lead_id");
  await refused(
    client,
    "GET",
    "/notes?crm_person_id=1",
    undefined,
    "crm_lead_id",
  );
});

Deno.test("createSandbox() lists the first of lead, company and deal that has notes", async () => {
  await using client = await open();
  const [lead] = noted("crm_person_id");
  const [company] = noted("crm_company_id");
  const [deal] = noted("crm_deal_id");
  const first = async (query: string): Promise<string> =>
    (await list(client, query)).response[0]?.type;
  const rest = `crm_company_id=${company}&crm_deal_id=${deal}`;
  assertEquals(await first(`${rest}&crm_lead_id=${lead}`), "Crm::PersonNote");
  assertEquals(await first(`${rest}&crm_lead_id=1`), "Crm::CompanyNote");
  assertEquals(
    await first(`crm_lead_id=1&crm_company_id=1&crm_deal_id=${deal}`),
    "Crm::DealNote",
  );
  assertEquals(await first("crm_lead_id=1&crm_company_id=1"), undefined);
});

Deno.test("createSandbox() creates a note at either path, and answers without its type", async () => {
  await using client = await open();
  const contact = await make(client, "contacts", await contactBody(client));
  const [company] = await all(client, "companies");
  const [deal] = await all(client, "deals");
  for (
    const [path, about, type] of [
      ["notes", { crm_person_id: contact.id }, "Crm::PersonNote"],
      ["notes/", { crm_person_full_name: "Nadia Kurnia" }, "Crm::PersonNote"],
      ["notes/", { crm_company_id: company.id }, "Crm::CompanyNote"],
      [
        "notes",
        { crm_deal_id: deal.id, type: "Crm::DealNote" },
        "Crm::DealNote",
      ],
    ] as const
  ) {
    const made = await make(client, path, {
      note: "Catatan",
      ...about,
      title: 1,
    });
    assertEquals(Object.keys(made), KEYS);
    assertEquals(made.type, null);
    const note = await get(client, "notes", made.id);
    assertEquals([note.note, note.type], ["Catatan", type]);
    assertEquals(
      [note.creator_id, note.last_modifier_id, note.crm_checkin],
      [USER.ratna, USER.ratna, ""],
    );
  }
  const { response } = await list(client, `crm_lead_id=${contact.id}`);
  assertEquals(response.length, 2);
  assertEquals(response[0].crm_person_full_name, "Nadia Kurnia");
});

Deno.test("createSandbox() refuses an invalid note, and names the key", async () => {
  await using client = await open();
  const [contact] = await all(client, "contacts");
  const [deal] = await all(client, "deals");
  const body = { note: "Catatan", crm_person_id: contact.id };
  for (
    const [change, name] of [
      [{ note: "" }, "note can't be blank"],
      [{ note: null }, "note can't be blank"],
      [{ note: 5 }, "note"],
      [{ crm_person_id: 5 }, "crm_person_id"],
      [{ crm_person_id: null }, "exactly one of"],
      [{ crm_deal_id: deal.id }, "exactly one of"],
      [{ type: "Crm::DealNote" }, "type must be Crm::PersonNote"],
      [{ creator_id: 5 }, "creator_id"],
    ] as const
  ) {
    await refused(client, "POST", "/notes/", { ...body, ...change }, name);
  }
});

Deno.test("createSandbox() changes a note and answers only meta", async () => {
  await using client = await open();
  const [leadId] = noted("crm_person_id");
  const [before] = (await list(client, `crm_lead_id=${leadId}`)).response;
  const answer = await put(client, "notes", before.id, { note: "Baru" });
  assertEquals(Object.keys(answer), ["meta"]);
  const after = await get(client, "notes", before.id);
  assertEquals(after, {
    ...before,
    note: "Baru",
    last_modifier_id: USER.ratna,
    updated_at: after.updated_at,
  });
  const [deal] = await all(client, "deals");
  const path = `/notes/${before.id}`;
  await refused(
    client,
    "PUT",
    path,
    { crm_deal_id: deal.id },
    "exactly one of",
  );
  await put(client, "notes", before.id, {
    type: "Crm::DealNote",
    crm_person_id: null,
    crm_deal_id: deal.id,
    last_modifier_id: USER.bagas,
  });
  const moved = await get(client, "notes", before.id);
  assertEquals(
    [moved.type, moved.crm_person_id, moved.crm_deal_name],
    ["Crm::DealNote", null, deal.name],
  );
  assertEquals(moved.last_modifier_id, USER.bagas);
  assertEquals((await client.call("PUT", "/notes/1", {})).status, 404);
});

Deno.test("createSandbox() names a note's check-in as Qontak's OpenAPI does in the observed profile", async () => {
  await using client = await open({ profile: "observed" });
  const shown = await Promise.all(
    [...createWorld(1).notes.keys()].map((id) => get(client, "notes", id)),
  );
  assert(shown.every((note) => !("crm_checkin" in note)));
  const places = shown.map((note) => note.crm_checkin_attributes);
  assert(places.includes(null));
  assert(places.some((place) => typeof place?.address === "string"));
});

Deno.test("createSandbox() deletes a note once", async () => {
  await using client = await open();
  const [leadId] = noted("crm_person_id");
  const [{ id }] = (await list(client, `crm_lead_id=${leadId}`)).response;
  const { status, body } = await client.call("DELETE", `/notes/${id}`);
  assertEquals([status, Object.keys(body)], [200, ["meta"]]);
  assertEquals((await client.call("DELETE", `/notes/${id}`)).status, 404);
  assertEquals((await client.call("GET", `/notes/${id}`)).status, 404);
  assertEquals((await client.call("GET", "/notes/info")).body.meta.status, 404);
});
