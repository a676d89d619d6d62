/**
 * The values of a write, from a client's arguments to the record that Qontak
 * stores.
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { createWorld, type World, writes } from "../support/world.ts";

/** Custom fields of the sandbox's contacts. */
const NIK = 7118423;
const WHATSAPP = 7118409;
const VISITS = 7118430;
const CONTENT = 7118437;
const VISITED = 7118444;
const NEXT_CALL = 7118451;

const custom = (id: number, value: unknown) => ({
  additional_fields: [{ id, value }],
});

/** Every kind of number, as a function from its text to a call. */
async function numbers(
  world: World,
): Promise<[string, string, (text: unknown) => Record<string, unknown>][]> {
  const first = async (tool: string) =>
    (await world.ok(tool, { per_page: 1 })).records[0].id;
  const contact_id = await first("list_contacts");
  const company_id = await first("list_companies");
  const deal_id = await first("list_deals");
  const product_id = await first("list_products");
  const association_id = await first("list_products_associations");
  const product = { name: "Kursi", currency: "IDR", price: 1, quantity: 1 };
  return [
    ["create_product", "price", (price) => ({ ...product, price })],
    ["create_product", "quantity", (quantity) => ({ ...product, quantity })],
    ["create_product", "discount", (discount) => ({ ...product, discount })],
    ["update_product", "price", (price) => ({ product_id, price })],
    ["update_deal", "size", (size) => ({ deal_id, size })],
    [
      "update_deal",
      "product_association_price",
      (price) => ({ deal_id, product_association_price: [1, price] }),
    ],
    ["update_contact", "income", (income) => ({ contact_id, income })],
    [
      "update_contact",
      "additional_fields",
      (value) => ({ contact_id, ...custom(VISITS, value) }),
    ],
    [
      "update_contact",
      "additional_fields",
      (value) => ({ contact_id, ...custom(CONTENT, value) }),
    ],
    [
      "update_company",
      "annual_revenue",
      (annual_revenue) => ({ company_id, annual_revenue }),
    ],
    [
      "update_company",
      "number_of_employees",
      (number_of_employees) => ({ company_id, number_of_employees }),
    ],
    [
      "update_products_association",
      "price",
      (price) => ({ association_id, price }),
    ],
    [
      "update_products_association",
      "quantity",
      (quantity) => ({ association_id, quantity }),
    ],
  ];
}

Deno.test("a number with one separator and three digits is refused with both meanings, in every field", async () => {
  await using world = await createWorld();
  for (const [tool, key, args] of await numbers(world)) {
    for (const text of ["27.500", "27,500", "Rp 27.500"]) {
      const said = await world.refused(tool, args(text));
      assertStringIncludes(said, `"${text}" means, 27.5 or 27500: send`);
      assertStringIncludes(said, key);
    }
  }
  assertEquals(writes(world), []);
});

Deno.test("a number with one meaning is stored, and the answer says how it was read", async () => {
  await using world = await createWorld();
  const table: [unknown, number, boolean][] = [
    [27500, 27500, false],
    ["27500.00", 27500, false],
    ["27.500,00", 27500, true],
    ["Rp 1.500.000", 1500000, true],
    ["Rp 27.500,-", 27500, true],
    ["1,5 juta", 1500000, true],
    ["1,15 juta", 1150000, true],
    ["2 miliar", 2000000000, true],
  ];
  for (const [price, stored, isTold] of table) {
    const { id, notes = [], ignored, stored_differently } = await world.ok(
      "create_product",
      { name: "Kursi", currency: "IDR", price, quantity: 1 },
    );
    const { record } = await world.ok("get_product", { product_id: id });
    assertEquals(record.price, stored);
    assertEquals([ignored, stored_differently], [[], []]);
    assertEquals(
      notes.filter((note: string) => note.startsWith("price ")),
      isTold ? [`price ${JSON.stringify(price)} was read as ${stored}`] : [],
    );
  }
  // The same number has the same meaning in every field.
  for (const [tool, key, args] of await numbers(world)) {
    const { text, isError } = await world.call(tool, args("1,5 ribu"));
    // Lists about a deal's lines must have an entry for each line.
    if (key !== "product_association_price") assertEquals(isError, false, text);
    if (!isError) assertStringIncludes(text, "was read as 1500");
  }
});

