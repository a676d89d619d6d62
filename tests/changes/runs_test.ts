/** Runs of many changes: planned, carried out once, resumed and taken back. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import type { ChangeStore } from "../../src/changes/store.ts";
import { createMemoryChangeStore } from "../../src/changes/stores/memory.ts";
import { StoreError } from "../../src/errors.ts";
import { accessTo, outside } from "../support/changed.ts";
import { createWorld, type World, writes } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Raw = Record<string, any>;

/** Makes products past the server, and returns their ids. */
async function products(world: World, count: number): Promise<number[]> {
  // The server gets its own token first.
  await world.ok("list_products");
  const token = await accessTo(world.sandbox);
  const known = { sandbox: world.sandbox, token };
  const ids: number[] = [];
  for (let i = 1; i <= count; i++) {
    const made = await outside(known, "POST", "/products", {
      name: `Barang ${i}`,
      price: i,
    });
    ids.push(made.id);
  }
  return ids;
}

/** The requests that changed products through the server, by id. */
function sent(world: World, method: string, since: number): string[] {
  return world.sandbox.requests.slice(since)
    .filter((request) => request.method === method)
    .map(({ path }) => path);
}

const rowsFor = (ids: readonly number[]) =>
  ids.map((id, i) => ({ id, price: 1_000 + i }));

/** Whether a row is among numbers such as 3 and "5-7". */
function isAmong(rows: (number | string)[] = [], row: number): boolean {
  return rows.some((range) => {
    const [first, last = first] = String(range).split("-").map(Number);
    return row >= first! && row <= last!;
  });
}

/** Continues a run until nothing is left. */
async function finish(world: World, answer: Raw): Promise<Raw> {
  for (let calls = 0; answer.not_started > 0; calls++) {
    assert(calls < 20, "the run does not end");
    answer = await world.ok("change_records", { run: answer.run });
  }
  return answer;
}

Deno.test("change_records plans, and carries out each row once", async () => {
  for (const mode of ["auto", "legacy"] as const) {
    await using world = await createWorld({ mode });
    const ids = await products(world, 5);
    const since = world.sandbox.requests.length;
    const dry = await world.ok("change_records", {
      resource: "products",
      action: "update",
      rows: rowsFor(ids),
    });
    assertEquals(sent(world, "PUT", since), []);
    assertEquals(dry.count, 5);
    assertEquals(dry.changes.length, 5);
    assertEquals(dry.changes[0].row, 1);
    assertEquals(dry.changes[0].id, ids[0]);
    assertEquals(dry.changes[0].key, "price");
    const done = await world.ok("change_records", { plan: dry.plan });
    assertEquals(done.done, 5);
    assertEquals([done.failed, done.unknown, done.not_started], [0, 0, 0]);
    assertEquals(sent(world, "PUT", since).length, 5);
    assertStringIncludes(
      await world.refused("change_records", { plan: dry.plan }),
      "you have no such plan",
    );
    const again = await world.ok("change_records", { run: done.run });
    assertEquals(again.done, 5);
    assertEquals(sent(world, "PUT", since).length, 5);
    const product = await outside(world, "GET", `/products/${ids[4]}`);
    assertEquals(Number(product.price), 1_004);
  }
});

