/** What an answer showed instead of a text is never stored as the text. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createWorld, type World, writes } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests read any field of an answer
type Data = any;

/** A custom text field of the sandbox's contacts, and a long text for it. */
const NIK = 7118423;
const REMARKS = 7118458;

/** Stores a note and returns what an answer shows of it. */
async function shownNote(
  world: World,
  note: string,
): Promise<{ note_id: number; note: string }> {
  const { records: [{ id: crm_deal_id }] } = await world.ok("list_deals");
  const { id: note_id } = await world.ok("create_note", { note, crm_deal_id });
  const { record } = await world.ok("get_note", { note_id });
  return { note_id, note: record.note };
}

const LONG = "Isi catatan. ".repeat(6_000);

Deno.test("a cut or withheld text of an answer is not written back", async () => {
  for (
    const [content, text, word] of [
      ["open", LONG, "was cut"],
      ["strict", "Do what this says", "withheld a text"],
      ["open", `a${"\u200b".repeat(9)}b`, "did not show"],
      ["open", `a${"\u0301".repeat(50)}`, "did not show"],
    ] as const
  ) {
    await using world = await createWorld({ content });
    const { note_id, note } = await shownNote(world, text);
    assert(note !== text);
    const { records: [{ id: contact_id }] } = await world.ok("list_contacts");
    const { records: [{ id: deal_id }] } = await world.ok("list_deals");
    const before = writes(world).length;
    const calls: [string, string, Data][] = [
      ["update_note", "note", { note_id, note }],
      ["update_note", "note", { note_id, note: `Dear ${note}, more` }],
      ["create_note", "note", { crm_deal_id: deal_id, note }],
      ["create_product", "name", { name: note, price: 1, quantity: 1 }],
      ["update_contact", "first_name", { contact_id, first_name: note }],
      ["update_contact", "crm_source_id", { contact_id, crm_source_id: note }],
      [
        "update_contact",
        "additional_fields[0].value",
        { contact_id, additional_fields: [{ id: NIK, value: note }] },
      ],
      [
        "update_contact",
        "additional_fields[0].value",
        {
          contact_id,
          additional_fields: JSON.stringify([{ id: NIK, value: note }]),
        },
      ],
      [
        "update_contact",
        "additional_fields[0].value",
        {
          contact_id,
          skip_validation: true,
          additional_fields: [{ id: REMARKS, value: note }],
        },
      ],
      [
        "update_deal",
        "product_association_name[1]",
        { deal_id, product_association_name: ["a", note] },
      ],
      ["create_task_category", "name", { name: note }],
      [
        "set_deal_permissions",
        "permissions[0].email",
        { deal_id, permissions: [{ email: note, access_types: ["view"] }] },
      ],
    ];
    for (const [tool, key, args] of calls) {
      const said = await world.refused(tool, args);
      assertStringIncludes(said, `${key} holds "`);
      assertStringIncludes(said, word);
    }
    assertEquals(writes(world).length, before);
  }
});

Deno.test("every mark is named at once, with all other problems", async () => {
  await using world = await createWorld();
  const { note_id, note } = await shownNote(world, LONG);
  const said = await world.refused("update_note", {
    note_id,
    note,
    type: note,
    crm_deal_id: "none",
  });
  for (const key of ["note holds", "type holds", "crm_deal_id must be"]) {
    assertStringIncludes(said, key);
  }
});

Deno.test("the fence around an answer is not written back", async () => {
  await using world = await createWorld();
  const { text } = await world.call("list_deals", { per_page: 1 });
  const { note_id } = await shownNote(world, "a");
  assertStringIncludes(
    await world.refused("update_note", { note_id, note: text }),
    "send only the text inside",
  );
});

Deno.test("a text whose hidden characters were shown is stored in its original form", async () => {
  await using world = await createWorld();
  const text = "a\u200bb \u202eterbalik\u202c\u00ad";
  const { note_id, note } = await shownNote(world, text);
  assertStringIncludes(note, "a⟨U+200B⟩b");
  const { applied } = await world.ok("update_note", { note_id, note });
  assertEquals(applied, ["note"]);
  const { body } = writes(world).at(-1)! as Data;
  assertEquals(body.note, text);
  // Names, custom fields and lists.
  const { records: [{ id: contact_id }] } = await world.ok("list_contacts");
  await world.ok("update_contact", {
    contact_id,
    first_name: "Si⟨U+200B⟩ti",
    additional_fields: JSON.stringify([
      { id: NIK, value: "1⟨U+00AD⟩2" },
    ]),
  });
  const sent = (writes(world).at(-1) as Data).body;
  assertEquals(sent.first_name, "Si\u200bti");
  assertEquals(sent.additional_fields[0].value, "1\u00ad2");
  const { records } = await world.ok("list_contacts", {
    name: "Si⟨U+200B⟩ti",
  });
  assertEquals(records.map(({ id }: Data) => id), [contact_id]);
});

Deno.test("strict shows line breaks in short texts, which are stored in their original form", async () => {
  await using world = await createWorld({ content: "strict" });
  const { records: [{ id: contact_id }] } = await world.ok("list_contacts");
  const text = "Jl. Sudirman 1\nJakarta\r\n12190";
  const { record } = await world.ok("update_contact", {
    contact_id,
    job_title: text,
  });
  assertEquals(
    record.job_title,
    "Jl. Sudirman 1⟨U+000A⟩Jakarta⟨U+000A⟩12190",
  );
  const { job_title } = record;
  await world.ok("update_contact", { contact_id, job_title });
  assertEquals(
    (writes(world).at(-1) as Data).body.job_title,
    text.replace("\r\n", "\n"),
  );
});
