import { assert, assertEquals } from "@std/assert";
import { isSame, isSameAt, readBack } from "../../src/fields/readback.ts";

Deno.test("isSameAt() compares lists of ids in any order, each as often as it is there", () => {
  const table: readonly (readonly [unknown[], unknown[], boolean])[] = [
    [[1, 2, 3], [3, 1, 2], true],
    [[1, "2"], ["2", "1"], true],
    [[1, 2], [1, 1], false],
    [[1, 1], [1, 2], false],
    [[1, 2], [1, 2, 2], false],
    [[], [], true],
  ];
  for (const [a, b, same] of table) {
    assertEquals(isSameAt("crm_lead_ids", a, b), same, JSON.stringify([a, b]));
  }
});

Deno.test("isSame() reads the day of a check-in in every month", () => {
  const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  months.forEach((month, i) => {
    const sent = Date.UTC(2026, i, 21, 3) / 1000;
    assert(isSame(sent, `21 ${month}, 2026`), month);
    assert(!isSame(sent, `20 ${month}, 2026`), month);
  });
});

Deno.test("isSame() recognizes a value in the forms that Qontak returns", () => {
  const same: [unknown, unknown][] = [
    [10_000_000, "10000000.0"],
    ["435,436", "435,436"],
    [5, [5]],
    [[1, 2], ["1", "2"]],
    ["2026-11-30T00:00:00.000+07:00", "2026-11-29T17:00:00.000Z"],
    ["30/11/2026", "2026-11-30"],
    [null, ""],
    [[], null],
    ["IDR", " IDR "],
  ];
  for (const [a, b] of same) {
    assertEquals(isSame(a, b), true, JSON.stringify([a, b]));
  }
  const different: [unknown, unknown][] = [
    [1, 2],
    ["a", "b"],
    [[1, 2], [2, 1]],
    [[1], [1, 2]],
    [0, null],
    ["30/11/2026", "01/12/2026"],
  ];
  for (const [a, b] of different) {
    assertEquals(isSame(a, b), false, JSON.stringify([a, b]));
  }
});

Deno.test("readBack() separates applied, ignored and differently stored values", () => {
  const result = readBack(
    {
      name: "New",
      size: 5,
      currency: "USD",
      crm_source_id: 2,
      address: "Jl. Melati",
      additional_fields: [{ id: 1, value: "a" }, { id: 2, value: "b" }],
    },
    {
      name: "New",
      size: "5.0",
      currency: "IDR",
      crm_source_id: 3,
      additional_fields: [{ id: 1, value: "a" }, { id: 2, value: null }],
    },
    { currency: "IDR" },
  );
  assertEquals(result, {
    applied: ["name", "size", "additional_fields id 1"],
    ignored: [
      { key: "currency", sent: "USD", stored: "IDR" },
      { key: "additional_fields id 2", sent: "b", stored: null },
    ],
    stored_differently: [{ key: "crm_source_id", sent: 2, stored: 3 }],
    not_shown: ["address"],
  });
});
