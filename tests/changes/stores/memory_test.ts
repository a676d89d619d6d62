/** Plans and changes in memory. */
import { assert, assertEquals } from "@std/assert";
import { createMemoryChangeStore } from "../../../src/changes/stores/memory.ts";
import { claims, undoneOnce } from "./claims.ts";
import { bounds, contract } from "./contract.ts";

Deno.test("createMemoryChangeStore() keeps what every store keeps", () =>
  contract({ open: createMemoryChangeStore }));

Deno.test("createMemoryChangeStore() keeps so much on each shelf", () =>
  bounds({ open: createMemoryChangeStore }));

Deno.test("createMemoryChangeStore() claims a change once", () => {
  const store = createMemoryChangeStore();
  return claims({ open: () => store });
});

Deno.test("createMemoryChangeStore() lets two servers take a change back once", () => {
  const store = createMemoryChangeStore();
  return undoneOnce({ open: () => store });
});

Deno.test("createMemoryChangeStore() keeps so much in total, and removes the oldest", async () => {
  const store = createMemoryChangeStore({ total: 1_000 });
  const at = (tenant: string) => ({ kind: "plan", tenant, id: "1" });
  for (const tenant of ["a", "b", "c"]) {
    await store.put(at(tenant), "x".repeat(400), 60_000);
  }
  const texts = await Promise.all(["a", "b", "c"].map((t) => store.get(at(t))));
  assertEquals(texts.map((text) => text?.length), [undefined, 400, 400]);
});

Deno.test("createMemoryChangeStore() removes nothing of a company because others fill it", async () => {
  const store = createMemoryChangeStore({ total: 10_000 });
  const own = { kind: "change", tenant: "small", id: "1" };
  await store.put(own, "x".repeat(400), 60_000);
  for (let id = 0; id < 100; id++) {
    for (const kind of ["plan", "change", "run_row"]) {
      for (const tenant of ["large", "larger"]) {
        const place = { kind, tenant, id: `${1_000 + id}` };
        await store.put(place, "x".repeat(900), 60_000);
      }
    }
  }
  assertEquals((await store.get(own))?.length, 400);
  // Those who fill it have about the same, and their newest.
  const counts = await Promise.all(["large", "larger"].map(async (tenant) => {
    const lists = await Promise.all(
      ["plan", "change", "run_row"].map((kind) =>
        store.list({ kind, tenant }, 100)
      ),
    );
    return lists.flat().length;
  }));
  assert(counts.every((count) => count >= 4), `${counts}`);
  const last = { kind: "run_row", tenant: "larger", id: "1099" };
  assertEquals((await store.get(last))?.length, 900);
});
