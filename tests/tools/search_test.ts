/** search and fetch, as ChatGPT's connectors call them. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { createWorld as createData } from "../../src/sandbox/data/world.ts";
import { contactName, type Stored, userOf } from "../../src/sandbox/records.ts";
import { createTwoCompanies } from "../support/two_companies.ts";
import { createWorld, type World } from "../support/world.ts";

const data = createData(1);

/** A result of search. */
interface Result {
  readonly id: string;
  readonly title: string;
  readonly url: string;
  readonly matched?: string;
}

async function found(world: World, query: string): Promise<Result[]> {
  return (await world.ok("search", { query })).results;
}

async function first(world: World, query: string): Promise<string> {
  return (await found(world, query))[0]?.id ?? "none";
}

Deno.test("search and fetch answer as ChatGPT's connectors expect, in the text as in the data", async () => {
  await using world = await createWorld();
  const [company] = data.companies.values();
  const name = String(company!.values.name);
  const searched = await world.call("search", { query: name });
  assertEquals(JSON.parse(searched.text), searched.data);
  const { results } = searched.data as unknown as { results: Result[] };
  for (const result of results) {
    assertEquals(Object.keys(result).slice(0, 3), ["id", "title", "url"]);
    assertMatch(result.id, /^[a-z_]+\/\d+$/);
    assertEquals(result.url, `qontak://${result.id}`);
  }
  assertEquals(results[0]!.id, `companies/${company!.id}`);
  assertStringIncludes(results[0]!.title, JSON.stringify(name));

  for (const { id, title, url } of results) {
    const fetched = await world.call("fetch", { id });
    assertEquals(JSON.parse(fetched.text), fetched.data, id);
    const document = fetched.data as Record<string, unknown>;
    assertEquals(Object.keys(document).slice(0, 5), [
      "id",
      "title",
      "text",
      "url",
      "metadata",
    ]);
    assertEquals([document.id, document.url], [id, url]);
    assertMatch(String(document.text), /^<(qontak-data \d{6})>\n[^]*\n<\/\1>$/);
    if (!id.startsWith("notes/")) assertEquals(document.title, title);
  }
  // A result's address is an id as well.
  const { id } = await world.ok("fetch", { id: results[0]!.url });
  assertEquals(id, results[0]!.id);
});

Deno.test("search says which fields hold what was searched for", async () => {
  await using world = await createWorld();
  const contact = [...data.contacts.values()].find(({ values }) =>
    values.telephone === "081277670883"
  )!;
  const { first_name, last_name, email } = contact.values;
  const [company] = data.companies.values();
  const [custom] = (await world.ok("get_contact_template", {})).fields.filter(
    ({ id, type }: { id: unknown; type: string }) => id && /text/i.test(type),
  );
  await world.ok("update_contact", {
    contact_id: contact.id,
    additional_fields: [{ id: custom.id, value: "Alasan xylofon" }],
  });
  for (
    const [query, id, matched] of [
      ["+62 812-7767-0883", `contacts/${contact.id}`, "telephone"],
      [email, `contacts/${contact.id}`, "email"],
      [String(contact.id), `contacts/${contact.id}`, "id"],
      [
        `${first_name} ${last_name}`,
        `contacts/${contact.id}`,
        "first_name, last_name",
      ],
      [company!.values.name, `companies/${company!.id}`, "name"],
      ["xylofon", `contacts/${contact.id}`, JSON.stringify(custom.label)],
    ]
  ) {
    const results = await found(world, String(query));
    const own = results.find((one) => one.id === id)!;
    assertEquals(own.matched, matched, String(query));
  }
  // A note is shown with its record, and says so if it holds the words.
  const { record: note } = await world.ok("create_note", {
    note: `Kunjungan ke ${company!.values.name}`,
    crm_company_id: company!.id,
  });
  const results = await found(world, String(company!.values.name));
  const own = results.find(({ id }) => id === `notes/${note.id}`);
  assertEquals(own?.matched, "note");
});

Deno.test("search says why it shows a note, and how to search all notes", async () => {
  await using world = await createWorld();
  const [company] = data.companies.values();
  for (const note of ["Kunjungan", "Diskon kwaliwali disetujui"]) {
    await world.ok("create_note", { note, crm_company_id: company!.id });
  }
  const results = await found(world, String(company!.values.name));
  const notes = results.filter(({ id }) => id.startsWith("notes/"));
  assert(notes.length >= 2);
  for (const { matched, title } of notes) {
    const [, kind] = /^note on (\w+) /.exec(title)!;
    assertStringIncludes(matched!, `its ${kind}: `);
  }
  // Some words are of the record, the others of its note.
  const { results: [both] } = await world.ok("search", {
    query: `${company!.values.name} kwaliwali`,
  });
  assertEquals(both.matched, "note");
  assertStringIncludes(both.title, "Diskon kwaliwali disetujui");
  // Only the notes of records that are found are searched.
  const { results: none, rules } = await world.ok("search", {
    query: "kwaliwali",
  });
  assertEquals(none, []);
  assertStringIncludes(rules.notes, "query_records");
  const { records } = await world.ok("query_records", {
    resource: "notes",
    of: { resource: "companies" },
    where: [{ field: "note", op: "contains", value: "kwaliwali" }],
  });
  assertEquals(records.length, 1);
});

