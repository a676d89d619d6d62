/** What a call says that its store of changes holds up until its time is over. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ChangeStore } from "../../mod.ts";
import { createMemoryChangeStore } from "../../src/changes/stores/memory.ts";
import { StoreError } from "../../src/errors.ts";
import { createWorld, writes } from "../support/world.ts";

/** A store that does not answer while `hangs` says so, until it fails. */
function hangingStore(hangs: (kind: string) => boolean) {
  const inner = createMemoryChangeStore();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const store: ChangeStore = {
    ...inner,
    put: (place, ...rest) =>
      hangs(place.kind) ? late : inner.put(place, ...rest),
    get: (place) => hangs(place.kind) ? late : inner.get(place),
    replace: (place, ...rest) =>
      hangs(place.kind) ? late : inner.replace(place, ...rest),
  };
  return { store, fail: () => reject(new StoreError("The store fails")) };
}

Deno.test("a plan that is not ready in time says that no write was sent", async () => {
  let isHanging = false;
  const { store, fail } = hangingStore((kind) => isHanging && kind === "plan");
  await using world = await createWorld({ timeout: 2_000, changes: { store } });
  const [{ id: task_id }] = (await world.ok("list_tasks")).records;
  const { undo } = await world.ok("update_task", { task_id, name: "Lain" });
  const sent = writes(world).length;
  isHanging = true;
  const said = await Promise.all([
    world.refused("undo_change", { ids: [undo] }),
    world.refused("update_task", { task_id, name: "Baru", dry_run: true }),
    world.refused("change_records", {
      resource: "tasks",
      action: "update",
      rows: [{ task_id, name: "Baru" }],
    }),
  ]);
  for (const text of said) {
    assertStringIncludes(text, "did not end within 2000 ms");
    assertStringIncludes(text, ". No write was sent");
  }
  fail();
  assertEquals(writes(world).length, sent);
});

Deno.test("a run that is held up after a write says that the outcome is unknown", async () => {
  let hasWritten = () => false;
  const { store, fail } = hangingStore(() => hasWritten());
  await using world = await createWorld({ timeout: 2_000, changes: { store } });
  const [{ id: task_id }] = (await world.ok("list_tasks")).records;
  const { plan } = await world.ok("change_records", {
    resource: "tasks",
    action: "update",
    rows: [{ task_id, name: "Baru" }],
  });
  hasWritten = () => writes(world).length > 0;
  const text = await world.refused("change_records", { plan });
  assertStringIncludes(text, "unknown whether the record was changed");
  fail();
  assertEquals(writes(world).length, 1);
});
