import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { argumentsFor } from "../../src/sandbox/samples.ts";
import { findField, places } from "../support/company.ts";
import { createWorld, type World, writes } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests read any field of an answer
type Data = any;

/** A deal that was created with what its stage requires, and its place. */
async function made(world: World, index = 1) {
  const place = (await places(world))[index];
  const args = { ...argumentsFor(place.required), name: "Meja rapat" };
  const { id } = await world.ok("create_deal", args);
  return { id, place, args };
}

Deno.test("get_required_fields_for_deal shows what differs by pipeline and stage", async () => {
  await using world = await createWorld();
  const all = await places(world);
  const sets = all.map(({ required }) =>
    required.map((field: Data) => field.id ?? field.key).join()
  );
  assert(new Set(sets).size > 4, "the stages differ");
  assert(
    all.every(({ required }) => required.some((f: Data) => f.key === "name")),
  );
  const [{ pipeline, stage }] = all;
  const byName = await world.ok("get_required_fields_for_deal", {
    pipeline_id: pipeline.name.toUpperCase(),
    stage_id: ` ${stage.name.toLowerCase()} `,
  });
  assertEquals(byName, all[0]);
});

Deno.test("get_required_fields_for_deal shortens long lists, says so, and returns them whole on request", async () => {
  await using world = await createWorld();
  const [{ pipeline, stage }] = await places(world);
  const { optional, notes } = await world.ok("get_required_fields_for_deal", {
    pipeline_id: pipeline.id,
    stage_id: stage.id,
    optional: true,
  });
  const long = optional.find((f: Data) => f.options_total > 60);
  assertEquals(long.options.length, 5);
  assertStringIncludes(notes.join(), "options_total");
  const { optional: whole } = await world.ok("get_required_fields_for_deal", {
    pipeline_id: pipeline.id,
    stage_id: stage.id,
    fields: [long.label],
  });
  assertEquals(whole[0].options.length, long.options_total);
});

Deno.test("get_required_fields_for_deal answers with what is required, and counts the optional fields", async () => {
  await using world = await createWorld();
  for (const place of await places(world)) {
    const args = { pipeline_id: place.pipeline.id, stage_id: place.stage.id };
    const { text } = await world.call("get_required_fields_for_deal", args);
    assert(text.length <= 1_200, `${place.stage.name}: ${text.length}`);
    const whole = await world.ok("get_required_fields_for_deal", {
      ...args,
      optional: true,
    });
    assertEquals(whole.required, place.required);
    assertEquals(place.optional, undefined);
    assertEquals(place.optional_fields, whole.optional.length);
    // `fields` adds a description, and hides nothing that is required.
    const named = await world.ok("get_required_fields_for_deal", {
      ...args,
      fields: [whole.optional[0].label],
    });
    assertEquals(named.required, place.required);
    assertEquals(named.optional.map((f: Data) => f.label), [
      whole.optional[0].label,
    ]);
  }
});

Deno.test("get_required_fields_for_deal names the fields that a deal still lacks for a stage", async () => {
  await using world = await createWorld();
  const { id, place } = await made(world, 0);
  const all = await places(world);
  const next = all.find(({ pipeline, required }) =>
    pipeline.id === place.pipeline.id &&
    required.length > place.required.length
  );
  const here = await world.ok("get_required_fields_for_deal", { deal_id: id });
  assertEquals(here.stage.id, place.stage.id);
  assertEquals(here.lacks, []);
  const ahead = await world.ok("get_required_fields_for_deal", {
    deal_id: id,
    stage_id: next.stage.name,
  });
  assertEquals(ahead.required, next.required);
  const known = new Set(place.required.map((f: Data) => f.id ?? f.key));
  assertEquals(
    ahead.lacks,
    next.required.filter((f: Data) => !known.has(f.id ?? f.key))
      .map(({ id, key, label }: Data) =>
        id === undefined ? { key, label } : { id, label }
      ),
  );
  assert(ahead.lacks.length > 0);
});