Deno.test("search shows a note without the words only of a record whose name has them", async () => {
  await using world = await createWorld();
  const { records: [deal] } = await world.ok("list_deals");
  await world.ok("create_note", { note: "Kunjungan", crm_deal_id: deal.id });
  const matchesOf = async (query: string) =>
    (await found(world, query)).map(({ id, matched }) => [
      id.split("/")[0],
      matched,
    ]);
  // Words of a custom field are not in the notes of its deal.
  for (const [kind, matched] of await matchesOf("diskon")) {
    if (kind === "notes") assertEquals(matched, "note");
  }
  const named = (await matchesOf(deal.name)).filter(([kind]) =>
    kind === "notes"
  );
  assert(named.some(([, matched]) => matched === "its deal: name"));
});

Deno.test("search counts what it leaves out only of records that match as well, and says so", async () => {
  await using world = await createWorld();
  for (const name of ["Zirkon Hijau", "Zirkon Merah", "Zirkon Ungu"]) {
    await world.ok("create_company", {
      name: `PT ${name}`,
      creator_id: "me",
      allow_duplicate: true,
    });
  }
  const all = await world.ok("search", { query: "zirkon ungu" });
  assertEquals(all.results.length, 1);
  assertEquals(all.left_out, undefined);
  assertEquals(Object.keys(all.rules), ["notes"]);
  const many = await world.ok("search", { query: "PT" });
  assert(many.left_out > 0);
  assertStringIncludes(many.rules.left_out, "match like these");
  const some = await world.ok("search", { query: "kertas kursi meja toner" });
  assert(some.left_out > 0);
  assertStringIncludes(some.rules.left_out, "some words of query");
});

Deno.test("fetch shows what a record has, and its notes", async () => {
  await using world = await createWorld();
  const [note] = [...data.notes.values()].filter(({ values }) =>
    values.crm_deal_id
  );
  const deal = data.deals.get(note!.values.crm_deal_id as number)!;
  const { text, metadata } = await world.ok("fetch", {
    id: `deals/${deal.id}`,
  });
  assertStringIncludes(text, `name: ${deal.values.name}`);
  assertStringIncludes(text, String(note!.values.note));
  const author = userOf(data, note!.values.creator_id)!.name;
  assertStringIncludes(text, `Note ${note!.id} of `);
  assertStringIncludes(text, ` by ${author}: ${note!.values.note}`);
  assertEquals(metadata.kind, "deal");
  assertEquals(metadata.record_id, deal.id);
  assertEquals(Date.parse(metadata.updated_at), deal.updatedAt);
  const own = await world.ok("fetch", { id: `notes/${note!.id}` });
  assertStringIncludes(own.text, String(note!.values.note));
});

Deno.test("fetch calls custom fields as search does", async () => {
  await using world = await createWorld();
  const [result] = await found(world, "diskon");
  assertEquals(result!.matched, '"Catatan Internal"');
  const { text } = await world.ok("fetch", { id: result!.id });
  assertMatch(text, /^Catatan Internal: .*diskon/im);
});

Deno.test("fetch refuses what is not an id, and suggests the nearest", async () => {
  await using world = await createWorld();
  for (
    const [id, told] of [
      ["deal/5", "Did you mean deals?"],
      ["users/5", "There are contacts"],
      ["deals/x", "is not an id that search gives"],
      ["deals/5/timeline", "is not an id that search gives"],
      ["../deals/5", "is not an id that search gives"],
      ["", "is not an id that search gives"],
      ["deals/5", "404"],
    ] as const
  ) assertStringIncludes(await world.refused("fetch", { id }), told);
});

Deno.test("search forgives case, accents, spacing, legal forms and titles in names", async () => {
  await using world = await createWorld();
  const company = [...data.companies.values()].find(({ values }) =>
    values.name === "PT Graha Medika Sejahtera"
  )!;
  for (
    const query of [
      "PT Graha Medika Sejahtera",
      "graha medika sejahtera",
      "GRAHA  MEDIKA SEJAHTERA, PT",
      "Gráha Médika Sejahtera Tbk",
      "GrahaMedika Sejahtera",
      "graha medika",
      "medika sejahtera",
      "grahamedika",
    ]
  ) assertEquals(await first(world, query), `companies/${company.id}`, query);
  const contact = [...data.contacts.values()].find(
    (one: Stored) =>
      [...data.contacts.values()].filter((other) =>
        contactName(other) === contactName(one)
      ).length === 1,
  )!;
  const name = contactName(contact);
  for (const query of [name, `Bapak ${name}`, `ibu ${name.toLowerCase()}`]) {
    assertEquals(await first(world, query), `contacts/${contact.id}`, query);
  }
});

