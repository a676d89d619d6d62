import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createWorld as createData } from "../../src/sandbox/data/world.ts";
import type { Stored } from "../../src/sandbox/records.ts";
import { createWorld } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- what a tool answers
type Data = any;

const data = createData(1);
const [sales] = data.pipelines;
const stageOf = (deal: Stored) =>
  data.stages.find(({ id }) => id === deal.values.crm_stage_id)!;
const isOpen = (deal: Stored) =>
  !["1.00", "0.00"].includes(stageOf(deal).win_probability);

Deno.test("query_records counts and sums open deals of a pipeline by stage and currency", async () => {
  await using world = await createWorld();
  const answer = await world.ok("query_records", {
    resource: "deals",
    where: [{ field: "pipeline", value: sales!.name }, {
      field: "state",
      value: "open",
    }],
    group_by: "stage",
    measures: "count,sum:size",
  });
  const expected = new Map<
    string,
    { count: number; sums: Map<string, number> }
  >();
  for (const deal of data.deals.values()) {
    if (deal.values.crm_pipeline_id !== sales!.id || !isOpen(deal)) continue;
    const name = stageOf(deal).name;
    const group = expected.get(name) ?? { count: 0, sums: new Map() };
    expected.set(name, group);
    group.count++;
    const { currency, size } = deal.values as Record<string, string | null>;
    if (size === null) continue;
    group.sums.set(currency!, (group.sums.get(currency!) ?? 0) + Number(size));
  }
  assertEquals(answer.records.length, expected.size);
  for (const group of answer.records) {
    const { count, sums } = expected.get(group.crm_stage_name)!;
    assertEquals(
      data.stages.find(({ id }) => id === group.crm_stage_id)?.name,
      group.crm_stage_name,
    );
    assertEquals(group.count, count);
    assertEquals(group["sum:size"], Object.fromEntries(sums));
  }
  assertEquals(answer.records_read, data.deals.size);
  assertStringIncludes(answer.rules.state, "win probability");
});

Deno.test("the instructions say how to read again what an answer took from memory", async () => {
  await using world = await createWorld();
  const said = world.client.getInstructions() ?? "";
  assertStringIncludes(said, "query_records with fresh: true reads them again");
  const deals = { resource: "deals", measures: "count" };
  const first = await world.ok("query_records", deals);
  const again = await world.ok("query_records", { ...deals, fresh: true });
  assert(again.as_of > first.as_of);
});

Deno.test("groups come in the order of each key in turn: periods in time order, what has none last", async () => {
  await using world = await createWorld();
  const groupsBy = async (group_by: string, sort?: string) =>
    (await world.ok("query_records", { resource: "deals", group_by, sort }))
      .records as Record<string, string | number | null>[];
  for (const period of ["created_at:month", "closed_date:month"]) {
    const groups = await groupsBy(`crm_pipeline_id,${period}`);
    const shown = groups.map((group) => [
      group.crm_pipeline_name,
      group[period] ?? "none",
    ]);
    // "none" comes after all digits.
    assertEquals(shown, shown.toSorted((a, b) => `${a}` < `${b}` ? -1 : 1));
    assert(new Set(shown.map(([name]) => name)).size < shown.length);
  }
  // What equal groups of a sort leave open, too.
  const counted = await groupsBy("creator_id,created_at:month", "-count");
  for (const [i, { count, ...group }] of counted.slice(1).entries()) {
    const before = counted[i]!;
    const same = before.count === count &&
      before.creator_id === group.creator_id;
    if (same) {
      assert(before["created_at:month"]! < group["created_at:month"]!);
    }
  }
});

