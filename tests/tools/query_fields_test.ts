/** Every field that answers show or refusals list can be asked about. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createWorld as createData } from "../../src/sandbox/data/world.ts";
import { createWorld, type World } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- what a tool answers
type Row = any;

const data = createData(1);
const DEAL =
  [...data.deals.values()].find(({ history }) => history.length > 2)!.id;

const RESOURCES: Readonly<Record<string, Record<string, unknown>>> = {
  contacts: {},
  companies: {},
  deals: {},
  tickets: {},
  tasks: {},
  products: {},
  products_associations: {},
  geolocations: {},
  notes: {
    of: { resource: "deals", where: [{ field: "state", value: "open" }] },
  },
  // Moves have no ids, so all moves of one deal are compared.
  stage_moves: {
    of: {
      resource: "deals",
      where: [{ field: "id", value: DEAL }],
    },
  },
};

/** How many records of a kind are compared. */
const ROWS = 12;

/** What identifies a record, where it is not the id. */
const KEY: Readonly<Record<string, string>> = { stage_moves: "moved_date" };

const isSet = (value: unknown) =>
  value !== undefined && value !== null && value !== "" &&
  !(Array.isArray(value) && value.length === 0);

/** The fields that a refusal lists, without those that have other names. */
async function listed(
  world: World,
  question: Record<string, unknown>,
): Promise<string[]> {
  const { text } = await world.call("query_records", {
    ...question,
    where: [{ field: "zzqqxx", op: "is_set" }],
  });
  const [, names] = /Fields of [a-z ]+: (.*?)(?: and \d+ more|, and those of)/
    .exec(text) ?? /Fields of [a-z ]+: ([^.]*)/.exec(text) ?? [];
  assert(names, text);
  return names.replaceAll('\\"', '"').split(", ")
    .map((name) => name.replace(/^"|"$/g, ""));
}

for (const [resource, of] of Object.entries(RESOURCES)) {
  Deno.test(`query_records can ask about every field of ${resource} that rows show or a refusal lists`, async () => {
    await using world = await createWorld();
    const question = { resource, ...of };
    const ask = (more: Record<string, unknown>) =>
      world.ok("query_records", { ...question, limit: 500, ...more });
    const key = KEY[resource] ?? "id";
    const idsOf = (rows: Row[]) => rows.map((row) => row[key]).sort();

    const byDefault: Row[] = (await ask({ limit: ROWS })).records;
    const whole: Row[] = (await ask({ fields: "*", limit: ROWS })).records;
    assert(whole.length > 1, resource);
    const wrong: string[] = [];
    async function compare(
      name: string,
      rows: Row[],
      shows: (row: Row) => unknown,
    ) {
      const within = key === "id"
        ? [{ field: "id", op: "in", value: idsOf(rows) }]
        : [];
      const set = await ask({
        where: [...within, { field: name, op: "is_set" }],
        fields: key,
      });
      const expected = idsOf(rows.filter((row) => isSet(shows(row))));
      if (idsOf(set.records).join() !== expected.join()) {
        wrong.push(
          `${name} is_set: ${set.records.length}, shown ${expected.length}`,
        );
        return;
      }
      const value = rows.map(shows).find((one) =>
        ["string", "number"].includes(typeof one)
      );
      if (value === undefined || value === "") return;
      const { records } = await ask({
        where: [...within, { field: name, value }],
        fields: key,
      });
      const same = idsOf(rows.filter((row) => shows(row) === value));
      if (idsOf(records).join() !== same.join()) {
        wrong.push(
          `${name} eq ${value}: ${records.length}, not ${same.length}`,
        );
      }
    }

    for (const rows of [byDefault, whole]) {
      const names = new Set(rows.flatMap((row) => Object.keys(row)));
      names.delete("id");
      names.delete("additional_fields");
      for (const name of names) {
        await compare(name, rows, (row) => row[name]);
      }
    }
    const shown = new Set(whole.flatMap((row) => Object.keys(row)));
    for (const name of await listed(world, question)) {
      if (name === "id" || shown.has(name)) continue;
      const where = key === "id"
        ? [{ field: "id", op: "in", value: idsOf(whole) }]
        : [];
      const { records } = await ask({ where, fields: [key, name] });
      await compare(
        name,
        records,
        ({ id: _, [key]: __, ...rest }) => Object.values(rest).at(-1),
      );
    }
    assertEquals(wrong, []);
  });
}

