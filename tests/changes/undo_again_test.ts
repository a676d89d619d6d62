/** An undo of unknown outcome: the record shows whether it took effect. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import type { ChangeStore } from "../../src/changes/store.ts";
import { createMemoryChangeStore } from "../../src/changes/stores/memory.ts";
import { outside } from "../support/changed.ts";
import { createWorld, type World, writes } from "../support/world.ts";

const DEALS = "/api/v3.1/deals";

/** Makes the next requests fail, before or after they take effect. */
function failing(
  world: World,
  method: string,
  path: string,
  when: "before" | "after",
  status = 500,
) {
  world.sandbox.inject({
    fault: { kind: "status", status, when },
    method,
    path,
    times: 1,
  });
}

/** Plans to take a change back, and carries the plan out. */
// deno-lint-ignore no-explicit-any -- tests look into answers freely
async function undo(world: World, id: string): Promise<any> {
  const { plan } = await world.ok("undo_change", { ids: [id] });
  const { records } = await world.ok("undo_change", { plan });
  return records[0];
}

const sent = (world: World, method: string) =>
  writes(world).filter((request) => request.method === method).length;

async function deleteDeal(world: World) {
  const [deal] = (await world.ok("list_deals")).records;
  const { undo } = await world.ok("delete_deal", { deal_id: deal.id });
  return { deal, undo };
}

Deno.test("undo_change sends an undo again that did not take effect, and says so", async () => {
  await using world = await createWorld({ retryBudget: 0 });
  const [{ id: deal_id, name }] = (await world.ok("list_deals")).records;
  const { undo: id } = await world.ok("update_deal", { deal_id, name: "Lain" });
  failing(world, "PUT", `${DEALS}/*`, "before");
  assertEquals((await undo(world, id)).status, "failed");
  const { records } = await world.ok("undo_change");
  const listed = records.find((one: { undo: string }) => one.undo === id);
  assertEquals(listed.undo_outcome, "unknown");

  const planned = await world.ok("undo_change", { ids: [id] });
  assertStringIncludes(
    planned.notes[0],
    `deal ${deal_id}: a call began to take the change back, and its outcome was lost. The record shows that it did not take effect`,
  );
  const done = await world.ok("undo_change", { plan: planned.plan });
  assertEquals(done.records[0].status, "done");
  assertEquals((await outside(world, "GET", `/deals/${deal_id}`)).name, name);
  assertStringIncludes(
    await world.refused("undo_change", { ids: [id] }),
    "was taken back already",
  );
});

Deno.test("undo_change finds out that an undo took effect although its answer was lost", async () => {
  await using world = await createWorld({ retryBudget: 0 });
  const [{ id: deal_id, name }] = (await world.ok("list_deals")).records;
  const updated = await world.ok("update_deal", { deal_id, name: "Lain" });
  failing(world, "PUT", `${DEALS}/*`, "after");
  assertEquals((await undo(world, updated.undo)).status, "failed");
  const made = await world.ok("create_product", { name: "Baru", price: 5 });
  failing(world, "DELETE", "/api/v3.1/products/*", "after");
  assertEquals((await undo(world, made.undo)).status, "failed");

  const puts = sent(world, "PUT");
  for (const id of [updated.undo, made.undo]) {
    const again = await world.ok("undo_change", { ids: [id] });
    assertEquals([again.takes_back, again.plan], [[], undefined]);
    assertMatch(
      again.notes.join(),
      /its outcome was lost\. The record shows that it took effect: it counts/,
    );
    assertStringIncludes(
      await world.refused("undo_change", { ids: [id] }),
      "was taken back already",
    );
  }
  assertEquals([sent(world, "PUT"), sent(world, "DELETE")], [puts, 1]);
  assertEquals((await outside(world, "GET", `/deals/${deal_id}`)).name, name);
});

Deno.test("undo_change looks for what came back before it creates it again", async () => {
  await using world = await createWorld({ retryBudget: 0 });
  const { undo: id } = await deleteDeal(world);
  failing(world, "POST", DEALS, "before", 422);
  assertEquals((await undo(world, id)).status, "failed");
  failing(world, "POST", DEALS, "before");
  assertEquals((await undo(world, id)).status, "failed");

  // Nothing was created: the person looks, and continues.
  const planned = await world.ok("undo_change", { ids: [id] });
  assertMatch(
    planned.notes.join("\n"),
    /outcome was lost\. A search found no new one with the same data, but look for it before you carry this plan out/,
  );
  failing(world, "POST", DEALS, "after");
  const lost = await world.ok("undo_change", { plan: planned.plan });
  assertEquals(lost.records[0].status, "failed");

  // It was created, and is not created again.
  const posts = sent(world, "POST");
  const again = await world.ok("undo_change", { ids: [id] });
  assertEquals(again.plan, undefined);
  assertMatch(again.notes.join(), /deal \d+ was created with the same data/);
  assertStringIncludes(
    await world.refused("undo_change", { ids: [id] }),
    "was taken back already",
  );
  assertEquals(sent(world, "POST"), posts);
});

Deno.test("a call that ended between the claim and the request leaves an undo that can be sent again", async () => {
  const inner = createMemoryChangeStore();
  const claimed = Promise.withResolvers<{ tenant: string; id: string }>();
  const never = new Promise<boolean>(() => {});
  let isDying = false;
  const store: ChangeStore = {
    ...inner,
    async replace(place, from, to) {
      const isKept = await inner.replace(place, from, to);
      if (!isDying || place.kind !== "change") return isKept;
      claimed.resolve(place);
      return await never;
    },
  };
  await using world = await createWorld({ timeout: 1_000, changes: { store } });
  const [{ id: deal_id, name }] = (await world.ok("list_deals")).records;
  const { undo } = await world.ok("update_deal", { deal_id, name: "Lain" });
  const { plan } = await world.ok("undo_change", { ids: [undo] });
  const before = sent(world, "PUT");
  isDying = true;
  const ending = world.call("undo_change", { plan });
  const { tenant, id } = await claimed.promise;
  isDying = false;

  assertMatch(
    await world.refused("undo_change", { ids: [undo] }),
    /outcome is not known yet\. If it ended without notice, ask again in \d+ sec/,
  );
  // Time passes, until no call can be at work any more.
  const place = { kind: "change", tenant, id };
  const text = (await inner.get(place))!;
  const late = JSON.parse(text);
  assert(late.undone.until > Date.now() + 1_000);
  late.undone.until = Date.now() - 1;
  assert(await inner.replace(place, text, JSON.stringify(late)));
  const planned = await world.ok("undo_change", { ids: [undo] });
  assertStringIncludes(planned.notes[0], "did not take effect");
  assertEquals(sent(world, "PUT"), before);
  const done = await world.ok("undo_change", { plan: planned.plan });
  assertEquals(done.records[0].status, "done");
  assertEquals((await outside(world, "GET", `/deals/${deal_id}`)).name, name);
  assertEquals((await ending).isError, true);
  assertEquals(sent(world, "PUT"), before + 1);
});