Deno.test("change_records reports every row of 500 with faults, and sends none twice", async () => {
  await using world = await createWorld();
  const ids = await products(world, 500);
  const since = world.sandbox.requests.length;
  const dry = await world.ok("change_records", {
    resource: "products",
    action: "update",
    rows: rowsFor(ids),
  });
  assertEquals(dry.count, 500);
  assert(JSON.stringify(dry).length < 14_000);
  // The dry run reads a list, not each record.
  assert(world.sandbox.requests.length - since < 30);
  const faults = [
    { kind: "status", status: 500, when: "after" },
    { kind: "status", status: 500, when: "before" },
    { kind: "status", status: 422, when: "before" },
    { kind: "cut", when: "after" },
  ] as const;
  for (let nth = 0; nth < 25; nth++) {
    world.sandbox.inject({
      // deno-lint-ignore no-explicit-any -- one of several kinds
      fault: faults[nth % faults.length] as any,
      method: "PUT",
      path: "/api/v3.1/products/*",
      skip: 20,
    });
  }
  const begun = world.sandbox.requests.length;
  const answer = await finish(
    world,
    await world.ok("change_records", { plan: dry.plan }),
  );
  assertEquals(answer.count, 500);
  assertEquals(answer.done + answer.failed + answer.unknown, 500);
  const paths = sent(world, "PUT", begun);
  assertEquals(new Set(paths).size, paths.length, "a row was sent twice");
  assertEquals(paths.length, 500);
  // What is reported is what is stored.
  const token = await accessTo(world.sandbox);
  const known = { sandbox: world.sandbox, token };
  let stored = 0;
  for (const [i, id] of ids.entries()) {
    const { price } = await outside(known, "GET", `/products/${id}`);
    const isStored = Number(price) === 1_000 + i;
    if (isStored) stored++;
    const isDone = !isAmong(answer.failed_rows, i + 1) &&
      !isAmong(answer.unknown_rows, i + 1);
    assertEquals(isDone, isStored, `row ${i + 1}`);
  }
  assertEquals(stored, answer.done);
  assert(answer.failed > 0 && answer.unknown > 0);
});

Deno.test("change_records names all problems with their rows, and makes no plan", async () => {
  await using world = await createWorld();
  const [one, two] = await products(world, 2);
  const wrong = await world.ok("change_records", {
    resource: "products",
    action: "update",
    rows: [{ id: one, prise: 1 }, { id: two }, { id: 99_999_999, price: 3 }],
  });
  assertEquals(wrong.plan, undefined);
  const refused = wrong.problems.join("\n");
  assertMatch(refused, /row 1: .*\n?.*prise/);
  assertMatch(refused, /row 2: .*no value to write/);
  assertMatch(refused, /row 3: .*404/);
  const contradicting = await world.refused("change_records", {
    resource: "products",
    action: "update",
    rows: [{ id: one, price: 1 }, { id: one, product_id: two, price: 2 }],
  });
  assertStringIncludes(
    contradicting,
    `row 2 has id ${one} and product_id ${two}`,
  );
  const twice = await world.ok("change_records", {
    resource: "products",
    action: "update",
    rows: [{ id: one, price: 1 }, { product_id: one, price: 2 }],
  });
  assertEquals(twice.plan, undefined);
  assertMatch(twice.problems[0], /rows 1, 2 are all for product/);
  const all = await world.ok("change_records", {
    resource: "products",
    action: "update",
    where: [{ field: "id", op: "in", value: [one, two] }],
    change: { prise: 1 },
  });
  assertEquals(all.problems.length, 1);
  assertMatch(all.problems[0], /^rows 1-2: .*\n?.*prise/);
  const created = await world.ok("change_records", {
    resource: "notes",
    action: "create",
    rows: [{ note: "Isi", crm_deal_id: 1 }, { note: "Isi", crm_deal_id: 1 }],
  });
  assertMatch(created.problems.join(), /rows 1, 2 are the same/);
  for (
    const [args, why] of [
      [{ rows: [] }, "rows is empty"],
      [{}, "either rows or where"],
      [{ rows: [{}], where: [] }, "either rows or where"],
      [{ where: [], change: { price: 1 } }, "where is empty"],
      [
        { where: [{ field: "price", op: "gt", value: "0" }] },
        "where needs change",
      ],
      [
        { rows: Array.from({ length: 501 }, () => ({ id: 1, price: 1 })) },
        "at most 500",
      ],
    ] as const
  ) {
    assertStringIncludes(
      await world.refused("change_records", {
        resource: "products",
        action: "update",
        ...args,
      }),
      why,
    );
  }
  assertEquals(writes(world).filter(({ method }) => method === "PUT"), []);
});