Deno.test("get_required_fields_for_deal compares the stages of a pipeline", async () => {
  await using world = await createWorld();
  const answer = await world.ok("get_required_fields_for_deal", {
    pipeline_id: "Tender Pengadaan",
  });
  const requires = (name: string) =>
    answer.stages.find((stage: Data) => stage.name === name).requires_also
      .map(({ label }: Data) => label);
  const before = requires("Info Tender");
  assertEquals(
    requires("Penawaran Masuk").filter((one: string) => !before.includes(one)),
    ["Deal Size", "Nomor Tender / RFQ"],
  );
  // It agrees with the answers for single stages.
  for (const place of await places(world)) {
    if (place.pipeline.id !== answer.pipeline.id) continue;
    const also = answer.stages.find((one: Data) => one.id === place.stage.id)
      .requires_also;
    assertEquals(
      [...answer.required, ...also].map((f: Data) => f.id ?? f.key).sort(),
      place.required.filter((f: Data) => f.value === undefined)
        .map((f: Data) => f.id ?? f.key).sort(),
    );
  }
  assert(JSON.stringify(answer).length <= 3_000);
});

Deno.test("get_required_fields_for_deal asks for the place, and names the choices", async () => {
  await using world = await createWorld();
  const [{ pipeline, stage }] = await places(world);
  const table: [Data, string][] = [
    [{}, `${pipeline.name}" (id ${pipeline.id})`],
    [
      { pipeline_id: pipeline.id, stage_id: "none" },
      `"${stage.name}" (id ${stage.id})`,
    ],
    [{ pipeline_id: "Korporat Sales" }, "Corporate Sales"],
    [{ pipeline_id: 1, stage_id: 2 }, "pipeline_id: 1 is not one of"],
    [{ pipeline_id: pipeline.id, stage_id: "Menang" }, "give pipeline_id too"],
    [{ stage_id: "no such stage" }, "is not a stage of any pipeline"],
  ];
  for (const [args, expected] of table) {
    assertStringIncludes(
      await world.refused("get_required_fields_for_deal", args),
      expected,
    );
  }
});

Deno.test("get_deal_template says what cannot be written and what to do instead", async () => {
  await using world = await createWorld();
  const photo = await findField(world, (field) => field.type === "photo");
  assertEquals(photo.writable, false);
  assertMatch(photo.instead, /app/);
});

Deno.test("create_deal creates a deal with what each stage requires", async () => {
  await using world = await createWorld();
  for (const place of await places(world)) {
    const data = await world.ok("create_deal", argumentsFor(place.required));
    assertEquals([data.ignored, data.stored_differently], [[], []]);
    assertEquals(data.record.crm_stage_id, place.stage.id);
    assertEquals(data.record.crm_pipeline_id, place.pipeline.id);
  }
});

Deno.test("create_deal names every missing field at once and sends nothing", async () => {
  await using world = await createWorld();
  for (const { required, pipeline, stage } of await places(world)) {
    const text = await world.refused("create_deal", {
      crm_pipeline_id: pipeline.id,
      crm_stage_id: stage.id,
    });
    for (const field of required) {
      if (field.value !== undefined) continue;
      assertStringIncludes(text, field.label);
      for (const { name } of field.options?.slice(0, 3) ?? []) {
        assertStringIncludes(text, name);
      }
    }
  }
  assertEquals(writes(world), []);
});

Deno.test("create_deal names every wrong value at once and sends nothing", async () => {
  await using world = await createWorld();
  const select = await findField(
    world,
    (field) => field.custom && field.type === "select",
  );
  const date = await findField(
    world,
    (field) => field.custom && field.type === "date",
  );
  const photo = await findField(world, (field) => field.type === "photo");
  const [{ pipeline, stage }] = await places(world);
  const text = await world.refused("create_deal", {
    name: "x",
    crm_pipeline_id: pipeline.id,
    crm_stage_id: stage.id,
    currency: "Rupiah",
    creator_id: "Nobody",
    closed_date: "31/02/2026",
    size: "sepuluh juta",
    crm_priority_id: "Hihg",
    additional_fields: [
      { id: select.id, value: "no such option" },
      { id: date.id, value: "besok" },
      { id: photo.id, value: "x.jpg" },
      { id: 1, value: "x" },
      { name: "no such field", value: "x" },
    ],
  });
  for (
    const part of [
      'currency ("Currency") "Rupiah" is not one of its options',
      "creator_id",
      '"31/02/2026"',
      '"sepuluh juta"',
      'Did you mean "High"?',
      `additional_fields id ${select.id}`,
      select.options[0].name,
      `additional_fields id ${date.id}`,
      "cannot be written through the API: add the photo",
      "no field with the id 1",
      'no field called "no such field"',
    ]
  ) assertStringIncludes(text, part);
  assertEquals(writes(world), []);
});

