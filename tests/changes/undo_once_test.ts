/** A change is taken back once, and listing changes reads no values. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ChangeStore, Place } from "../../src/changes/store.ts";
import { createMemoryChangeStore } from "../../src/changes/stores/memory.ts";
import { outside } from "../support/changed.ts";
import { createWorld, type World, writes } from "../support/world.ts";

const HOUR = 3_600_000;

/** Deletes a deal; taking it back twice would make two deals. */
async function deleteDeal(world: World): Promise<string> {
  const [deal] = (await world.ok("list_deals")).records;
  return (await world.ok("delete_deal", { deal_id: deal.id })).undo;
}

const dealsMade = (world: World) =>
  writes(world).filter(({ method, path }) =>
    method === "POST" && path.endsWith("/deals")
  ).length;

/** A store that tells of what is asked of it. */
function toldStore(tell: (what: string, place: Place) => unknown) {
  const inner = createMemoryChangeStore();
  const store: ChangeStore = {
    ...inner,
    async list(shelf, most) {
      await tell("list", { ...shelf, id: "" });
      return await inner.list(shelf, most);
    },
    async get(place) {
      await tell("get", place);
      return await inner.get(place);
    },
    async put(place, text, lifetime) {
      await tell("put", place);
      await inner.put(place, text, lifetime);
    },
  };
  return { store, inner };
}

Deno.test("undo_change takes a change back once, of three plans carried out at once", async () => {
  await using world = await createWorld();
  const undo = await deleteDeal(world);
  const plans: string[] = [];
  for (let i = 0; i < 3; i++) {
    plans.push((await world.ok("undo_change", { ids: [undo] })).plan);
  }
  await Promise.all(plans.map((plan) => world.call("undo_change", { plan })));
  assertEquals(dealsMade(world), 1);
  assertStringIncludes(
    await world.refused("undo_change", { ids: [undo] }),
    "was taken back already",
  );
});

Deno.test("undo_change takes a change back once, whatever came after it", async () => {
  let tenant = "";
  const { store, inner } = toldStore((_, place) => tenant = place.tenant);
  await using world = await createWorld({ changes: { store } });
  const undo = await deleteDeal(world);
  const { plan } = await world.ok("undo_change", { ids: [undo] });
  await world.ok("undo_change", { plan });
  for (let i = 0; i < 2_100; i++) {
    const id = `9999-${i}`;
    const text = JSON.stringify({
      id,
      act: "update",
      kind: "deal",
      body: {},
      keys: [],
      effect: "done",
    });
    await inner.put({ kind: "change", tenant, id }, text, HOUR);
    await inner.put({ kind: "change_index", tenant, id }, text, HOUR);
  }
  assertStringIncludes(
    await world.refused("undo_change", { ids: [undo] }),
    "was taken back already",
  );
  assertEquals(dealsMade(world), 1);
});

Deno.test("an undo can be taken back, and that as well", async () => {
  await using world = await createWorld();
  const [{ id: deal_id, name }] = (await world.ok("list_deals")).records;
  let { undo } = await world.ok("update_deal", { deal_id, name: "Lain" });
  for (const expected of [name, "Lain", name]) {
    const { plan } = await world.ok("undo_change", { ids: [undo] });
    const { records } = await world.ok("undo_change", { plan });
    assertEquals(records[0].status, "done");
    undo = records[0].undo;
    const deal = await outside(world, "GET", `/deals/${deal_id}`);
    assertEquals(deal.name, expected);
  }
});

Deno.test("undo_change lists changes without reading their values, and once for all who ask", async () => {
  const asked: string[] = [];
  const { store } = toldStore(async (what, { kind }) => {
    asked.push(`${what} ${kind}`);
    if (what === "list") await new Promise((end) => setTimeout(end, 300));
  });
  await using world = await createWorld({ changes: { store } });
  const [{ id: deal_id }] = (await world.ok("list_deals")).records;
  for (const name of ["A", "B", "C"]) {
    await world.ok("update_deal", { deal_id, name });
  }
  asked.length = 0;
  const lists = await Promise.all(
    Array.from({ length: 30 }, () => world.ok("undo_change")),
  );
  for (const { records } of lists) assertEquals(records.length, 3);
  assertEquals(new Set(asked), new Set(["list change_index"]));
  assert(asked.length < 10, `${asked.length} lists`);
  // A change that was made while a list is read is in the next one.
  const slow = world.ok("undo_change");
  await world.ok("update_deal", { deal_id, name: "D" });
  assertEquals((await world.ok("undo_change")).records.length, 4);
  await slow;
});