Deno.test("search finds a phone number in any form, an e-mail address and an id, and nothing else first", async () => {
  await using world = await createWorld();
  const contact = [...data.contacts.values()].find(({ values }) =>
    values.telephone === "081277670883"
  )!;
  for (
    const query of [
      "081277670883",
      "+62 812-7767-0883",
      "62 812 7767 0883",
      "(0812) 7767.0883",
      "+62 (0)812 7767 0883",
      String(contact.values.email),
      String(contact.values.email).toUpperCase(),
      String(contact.id),
      `#${contact.id}`,
      `contacts/${contact.id}`,
      `contact ${contact.id}`,
      `Kontak #${contact.id}`,
    ]
  ) {
    const [one, ...others] = await found(world, query);
    assertEquals(one!.id, `contacts/${contact.id}`, query);
    for (const { id } of others) assert(id.startsWith("notes/"), id);
  }
  assertEquals(await found(world, "0812 7767 0884"), []);
  const others = await found(world, `tugas ${contact.id}`);
  assert(others.every(({ id }) => id !== `contacts/${contact.id}`));
  // Nothing is left out that has only some of the words.
  const named = await world.ok("search", {
    query: `${contactName(contact)} ${contact.values.email}`,
  });
  assertEquals([named.results[0].id, named.left_out], [
    `contacts/${contact.id}`,
    undefined,
  ]);
});

Deno.test("search ranks the whole name, its beginning, then all words, and finds some words only if nothing has all", async () => {
  await using world = await createWorld();
  const ids: string[] = [];
  for (
    const name of [
      "Zirkon Biru",
      "Zirkon Biru Abadi",
      "Gudang Biru Zirkon",
      "Zirkon Hijau",
    ]
  ) {
    const { id } = await world.ok("create_product", { name });
    ids.push(`products/${id}`);
  }
  const results = await found(world, "zirkon biru");
  assertEquals(results.map(({ id }) => id), ids.slice(0, 3));
  const some = await found(world, "zirkon ungu");
  assertEquals(some.map(({ id }) => id).sort(), ids.toSorted());
});

Deno.test("search finds notes of what it found, and reads a bounded number of them", async () => {
  await using world = await createWorld();
  const [note] = [...data.notes.values()].filter(({ values }) =>
    values.crm_company_id
  );
  const company = data.companies.get(note!.values.crm_company_id as number)!;
  const results = await found(world, String(company.values.name));
  const own = results.find(({ id }) => id === `notes/${note!.id}`);
  assertStringIncludes(own!.title, "note on company");
  world.seen();
  const { results: many, left_out } = await world.ok("search", {
    query: "kertas kursi meja toner rak PT",
  });
  assertEquals(many.length, 20);
  assert(left_out > 0);
  const asked = world.seen();
  assert(asked.length <= 5, `${asked.length} requests`);
});

Deno.test("search refuses an empty query, and finds nothing for one that nothing matches", async () => {
  await using world = await createWorld();
  for (const query of [" ", "\u0301".repeat(500)]) {
    assertStringIncludes(await world.refused("search", { query }), "empty");
  }
  assertEquals(await found(world, "qqqqzzzz"), []);
  for (const query of ["%", "…", "a".repeat(5_000)]) {
    await found(world, query);
  }
});

Deno.test("search continues without a kind of record that cannot be read, and says so", async () => {
  await using world = await createWorld({
    retryBudget: 0,
    change(request, answer) {
      if (request.endsWith("/tickets")) {
        answer.meta = { status: 403, developer_message: "no tickets for you" };
      }
    },
  });
  const answer = await world.ok("search", { query: "kertas" });
  assert(answer.results.length > 0);
  assertStringIncludes(answer.incomplete, "tickets could not be read");
});

Deno.test("search and fetch show no free text of records with strict content", async () => {
  await using world = await createWorld({ content: "strict" });
  const [note] = [...data.notes.values()].filter(({ values }) =>
    values.crm_company_id
  );
  const text = String(note!.values.note).replace(/<[^>]*>/g, " ").trim();
  const company = data.companies.get(note!.values.crm_company_id as number)!;
  const { results } = await world.ok("search", { query: company.values.name });
  assert(results.some(({ id }: Result) => id === `notes/${note!.id}`));
  const shown = [
    JSON.stringify(results),
    (await world.call("fetch", { id: `companies/${company.id}` })).text,
    (await world.call("fetch", { id: `notes/${note!.id}` })).text,
  ];
  for (const one of shown) {
    assert(!one.includes(text.slice(0, 20)), one);
    assertStringIncludes(one, "[withheld: ");
  }
});

Deno.test("search and fetch show a company only what is its own", async () => {
  await using two = await createTwoCompanies();
  const { results: [contact] } = await two.ok("acme", "search", {
    query: "a",
  });
  const fetched = await two.ok("acme", "fetch", { id: contact.id });
  const other = await two.ok("beta", "search", { query: contact.id });
  for (const { title } of other.results) assert(title !== contact.title);
  assertEquals(fetched.id, contact.id);
  const all = [await two.ok("acme", "search", { query: "kertas" })]
    .concat(await two.ok("beta", "search", { query: "kertas" }))
    .map(({ results }) => results.map(({ id }: Result) => id));
  assert(all[0].length > 0 && all[1].length > 0);
  assertEquals(all[0].filter((id: string) => all[1].includes(id)), []);
});