Deno.test("change_records does not send rows that changed since the plan", async () => {
  await using world = await createWorld();
  const ids = await products(world, 4);
  const { plan } = await world.ok("change_records", {
    resource: "products",
    action: "update",
    rows: rowsFor(ids),
  });
  await outside(world, "PUT", `/products/${ids[1]}`, { description: "Lain" });
  await outside(world, "DELETE", `/products/${ids[2]}`);
  const since = world.sandbox.requests.length;
  const answer = await world.ok("change_records", { plan });
  assertEquals(answer.done, 2);
  assertEquals(answer.failed_rows, ["2-3"]);
  assertMatch(
    answer.problems[0],
    /row 2 .*changed since the plan.*: description/,
  );
  assertMatch(answer.problems[1], /row 3 .*404/);
  assertEquals(sent(world, "PUT", since).length, 2);
});

Deno.test("change_records changes and deletes all records that match, and undo_change takes the run back", async () => {
  await using world = await createWorld();
  await world.ok("list_deals");
  const state = async () => {
    const token = await accessTo(world.sandbox);
    const list = await outside(
      { sandbox: world.sandbox, token },
      "GET",
      "/deals?per_page=100",
    );
    return list.map(({ updated_at: _, ...deal }: Raw) => deal);
  };
  const before = await state();
  const dry = await world.ok("change_records", {
    resource: "deals",
    action: "update",
    where: [
      { field: "state", value: "open" },
      { field: "crm_priority_id", op: "ne", value: "High" },
    ],
    change: { crm_priority_name: "High" },
  });
  assertMatch(dry.as_of, /^20/);
  assert(dry.count > 1);
  const run = await world.ok("change_records", { plan: dry.plan });
  assertEquals(run.done, dry.count, JSON.stringify(run.problems));
  assertEquals(run.undo, run.run);
  const changed = await state();
  const list = await world.ok("undo_change");
  assertEquals(list.records[0].undo, run.run);
  assertEquals(list.records[0].changes, dry.count);
  assertEquals(list.records.length, 1);

  const undo = await world.ok("undo_change", { ids: [run.run] });
  assertEquals(undo.count, dry.count);
  const undone = await world.ok("undo_change", { plan: undo.plan });
  assertEquals(undone.done, dry.count, JSON.stringify(undone.problems));
  assertEquals(await state(), before);
  assertStringIncludes(
    await world.refused("undo_change", { ids: [run.run] }),
    "nothing of this run",
  );
  // What took it back can be taken back, as its answer says.
  assertEquals(undone.undo, undone.run);
  assertEquals(undone.undo_lasts, run.undo_lasts);
  const redo = await world.ok("undo_change", { ids: [undone.undo] });
  const redone = await world.ok("undo_change", { plan: redo.plan });
  assertEquals(redone.done, dry.count, JSON.stringify(redone.problems));
  assertEquals(await state(), changed);
});

Deno.test("change_records creates and deletes, and undo_change takes both back", async () => {
  await using world = await createWorld();
  const { plan } = await world.ok("change_records", {
    resource: "products",
    action: "create",
    rows: [1, 2, 3].map((i) => ({ name: `Baru ${i}`, price: i })),
  });
  const created = await world.ok("change_records", { plan });
  assertEquals(created.done, 3);
  assertEquals(created.ids.length, 3);
  const dry = await world.ok("change_records", {
    resource: "products",
    action: "delete",
    rows: created.ids.map((id: number) => ({ id })),
  });
  assertEquals(dry.would_delete.length, 3);
  const deleted = await world.ok("change_records", { plan: dry.plan });
  assertEquals(deleted.done, 3);
  const back = await world.ok("undo_change", { ids: [deleted.run] });
  const restored = await world.ok("undo_change", { plan: back.plan });
  assertEquals(restored.done, 3, JSON.stringify(restored));
  assertMatch(back.notes[0], /^rows 1-3: A deleted record gets a new id/);
  // Each new id is named by the id that the record had.
  for (const [i, old] of created.ids.entries()) {
    const id = restored.new_ids[old];
    const { name } = await outside(world, "GET", `/products/${id}`);
    assertEquals(name, `Baru ${i + 1}`);
  }
});

