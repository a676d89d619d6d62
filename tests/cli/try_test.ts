import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { catalog } from "../../src/tools/catalog.ts";
import { run } from "../support/process.ts";

/** A deal of the sandbox. */
const DEAL = 48283761;

Deno.test("try prints what an assistant would read", async () => {
  const { code, stdout, stderr } = await run([
    "try",
    "get_deal",
    `deal_id=${DEAL}`,
  ]);
  assertEquals([code, stderr], [0, ""]);
  assert(
    /^<qontak-data \d+>\n\{"record":\{"id":48283761,/.test(stdout),
    stdout,
  );
});

Deno.test("try takes each argument by name, or all as JSON", async () => {
  // A phone number is a text, although it looks like a number.
  const byName = await run([
    "try",
    "list_contacts",
    "phone=085493337924",
    "per_page=1",
    "--json",
  ]);
  assertEquals(byName.code, 0, byName.stdout);
  assertEquals(JSON.parse(byName.stdout).records.length, 1);
  const asJson = await run([
    "try",
    "list_contacts",
    '{"phone":"085493337924","per_page":1}',
    "--json",
  ]);
  assertEquals(JSON.parse(asJson.stdout), JSON.parse(byName.stdout));
  const nested = await run([
    "try",
    "query_records",
    "resource=deals",
    'where=[{"field":"state","value":"open"}]',
    "measures=count",
    "--json",
  ]);
  assertEquals(JSON.parse(nested.stdout).records, [{ count: 40 }]);
});

Deno.test("try deletes without a question, in a CRM that ends with it", async () => {
  const { code, stdout } = await run([
    "try",
    "delete_deal",
    `deal_id=${DEAL}`,
    "--json",
  ]);
  assertEquals([code, JSON.parse(stdout).deleted], [0, true]);
  const again = await run(["try", "get_deal", `deal_id=${DEAL}`]);
  assertEquals(again.code, 0, again.stdout);
});

Deno.test("try without a tool lists all of them", async () => {
  const { code, stdout } = await run(["try"]);
  assertEquals(code, 0);
  assertEquals(
    stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/)[1]),
    catalog.map(({ name }) => name),
  );
});

Deno.test("try says what is wrong with a call", async () => {
  const table: [string[], number, string][] = [
    [["get_dea"], 2, "Did you mean get_deal?"],
    [["get_deal", "48283761"], 2, "Argument 1 of get_deal has no name"],
    [["get_deal", "48283761"], 2, "such as deal_id="],
    [["search", "energi"], 2, "such as query="],
    [["get_deal", "{deal_id:1}"], 2, "are not a JSON object"],
    [["get_deal", "deal_id=x"], 1, "deal_id must be the id of a record"],
    [["get_deal", "deal_id=1"], 1, "404"],
  ];
  for (const [args, expected, words] of table) {
    const { code, stdout, stderr } = await run(["try", ...args]);
    assertEquals(code, expected, args.join(" "));
    assertStringIncludes(stdout + stderr, words);
  }
});