Deno.test("income that is not a number is stored as it was typed", async () => {
  await using world = await createWorld();
  const { records: [{ id: contact_id }] } = await world.ok("list_contacts");
  const income = async (income: unknown) =>
    (await world.ok("update_contact", { contact_id, income })).record.income;
  assertEquals(await income("5-10 juta"), "5-10 juta");
  assertEquals(String(await income("5 juta")), "5000000");
  assertEquals(String(await income(5000000)), "5000000");
});

Deno.test("digits that JSON has rounded are never stored as text, and never repeated", async () => {
  await using world = await createWorld();
  const { records: [{ id: contact_id }] } = await world.ok("list_contacts");
  const { records: [{ id: deal_id }] } = await world.ok("list_deals");
  // After JSON parsing, this number has other digits.
  const rounded = JSON.parse("9171012345678901");
  const calls: [string, Record<string, unknown>][] = [
    ["update_contact", { contact_id, ...custom(NIK, rounded) }],
    [
      "update_contact",
      { contact_id, skip_validation: true, ...custom(NIK, rounded) },
    ],
    [
      "update_contact",
      {
        contact_id,
        additional_fields: `[{"id": ${NIK}, "value": 9171012345678901}]`,
      },
    ],
    ["update_contact", { contact_id, ...custom(WHATSAPP, rounded) }],
    ["update_contact", { contact_id, ...custom(VISITS, rounded) }],
    ["update_contact", { contact_id, additional_fields: [{ value: rounded }] }],
    ["update_contact", { contact_id, telephone: rounded }],
    ["update_contact", { contact_id, customer_id: rounded }],
    ["update_contact", { contact_id, income: rounded }],
    ["update_deal", { deal_id, size: rounded }],
    ["update_deal", { deal_id, product_association_name: [rounded] }],
    [
      "create_product",
      {
        name: "Kursi",
        price: 1,
        quantity: 1,
        additional_fields: [{ id: 1, value: rounded }],
      },
    ],
    ["get_contact", { contact_id: rounded }],
    ["list_contacts", { phone: rounded }],
  ];
  for (const [tool, args] of calls) {
    const said = await world.refused(tool, args);
    assertStringIncludes(said, "a number of 16 digits");
    assertEquals(said.includes("917101234"), false, said);
  }
  for (const number of [1e21, 1.5e-9]) {
    assertMatch(
      await world.refused("update_contact", {
        contact_id,
        ...custom(NIK, number),
      }),
      /in quotes/,
    );
  }
  assertEquals(writes(world), []);
  await world.ok("update_contact", {
    contact_id,
    ...custom(NIK, "9171012345678901"),
  });
  const { record } = await world.ok("get_contact", {
    contact_id,
    fields: String(NIK),
  });
  assertEquals(record.additional_fields[0].value, "9171012345678901");
});

