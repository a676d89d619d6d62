/** What a change does to the values of a record. */
import { assertEquals } from "@std/assert";
import { differencesOf } from "../../src/changes/differences.ts";
import type { Setup } from "../../src/fields/setup.ts";

/** Without a kind of record, no setup is read. */
const setup = {} as Setup;

const names = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `Nama ${from + i}`);

Deno.test("differencesOf() names what a list loses", async () => {
  const ids = Array.from({ length: 2_000 }, (_, i) => i + 1);
  const prices = Array.from({ length: 100 }, (_, i) => `${1_000 + i}.0`);
  const table: readonly (readonly [unknown[], unknown[], unknown[]])[] = [
    [[1, 2, 3], [1, 3], [2]],
    [["1", "2"], [2], ["1"]],
    [[1, 2, null], [2, null], [1]],
    [names(3), names(2), ["Nama 2"]],
    [names(105), names(104), ["Nama 104"]],
    [names(100), names(100, 500), names(100)],
    [prices, prices.slice(1).map(Number), ["1000.0"]],
    [[{ id: 1, a: 2 }, { id: 2 }], [{ id: 1 }], [{ id: 2 }]],
    [ids, ids.slice(1), [1]],
    [ids, [ids[5]], ids.filter((id) => id !== 6)],
  ];
  for (const [before, after, gone] of table) {
    const { removed } = await differencesOf(setup, {
      before: { list: before },
      body: { list: after },
    });
    const what = JSON.stringify([before, after]).slice(0, 200);
    assertEquals(removed, [{ key: "list", removed: gone }], what);
  }
});

Deno.test("differencesOf() says nothing of lists that are too long, but what changed", async () => {
  const { changed, removed } = await differencesOf(setup, {
    before: { list: names(200) },
    body: { list: names(200, 500) },
  });
  assertEquals(changed.length, 1);
  assertEquals(removed, []);
});
