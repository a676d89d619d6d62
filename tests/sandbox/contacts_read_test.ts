import { assert, assertEquals } from "@std/assert";
import { custom, type Json, open, refused } from "./client.ts";
import {
  all,
  contactBody,
  fields,
  get,
  happenings,
  make,
  put,
} from "./records.ts";

const SHOWN = [
  ..."id,first_name,last_name,slug,created_at,updated_at,job_title".split(","),
  ..."creator_id,creator_name,email,telephone,crm_status_id".split(","),
  ..."crm_status_name,date_of_birth,crm_source_id,crm_source_name".split(","),
  ..."crm_gender_id,crm_gender_name,income,upload_id,customer_id".split(","),
  ..."crm_company_id,crm_company_name,crm_deal_ids,crm_deal_name".split(","),
  "additional_fields",
];
const ADDRESS = ["address", "country", "province", "city", "zipcode"];

Deno.test("createSandbox() shows the contact template as Qontak does", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/contacts/info");
  const template: Json[] = body.response;
  assertEquals(Object.keys(template[0]), [
    "id",
    "name",
    "name_alias",
    "required",
    "additional_field",
    "type",
    "dropdown",
  ]);
  for (const field of template) {
    assertEquals(Object.keys(field), Object.keys(template[0]));
    assertEquals(typeof field.required, "boolean");
  }
  const names = template.map((one) => one.name);
  for (const name of ["crm_phones", "crm_location_address_map"]) {
    assert(names.includes(name));
  }
  assert(!names.includes("telephone"));
  const [company] = await fields(client, "contacts", "crm_company_id");
  assertEquals([company.name_alias, company.type], [null, "Number"]);
  assertEquals(
    template.filter((one) => one.required).map((one) => one.name),
    ["first_name", "creator_id", "buying_role_14"],
  );
  const [gender] = await fields(client, "contacts", "crm_gender_id");
  assertEquals(gender.dropdown, [
    { id: 1, name: "Female" },
    { id: 2, name: "Male" },
  ]);
  const customs = template.filter((one) => one.additional_field);
  assertEquals(customs.length, 16);
  assertEquals(new Set(customs.map((one) => one.id)).size, 16);
  const dealers = await fields(client, "contacts", "dealer_name");
  assertEquals(dealers.map((one) => one.type), [
    "Single-line text",
    "Dropdown select",
  ]);
});

Deno.test("createSandbox() pages through forty contacts", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/contacts?page=2");
  assertEquals(Object.keys(body), [
    ..."meta,response,page,total_page,current_data,total_data".split(","),
  ]);
  assertEquals([body.page, body.total_page, body.total_data], [2, 2, 40]);
  assertEquals(body.response.length, 15);
  const contacts = await all(client, "contacts");
  assertEquals(new Set(contacts.map((one) => one.id)).size, 40);
  for (const contact of contacts) {
    assertEquals(Object.keys(contact), SHOWN);
    assert(custom(contact, "buying_role_14").value_name);
  }
  assert(contacts.some((one) => one.crm_deal_ids.length > 0));
  assert(contacts.some((one) => one.crm_company_id === null));
});

Deno.test("createSandbox() filters contacts by everything that Qontak documents", async () => {
  await using client = await open();
  const contacts = await all(client, "contacts");
  const contact = contacts.find((one) =>
    one.crm_deal_ids.length && one.crm_status_id && one.crm_company_id
  );
  const name = `${contact.first_name} ${contact.last_name}`.toUpperCase();
  for (
    const [query, fits] of [
      [
        `name=${encodeURIComponent(name)}`,
        (one: Json) =>
          one.first_name === contact.first_name &&
          one.last_name === contact.last_name,
      ],
      ["job_title=manajer", (one: Json) => one.job_title.includes("Manajer")],
      [
        `phone=${contact.telephone.slice(2)}`,
        (one: Json) => one.telephone === contact.telephone,
      ],
      [`email=${contact.email}`, (one: Json) => one.email === contact.email],
      [
        `crm_company_id=${contact.crm_company_id}`,
        (one: Json) => one.crm_company_id === contact.crm_company_id,
      ],
      [
        `crm_deal_id=${contact.crm_deal_ids[0]}`,
        (one: Json) => one.crm_deal_ids.includes(contact.crm_deal_ids[0]),
      ],
      [
        `crm_status_id=${contact.crm_status_id}`,
        (one: Json) => one.crm_status_id === contact.crm_status_id,
      ],
    ] as const
  ) {
    const found = await all(client, "contacts", query);
    if (query !== "job_title=manajer") {
      assert(found.some((one) => one.id === contact.id), query);
    }
    assert(found.length > 0 && found.length < 40, query);
    assertEquals(found, contacts.filter(fits), query);
  }
  for (const query of ["name=zzz", "crm_deal_id=1", "crm_company_id=x"]) {
    assertEquals(await all(client, "contacts", query), []);
  }
  assertEquals((await all(client, "contacts", "crm_source_id=1")).length, 40);
});