Deno.test("query_records answers from memory, and shows own writes immediately", async () => {
  await using world = await createWorld();
  const [id] = data.deals.keys();
  const ask = () =>
    world.ok("query_records", {
      resource: "deals",
      where: [{ field: "id", value: id }],
      fields: "size",
    });
  const { records: [before] } = await ask();
  world.seen();
  await ask();
  assertEquals(world.seen(), []);
  const size = Number(before.size ?? 0) + 12_345;
  await world.ok("update_deal", { deal_id: id, size, skip_validation: true });
  world.seen();
  const { records: [after] } = await ask();
  assertEquals(Number(after.size), size);
  assertEquals(world.seen().map(({ path }) => path), [`/api/v3.1/deals/${id}`]);

  const { total } = await world.ok("query_records", {
    resource: "deals",
    measures: "count",
  }).then(({ matched }) => ({ total: matched }));
  await world.ok("delete_deal", { deal_id: id });
  assertEquals(
    (await world.ok("query_records", { resource: "deals", measures: "count" }))
      .matched,
    total - 1,
  );
});

Deno.test("query_records finds overdue tasks by assignee", async () => {
  await using world = await createWorld();
  const { records, matched } = await world.ok("query_records", {
    resource: "tasks",
    where: [{ field: "overdue", value: true }],
    group_by: ["assignee_id"],
    measures: ["count", "max:days_overdue"],
  });
  const now = Date.now();
  const late = [...data.tasks.values()].filter(({ values }) =>
    typeof values.due_date === "number" && values.due_date < now &&
    values.crm_task_status_id !== 4
  );
  assertEquals(matched, late.length);
  assertEquals(
    records.reduce((sum: number, one: { count: number }) => sum + one.count, 0),
    late.length,
  );
});

Deno.test("query_records shows what a record belongs to without being asked", async () => {
  await using world = await createWorld();
  for (const resource of ["contacts", "deals"]) {
    const { records } = await world.ok("query_records", {
      resource,
      where: [{ field: "company", op: "is_set" }],
    });
    assert(records.length > 0);
    for (const { crm_company_name } of records) assert(crm_company_name);
  }
});

Deno.test("query_records names every wrong part at once, with the nearest", async () => {
  await using world = await createWorld();
  const told = await world.refused("query_records", {
    resource: "deals",
    where: [
      { field: "sise", op: "gt", value: 1 },
      { field: "stage", value: "Nowhere" },
      { field: "closed_date", op: "gte", value: "soon" },
    ],
    measures: ["sum:name"],
  });
  for (const part of ["4 problems", "Did you mean size?", "Nowhere", "-21d"]) {
    assertStringIncludes(told, part);
  }
  assertStringIncludes(
    await world.refused("query_records", { resource: "pipelines" }),
    "must be one of",
  );
});

Deno.test("query_records withholds free text from a model with strict content", async () => {
  await using world = await createWorld({ content: "strict" });
  const { records } = await world.ok("query_records", {
    resource: "tickets",
    where: [{ field: "description", op: "is_set" }],
    fields: "name,description",
  });
  assert(records.length > 0);
  for (const { description } of records) {
    assertStringIncludes(description, "[withheld: ");
  }
});

Deno.test("query_records reads ten thousand deals with few requests, and then with none", async () => {
  await using world = await createWorld({ deals: 10_000, timeout: 120_000 });
  const ask = () =>
    world.ok("query_records", {
      resource: "deals",
      group_by: "stage",
      measures: "count",
    });
  const { matched } = await ask();
  assertEquals(matched, 10_000);
  const asked = world.seen().filter(({ path }) => path.endsWith("/deals"));
  assert(asked.length <= 60, `${asked.length} requests`);
  await ask();
  assertEquals(world.seen(), []);
});

Deno.test("query_records withholds free text of custom fields by their type, and does not group by it", async () => {
  await using world = await createWorld({ content: "strict" });
  const { fields } = await world.ok("get_deal_template");
  const area = fields.find((field: { custom?: boolean; type: string }) =>
    field.custom && field.type === "text_area"
  );
  const { records } = await world.ok("query_records", {
    resource: "deals",
    where: [{ field: area.id, op: "is_set" }],
    fields: [String(area.id)],
  });
  assert(records.length > 0);
  for (const { additional_fields: [field] } of records) {
    assertEquals(field.id, area.id);
    assertStringIncludes(field.value, "[withheld: ");
  }
  assertStringIncludes(
    await world.refused("query_records", {
      resource: "deals",
      group_by: [String(area.id)],
    }),
    "free text, which makes no groups",
  );
});

