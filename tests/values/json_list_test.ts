import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createListParser } from "../../src/values/json_list.ts";

/** Values with all that could end a text or an object too early. */
const value = fc.oneof(
  fc.constantFrom(null, "", "", "", "}", '"}]},{"id":1', "\\", "},", "null"),
  fc.string({ unit: "grapheme" }),
  fc.double(),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Records of a few forms, most of whose custom fields are empty. */
const records = fc.array(
  fc.record({
    id: fc.nat(),
    name: value,
    additional_fields: fc.tuple(
      fc.constantFrom(3, 3, 3, 3, 2),
      fc.array(value, { minLength: 3, maxLength: 3 }),
    ).map(([count, values]) =>
      values.slice(0, count).map((value, i) => ({
        id: i + 50,
        name: ["city", "kota.(lama)+[x]", "d"][i],
        value,
        value_name: value === "" ? null : "label",
      }))
    ),
  }, { requiredKeys: ["id", "name", "additional_fields"] }),
  { minLength: 1, maxLength: 40 },
);

const page = fc.record({
  meta: fc.record({ status: fc.nat(), message: value }),
  response: records,
  pages: fc.jsonValue({ maxDepth: 2 }),
});

function parsed(text: string): { readonly value?: unknown } {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return {};
  }
}

Deno.test("parseList() reads the same as JSON.parse, and nothing from broken text", () => {
  let used = 0;
  let broken = 0;
  fc.assert(
    fc.property(
      fc.array(page, { minLength: 1, maxLength: 3 }),
      fc.option(
        fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...'{}[],:"x\\0')),
      ),
      (pages, change) => {
        const parse = createListParser();
        for (const one of pages) {
          let text = JSON.stringify(one);
          if (change) {
            const [at, length, by] = change;
            const from = at % text.length;
            text = text.slice(0, from) + by + text.slice(from + length);
          }
          const expected = parsed(text);
          const found = parse("deals", text, () => {});
          if (found === undefined) {
            if (!("value" in expected)) broken++;
            continue;
          }
          used++;
          assert("value" in expected, text);
          // The order of keys is the same too.
          assertEquals(JSON.stringify(found), JSON.stringify(expected.value));
        }
      },
    ),
    { numRuns: 3_000 },
  );
  assert(used > 1_000 && broken > 100, `${used} read, ${broken} broken`);
});

Deno.test("parseList() leaves other forms to JSON.parse", () => {
  const parse = createListParser();
  const record =
    '{"id":1,"additional_fields":[{"id":5,"name":"a","value":"","value_name":null}]}';
  const read = (text: string) => parse("deals", text, () => {});
  assertEquals(
    JSON.stringify(read(`{"response":[${record},${record}]}`)),
    `{"response":[${record},${record}]}`,
  );
  for (
    const text of [
      "",
      "[]",
      '{"response":[]}',
      `{"response":[${record}]`,
      `{"response":[${record}]}}`,
      `{"response":[${record},]}`,
      `{"response":[${record}${record}]}`,
      `{"response":[${record}],"response":[]}`,
      `{"response":[${record}],"\\u0072esponse":[7]}`,
      `{"meta":{"response":[${record}]},"response":[]}`,
      `{"meta":{"response":[${record}]}}`,
      `{"response":[${record.replace("]}", '],"more":1}')}]}`,
      `{"response":[${record.replace('"value":', '"value" :')},${record}]`,
    ]
  ) assertEquals(read(text), undefined, text);
});

Deno.test("parseList() takes little time for text that does not fit", () => {
  const field = (i: number, value: string) =>
    `{"id":${i},"name":"f${i}","value":${value},"value_name":null}`;
  const record = (value: (i: number) => string) =>
    `{"id":1,"additional_fields":[${
      Array.from({ length: 60 }, (_, i) => field(i, value(i))).join(",")
    }]}`;
  // Only the end differs, in every second record.
  const text = `{"response":[${
    Array.from(
      { length: 300 },
      (_, i) => record((k) => i % 2 === 1 && k === 59 ? '{"a":1}' : '""'),
    ).join(",")
  }]}`;
  const start = performance.now();
  createListParser()("deals", text, () => {});
  assert(performance.now() - start < 1_000);
});

Deno.test("parseList() keeps no page in memory that it has learned from", () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const filler = "y".repeat(1_000_000);
  /** A page with one custom field that is empty for the first time. */
  const read = (parse: ReturnType<typeof createListParser>, empty: number) => {
    const text = JSON.stringify({
      response: [{
        id: 1,
        filler: `${empty}${filler}`,
        additional_fields: Array.from({ length: 20 }, (_, i) => ({
          id: 1_000 + i,
          name: `Field number ${i}`,
          value: i === empty ? null : "a value",
          value_name: null,
        })),
      }],
    });
    assert(parse("deals", text, () => {}));
  };
  const parsers = [createListParser(), createListParser()];
  collect();
  const before = Deno.memoryUsage().heapUsed;
  for (const parse of parsers) {
    for (let i = 0; i < 20; i++) read(parse, i);
  }
  collect();
  const kept = (Deno.memoryUsage().heapUsed - before) / 1024 / 1024;
  // It was 40 MB: a part of a text keeps all of it.
  assert(kept < 10, `${kept} MB`);
});