Deno.test("create_deal accepts labels instead of ids, and sends ids", async () => {
  await using world = await createWorld();
  const [{ pipeline, stage, required }] = await places(world);
  const { optional } = await world.ok("get_required_fields_for_deal", {
    pipeline_id: pipeline.id,
    stage_id: stage.id,
    optional: true,
  });
  const field = (key: string) =>
    optional.find((f: Data) => f.key === key && !f.custom);
  const multiple = optional.find((f: Data) => f.type === "multiple_select");
  const data = await world.ok("create_deal", {
    ...argumentsFor(required),
    crm_pipeline_id: pipeline.name,
    crm_stage_id: stage.name.toUpperCase(),
    creator_id: field("creator_id").options[1].name,
    crm_source_name: field("crm_source_id").options[0].name,
    crm_priority_id: "high",
    currency: "usd",
    size: "1500000",
    closed_date: "24/12/2026",
    additional_fields: [
      ...argumentsFor(required).additional_fields ?? [],
      {
        id: multiple.id,
        value: multiple.options.slice(0, 2).map((o: Data) => o.name),
      },
    ],
  });
  assertEquals([data.ignored, data.stored_differently], [[], []]);
  const { record } = await world.ok("get_deal", { deal_id: data.id });
  assertEquals(record.creator_name, field("creator_id").options[1].name);
  assertEquals(record.crm_source_id, field("crm_source_id").options[0].id);
  assertEquals(record.crm_priority_name, "High");
  assertEquals(record.currency, "USD");
  assertEquals(record.closed_date, "2026-12-24T00:00:00.000+07:00");
  const stored = record.additional_fields.find((f: Data) =>
    f.id === multiple.id
  );
  assertEquals(
    stored.value,
    multiple.options.slice(0, 2).map((o: Data) => o.id),
  );
});

Deno.test("create_deal accepts names of pipeline and stage, and sends them as the company writes them", async () => {
  await using world = await createWorld();
  const [{ pipeline, stage, required }] = await places(world);
  const { crm_pipeline_id: _, crm_stage_id: __, ...args } = argumentsFor(
    required,
  );
  await world.ok("create_deal", {
    ...args,
    crm_pipeline_name: pipeline.name.toLowerCase(),
    crm_stage_name: stage.name.toUpperCase(),
  });
  const [{ body }] = writes(world) as Data;
  assertEquals(
    [body.crm_pipeline_id, body.crm_pipeline_name],
    [pipeline.id, pipeline.name],
  );
  assertEquals([body.crm_stage_id, body.crm_stage_name], [
    stage.id,
    stage.name,
  ]);
});

Deno.test("create_deal distinguishes fields with the same name", async () => {
  await using world = await createWorld();
  const { fields } = await world.ok("get_deal_template");
  const names = fields.filter((f: Data) => f.custom).map((f: Data) => f.name);
  const twice = names.find((name: string, i: number) =>
    names.indexOf(name) !== i
  );
  const [{ required }] = await places(world);
  const args = argumentsFor(required);
  const text = await world.refused("create_deal", {
    ...args,
    additional_fields: [
      ...args.additional_fields ?? [],
      { name: twice, value: "x" },
    ],
  });
  assertStringIncludes(text, `has 2 fields called "${twice}"`);
});

Deno.test("create_deal refuses two values for one field", async () => {
  await using world = await createWorld();
  const text = await findField(world, (f) => f.custom && f.type === "text");
  const [{ required }] = await places(world);
  assertStringIncludes(
    await world.refused("create_deal", {
      ...argumentsFor(required),
      additional_fields: [
        { id: text.id, value: "a" },
        { id: text.id, value: "b" },
      ],
    }),
    "is given twice",
  );
});

Deno.test("update_deal cannot remove a deal from its pipeline", async () => {
  await using world = await createWorld();
  const { id } = await made(world, 0);
  for (const key of ["crm_stage_id", "crm_pipeline_id"]) {
    assertStringIncludes(
      await world.refused("update_deal", { deal_id: id, [key]: null }),
      `${key} cannot be cleared`,
    );
  }
});