Deno.test("query_records refuses fields beside groups, and keeps companies of one name apart", async () => {
  await using world = await createWorld();
  assertStringIncludes(
    await world.refused("query_records", {
      resource: "deals",
      group_by: "stage",
      fields: "name",
    }),
    "fields chooses what records show",
  );
  const [deal, other] = (await world.ok("query_records", {
    resource: "deals",
    where: [{ field: "company", op: "is_set" }],
    fields: "crm_company_id",
  })).records;
  // Two companies get one name.
  const companies = new Set<number>();
  for (const { id } of [deal, other]) {
    const { record } = await world.ok("get_deal", { deal_id: id });
    companies.add(record.crm_company_id);
  }
  const ids = [...companies];
  for (const company_id of ids) {
    await world.ok("update_company", { company_id, name: "PT Sama" });
  }
  const { records } = await world.ok("query_records", {
    resource: "deals",
    where: [{ field: "company", value: "PT Sama" }],
    group_by: "company",
    fresh: true,
  });
  assertEquals(
    records.map((
      one: Record<string, unknown>,
    ) => [one.crm_company_id, one.company]).sort(),
    ids.map((id) => [id, "PT Sama"]).sort(),
  );
  const found = await world.ok("query_records", {
    resource: "deals",
    where: [{ field: "company", op: "contains", value: "sama" }],
    measures: "count",
  });
  assertEquals(
    found.matched,
    records.reduce(
      (sum: number, { count }: { count: number }) => sum + count,
      0,
    ),
  );
});

Deno.test("query_records shows names beside ids, in groups as in rows", async () => {
  await using world = await createWorld();
  const { records: lines } = await world.ok("list_tasks", {
    fields: "crm_person_id,crm_person_full_name",
  });
  const line = lines.find((one: Record<string, unknown>) =>
    one.crm_person_full_name
  );
  for (
    const [resource, key, name] of [
      ["deals", "creator_id", "creator_name"],
      ["deals", "crm_pipeline_id", "crm_pipeline_name"],
      ["deals", "crm_lead_ids", "crm_lead_name"],
      ["contacts", "crm_status_id", "crm_status_name"],
      ["tickets", "assignee_id", "assignee_name"],
      ["tickets", "ticket_priority_id", "ticket_priority_name"],
      ["tasks", "assignee_id", "assignee_name"],
      ["tasks", "crm_task_priority_id", "crm_task_priority_name"],
      ["tasks", "crm_task_status_id", "crm_task_status_name"],
      ["tasks", "crm_person_id", "crm_person_full_name"],
    ] as const
  ) {
    const where = [{ field: key, op: "is_set" }];
    const rows = await world.ok("query_records", {
      resource,
      where,
      fields: key,
      limit: 500,
    });
    const groups = await world.ok("query_records", {
      resource,
      where,
      group_by: key,
      limit: 500,
    });
    const pairs = (records: readonly Data[]) =>
      [...new Set(records.map((one) => JSON.stringify([one[key], one[name]])))]
        .sort();
    assertEquals(pairs(groups.records), pairs(rows.records), key);
    for (const { [key]: id, [name]: named } of groups.records) {
      assert([id].flat().every(Number.isInteger), `${key} ${id}`);
      assert([named].flat().every((one) => typeof one === "string"), key);
    }
    if (key !== "crm_person_id") continue;
    assert(
      groups.records.some((one: Record<string, unknown>) =>
        one[key] === line[key] && one[name] === line[name]
      ),
    );
  }
});

Deno.test("query_records shows whole records with *, as lists do", async () => {
  await using world = await createWorld();
  const [deal] = data.deals.values();
  const where = [{ field: "id", value: deal!.id }];
  const { records: [whole] } = await world.ok("query_records", {
    resource: "deals",
    where,
    fields: "*",
  });
  const { record } = await world.ok("get_deal", {
    deal_id: deal!.id,
    fields: "*",
  });
  const { additional_fields: own, ...rest } = record;
  const { additional_fields: shown, ...found } = whole;
  for (const [key, value] of Object.entries(rest)) {
    if (!/_name$/.test(key)) {
      const set = (one: unknown) => [one ?? []].flat();
      assertEquals(set(found[key]), set(value), key);
    }
  }
  assertEquals(
    shown.map(({ id }: Data) => id).sort(),
    own.map(({ id }: Data) => id).sort(),
  );
});

