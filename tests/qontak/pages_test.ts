import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { isLastPage } from "../../src/qontak/pages.ts";
import { createWorld, type World } from "../support/world.ts";

const COUNTS = ["page", "total_page", "current_data", "total_data"] as const;

// deno-lint-ignore no-explicit-any -- tests change any field of an answer
type Body = Record<string, any>;

/** A world whose lists of contacts have the counts that a test chooses. */
function counting(change: (body: Body) => void): Promise<World> {
  return createWorld({
    change: (request, answer) => {
      if (request.endsWith("/contacts") || request.endsWith("/tasks")) {
        change(answer);
      }
    },
  });
}

/**
 * The number of records on each page, in the order in which answers lead to
 * them.
 */
async function walk(world: World, args: Body): Promise<number[]> {
  const sizes: number[] = [];
  let page: number | undefined = 1;
  for (let reads = 0; page !== undefined && reads < 10; reads++) {
    const data: Body = await world.ok("list_contacts", { ...args, page });
    sizes.push(data.records.length);
    page = data.next_page;
  }
  return sizes;
}

Deno.test("list_contacts reads counts that are texts", async () => {
  await using world = await counting((body) => {
    for (const key of COUNTS) body[key] = String(body[key]);
  });
  const data = await world.ok("list_contacts", { per_page: 10 });
  const total: number = data.total_data;
  assertEquals(data.page, 1);
  assertEquals(typeof total, "number");
  assertEquals(data.total_page, Math.ceil(total / 10));
  const sizes = await walk(world, { per_page: 10 });
  assertEquals(sizes.length, data.total_page);
  assertEquals(sizes.reduce((sum, size) => sum + size), total);
});

Deno.test("list_contacts omits unknown counts, and continues after a full page", async () => {
  await using plain = await createWorld();
  const { total_data: total } = await plain.ok("list_contacts");
  const unknown: [string, (body: Body) => void][] = [
    ["missing", (body) => COUNTS.forEach((key) => delete body[key])],
    ["null", (body) => COUNTS.forEach((key) => body[key] = null)],
    ["no counts", (body) => COUNTS.forEach((key) => body[key] = "many")],
    ["0 beside records", (body) => {
      for (const key of COUNTS) if (body.response.length > 0) body[key] = 0;
    }],
  ];
  for (const [what, change] of unknown) {
    await using world = await counting(change);
    const data = await world.ok("list_contacts", { per_page: 10 });
    assertEquals(
      [data.page, "total_page" in data, "total_data" in data, data.next_page],
      [1, false, false, 2],
      what,
    );
    const sizes = await walk(world, { per_page: 10 });
    assertEquals(sizes.reduce((sum, size) => sum + size), total, what);
  }
  // One of the two counts is enough to know the end.
  for (const left of ["total_page", "total_data"]) {
    await using world = await counting((body) => {
      for (const key of COUNTS) if (key !== left) delete body[key];
    });
    const sizes = await walk(world, { per_page: 10 });
    assertEquals(sizes.length, Math.ceil(total / 10), left);
    assertEquals(sizes.reduce((sum, size) => sum + size), total, left);
  }
});

Deno.test("isLastPage() uses counts unless a full page contradicts them", () => {
  const table: [[number, number | undefined, number], Body, boolean][] = [
    [[1, 25, 25], { total_page: 1, total_data: 25 }, true],
    [[1, 25, 25], { total_page: 1, total_data: 45 }, false],
    [[1, 25, 25], { total_page: 1 }, true],
    [[1, 25, 25], {}, false],
    [[1, 25, 24], {}, true],
    [[2, 25, 20], { total_data: 45 }, true],
    // Qontak returns 20 per page, whatever the request says.
    [[1, 25, 20], { total_data: 45 }, false],
    [[2, 25, 20], { total_page: 3, total_data: 45 }, false],
    [[3, 25, 5], { total_page: 3, total_data: 45 }, true],
    // Qontak decides on the size of pages.
    [[1, undefined, 10], {}, false],
    [[1, undefined, 10], { total_data: 10 }, true],
    [[2, undefined, 0], {}, true],
    [[1, 25, 0], { total_page: 0, total_data: 0 }, true],
  ];
  for (const [[page, perPage, count], said, expected] of table) {
    assertEquals(
      isLastPage({ page, perPage, count }, said),
      expected,
      JSON.stringify([page, perPage, count, said]),
    );
  }
});

Deno.test("a filtered list counts the records that match, and says how many were read", async () => {
  await using world = await createWorld();
  const all = await world.ok("list_deals", { per_page: 100 });
  assertEquals(all.records.length, all.total_data);
  const { crm_pipeline_id } = all.records[0];
  const matching = all.records.filter((deal: Body) =>
    deal.crm_pipeline_id === crm_pipeline_id
  );
  assert(matching.length < all.total_data);
  const some = await world.ok("list_deals", { crm_pipeline_id, per_page: 10 });
  assertEquals(some.total_data, matching.length);
  assertEquals(some.total_page, Math.ceil(matching.length / 10));
  assertEquals(some.records_read, all.total_data);
  // It needs no counts of Qontak's to know that.
  await using silent = await counting((body) => {
    for (const key of COUNTS) delete body[key];
  });
  const { records } = await silent.ok("list_tasks", { per_page: 100 });
  const { assignee_id } =
    (await silent.ok("get_task", { task_id: records[0].id })).record;
  const tasks = await silent.ok("list_tasks", { assignee_id, per_page: 100 });
  assert(tasks.records.length > 0);
  assertEquals(tasks.total_data, tasks.records.length);
  assertEquals(tasks.total_page, 1);
  assertEquals(tasks.records_read, records.length);
  assertEquals(["incomplete" in tasks, "inexact" in tasks], [false, false]);
});

Deno.test("a create without an answer is searched for on further pages if the last page is unknown", async () => {
  const NAME = "Tugas Baru";
  let late: Body[] = [];
  await using world = await createWorld({
    // As if the oldest were first, and there were no counts.
    change: (request, { response, ...body }) => {
      if (request !== "GET /api/v3.1/tasks") return;
      if (body.page === 1) {
        late = response.filter(({ name }: Body) => name === NAME);
        response = response.map((one: Body) =>
          one.name === NAME ? response.at(-1) : one
        );
      } else response = [...response, ...late];
      return { meta: body.meta, response };
    },
  });
  for (let i = 0; i < 100; i++) await world.ok("create_task", { name: `${i}` });
  world.sandbox.inject({
    fault: { kind: "status", status: 503, when: "after" },
    method: "POST",
  });
  world.seen();
  const text = await world.refused("create_task", { name: NAME });
  assertStringIncludes(text, "just created with the same data");
  assertEquals(
    world.seen().filter(({ method, path }) =>
      method === "GET" && path === "/api/v3.1/tasks"
    ).map(({ query }) => query.page),
    [undefined, "2"],
  );
});