Deno.test("create_deal finds an id and a name that disagree", async () => {
  await using world = await createWorld();
  const [{ required, stage }, { stage: other }] = await places(world);
  const text = await world.refused("create_deal", {
    ...argumentsFor(required),
    crm_stage_id: stage.id,
    crm_stage_name: other.name,
    crm_priority_id: 1,
    crm_priority_name: "High",
  });
  assertStringIncludes(text, "2 problems");
  assertStringIncludes(text, "do not agree");
  assertStringIncludes(text, "name different options");
});

Deno.test("update_deal changes only what is given, and keeps the owner", async () => {
  await using world = await createWorld();
  const { id } = await made(world);
  const owners = await findField(world, (f) => f.key === "creator_id");
  await world.ok("update_deal_owner", {
    deal_id: id,
    creator_id: owners.options.at(-1).id,
  });
  const before = (await world.ok("get_deal", { deal_id: id })).record;
  const data = await world.ok("update_deal", { deal_id: id, size: 42 });
  assertEquals(data.applied, ["size"]);
  const after = (await world.ok("get_deal", { deal_id: id })).record;
  assertEquals(after, {
    ...before,
    size: after.size,
    updated_at: after.updated_at,
  });
  assertEquals(Number(after.size), 42);
});

Deno.test("update_deal clears optional values with null", async () => {
  await using world = await createWorld();
  const { id, args } = await made(world, 0);
  await world.ok("update_deal", { deal_id: id, start_date: "2026-11-01" });
  const data = await world.ok("update_deal", { deal_id: id, start_date: null });
  assertEquals(data.applied, ["start_date"]);
  const { record } = await world.ok("get_deal", { deal_id: id });
  assertEquals(record.start_date, undefined);
  assertEquals(record.name, args.name);
  assertStringIncludes(
    await world.refused("update_deal", { deal_id: id, name: null }),
    "is required",
  );
});

Deno.test("update_deal checks a move against the stage it leads to", async () => {
  await using world = await createWorld();
  const all = await places(world);
  const { id, place } = await made(world, 0);
  const target = all.filter((p) => p.pipeline.id === place.pipeline.id)
    .toSorted((a, b) => b.required.length - a.required.length)[0];
  const text = await world.refused("update_deal", {
    deal_id: id,
    crm_stage_id: target.stage.name,
  });
  assertStringIncludes(text, `in stage "${target.stage.name}"`);
  const data = await world.ok("update_deal", {
    deal_id: id,
    ...argumentsFor(target.required),
    name: "Meja rapat",
  });
  assertEquals(data.record.crm_stage_id, target.stage.id);
  const { records } = await world.ok("get_deal_stage_history", { deal_id: id });
  assertEquals(records.at(-1).current_stage.id, target.stage.id);
});

Deno.test("update_deal needs the stage when the pipeline changes", async () => {
  await using world = await createWorld();
  const all = await places(world);
  const { id, place } = await made(world, 0);
  const other = all.find((p) => p.pipeline.id !== place.pipeline.id);
  assertStringIncludes(
    await world.refused("update_deal", {
      deal_id: id,
      crm_pipeline_id: other.pipeline.name,
    }),
    `crm_stage_id is needed in pipeline "${other.pipeline.name}"`,
  );
});

Deno.test("update_deal says what Qontak ignored", async () => {
  await using other = await createWorld();
  const photo = await findField(other, (field) => field.type === "photo");
  await using world = await createWorld();
  withoutTemplate(world);
  const { records: [{ id }] } = await world.ok("list_deals");
  const data = await world.ok("update_deal", {
    deal_id: id,
    skip_validation: true,
    size: 7,
    additional_fields: [{ id: photo.id, value: "x.jpg" }],
  });
  assertEquals(data.applied, ["size"]);
  assertEquals(data.ignored, [
    { key: `additional_fields id ${photo.id}`, sent: "x.jpg", stored: null },
  ]);
  assertMatch(data.notes.join(), /Sent without a check/);
});

/** From now on the template of deals cannot be fetched. */
function withoutTemplate(world: World): void {
  world.sandbox.inject({
    fault: { kind: "status", status: 503 },
    path: "/api/v3.1/deals/info",
    times: 1_000,
  });
}