Deno.test("createSandbox() filters contacts by the day of their creation", async () => {
  await using client = await open();
  const contacts = await all(client, "contacts");
  const days = contacts.map((one) => one.created_at.slice(0, 10)).sort();
  const day = days[20]!;
  const [year, month, date] = day.split("-");
  const since = contacts.filter((one) => one.created_at.slice(0, 10) >= day);
  assertEquals(
    await all(client, "contacts", `created_after=${date}-${month}-${year}`),
    since,
  );
  const slashed = `${date}/${month}/${year}`;
  assertEquals(
    await all(
      client,
      "contacts",
      `created_between_start=${slashed}&created_between_end=${slashed}`,
    ),
    contacts.filter((one) => one.created_at.startsWith(day)),
  );
  for (const wrong of [day, "31-02-2026", "1-1-2026", "yesterday"]) {
    const path = `/contacts?created_after=${wrong}`;
    await refused(client, "GET", path, undefined, "created_after");
  }
});

Deno.test("createSandbox() answers one contact as a list, or as an object in the observed profile", async () => {
  await using client = await open();
  const [contact] = await all(client, "contacts");
  const path = `/contacts/${contact.id}`;
  const { body } = await client.call("GET", path);
  assertEquals(body.response, [contact]);
  assertEquals([body.page, body.total_data], [1, 1]);
  assertEquals((await client.call("GET", "/contacts/1")).status, 404);

  await using observed = await open({ profile: "observed" });
  const { body: seen } = await observed.call("GET", path);
  assertEquals(Object.keys(seen), ["meta", "response"]);
  assertEquals(seen.response.id, contact.id);
});

Deno.test("createSandbox() stores a contact's address, and shows it only in the observed profile", async () => {
  for (const profile of ["documented", "observed"] as const) {
    await using client = await open({ profile });
    const address = { address: "Jl. A 1", city: "Bogor", zipcode: 16_111 };
    const made = await make(client, "contacts", {
      ...await contactBody(client),
      ...address,
    });
    const contact = await get(client, "contacts", made.id);
    const shown = ADDRESS.filter((key) => key in contact);
    assertEquals(shown, profile === "observed" ? ADDRESS : []);
    if (profile === "observed") assertEquals(contact.zipcode, "16111");
  }
});

Deno.test("createSandbox() shows a contact's timeline and chat history", async () => {
  await using client = await open();
  await using observed = await open({ profile: "observed" });
  let talked = 0;
  for (const { id } of await all(client, "contacts")) {
    assertEquals((await happenings(client, "contacts", id)).at(-1), "added");
    const path = `/contacts/${id}/chat-history`;
    const { response: room } = (await client.call("GET", path)).body;
    const { response: rooms } = (await observed.call("GET", path)).body;
    assertEquals(rooms, room.room_id ? [room] : []);
    if (room.room_id) talked++;
  }
  assert(talked > 0 && talked < 40);
  const [{ id }] = await all(client, "contacts") as [Json];
  await put(client, "contacts", id, { job_title: "Baru" });
  const { body } = await client.call("GET", `/contacts/${id}/timeline`);
  assertEquals([body.response[0].what, body.response[0].how], [
    "a contact",
    "updated ",
  ]);
  for (const name of ["timeline", "chat-history"]) {
    assertEquals((await client.call("GET", `/contacts/1/${name}`)).status, 404);
  }
  for (const name of ["chat_history", "chat-history/", "stage_history"]) {
    const { body } = await client.call("GET", `/contacts/${id}/${name}`);
    assertEquals(body, { status: 404, error: "Not Found" });
  }
});
