/** An overview of a company to which many records belong. */
import { assert, assertEquals } from "@std/assert";
import type { Crm } from "../../src/qontak/crm.ts";
import { resources } from "../../src/qontak/resources.ts";
import { createOverview } from "../../src/snapshots/overview.ts";
import type { Found } from "../../src/snapshots/records.ts";
import { createTable } from "../../src/snapshots/table.ts";
import type { JsonObject } from "../../src/values/json.ts";
import { createZone } from "../../src/values/zone.ts";
import { turnsOf } from "../support/turns.ts";

/** How many records of each kind there are. */
const COUNT = 40_000;

function foundOf(
  resource: Found["subject"]["resource"],
  recordOf: (id: number) => JsonObject,
): Found {
  const table = createTable();
  for (let id = 1; id <= COUNT; id++) table.put(id, { id, ...recordOf(id) });
  const subject = {
    resource,
    table,
    fields: [],
    pipelines: [],
    stages: [],
    now: Date.parse("2026-11-26T05:00:00Z"),
    zone: createZone("Asia/Jakarta"),
  };
  return { snapshot: { table } as Found["snapshot"], subject };
}

Deno.test("createOverview() lets others run, who may change the records", async () => {
  const { company, contact, deal, task } = resources;
  const common = { crm_company_id: 7, updated_at: "2026-11-01T00:00:00Z" };
  const people = foundOf(
    contact,
    (id) => ({ ...common, first_name: `P${id}` }),
  );
  const found = new Map([
    ["contact", people],
    [
      "deal",
      foundOf(deal, (id) => ({
        ...common,
        name: `D${id}`,
        size: id,
        crm_stage_id: 1,
        closed_date: null,
      })),
    ],
    [
      "task",
      foundOf(task, (id) => ({
        ...common,
        name: `T${id}`,
        due_date: null,
        crm_task_status_id: 1,
      })),
    ],
  ]);
  const { result: overview, longest, whole } = await turnsOf(
    () =>
      createOverview({
        account: { resource: company, id: 7, record: { id: 7, name: "PT" } },
        found,
        crm: { call: () => Promise.resolve({ response: [] }) } as Crm,
        signal: new AbortController().signal,
      }),
    () => people.subject.table.remove(1),
  );
  // deno-lint-ignore no-explicit-any -- the test reads any part
  const { people: { total }, open_deals, open_tasks } = overview as any;
  assert(total === COUNT || total === COUNT - 1, `${total}`);
  assertEquals([open_deals.total, open_tasks.total], [COUNT, COUNT]);
  assert(longest < whole / 4, `${longest} ms of ${whole} ms`);
});