Deno.test("a write is refused while the template cannot be fetched", async () => {
  await using world = await createWorld();
  withoutTemplate(world);
  const text = await world.refused("create_deal", { name: "x" });
  assertStringIncludes(text, "could not be fetched");
  assert(!text.includes("skip_validation"));
  assertEquals(writes(world), []);
});

Deno.test("skip_validation overrides no finding but those of an undocumented rule", async () => {
  const label = "NPWP";
  await using world = await createWorld({
    change(request, answer) {
      if (!request.endsWith("/deals/info")) return;
      for (const field of answer.response) {
        if (field.name_alias !== label) continue;
        field.required_pipeline_ids = [];
        field.required_stage_ids = [398112];
      }
    },
  });
  const deal = {
    name: "Kursi",
    size: 1000,
    crm_pipeline_id: 48213,
    crm_stage_id: 398112,
  };
  const refusal = await world.refused("create_deal", deal);
  assertStringIncludes(refusal, label);
  assert(!refusal.includes("skip_validation"));
  assertStringIncludes(
    await world.refused("create_deal", { ...deal, skip_validation: true }),
    label,
  );
  assertEquals(writes(world), []);
  await using other = await createWorld({
    change(request, answer) {
      if (!request.endsWith("/deals/info")) return;
      for (const field of answer.response) {
        if (field.name_alias !== label) continue;
        field.required_pipeline_ids = [131907];
        field.required_stage_ids = [398112];
      }
    },
  });
  assertStringIncludes(await other.refused("create_deal", deal), label);
  // A wrong value stays wrong.
  assertStringIncludes(
    await other.refused("create_deal", {
      ...deal,
      creator_id: "nobody",
      skip_validation: true,
    }),
    "nobody",
  );
  const { notes } = await other.ok("create_deal", {
    ...deal,
    skip_validation: true,
  });
  assertMatch(notes.join(), /Sent anyway.*NPWP/);
});

Deno.test("after a refused write, the template is read again", async () => {
  await using world = await createWorld();
  const [{ required }] = await places(world);
  await world.ok("create_deal", argumentsFor(required));
  world.seen();
  world.sandbox.inject({
    fault: { kind: "status", status: 422 },
    method: "POST",
    path: "/api/v3.1/deals",
  });
  assertStringIncludes(
    await world.refused("create_deal", argumentsFor(required)),
    "422",
  );
  const reads = world.seen().filter(({ path }) => path.endsWith("/info"));
  assertEquals(reads.length, 1);
});

Deno.test("checking a write costs no request once the setup is known", async () => {
  await using world = await createWorld();
  const [{ required }] = await places(world);
  const args = argumentsFor(required);
  await world.ok("create_deal", args);
  world.seen();
  await world.refused("create_deal", { ...args, currency: "no" });
  assertEquals(world.seen(), []);
});

Deno.test("list_deals pages through all deals without repeating one", async () => {
  await using world = await createWorld();
  const ids: number[] = [];
  let page: number | undefined = 1;
  let total = 0;
  while (page !== undefined) {
    const data: Data = await world.ok("list_deals", { page, per_page: 25 });
    ids.push(...data.records.map((r: Data) => r.id));
    total = data.total_data;
    page = data.page < data.total_page ? data.next_page : undefined;
  }
  assertEquals(total, 60);
  assertEquals(new Set(ids).size, 60);
});