Deno.test("query_records takes ranges as one text, flags without a value, and short names of ids", async () => {
  await using world = await createWorld();
  const ask = (where: unknown[], more = {}) =>
    world.ok("query_records", {
      resource: "tickets",
      where,
      measures: "count",
      ...more,
    });
  const range = { field: "created_at", op: "between" };
  const { matched, today } = await ask([{
    ...range,
    value: ["-9999d", "today"],
  }]);
  assert(matched > 0);
  assertEquals(/^\d{4}-\d\d-\d\d$/.test(today), true);
  for (
    const value of ["-9999d..today", "-9999d, today", '["-9999d","today"]']
  ) {
    assertEquals((await ask([{ ...range, value }])).matched, matched, value);
  }
  const overdue = await ask([{ field: "overdue" }], { group_by: "assignee" });
  const spelled = await ask([{ field: "overdue", value: true }], {
    group_by: "assignee_id",
  });
  assertEquals(overdue.records, spelled.records);
});

Deno.test("query_records takes a list as JSON text, or as known values joined by commas", async () => {
  await using world = await createWorld();
  const count = async (resource: string, ...condition: unknown[]) => {
    const [field, op, value] = condition;
    const { matched } = await world.ok("query_records", {
      resource,
      where: [{ field, op, value }],
      measures: "count",
    });
    return matched as number;
  };
  const ended = await count("deals", "state", "in", ["won", "lost"]);
  const notEnded = await count("deals", "state", "ne", ["won", "lost"]);
  assert(ended > 0 && notEnded > 0);
  for (const list of ["won,lost", " Lost , won", '["won","lost"]']) {
    assertEquals(await count("deals", "state", "in", list), ended, list);
    assertEquals(await count("deals", "state", "eq", list), ended, list);
    assertEquals(await count("deals", "state", "ne", list), notEnded, list);
  }
  assertEquals(
    await count("deals", "currency", "in", "IDR,USD"),
    await count("deals", "currency", "in", ["IDR", "USD"]),
  );
  assert(await count("deals", "currency", "eq", "usd") > 0);
  const { records } = await world.ok("query_records", {
    resource: "deals",
    where: [{ field: "company", op: "is_set" }],
    fields: "company",
  });
  const names = [
    ...new Set(
      records.map(({ crm_company_name: name, company = name }: {
        crm_company_name: string;
        company: string;
      }) => [company].flat()[0]),
    ),
  ].slice(0, 2);
  assertEquals(names.length, 2);
  const both = await count("deals", "company", "in", names);
  assert(both > 0);
  assertEquals(await count("deals", "company", "in", names.join(", ")), both);
  assertEquals(
    await count("deals", "id", "in", [...data.deals.keys()].slice(0, 3).join()),
    3,
  );
  const people = data.deals.values().map(({ values }) => values.creator_id);
  const [first, second] = new Set(people);
  assertEquals(
    await count("deals", "creator_id", "in", `${first}, ${second}`),
    await count("deals", "creator_id", "in", [first, second]),
  );
  assertEquals(
    await count("deals", "creator_id", "in", `me,${second}`),
    await count("deals", "creator_id", "in", ["me", second]),
  );
});

