/** Runs whose undo does not fit the time of one call. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createWorld, type World, writes } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Raw = Record<string, any>;

/** The time limit of a call, in ms; far more than the calls here take. */
const TIMEOUT = 120_000;

/** A clock of time limits that a test moves; no call has to be slow for it. */
function movedClock() {
  const now = performance.now.bind(performance);
  let ahead = 0;
  Object.defineProperty(performance, "now", {
    value: () => now() + ahead,
    configurable: true,
  });
  return {
    /** Leaves too little time for a call under way to begin more. */
    nearlyOver: () => ahead += TIMEOUT - 5_000,
    [Symbol.dispose]: () => Reflect.deleteProperty(performance, "now"),
  };
}

/** A world whose calls run out of time after some answers of Qontak. */
async function createSlowWorld(clock: { readonly nearlyOver: () => void }) {
  let slow: { readonly request: RegExp; left: number } | undefined;
  const world = await createWorld({
    timeout: TIMEOUT,
    change: (request, answer) => {
      if (slow?.request.test(request) && --slow.left === 0) clock.nearlyOver();
      return answer;
    },
  });
  return {
    world,
    /** The time of the next call is nearly over after so many answers. */
    nearlyOverAfter: (left: number, request: RegExp) =>
      slow = { left, request },
  };
}

const READ = /^GET .*\/companies\/\d+$/;
const WRITE = /^PUT .*\/companies\/\d+$/;

/** Gives companies a new address in one run. */
async function change(world: World, count: number) {
  const { records } = await world.ok("query_records", {
    resource: "companies",
    limit: count,
  });
  const ids: number[] = records.map(({ id }: Raw) => id);
  assertEquals(ids.length, count);
  const { plan } = await world.ok("change_records", {
    resource: "companies",
    action: "update",
    rows: ids.map((company_id) => ({ company_id, address: "Jl. Baru 1" })),
  });
  const run = await world.ok("change_records", { plan });
  assertEquals(run.done, count, JSON.stringify(run.problems));
  return { ids, undo: run.undo as string };
}

async function addresses(world: World, ids: readonly number[]) {
  const found: unknown[] = [];
  for (const company_id of ids) {
    const { record } = await world.ok("get_company", { company_id });
    found.push(record.address);
  }
  return found;
}

Deno.test("undo_change takes back a run in parts if one call cannot check it, no row twice and none left out", async () => {
  using clock = movedClock();
  const { world, nearlyOverAfter } = await createSlowWorld(clock);
  await using _ = world;
  const { records } = await world.ok("query_records", {
    resource: "companies",
    limit: 12,
  });
  const before = await addresses(world, records.map(({ id }: Raw) => id));
  const { ids, undo } = await change(world, 12);
  const since = writes(world).length;

  nearlyOverAfter(3, READ);
  const first = await world.ok("undo_change", { ids: [undo] });
  assert(first.count > 0 && first.count < 12, JSON.stringify(first));
  assertEquals(
    first.notes[0],
    `${
      12 - first.count
    } of 12 changes could not be checked in the time of one call. They are not in this plan: carry it out, and call undo_change with ids ${undo} again for them`,
  );
  const part = await world.ok("undo_change", { plan: first.plan });
  assertEquals([part.done, part.not_started], [first.count, 0]);

  const second = await world.ok("undo_change", { ids: [undo] });
  assertEquals([second.count, second.notes], [12 - first.count, undefined]);
  const rest = await world.ok("undo_change", { plan: second.plan });
  assertEquals(rest.done, 12 - first.count);

  assertEquals(await addresses(world, ids), before);
  const paths = writes(world).slice(since).map(({ path }) => path);
  assertEquals([paths.length, new Set(paths).size], [12, 12]);
  assertStringIncludes(
    await world.refused("undo_change", { ids: [undo] }),
    "It was taken back already",
  );
});

Deno.test("undo_change says how a part that one call cannot carry out continues, and two plans take no row back twice", async () => {
  using clock = movedClock();
  const { world, nearlyOverAfter } = await createSlowWorld(clock);
  await using _ = world;
  const { ids, undo } = await change(world, 12);
  const since = writes(world).length;
  const other = await world.ok("undo_change", { ids: [undo] });
  const { plan } = await world.ok("undo_change", { ids: [undo] });

  nearlyOverAfter(3, WRITE);
  const first = await world.ok("undo_change", { plan });
  assert(first.done > 0 && first.not_started > 0, JSON.stringify(first));
  assertStringIncludes(
    first.notes.join(),
    `call change_records with run ${first.run} to continue`,
  );
  const whole = await world.ok("undo_change", { plan: other.plan });
  assertEquals([whole.done, whole.failed], [first.not_started, first.done]);
  const last = await world.ok("change_records", { run: first.run });
  assertEquals(
    [last.done, last.failed, last.not_started],
    [first.done, first.not_started, 0],
  );
  assertStringIncludes(last.problems.join(), "was taken back already");
  const paths = writes(world).slice(since).map(({ path }) => path);
  assertEquals([paths.length, new Set(paths).size], [12, 12]);
  assertEquals(new Set(await addresses(world, ids)).has("Jl. Baru 1"), false);
});
