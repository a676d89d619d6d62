import { assertEquals } from "@std/assert";
import { isSame, readBack } from "../../src/fields/readback.ts";

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
