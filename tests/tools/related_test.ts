import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createWorld as createData } from "../../src/sandbox/data/world.ts";
import { createWorld } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Data = any;

const data = createData(1);
const DAY = 24 * 60 * 60 * 1_000;
const stages = new Map(data.stages.map((stage) => [stage.id, stage]));
const isOpen = ({ values }: { values: Data }) =>
  !["0.00", "1.00"].includes(stages.get(values.crm_stage_id)!.win_probability);
const open = [...data.deals.values()].filter(isOpen);
const OPEN = { resource: "deals", where: [{ field: "state", value: "open" }] };

Deno.test("query_records finds the notes of chosen deals, with one request for each, once", async () => {
  await using world = await createWorld();
  const ask = (word: string): Promise<Data> =>
    world.ok("query_records", {
      resource: "notes",
      of: OPEN,
      where: [{ field: "note", op: "contains", value: word }],
      fields: ["note", "crm_deal_id"],
      limit: 500,
    });
  const expected = (word: string) =>
    [...data.notes.values()].filter(({ values }) =>
      open.some(({ id }) => id === values.crm_deal_id) &&
      String(values.note).toLowerCase().includes(word)
    ).map(({ id }) => id).toSorted();
  const [note] = [...data.notes.values()].filter(({ values }) =>
    open.some(({ id }) => id === values.crm_deal_id)
  );
  const word = String(note!.values.note).toLowerCase().split(" ")[1]!;
  const first = await ask(word.toUpperCase());
  assertEquals(
    first.records.map(({ id }: Data) => id).toSorted(),
    expected(word),
  );
  assert(expected(word).length > 0);
  assertEquals(first.deals_chosen, open.length);
  const asked = world.seen().filter(({ path }) => path.endsWith("/notes"));
  assertEquals(asked.length, open.length);
  assertEquals(
    asked.map(({ query }) => Number(query.crm_deal_id)).toSorted(),
    open.map(({ id }) => id).toSorted(),
  );
  await ask(word);
  assertEquals(world.seen(), []);

  // Own writes show at once.
  const deal = open[0]!.id;
  const { record } = await world.ok("create_note", {
    note: `zebra ${word}`,
    crm_deal_id: deal,
  });
  const { records } = await ask("zebra");
  assertEquals(records.map(({ id }: Data) => id), [record.id]);
});

Deno.test("query_records names all that is wrong with a question about moves before it reads any", async () => {
  await using world = await createWorld();
  const told = await world.refused("query_records", {
    resource: "stage_moves",
    of: { resource: "deals", where: [{ field: "sise", value: 1 }] },
    where: [{ field: "too", value: "Won" }],
    group_by: "movd_by",
    measures: "avg:days_in_stag",
    sort: "-cuont",
  });
  for (
    const part of [
      "5 problems",
      'deals have no field "sise". Did you mean size?',
      'stage moves have no field "too". Did you mean to?',
      "Did you mean moved_by?",
      "Did you mean days_in_stage?",
      'sort "cuont" is not one of the columns shown: "count"',
      "Fields of stage moves: from, to, moved_by, to_state, days_in_stage, deal_id, moved_date, until, id, and those of their deals: age_days, days_since_update, state, ",
    ]
  ) assertStringIncludes(told, part);
  const days = await world.refused("query_records", {
    resource: "deals",
    where: [{ field: "days_in_stage", op: "gt", value: 3 }],
    group_by: "stge",
    measures: "sum:sise",
  });
  assertStringIncludes(days, "2 problems");
  assertEquals(
    world.seen().filter(({ path }) => path.endsWith("/stage_history")),
    [],
  );
});