Deno.test("a field for days stores the written day, and the answer says so", async () => {
  await using world = await createWorld();
  const { records: [{ id: contact_id }] } = await world.ok("list_contacts");
  const { records: [{ id: deal_id }] } = await world.ok("list_deals");
  const visited = async (value: string) => {
    const { notes } = await world.ok("update_contact", {
      contact_id,
      ...custom(VISITED, value),
    });
    const { record } = await world.ok("get_contact", {
      contact_id,
      fields: String(VISITED),
    });
    return [record.additional_fields[0].value, ...notes ?? []];
  };
  const name = `additional_fields id ${VISITED} ("Tanggal Kunjungan Terakhir")`;
  assertEquals(await visited("2026-12-31"), ["2026-12-31"]);
  assertEquals(await visited("2026-12-31T00:00:00+09:00"), [
    "2026-12-31",
    `${name} "2026-12-31T00:00:00+09:00" was read as 31 December 2026, the day that is written; in the company's zone (Asia/Jakarta) that moment is on 30 December 2026`,
  ]);
  assertEquals(await visited("05/03/1988"), [
    "1988-03-05",
    `${name} "05/03/1988" was read as 5 March 1988`,
  ]);

  const birth = await world.ok("update_contact", {
    contact_id,
    date_of_birth: "05/03/1988",
    ...custom(NEXT_CALL, "06/03/2027 14:05"),
  });
  assertEquals(birth.ignored.concat(birth.stored_differently), []);
  assertMatch(birth.notes[0], /^date_of_birth .* was read as 5 March 1988$/);
  assertMatch(birth.notes[1], /was read as 6 March 2027, 14:05/);
  assertEquals(birth.record.date_of_birth, "1988-03-05");

  const closed = await world.ok("update_deal", {
    deal_id,
    closed_date: "2026-12-31T00:00:00+09:00",
  });
  assertEquals(closed.record.closed_date, "2026-12-31T00:00:00.000+07:00");
  assertMatch(closed.notes[0], /^closed_date .* was read as 31 December 2026/);
});

Deno.test("a time for a field that holds a day is left out, and the answer says so", async () => {
  await using world = await createWorld();
  const { records: [{ id: contact_id }] } = await world.ok("list_contacts");
  const said = (as: string, time: string) =>
    `was read as ${as}: the time ${time} is left out, because this field holds a day`;
  const { records: [{ id: ticket_id }] } = await world.ok("list_tickets");
  const ticket = await world.ok("update_ticket", {
    ticket_id,
    due_date: "2026-12-02 10:00",
  });
  assertEquals(ticket.record.due_date, "2026-12-02T00:00:00.000+07:00");
  assertEquals(ticket.notes, [
    `due_date ("Due Date") "2026-12-02 10:00" ${
      said("2 December 2026", "10:00")
    }`,
  ]);
  const planned = await world.ok("update_ticket", {
    ticket_id,
    due_date: "28/11/2026 14:00",
    dry_run: true,
  });
  assertStringIncludes(planned.notes[0], said("28 November 2026", "14:00"));
  const contact = await world.ok("update_contact", {
    contact_id,
    date_of_birth: "1988-03-05T08:30",
    ...custom(VISITED, "2026-11-20T09:15:00+07:00"),
  });
  assertStringIncludes(contact.notes[0], said("5 March 1988", "08:30"));
  assertStringIncludes(contact.notes[1], said("20 November 2026", "09:15"));
  // Midnight is how programs write a day.
  const whole = await world.ok("update_ticket", {
    ticket_id,
    due_date: "2026-12-03T00:00:00",
  });
  assertEquals(whole.notes, undefined);
});

Deno.test("a phone number is stored as typed, and other contacts with the same number in another format are named", async () => {
  await using world = await createWorld();
  const { records } = await world.ok("list_contacts", { per_page: 3 });
  const [first, second, third] = records.map(({ id }: { id: number }) => id);
  const telephone = async (contact_id: number, telephone: string) => {
    world.seen();
    const { record, notes } = await world.ok("update_contact", {
      contact_id,
      telephone,
    });
    assertEquals(record.telephone, telephone);
    const looked = world.seen().filter(({ query }) => "phone" in query);
    return { notes, looked: looked.length };
  };
  const stored = "+62 812-3456-7890";
  assertEquals(await telephone(first, stored), { notes: undefined, looked: 1 });
  for (const typed of ["081234567890", "62 812 3456 7890", "81234567890"]) {
    const { notes, looked } = await telephone(second, typed);
    assertEquals(looked, 1);
    assertEquals(notes, [
      `telephone "${typed}" was stored as typed. The same number belongs to contact ${first} ("${stored}"): check for a duplicate`,
    ]);
    await telephone(second, "0811 000 111");
  }
  // A number with the same ending is a different number.
  assertEquals((await telephone(third, "0813-3456-7890")).notes, undefined);
  // The same number in another format is not new, so there is no search.
  assertEquals(await telephone(first, "081234567890"), {
    notes: undefined,
    looked: 0,
  });
});