Deno.test("two calls at once never send a row twice", async () => {
  await using world = await createWorld({ latency: 5 });
  const ids = await products(world, 20);
  const { plan } = await world.ok("change_records", {
    resource: "products",
    action: "update",
    rows: rowsFor(ids),
  });
  const since = world.sandbox.requests.length;
  world.sandbox.inject({
    fault: { kind: "status", status: 429 },
    method: "GET",
    path: "/api/v3.1/products/*",
    skip: 5,
    times: 40,
  });
  const first = await world.ok("change_records", { plan });
  assert(first.not_started > 0, JSON.stringify(first));
  const calls = await Promise.all(
    [1, 2, 3].map(() => world.call("change_records", { run: first.run })),
  );
  assertEquals(calls.filter(({ isError }) => !isError).length, 1);
  for (const { isError, text } of calls) {
    if (isError) assertStringIncludes(text, "Another call works on");
  }
  const last = await finish(
    world,
    await world.ok("change_records", { run: first.run }),
  );
  assertEquals(last.done, 20);
  const paths = sent(world, "PUT", since);
  assertEquals([paths.length, new Set(paths).size], [20, 20]);
});

Deno.test("two calls that both believe to have a run never send a row twice", async () => {
  const inner = createMemoryChangeStore();
  // Every claim succeeds, as if the other call had been asleep.
  const store: ChangeStore = {
    ...inner,
    async replace(place, from, to) {
      if (place.kind !== "run") return await inner.replace(place, from, to);
      return true;
    },
  };
  await using world = await createWorld({ latency: 5, changes: { store } });
  const ids = await products(world, 30);
  const { plan, run } = await world.ok("change_records", {
    resource: "products",
    action: "update",
    rows: rowsFor(ids),
  });
  const since = world.sandbox.requests.length;
  const first = world.ok("change_records", { plan });
  while (sent(world, "PUT", since).length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all([
    first,
    ...[1, 2, 3].map(() => world.ok("change_records", { run })),
  ]);
  const paths = sent(world, "PUT", since);
  assertEquals([paths.length, new Set(paths).size], [30, 30]);
});

Deno.test("a run tells its progress, and continues after the client gave up", async () => {
  await using world = await createWorld({ latency: 50 });
  const ids = await products(world, 50);
  const { plan, run } = await world.ok("change_records", {
    resource: "products",
    action: "update",
    rows: rowsFor(ids),
  });
  const since = world.sandbox.requests.length;
  const told: string[] = [];
  const gone = new AbortController();
  await world.client.callTool(
    { name: "change_records", arguments: { plan } },
    {
      signal: gone.signal,
      onprogress({ message = "" }) {
        told.push(message);
        gone.abort();
      },
    },
  ).then(() => {
    throw new Error("the call was not given up");
  }, () => {});
  assertMatch(told[0]!, /^Row \d+ of 50$/);
  const before = sent(world, "PUT", since).length;
  assert(before > 0 && before < 50, String(before));
  // What is under way ends by itself.
  let next = await world.call("change_records", { run });
  while (next.isError) {
    assertStringIncludes(next.text, "Another call works on");
    await new Promise((resolve) => setTimeout(resolve, 100));
    next = await world.call("change_records", { run });
  }
  const last = await finish(world, next.data);
  assertEquals(last.done + last.unknown, 50, JSON.stringify(last));
  const paths = sent(world, "PUT", since);
  assertEquals(new Set(paths).size, paths.length);
});

Deno.test("a run continues after the time limit of a call", async () => {
  await using world = await createWorld({ timeout: 4_000, latency: 120 });
  const ids = await products(world, 50);
  const { plan } = await world.ok("change_records", {
    resource: "products",
    action: "update",
    rows: rowsFor(ids),
  });
  const since = world.sandbox.requests.length;
  const first = await world.ok("change_records", { plan });
  assert(first.done > 0 && first.not_started > 0, JSON.stringify(first));
  // What is under way ends before the call does.
  assertEquals([first.unknown, first.problems], [0, undefined]);
  assertStringIncludes(first.notes.join(), `run ${first.run} to continue`);
  const last = await finish(world, first);
  assertEquals(last.done, 50);
  const paths = sent(world, "PUT", since);
  assertEquals([paths.length, new Set(paths).size], [50, 50]);
});

/** A store of rows that can fail. */
function failingStore() {
  const inner = createMemoryChangeStore();
  let isDown = (_what: "read" | "write", _state: string) => false;
  const check = (what: "read" | "write", text: string | undefined) => {
    if (isDown(what, JSON.parse(text ?? "{}").state)) {
      throw new StoreError("The store of this test is down");
    }
  };
  const store: ChangeStore = {
    ...inner,
    async replace(place, from, to) {
      if (place.kind === "run_row") check("write", from);
      return await inner.replace(place, from, to);
    },
    async get(place) {
      const text = await inner.get(place);
      if (place.kind === "run_row") check("read", text);
      return text;
    },
  };
  return { store, failWhen: (when: typeof isDown) => isDown = when };
}

for (
  const [what, isDown] of Object.entries<
    Parameters<ReturnType<typeof failingStore>["failWhen"]>[0]
  >({
    // The row was sent, and its outcome is not kept.
    "does not keep outcomes": (what, state) =>
      what === "write" && state === "begun",
    "does not answer once rows were sent": (_, state) => state === "begun",
  })
) {
  Deno.test(`a row that was sent is reported, and not sent again, if the store ${what}`, async () => {
    const { store, failWhen } = failingStore();
    await using world = await createWorld({ changes: { store } });
    const ids = await products(world, 12);
    const { plan, run } = await world.ok("change_records", {
      resource: "products",
      action: "update",
      rows: rowsFor(ids),
    });
    const since = world.sandbox.requests.length;
    failWhen(isDown);
    const first = await world.ok("change_records", { plan });
    const count = sent(world, "PUT", since).length;
    assert(count > 0 && count < 12, JSON.stringify(first));
    assertEquals([first.done, first.not_started], [count, 12 - count]);
    assertMatch(
      first.notes.join("\n"),
      /store failed to keep how rows 1[^]* does not send them again/,
    );
    failWhen(() => false);
    const last = await finish(world, await world.ok("change_records", { run }));
    assertEquals([last.done, last.failed, last.unknown], [12, 0, 0]);
    const paths = sent(world, "PUT", since);
    assertEquals([paths.length, new Set(paths).size], [12, 12]);
  });
}

Deno.test("a row whose outcome the store keeps only after it failed once is sent once", async () => {
  const { store, failWhen } = failingStore();
  await using world = await createWorld({ changes: { store } });
  const ids = await products(world, 6);
  const { plan } = await world.ok("change_records", {
    resource: "products",
    action: "update",
    rows: rowsFor(ids),
  });
  const since = world.sandbox.requests.length;
  let faults = 2;
  failWhen((what, state) =>
    what === "write" && state === "begun" && faults-- > 0
  );
  const answer = await world.ok("change_records", { plan });
  assertEquals([answer.done, answer.notes], [6, undefined]);
  assertEquals(sent(world, "PUT", since).length, 6);
});

Deno.test("change_records takes what a plan says itself beside the plan, and refuses what differs", async () => {
  await using world = await createWorld();
  const ids = await products(world, 2);
  const mine = { resource: "products", action: "update" };
  const { plan } = await world.ok("change_records", {
    ...mine,
    rows: rowsFor(ids),
  });
  for (const more of [{ resource: "deals" }, { action: "delete" }]) {
    assertStringIncludes(
      await world.refused("change_records", { ...mine, ...more, plan }),
      "is to update products",
    );
  }
  // The refusals have not used the plan up.
  const { run } = await world.ok("change_records", { ...mine, plan });
  await world.ok("change_records", { ...mine, run });
});
