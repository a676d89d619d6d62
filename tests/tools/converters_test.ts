/**
 * What the converters of agents' SDKs make of the tools. They run in a task; the
 * test holds its verdicts to the schemas that they are about.
 */
import { assert, assertEquals } from "@std/assert";
import { catalog } from "../../src/tools/catalog.ts";
import { listed } from "../../src/tools/outline.ts";
import { hashOfSchemas, lossOf } from "../../scripts/converters/verdict.ts";
import report from "./converters.json" with { type: "json" };

Deno.test("no converter of npm or PyPI drops a tool, an argument or a key", async () => {
  assertEquals(
    report.schemas,
    await hashOfSchemas(catalog.map(listed)),
    "the schemas have changed: run deno task converters",
  );
  assert(report.verdicts.length >= 8);
  for (const { name, version, tools, lost } of report.verdicts) {
    assertEquals(lost, {}, `${name} ${version}`);
    assertEquals(tools, catalog.length, name);
  }
});

Deno.test("lossOf() notices what a converter loses", () => {
  const before = {
    type: "object",
    properties: {
      a: { type: "string" },
      b: {
        type: "array",
        items: { type: "object", properties: { c: { type: "integer" } } },
      },
    },
  };
  assertEquals(lossOf(before, before), "");
  const { a, b } = before.properties;
  const table: [object, string][] = [
    [{ a }, "b is dropped"],
    [{ a, b: { type: "array" } }, "b[] is dropped"],
    [{ a: { type: "object" }, b }, "a changes its type"],
    [
      { a, b: { type: "array", items: { type: "object", properties: {} } } },
      "b[].c is dropped",
    ],
  ];
  for (const [properties, expected] of table) {
    assertEquals(lossOf(before, { type: "object", properties }), expected);
  }
  const nullable = { anyOf: [{ type: "array" }, { type: "null" }] };
  assertEquals(
    lossOf(before, { type: "object", properties: { a, b: nullable } }),
    "b[] is dropped",
  );
  const open = { type: "object", properties: { d: { type: "object" } } };
  assertEquals(lossOf(open, open), "d can only be empty");
});
