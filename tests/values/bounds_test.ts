import { assert, assertEquals } from "@std/assert";
import { overfull } from "../../src/values/bounds.ts";

/** JSON of a page of records with custom fields, as Qontak sends it. */
function page(records: number, fields: number): string {
  return JSON.stringify({
    meta: { status: 200 },
    response: Array.from({ length: records }, (_, i) => ({
      id: 31_842_795 + i,
      name: `Nama ${i}`,
      updated_at: `2026-11-27T08:${i % 60}:00.000+07:00`,
      additional_fields: Array.from({ length: fields }, (_, j) => ({
        id: 7_118_000 + j,
        name: `Kolom ${j}`,
        value: j % 3 === 0 ? `isi ${i}` : null,
        value_name: null,
      })),
    })),
  });
}

/** A list of parts, as JSON. */
function list(count: number, part: (i: number) => string): string {
  return `[${Array.from({ length: count }, (_, i) => part(i)).join()}]`;
}

Deno.test("overfull() accepts pages as Qontak sends them, and long texts", () => {
  const note = JSON.stringify({ a: { b: "“08:30”: jam masuk" } });
  const texts = {
    "a page of 1,000 records": page(1_000, 120),
    "a template with many options": `{"response":${
      list(20_000, (i) => `{"id":${i},"name":"Kota ${i}"}`)
    }}`,
    "a note that holds JSON": JSON.stringify({
      response: list(40_000, (i) => note.replace("b", `b${i}`)),
    }),
    "a text of many quotation marks": JSON.stringify({
      response: '"'.repeat(500_000),
    }),
    "an object with as many keys as are read": `{${
      list(5_000, (i) => `"${i}":1`).slice(1, -1)
    }}`,
  };
  for (const [name, text] of Object.entries(texts)) {
    assertEquals(overfull(text), undefined, name);
  }
});

Deno.test("overfull() refuses texts that take long to parse", () => {
  const key = (i: number, end: string) => `{"a${i}${end}:1}`;
  const anyOrder = () =>
    `{${
      Array.from({ length: 5 }, () => `"k${Math.random() * 100 | 0}":1`).join()
    }}`;
  const cases: readonly [text: string, what: RegExp][] = [
    [list(100_000, (i) => key(i, '"')), /thousands of different keys/],
    [list(100_000, (i) => key(i, '"\n ')), /thousands of different keys/],
    [list(100_000, (i) => key(i, '\\"x"')), /thousands of different keys/],
    [list(100_000, (i) => key(i, '\\\\"')), /thousands of different keys/],
    [list(100_000, anyOrder), /thousands of different keys/],
    [list(300_000, () => "{}"), /more than 200000 objects and lists/],
    [list(300_000, () => "[]"), /more than 200000 objects and lists/],
    [list(900_000, () => "0"), /more than 600000 values/],
    [list(900_000, (i) => `"a${i}"`), /more than 600000 values/],
  ];
  for (const [text, what] of cases) {
    // It looks at other places each time.
    for (let i = 0; i < 10; i++) {
      const found = overfull(text) ?? "";
      assert(what.test(found), `${text.slice(0, 20)}: ${found}`);
    }
  }
});