Deno.test("the name of an assignee selects and groups as its id does, in query_records and change_records", async () => {
  await using world = await createWorld();
  for (const resource of ["tickets", "tasks"]) {
    const groups = async (by: string) =>
      (await world.ok("query_records", { resource, group_by: by })).records;
    assertEquals(await groups("assignee_name"), await groups("assignee_id"));
    const named = (await groups("assignee_name")).filter((
      { assignee_name }: Row,
    ) => assignee_name);
    assert(named.length > 1, resource);
    const { matched } = await world.ok("query_records", {
      resource,
      where: [{ field: "assignee_name", value: named[0].assignee_name }],
      measures: "count",
    });
    assertEquals(matched, named[0].count);
  }
  const count = async (field: string) =>
    (await world.ok("query_records", {
      resource: "tasks",
      where: [{ field, op: "is_empty" }],
      measures: "count",
    })).matched;
  assertEquals(await count("assignee_name"), await count("assignee_id"));
  assertEquals(await count("assignee_id"), 0);
  // Nothing is planned for records that have an assignee.
  const refusal = await world.refused("change_records", {
    resource: "tasks",
    action: "update",
    where: [{ field: "assignee_name", op: "is_empty" }],
    change: { due_date: "2026-12-24" },
  });
  assertStringIncludes(refusal, "no tasks match where");
});

Deno.test("notes of contacts, companies and deals show whose they are", async () => {
  await using world = await createWorld();
  for (
    const [of, id, name] of [
      ["contacts", "crm_person_id", "crm_person_full_name"],
      ["companies", "crm_company_id", "crm_company_name"],
      ["deals", "crm_deal_id", "crm_deal_name"],
    ] as const
  ) {
    const { records } = await world.ok("query_records", {
      resource: "notes",
      of: { resource: of },
      limit: 5,
    });
    assert(records.length > 0, of);
    for (const record of records) {
      assert(record[id] > 0 && record[name], JSON.stringify(record));
    }
  }
});

Deno.test("query_records names the fields that a word of other records means", async () => {
  await using world = await createWorld();
  for (
    const [resource, word, meant] of [
      ["tickets", "status", "state or ticket_stage_id"],
      ["deals", "amount", "size"],
      ["deals", "phase_status", undefined],
      ["tasks", "owner", "assignee_id"],
      ["contacts", "phone", "telephone"],
    ] as const
  ) {
    const refusal = await world.refused("query_records", {
      resource,
      group_by: word,
    });
    const [, said] = /Did you mean (.*?)\?/.exec(refusal) ?? [];
    if (meant === undefined) assert(said !== "state or crm_stage_id", refusal);
    else assertStringIncludes(said ?? refusal, meant);
  }
});

Deno.test("groups of a stage name that pipelines share list its ids in order", async () => {
  await using world = await createWorld();
  let shared = 0;
  for (const resource of ["deals", "tickets"]) {
    const key = resource === "deals" ? "crm_stage_id" : "ticket_stage_id";
    for (
      const by of ["stage,assignee", "stage,state", "stage,priority", "stage"]
    ) {
      const called = await world.call("query_records", {
        resource,
        group_by: by.replace(
          "assignee",
          resource === "deals" ? "creator_id" : "assignee_id",
        ),
        limit: 500,
      });
      for (const group of (called.data as Row)?.records ?? []) {
        if (!Array.isArray(group[key])) continue;
        shared++;
        assertEquals(
          group[key],
          group[key].toSorted((a: number, b: number) => a - b),
        );
      }
    }
  }
  assert(shared > 0, `${shared} groups`);
});

Deno.test("deals by stage come in the order of the pipeline unless the question sorts them", async () => {
  await using world = await createWorld();
  const [pipeline] = data.pipelines;
  const { records: stages } = await world.ok("list_pipeline_stages", {
    pipeline_id: pipeline!.id,
  });
  const order = stages.map(({ name }: Row) => name);
  assert(order.join() !== order.toSorted().join());
  const names = async (more: Record<string, unknown>) =>
    (await world.ok("query_records", {
      resource: "deals",
      where: [{ field: "pipeline", value: pipeline!.name }],
      group_by: "stage",
      ...more,
    })).records.map(({ crm_stage_name }: Row) => crm_stage_name);
  const shown = await names({});
  assert(shown.length > 3);
  assertEquals(shown, order.filter((name: string) => shown.includes(name)));
  assertEquals(await names({ sort: "stage" }), shown.toSorted());
});