Deno.test("query_records and change_records refuse an unknown value of a closed set, with the known ones", async () => {
  await using world = await createWorld();
  for (
    const [resource, value, ...parts] of [
      ["deals", "wonnn", 'Did you mean "won"?', '"open", "won", "lost"'],
      ["deals", "won,loast", '"loast" is not', 'Did you mean "lost"?'],
      ["deals", '["won","loast"]', 'Did you mean "lost"?'],
      ["tickets", "won", '"open", "closed"'],
      ["tasks", "won", '"open", "closed"'],
    ]
  ) {
    const where = [{ field: "state", op: "in", value }];
    for (const op of ["in", "ne"]) {
      const error = await world.refused("query_records", {
        resource,
        where: [{ field: "state", op, value }],
      });
      for (const part of parts) assertStringIncludes(error, part);
    }
    const error = await world.refused("change_records", {
      resource,
      action: "delete",
      where,
    });
    for (const part of parts) assertStringIncludes(error, part);
  }
  const { records: [{ id }] } = await world.ok("query_records", {
    resource: "deals",
    limit: 1,
  });
  assertStringIncludes(
    await world.refused("query_records", {
      resource: "stage_moves",
      of: { resource: "deals", where: [{ field: "id", value: id }] },
      where: [{ field: "to_state", value: "wonnn" }],
    }),
    'Did you mean "won"?',
  );
  assertStringIncludes(
    await world.refused("query_records", {
      resource: "deals",
      where: [{ field: "currency", value: "IDX" }],
    }),
    'Did you mean "IDR"?',
  );
});

Deno.test("query_records says which names no record has, and that a text with commas was one value", async () => {
  await using world = await createWorld();
  const notesOf = async (condition: Record<string, unknown>) =>
    (await world.ok("query_records", {
      resource: "deals",
      where: [condition],
      limit: 1,
    })).notes ?? [];
  const { records: [row] } = await world.ok("query_records", {
    resource: "deals",
    where: [{ field: "company", op: "is_set" }],
    limit: 1,
  });
  const company = [row.crm_company_name].flat()[0];
  for (const op of ["in", "ne"]) {
    const [note] = await notesOf({
      field: "company",
      op,
      value: `${company},Nobody Ltd`,
    });
    assertStringIncludes(note, "No deals have company");
    assertStringIncludes(note, "taken as one value");
  }
  const [typed] = await notesOf({ field: "company", value: `${company}x` });
  assertStringIncludes(typed, `Did you mean ${JSON.stringify(company)}?`);
  assertEquals(await notesOf({ field: "company", value: company }), []);
  const [text] = await notesOf({ field: "name", op: "in", value: "A,B" });
  assertStringIncludes(text, 'name in "A,B" (taken as one value');
  assertEquals(
    await notesOf({ field: "name", op: "in", value: ["A,", "B"] }),
    [],
  );
  assertStringIncludes(
    await world.refused("change_records", {
      resource: "deals",
      action: "delete",
      where: [{ field: "name", op: "in", value: "A,B" }],
    }),
    "taken as one value",
  );
});

Deno.test("query_records says if ne has a value that no record has", async () => {
  await using world = await createWorld();
  const ask = async (field: string, op: string, value: unknown) => {
    const { matched, notes = [] } = await world.ok("query_records", {
      resource: "deals",
      where: [{ field, op, value }],
      limit: 1,
      fields: "name,size,closed_date",
    });
    return { matched, notes };
  };
  const { records: [deal], matched: all } = await world.ok("query_records", {
    resource: "deals",
    sort: "-size",
    limit: 1,
    fields: "name,size",
  });
  const { records: [dated] } = await world.ok("query_records", {
    resource: "deals",
    where: [{ field: "closed_date", op: "is_set" }],
    limit: 1,
    fields: "closed_date",
  });
  for (
    const [field, known, unknown, said] of [
      ["name", deal.name, "Tidak ada", '"Tidak ada"'],
      ["size", deal.size, 123456789123, "123456789123"],
      ["closed_date", dated.closed_date, "1999-01-01", '"1999-01-01"'],
      ["crm_company_id", undefined, "999999999", '"999999999"'],
    ]
  ) {
    const note = `No deals have ${field} ${said}`;
    assertEquals(await ask(field, "ne", unknown), {
      matched: all,
      notes: [note],
    });
    if (known === undefined) continue;
    const some = await ask(field, "ne", known);
    assert(some.matched < all, field);
    assertEquals(some.notes, [], field);
    assertEquals(await ask(field, "ne", [known, unknown]), {
      matched: some.matched,
      notes: [note],
    });
  }
  // One that matches nothing shows by itself; one of several does not.
  assertEquals((await ask("name", "eq", "Tidak ada")).notes, []);
  assertEquals((await ask("name", "in", [deal.name, "Tidak ada"])).notes, [
    'No deals have name "Tidak ada"',
  ]);
});

