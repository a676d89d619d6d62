/** Plans and changes in memory. */
import { assertEquals } from "@std/assert";
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
