/** What people who come from the Python server for Qontak find here. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { catalog } from "../../src/tools/catalog.ts";
import python from "../fixtures/python_server.json" with { type: "json" };
import { createWorld, writes } from "../support/world.ts";

const theirs = Object.entries(python.tools);
const inputOf = new Map(catalog.map(({ name, input }) => [name, input]));

/** Our arguments that replace theirs, in any tool. */
const OURS: Readonly<Record<string, string>> = {
  amount: "size",
  company_id: "crm_company_id",
  contact_id: "crm_lead_ids",
  content: "note",
  crm_company_id: "crm_deal_id",
  crm_lead_id: "crm_deal_id",
  crm_pipeline_id: "pipeline_id",
  crm_stage_id: "stage_id",
  custom_fields: "additional_fields",
  deal_id: "crm_deal_id",
  expected_close_date: "closed_date",
  per_page: "page",
  pipeline_id: "crm_pipeline_id",
  product_id: "crm_product_id",
  sku: "additional field",
  stage_id: "crm_stage_id",
  status: "crm_task_status_id",
  title: "note",
};

/** Where a tool differs from that. */
const OURS_IN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  list_tickets: { pipeline_id: "ticket_pipeline_id" },
  update_ticket: {
    stage_id: "ticket_stage_id",
    priority: "ticket_priority_id",
  },
  create_ticket: { priority: "ticket_priority_id" },
  list_tasks: { category_id: "query_records" },
  create_task: {
    category_id: "crm_task_category_id",
    priority: "crm_task_priority_id",
    description: "detail",
  },
  update_task: {
    category_id: "crm_task_category_id",
    contact_id: "crm_person_id",
    priority: "crm_task_priority_id",
    description: "detail",
  },
  create_note: { crm_lead_id: "crm_person_id" },
  create_deal: { description: "create_note" },
  update_deal: { description: "create_note" },
  // Qontak's API has no such field.
  create_task_category: { color: "no color" },
  create_company: { crm_status_id: "no status", email: "no e-mail" },
  update_company: { crm_status_id: "no status", email: "no e-mail" },
  create_product: { category: "no category" },
  update_product: { category: "no category" },
};

Deno.test("every tool of the Python server has its counterpart", () => {
  assertEquals(theirs.length, 67);
  for (const [name] of theirs) assert(inputOf.has(name), name);
});

Deno.test("every argument of the Python server is taken, or the answer names the right one", async () => {
  await using world = await createWorld();
  const listed = new Map(
    (await world.client.listTools()).tools.map(({ name, inputSchema }) => [
      name,
      Object.keys(inputSchema.properties ?? {}),
    ]),
  );
  let broken = 0;
  for (const [name, args] of theirs) {
    const taken = listed.get(name)!;
    const unknown = args.filter((argument) =>
      argument !== "user_id" && !taken.includes(argument)
    );
    if (unknown.length === 0) continue;
    broken++;
    const said = await world.refused(
      name,
      Object.fromEntries(unknown.map((argument) => [argument, "1"])),
    );
    for (const argument of unknown) {
      const right = OURS_IN[name]?.[argument] ?? OURS[argument];
      assert(right !== undefined, `${name} ${argument}`);
      const start = `there is no argument "${argument}"; `;
      assertStringIncludes(said, start, name);
      const rest = said.slice(said.indexOf(start) + start.length);
      const sentence = rest.split("there is no argument")[0]!;
      assert(
        new RegExp(`\\b${right}\\b`).test(sentence),
        `${name} ${argument}: ${sentence}`,
      );
      if (Object.hasOwn(OURS, argument) && !right.includes(" ")) {
        const isTool = listed.has(right);
        assert(isTool || taken.includes(right), `${name} has no ${right}`);
      }
    }
  }
  assertEquals(broken, 27);
  assertEquals(writes(world), []);
});

Deno.test("user_id of the Python server is refused if the server has one company", async () => {
  await using world = await createWorld();
  assert(theirs.every(([, args]) => args.includes("user_id")));
  assertStringIncludes(
    await world.refused("list_deals", { user_id: "acme" }),
    'there is no argument "user_id"; the company is decided by your credential',
  );
});

Deno.test("the tasks of a category are found as list_tasks says", async () => {
  await using world = await createWorld();
  const refused = await world.refused("list_tasks", { category_id: 1 });
  const [, where] = /where such as (\[.*?\])/.exec(refused)!;
  const [condition] = JSON.parse(where!);
  const { records } = await world.ok("list_tasks", {
    per_page: 100,
    fields: ["id", "crm_task_category_id"],
  });
  const value = records[0].crm_task_category_id;
  const found = await world.ok("query_records", {
    resource: "tasks",
    where: [{ ...condition, value }],
    fields: ["id"],
  });
  const same = records.filter((task: { crm_task_category_id: unknown }) =>
    task.crm_task_category_id === value
  );
  assert(same.length > 0 && same.length < records.length);
  assertEquals(found.matched, same.length);
});
