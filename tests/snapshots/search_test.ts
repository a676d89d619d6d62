import { assert, assertEquals } from "@std/assert";
import { SEARCHED, searchTable } from "../../src/snapshots/search.ts";
import { createTable, type Table } from "../../src/snapshots/table.ts";
import { parseWanted } from "../../src/snapshots/wanted.ts";
import { atOnce, inTurns } from "../../src/values/turns.ts";

/** Contacts with names and numbers of their own. */
function contacts(count: number): Table {
  const table = createTable();
  for (let id = 1; id <= count; id++) {
    table.put(id, {
      id,
      first_name: `Orang ${id}`,
      last_name: id % 100 === 0 ? "Santoso" : "Wijaya",
      telephone: `0812${10_000_000 + id}`,
      email: `orang.${id}@example.co.id`,
    });
  }
  return table;
}

Deno.test("searchTable() lets others run, who may change the records, and finds them as they were", async () => {
  const searched = SEARCHED.find(({ resource }) =>
    resource.name === "contact"
  )!;
  const wanted = parseWanted("santoso");
  const find = (table: Table) => searchTable(table, searched, wanted, 20);
  const table = contacts(20_000);
  const expected = atOnce(find(table.copy()));
  assertEquals(expected.count, 200);
  let turns = 0;
  const others = setInterval(() => {
    turns++;
    table.put(turns, { id: turns, first_name: `Baru ${turns} Santoso` });
    table.put(20_000, { id: 20_000, first_name: "Lain" });
  });
  const found = await inTurns({
    of: table,
    copy: (table) => table.copy(),
    steps: find,
  });
  clearInterval(others);
  assert(turns > 2, `${turns} turns`);
  // The first turn ends before a copy is made.
  assertEquals(found, expected);
});