Deno.test("list_deals filters by stage, pipeline and owner over all pages", async () => {
  await using world = await createWorld();
  const all: Data[] = [];
  for (const page of [1, 2, 3]) {
    const { records } = await world.ok("list_deals", {
      page,
      fields: [
        "crm_stage_id",
        "crm_stage_name",
        "crm_pipeline_name",
        "creator_id",
        "creator_name",
      ],
    });
    all.push(...records);
  }
  const [first] = all;
  const table: [Data, (r: Data) => boolean][] = [
    [
      { crm_stage_id: first.crm_stage_name },
      (r) => r.crm_stage_name === first.crm_stage_name,
    ],
    [
      { crm_pipeline_id: first.crm_pipeline_name },
      (r) => r.crm_pipeline_name === first.crm_pipeline_name,
    ],
    [
      { creator_id: first.creator_name },
      (r) => r.creator_id === first.creator_id,
    ],
    [
      { creator_id: first.creator_id, crm_stage_id: first.crm_stage_id },
      (r) =>
        r.creator_id === first.creator_id &&
        r.crm_stage_id === first.crm_stage_id,
    ],
  ];
  for (const [args, test] of table) {
    const data = await world.ok("list_deals", args);
    const ids = all.filter(test).map((r) => r.id).toSorted();
    // A page is a page of matches.
    assertEquals([
      data.records.length,
      data.total_data,
      data.total_page,
    ], [Math.min(25, ids.length), ids.length, Math.ceil(ids.length / 25)]);
    assertEquals(data.records_read, 60);
    assert(Date.now() - Date.parse(data.as_of) < 60_000);
    const found: number[] = [];
    for (let page: number | undefined = 1; page !== undefined;) {
      const part: Data = await world.ok("list_deals", {
        ...args,
        page,
        per_page: 7,
      });
      assertEquals(part.total_data, ids.length);
      found.push(...part.records.map((r: Data) => r.id));
      page = part.next_page;
    }
    assertEquals(found.toSorted(), ids);
  }
  // All of it was read once.
  world.seen();
  await world.ok("list_deals", { crm_stage_id: "Won", fields: ["*"] });
  assertEquals(world.seen(), []);
  assertStringIncludes(
    await world.refused("list_deals", { crm_stage_id: "Wonn" }),
    'Did you mean "Won"?',
  );
});

Deno.test("list_deals applies its own filters to what Qontak's filters select", async () => {
  await using world = await createWorld();
  const { records: [first] } = await world.ok("list_deals");
  const args = { name: first.name, creator_id: first.creator_name };
  const { records, total_data, records_read } = await world.ok(
    "list_deals",
    args,
  );
  assertEquals(
    records.map((r: Data) => r.id).includes(first.id),
    true,
  );
  assertEquals(records_read < 60 && total_data <= records_read, true);
  // What Qontak selects is asked for each time.
  world.seen();
  await world.ok("list_deals", args);
  assertEquals(world.seen().map(({ query }) => query.name), [first.name]);
  const none = await world.ok("list_deals", {
    ...args,
    fields: ["closed_date"],
  });
  assertEquals(none.unknown_fields, undefined);
});

Deno.test("answers stay within their budgets", async () => {
  await using world = await createWorld();
  const list = await world.call("list_deals", { per_page: 25 });
  assert(list.text.length <= 12 * 1024, `${list.text.length}`);
  for (const { id } of list.data.records) {
    const one = await world.call("get_deal", { deal_id: id });
    assert(one.text.length <= 2 * 1024, `${one.text.length}`);
    assert(one.data.empty.custom_fields > 60);
  }
  for (const place of (await places(world)).slice(0, 2)) {
    assert(JSON.stringify(place).length <= 16 * 1024);
  }
  const whole = await world.call("list_deals", { per_page: 60, fields: ["*"] });
  assert(whole.text.length <= 61_000, `${whole.text.length}`);
  assertMatch(whole.data.cut, /of 60 fit/);
});

Deno.test("get_deal selects keys and custom fields", async () => {
  await using world = await createWorld();
  const { records: [{ id }] } = await world.ok("list_deals");
  const { record: whole } = await world.ok("get_deal", {
    deal_id: id,
    fields: ["*"],
  });
  assert(whole.additional_fields.length >= 75);
  const set = whole.additional_fields.find((f: Data) => f.value);
  const { record } = await world.ok("get_deal", {
    deal_id: id,
    fields: ["name", String(set.id)],
  });
  assertEquals(Object.keys(record).toSorted(), [
    "additional_fields",
    "id",
    "name",
  ]);
  assertEquals(record.additional_fields[0].id, set.id);
});

Deno.test("the answers of both profiles of Qontak are read correctly", async () => {
  await using world = await createWorld({ profile: "observed" });
  const { id, place } = await made(world);
  const data = await world.ok("update_deal", { deal_id: id, size: 5 });
  assertEquals(data.applied, ["size"]);
  assertEquals(data.record.crm_stage_id, place.stage.id);
  await world.ok("get_deal_chat_history", { deal_id: id });
});