Deno.test("a failed search for other phone numbers does not affect the write", async () => {
  await using world = await createWorld({
    change(request, answer) {
      if (request.endsWith("/contacts")) {
        answer.meta = { status: 500, developer_message: "broken" };
      }
    },
  });
  const { records } = await world.ok("list_deals", {
    fields: ["crm_lead_ids"],
  });
  const [contact_id] = records.flatMap((
    { crm_lead_ids = [] }: { crm_lead_ids?: number[] },
  ) => crm_lead_ids);
  const { applied, notes } = await world.ok("update_contact", {
    contact_id,
    telephone: "0812 3456 7890",
  });
  assertEquals([applied, notes], [["telephone"], undefined]);
});

Deno.test("skip_validation does not send a number with two readings, and reads the others", async () => {
  await using world = await createWorld();
  world.sandbox.inject({
    fault: { kind: "status", status: 400 },
    path: "/api/v3.1/deals/info",
    times: 100,
  });
  const deal = {
    name: "Kursi",
    crm_pipeline_id: "48213",
    crm_stage_id: 398112,
    skip_validation: true,
  };
  assertStringIncludes(
    await world.refused("create_deal", { ...deal, size: "27.500" }),
    'size cannot tell what "27.500" means, 27.5 or 27500',
  );
  assertEquals(writes(world), []);
  await world.ok("create_deal", {
    ...deal,
    crm_pipeline_id: 48213,
    size: "1,5 juta",
  });
  assertEquals(
    (writes(world)[0]!.body as { size: unknown }).size,
    1_500_000,
  );
});

Deno.test("query_records refuses a number with two readings", async () => {
  await using world = await createWorld();
  const where = (value: string) => ({
    resource: "products",
    where: [{ field: "price", op: "gt", value }],
  });
  assertStringIncludes(
    await world.refused("query_records", where("27.500")),
    "27.5 or 27500",
  );
  await world.ok("query_records", where("Rp 1.500.000"));
});

Deno.test("coordinates with three digits after the point are numbers", async () => {
  await using world = await createWorld();
  await world.ok("create_geolocation", {
    latitude: "-6.200",
    longitude: "106.800",
    device_id: "device",
  });
  const { latitude, longitude } = writes(world)[0]!.body as Record<
    string,
    unknown
  >;
  assertEquals([latitude, longitude], [-6.2, 106.8]);
});

Deno.test("a number with an exponent is refused, because its digits are lost", async () => {
  await using world = await createWorld();
  const send = async (value: string) => {
    const response = await fetch(`${world.url}/mcp`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
      body:
        `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"create_contact","arguments":{"first_name":"Sari","additional_fields":${value}}}}`,
    });
    return await response.text();
  };
  const list = (value: string) => `[{"id":7118423,"value":${value}}]`;
  for (const value of ["9.17e5", "1E3", "917101e0"]) {
    assertStringIncludes(
      await send(list(value)),
      `not {\\"exponent\\":\\"${value}\\",\\"send\\":\\"all digits, in quotes\\"}`,
    );
  }
  // Some clients send lists as text.
  assertStringIncludes(
    await send(JSON.stringify(list("9.171012345e11"))),
    "all digits, in quotes",
  );
  assertEquals(writes(world), []);
  // A text with such letters is not a number.
  assert(!(await send(list('"3e4"'))).includes("exponent"));
});
