import { assert, assertEquals } from "@std/assert";
import { createReading } from "../../src/snapshots/read.ts";
import { createTable } from "../../src/snapshots/table.ts";

/** Records whose values are all different: as slow to store as any. */
function records(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    additional_fields: Array.from({ length: 40 }, (_, k) => ({
      id: k + 1,
      name: `field ${k}`,
      value: [`value ${i} ${k}`, k],
      value_name: `label ${i} ${k}`,
    })),
  }));
}

/** Counts how often other work runs, until it is stopped. */
function countTurns() {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  return {
    get turns() {
      return turns;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

Deno.test("run() lets other calls run while it stores a large page", async () => {
  const table = createTable();
  const page = records(5_000);
  const reading = createReading({
    table,
    readPage: () => Promise.resolve({ records: page, total: page.length }),
    onPage: () => {},
  });
  using others = countTurns();
  await reading.run(new AbortController().signal);
  assert(reading.isComplete);
  assertEquals(table.size, page.length);
  assert(others.turns >= 3, `${others.turns} turns`);
});

Deno.test("run() reads a page again that it was storing when it was ended", async () => {
  const table = createTable();
  const page = records(5_000);
  const ending = new AbortController();
  let asked = 0;
  const reading = createReading({
    table,
    readPage: () => {
      asked++;
      return Promise.resolve({ records: page, total: page.length });
    },
    onPage: () => {},
  });
  const ended = reading.run(ending.signal).then(() => "done", () => "ended");
  setTimeout(() => ending.abort(), 0);
  assertEquals(await ended, "ended");
  assert(table.size > 0 && table.size < page.length, `${table.size} stored`);
  await reading.run(new AbortController().signal);
  assert(reading.isComplete);
  assertEquals([asked, table.size], [2, page.length]);
});