Deno.test("query_records refuses a time for a field that holds days, and takes it for one that holds times", async () => {
  await using world = await createWorld();
  const ask = (field: string, op: string, value: unknown) => ({
    resource: "deals",
    where: [{ field, op, value }],
    limit: 1,
  });
  for (
    const [op, value] of [
      ["gte", "2026-11-30T15:00"],
      ["eq", "30/11/2026 15:00"],
      ["between", ["2026-11-30", "2026-12-01T09:30"]],
    ] as const
  ) {
    assertStringIncludes(
      await world.refused(
        "query_records",
        ask("Batas Akhir Tender", op, value),
      ),
      '"Batas Akhir Tender" holds days: leave out the time of',
    );
    await world.ok("query_records", ask("closed_date", op, value));
  }
  for (const day of ["2026-11-30", "2026-11-30T00:00"]) {
    await world.ok("query_records", ask("Batas Akhir Tender", "gte", day));
  }
});

Deno.test("query_records shows ids alone where records have no names for them, and refuses a name there", async () => {
  await using world = await createWorld();
  const lines = { resource: "products_associations" };
  const { records } = await world.ok("query_records", {
    ...lines,
    group_by: "product",
  });
  assert(records.length > 1);
  for (const group of records) {
    assertEquals(Object.keys(group), ["crm_product_id", "count"]);
  }
  const where = (value: unknown) => ({
    ...lines,
    where: [{ field: "product", value }],
    measures: "count",
  });
  assertStringIncludes(
    await world.refused("query_records", where("Toner Hitam")),
    'crm_product_id takes an id, not "Toner Hitam": products associations have no names there. search finds the id',
  );
  const [{ crm_product_id, count }] = records;
  const one = await world.ok("query_records", where(crm_product_id));
  assertEquals(one.matched, count);
  const none = await world.ok("query_records", {
    resource: "tickets",
    group_by: "assignee",
  });
  const [unset] = none.records.filter((one: Data) => one.assignee_id === null);
  assertEquals(unset.assignee_name, null);
});

Deno.test("query_records says that eq compares whole texts if a text is part of some, and what an age is", async () => {
  await using world = await createWorld();
  const ask = async (op: string, value: unknown) =>
    await world.ok("query_records", {
      resource: "deals",
      where: [{ field: "name", op, value }],
      measures: "count,max:age_days",
    });
  const whole = await ask("eq", "Toner");
  assertEquals([whole.matched, whole.notes], [0, [
    'name eq "Toner" compares whole texts: contains finds parts of them',
  ]]);
  const parts = await ask("contains", "Toner");
  assert(parts.matched > 0);
  assertEquals(parts.notes, undefined);
  assertEquals(
    (await ask("in", ["toner", "Tidak ada"])).notes,
    ['name in "toner", "Tidak ada" compares whole texts: contains finds parts of them'],
  );
  assertEquals((await ask("eq", "Tidak ada")).notes, undefined);
  assertEquals(parts.rules, {
    age_days:
      "days from its creation until today, also of what has ended before",
  });
});

Deno.test("query_records says that a time is one moment if no record is of it", async () => {
  await using world = await createWorld();
  const ask = async (op: string, value: unknown) =>
    await world.ok("query_records", {
      resource: "deals",
      where: [{ field: "created_at", op, value }],
      limit: 1,
      fields: "created_at",
    });
  const { records: [{ created_at }] } = await ask("is_set", undefined);
  assertEquals((await ask("eq", created_at)).notes, undefined);
  assertEquals((await ask("eq", "1999-01-01T15:00")).notes, [
    'created_at eq "1999-01-01T15:00" is that one moment: use between for a span of time',
  ]);
  assertEquals((await ask("eq", "1999-01-01")).notes, undefined);
  assertEquals((await ask("gte", "2099-01-01T15:00")).notes, undefined);
});
