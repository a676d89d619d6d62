/** Records as answers show them. */
import { assertEquals } from "@std/assert";
import { presentRecord, presentRecords } from "../../src/fields/present.ts";

const record = {
  id: 7,
  name: "Toko Maju",
  size: "",
  additional_fields: [
    { id: 70, name: "name", value: "Cabang", value_name: null },
    { id: 71, name: "size", value: "", value_name: null },
  ],
};

Deno.test("presentRecord() takes custom fields by name only if the caller named them", () => {
  const [branch] = record.additional_fields;
  const { value_name: _, ...shown } = branch!;
  assertEquals(presentRecord(record, ["name"]).record, {
    id: 7,
    name: "Toko Maju",
    additional_fields: [shown],
  });
  assertEquals(presentRecord(record, ["name"], false).record, {
    id: 7,
    name: "Toko Maju",
  });
  // By its id, it is meant in both.
  for (const asked of [true, false]) {
    assertEquals(presentRecord(record, ["name", "70"], asked).record, {
      id: 7,
      name: "Toko Maju",
      additional_fields: [shown],
    });
  }
});

Deno.test("presentRecords() summarizes rows by their keys, and finds custom fields that were asked for", () => {
  const summarized = presentRecords([record], undefined, [
    "id",
    "name",
    "size",
  ]);
  assertEquals(summarized, {
    shown: [{ id: 7, name: "Toko Maju" }],
    extra: {},
  });
  const asked = presentRecords([record], ["size", "colour"]);
  assertEquals(asked.shown, [{ id: 7 }]);
  assertEquals(asked.extra, { unknown_fields: ["colour"] });
});
