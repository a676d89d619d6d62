/**
 * What the converters of agents' SDKs make of the tools. Those of npm run here.
 * Those of PyPI run in a task; a test holds its verdicts to the schemas that they
 * are about.
 */
import { assert, assertEquals } from "@std/assert";
import { catalog } from "../../src/tools/catalog.ts";
import { listed } from "../../src/tools/outline.ts";
import { PACKAGES } from "../../scripts/converters/npm.ts";
import { hashOfSchemas, lossOf } from "../../scripts/converters/verdict.ts";
import { projectFlags, root, runDeno } from "../support/process.ts";
import { unless } from "../support/unless.ts";
import report from "./converters.json" with { type: "json" };

/** Why the converters of npm cannot be loaded here; empty if they can. */
const { code, stderr } = await runDeno([
  "cache",
  "-q",
  "--no-lock",
  "--no-config",
  ...Object.values(PACKAGES).map((name) => `npm:${name}`),
]);
const missing = code === 0 ? "" : `npm: ${stderr.trim().split("\n")[0]}`;

Deno.test({
  ...unless(missing, "the converters of npm drop no tool, argument or key now"),
  async fn() {
    const { code, stdout, stderr } = await runDeno([
      "run",
      "-q",
      "-A",
      "--no-lock",
      ...await projectFlags(),
      `${root}scripts/converters/main.ts`,
      "--npm",
    ]);
    assertEquals(code, 0, stderr);
    const verdicts: typeof report.verdicts = JSON.parse(stdout);
    assertEquals(verdicts.length, 3);
    for (const { name, version, tools, lost } of verdicts) {
      assertEquals(lost, {}, `${name} ${version}`);
      assertEquals(tools, catalog.length, name);
    }
  },
});

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