Deno.test("query_records reads notes of contacts and companies too, and asks for of where it is missing", async () => {
  await using world = await createWorld();
  for (
    const [resource, key] of [
      ["contacts", "crm_person_id"],
      ["companies", "crm_company_id"],
    ] as const
  ) {
    const { matched } = await world.ok("query_records", {
      resource: "notes",
      of: { resource },
      measures: "count",
    });
    const about = [...data.notes.values()].filter(({ values }) =>
      values[key] != null
    );
    assertEquals(matched, about.length, resource);
  }
  const told = await world.refused("query_records", { resource: "notes" });
  assertStringIncludes(told, "choose them with of");
  assertStringIncludes(
    await world.refused("query_records", { resource: "deals", of: OPEN }),
    "of is for notes and stage_moves",
  );
  assertStringIncludes(
    await world.refused("query_records", {
      resource: "notes",
      of: { resource: "deals", where: [{ field: "stat", value: "open" }] },
    }),
    "Did you mean state?",
  );
});

Deno.test("query_records knows every move of deals, and reads a deal's again when the deal changes", async () => {
  await using world = await createWorld();
  const ask = (more: Data = {}): Promise<Data> =>
    world.ok("query_records", { resource: "stage_moves", limit: 500, ...more });
  const { matched, records, rules } = await ask({
    group_by: "to",
    measures: ["count", "avg:days_in_stage"],
  });
  const moves = [...data.deals.values()].flatMap(({ history }) => history);
  assertEquals(matched, moves.length);
  const counts = new Map<string, number>();
  for (const { to } of moves) {
    const { name } = stages.get(to)!;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  assertEquals(
    Object.fromEntries(records.map((one: Data) => [one.to, one.count])),
    Object.fromEntries(counts),
  );
  assertStringIncludes(rules.days_in_stage, "until its next move");
  world.seen();
  await ask({ measures: "count" });
  assertEquals(world.seen(), []);

  const deal = open.find(({ history }) => history.length > 1)!;
  const rows = await ask({
    of: {
      resource: "deals",
      where: [{ field: "id", value: deal.id }],
    },
    fields: [
      "deal_id",
      "from",
      "to",
      "moved_date",
      "moved_by",
      "days_in_stage",
    ],
    sort: "moved_date",
  });
  assertEquals(
    rows.records.map(({ from, to }: Data) => [from ?? null, to]),
    deal.history.map(({ from, to }) => [
      from === null ? null : stages.get(from)!.name,
      stages.get(to)!.name,
    ]),
  );
  assertEquals(
    rows.records.slice(0, -1).map((one: Data) => one.days_in_stage),
    deal.history.slice(1).map(({ at }, i) =>
      Math.floor((at - deal.history[i]!.at) / DAY)
    ),
  );
  world.seen();
  await world.ok("update_deal", {
    deal_id: deal.id,
    name: "changed",
    skip_validation: true,
  });
  world.seen();
  await ask({ measures: "count" });
  assertEquals(
    world.seen().map(({ path }) => path.replace("/api/v3.1", "")),
    [`/deals/${deal.id}`, `/deals/${deal.id}/stage_history`],
  );
});

Deno.test("query_records finds deals that have been in their stage for long", async () => {
  await using world = await createWorld();
  const { records, rules, deals_chosen } = await world.ok("query_records", {
    resource: "deals",
    where: [
      ...OPEN.where,
      { field: "days_in_stage", op: "gt", value: 10 },
    ],
    fields: ["days_in_stage"],
    sort: "-days_in_stage",
    limit: 500,
  });
  const days = ({ history }: Data) =>
    Math.floor((Date.now() - history.at(-1).at) / DAY);
  const expected = open.filter((deal) => days(deal) > 10);
  assert(expected.length > 0);
  assertEquals(
    records.map(({ id }: Data) => id).toSorted(),
    expected.map(({ id }) => id).toSorted(),
  );
  assertEquals(records[0].days_in_stage, Math.max(...expected.map(days)));
  // Only the deals that meet the other conditions cost a request.
  assertEquals(deals_chosen, open.length);
  assertStringIncludes(rules.days_in_stage, "last move");
});

Deno.test("query_records says that it reads no more than the moves of a thousand deals", async () => {
  await using world = await createWorld({ deals: 1_200, timeout: 60_000 });
  const { notes, deals_chosen } = await world.ok("query_records", {
    resource: "stage_moves",
    measures: "count",
  });
  assertEquals(deals_chosen, 1_200);
  assertStringIncludes(notes[0], "200 were left out");
});

Deno.test("query_records continues with the moves that it could not read in time", async () => {
  await using world = await createWorld({ timeout: 3_000 });
  world.sandbox.inject({
    fault: { kind: "delay", ms: 900 },
    path: "/api/v3.1/deals/*",
    times: 1_000,
    skip: 1,
  });
  const ask = (): Promise<Data> =>
    world.ok("query_records", {
      resource: "stage_moves",
      measures: "count",
      fresh: true,
    });
  const first = await ask();
  assertEquals(first.records, []);
  assertStringIncludes(first.incomplete, "of 60 deals could be read");
  world.sandbox.clearFaults();
  world.seen();
  const { matched } = await ask();
  assertEquals(
    matched,
    [...data.deals.values()].flatMap(({ history }) => history).length,
  );
  const again = world.seen().filter(({ path }) =>
    path.endsWith("stage_history")
  );
  assert(again.length < 60, `${again.length}`);
});

Deno.test("query_records counts check-ins by day and by person", async () => {
  for (const profile of ["documented", "observed"] as const) {
    await using world = await createWorld({ profile });
    const { records, matched } = await world.ok("query_records", {
      resource: "geolocations",
      group_by: "date:month",
      measures: "count",
    });
    const all = [...data.geolocations.values()];
    assertEquals(matched, all.length);
    const months = new Map<string, number>();
    for (const { values } of all) {
      const month = new Date(
        Number(values.checkin_timestamps) * 1_000 + 7 * 60 * 60 * 1_000,
      ).toISOString().slice(0, 7);
      months.set(month, (months.get(month) ?? 0) + 1);
    }
    assertEquals(
      Object.fromEntries(
        records.map((one: Data) => [one["date:month"], one.count]),
      ),
      Object.fromEntries(months),
    );
    const { records: [shown] } = await world.ok("query_records", {
      resource: "geolocations",
      where: [{ field: "checkin_address", op: "is_set" }],
    });
    assert(shown.checkin_address.length > 0);
  }
});

Deno.test("query_records keeps the text of notes from a model where content is strict", async () => {
  await using world = await createWorld({ content: "strict" });
  const { records } = await world.ok("query_records", {
    resource: "notes",
    of: OPEN,
  });
  assert(records.length > 0);
  for (const { note } of records) assertStringIncludes(note, "[withheld: ");
});

Deno.test("an answer says of which records a date or a person is, if both could have it", async () => {
  await using world = await createWorld();
  const rulesOf = async (resource: string, field: string) =>
    (await world.ok("query_records", {
      resource,
      of: { resource: "deals" },
      group_by: field,
    })).rules ?? {};
  for (const field of ["created_at:month", "creator_id"]) {
    const rules = await rulesOf("stage_moves", field);
    const [key] = field.split(":");
    assertStringIncludes(rules[key!], "of the deal, not of the move");
    assertStringIncludes(rules[key!], "moved_date");
  }
  const { closed_date } = await rulesOf("notes", "closed_date:month");
  assertStringIncludes(closed_date, "of the deal, not of the note");
  for (const field of ["moved_date:month", "moved_by", "pipeline"]) {
    assertEquals(await rulesOf("stage_moves", field), {});
  }
});

Deno.test("query_records says where to find when a deal was won", async () => {
  await using world = await createWorld();
  const text = await world.refused("query_records", {
    resource: "deals",
    where: [{ field: "won_date", value: "2026-11" }],
  });
  assertStringIncludes(text, "resource stage_moves");
  // What it says works.
  const { matched } = await world.ok("query_records", {
    resource: "stage_moves",
    of: { resource: "deals" },
    where: [
      { field: "to_state", value: "won" },
      { field: "moved_date", op: "gte", value: "2026-01" },
    ],
  });
  assert(matched > 0);
});

Deno.test("moves and notes are grouped and chosen by the fields of what they belong to", async () => {
  await using world = await createWorld();
  const won = [{ field: "state", value: "won" }];
  const moves = { resource: "stage_moves", of: { where: won } };
  const { records } = await world.ok("query_records", {
    ...moves,
    where: [{ field: "until", op: "is_empty" }],
    group_by: "pipeline",
    measures: "count,sum:size",
  });
  const deals = await world.ok("query_records", {
    resource: "deals",
    where: won,
    group_by: "pipeline",
    measures: "count,sum:size",
  });
  assert(records.length > 1);
  assertEquals(records, deals.records);

  const ofOwner = await world.ok("query_records", {
    ...moves,
    where: [{ field: "creator_id", value: "Bagas Pratama" }],
    fields: "deal_id,to,creator_id",
    limit: 500,
  });
  const his = await world.ok("query_records", {
    resource: "deals",
    where: [...won, { field: "creator_id", value: "Bagas Pratama" }],
    limit: 500,
  });
  assertEquals(
    [...new Set(ofOwner.records.map((one: Data) => one.deal_id))].sort(),
    his.records.map(({ id }: Data) => id).sort(),
  );
  assertEquals(
    new Set(ofOwner.records.map((one: Data) => one.creator_name)),
    new Set(["Bagas Pratama"]),
  );
  assertStringIncludes(
    await world.refused("query_records", {
      ...moves,
      where: [{ field: "no such field", value: 1 }],
    }),
    "stage moves have no field",
  );
});

Deno.test("stages of moves are checked by name, and to_state tells a won stage whatever its name", async () => {
  await using world = await createWorld();
  const ask = (where: Data[], more = {}): Promise<Data> =>
    world.ok("query_records", {
      resource: "stage_moves",
      where,
      measures: "count",
      ...more,
    });
  assertStringIncludes(
    await world.refused("query_records", {
      resource: "stage_moves",
      where: [{ field: "to", value: "Wom" }],
    }),
    'Did you mean "Won"?',
  );
  const [won, menang, both] = await Promise.all([
    ask([{ field: "to", value: "Won" }]),
    ask([{ field: "to", value: "Menang" }]),
    ask([{ field: "to_state", value: "won" }], { group_by: "pipeline" }),
  ]);
  assert(won.matched > 0 && menang.matched > 0);
  assertEquals(both.matched, won.matched + menang.matched);
  assertEquals(both.records.length, 2);
  const { matched } = await ask([
    { field: "to_state", value: "won" },
    { field: "moved_date", op: "between", value: "2000-01..today" },
  ]);
  assertEquals(matched, both.matched);
});

Deno.test("query_records takes part of a person's name, and me, for who moved a deal and for names beside ids", async () => {
  await using world = await createWorld();
  const count = async (resource: string, field: string, value: unknown) =>
    (await world.ok("query_records", {
      resource,
      where: [{ field, value }],
      measures: "count",
    })).matched;
  for (
    const [resource, field] of [
      ["stage_moves", "moved_by"],
      ["deals", "creator_name"],
    ] as const
  ) {
    const all = await count(resource, field, "Bagas Pratama");
    assert(all > 0);
    assertEquals(await count(resource, field, "bagas"), all);
    assertEquals(
      await count(resource, field, "me"),
      await count(resource, field, "Ratna Kusumawardani"),
    );
    assertStringIncludes(
      await world.refused("query_records", {
        resource,
        where: [{ field, value: "Bagus Pratama" }],
      }),
      'Did you mean "Bagas Pratama"?',
    );
  }
});
