import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  createTable,
  customColumn,
  type Table,
  viewOf,
} from "../../src/snapshots/table.ts";
import type { JsonObject } from "../../src/values/json.ts";

Deno.test("a table returns the stored records, without empty values", () => {
  const table = createTable();
  table.put(7, {
    id: 7,
    name: "A",
    email: "",
    crm_lead_ids: [1, 2],
    owner: null,
    additional_fields: [
      { id: 5, name: "five", value: "x", value_name: "X" },
      { id: 6, name: "six", value: "", value_name: null },
    ],
  });
  assertEquals(table.record(table.rowOf(7)!), {
    id: 7,
    name: "A",
    crm_lead_ids: [1, 2],
    additional_fields: [{ id: 5, name: "five", value: "x", value_name: "X" }],
  });
  assertEquals(table.column("email"), undefined);
  const column = table.column(customColumn(5, "label"))!;
  assertEquals(column.values[column.code(table.rowOf(7)!)], "X");
});

Deno.test("a table behaves like a map of records", () => {
  const value = fc.oneof(
    fc.constantFrom(null, "", [], 0, 1, "1", "a", '"a', true, false),
    fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 2 }),
  );
  const record = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), value);
  const step = fc.tuple(fc.integer({ min: 1, max: 200 }), fc.option(record));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const table = createTable();
      const expected = new Map<number, JsonObject>();
      for (const [id, put] of steps) {
        if (put === null) {
          table.remove(id);
          expected.delete(id);
          continue;
        }
        table.put(id, put);
        expected.set(
          id,
          Object.fromEntries(
            Object.entries(put).filter(([, one]) =>
              one !== null && one !== "" &&
              !(Array.isArray(one) && one.length === 0)
            ),
          ),
        );
      }
      assertEquals(table.size, expected.size);
      for (const [id, one] of expected) {
        assertEquals({ ...table.record(table.rowOf(id)!) }, one);
      }
      assertEquals([...table.rows()].length, expected.size);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a table keeps values apart, however many a column has", () => {
  const table = createTable();
  const count = 70_000;
  for (let id = 1; id <= count; id++) {
    table.put(id, { a: id, b: `${id % 300}` });
  }
  for (let id = 1; id <= count; id++) {
    const row = table.rowOf(id)!;
    const [a, b] = [table.value(row, "a"), table.value(row, "b")];
    if (a !== id || b !== `${id % 300}`) assertEquals([a, b], [id, "?"]);
  }
});

Deno.test("a table returns values that repeat late, early or not at all", () => {
  const table = createTable();
  // The first 600 are all different, so the table no longer looks for equal
  // ones, and has to keep those apart that come then.
  const of = (id: number): JsonObject => ({
    late: id < 600 ? `${id}` : `${id % 3}`,
    list: id < 600 ? [id, id] : [id % 3, 1],
    early: id < 600 ? `${id % 3}` : `${id}`,
  });
  for (let id = 1; id <= 2_000; id++) table.put(id, of(id));
  const copy = table.copy();
  for (let id = 1; id <= 2_000; id++) table.put(id, of(id + 1));
  for (let id = 1; id <= 2_000; id++) {
    assertEquals({ ...table.record(table.rowOf(id)!) }, of(id + 1));
    assertEquals({ ...copy.record(copy.rowOf(id)!) }, of(id));
  }
});

Deno.test("a table of ten thousand deals with 80 custom fields takes at most 12 MB", () => {
  const table = createTable();
  for (let id = 1; id <= 10_000; id++) {
    table.put(id, {
      id,
      name: `Deal ${id} of a company with a name`,
      slug: `deal-${id}-of-a-company`,
      size: `${(id * 7919) % 1_000_000}.0`,
      crm_stage_id: id % 9,
      crm_stage_name: `Stage ${id % 9}`,
      creator_id: id % 30,
      created_at: new Date(id * 60_000).toISOString(),
      updated_at: new Date(id * 61_000).toISOString(),
      additional_fields: Array.from({ length: 80 }, (_, i) => ({
        id: 6_000_000 + i,
        name: `field_${i}`,
        value: i % 4 === 0 ? String((id + i) % 50) : "",
        value_name: i % 4 === 0 ? `Option ${(id + i) % 50}` : null,
      })),
    });
  }
  assert(table.bytes <= 12e6, `${table.bytes}`);
});

Deno.test("copy() stays as it was, whichever of both is changed", () => {
  const change = fc.tuple(
    fc.constantFrom("first", "copy"),
    fc.integer({ min: 1, max: 300 }),
    fc.option(fc.integer({ min: 1, max: 900 })),
  );
  const of = (value: number): JsonObject => ({
    name: `n${value}`,
    ids: [value, 1],
    additional_fields: [
      { id: 7, name: "seven", value: value % 400, value_name: `v${value}` },
    ],
  });
  /** A table, and the records that it should have. */
  const pair = (table: Table, expected: Map<number, JsonObject>) => ({
    table,
    change(id: number, value: number | null) {
      if (value === null) {
        table.remove(id);
        expected.delete(id);
      } else {
        table.put(id, of(value));
        expected.set(id, of(value));
      }
    },
    copy: () => pair(table.copy(), new Map(expected)),
    check() {
      assertEquals([...table.ids()].sort(), [...expected.keys()].sort());
      for (const [id, one] of expected) {
        assertEquals({ ...table.record(table.rowOf(id)!) }, one);
      }
    },
  });
  const changes = fc.array(change, { maxLength: 300 });
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 4 }), (rounds) => {
      const first = pair(createTable(), new Map());
      for (let id = 1; id <= 200; id++) first.change(id, id);
      let copy = first.copy();
      for (const steps of rounds) {
        for (const [which, id, value] of steps) {
          (which === "first" ? first : copy).change(id, value);
        }
        first.check();
        copy.check();
        copy = first.copy();
      }
    }),
    { numRuns: 60 },
  );
  // Both have the values, but only one has seen how many there are.
  const first = pair(createTable(), new Map());
  first.change(1, 1);
  const copy = first.copy();
  for (let id = 2; id <= 400; id++) first.change(id, id);
  for (let id = 300; id <= 400; id++) copy.change(id, id);
  first.check();
  copy.check();
});

Deno.test("viewOf() shows only some records, also in a copy of it", () => {
  const table = createTable();
  for (let id = 1; id <= 9; id++) table.put(id, { id, name: `record ${id}` });
  const view = viewOf(table, [7, 2]);
  const copy = view.copy();
  table.put(2, { id: 2, name: "changed" });
  const names = ({ rows, value }: typeof view) =>
    Array.from(rows(), (row) => value(row, "name"));
  assertEquals([view.size, names(view)], [2, ["record 7", "changed"]]);
  assertEquals([copy.size, names(copy)], [2, ["record 7", "record 2"]]);
  assertEquals([...copy.ids()], [7, 2]);
});
