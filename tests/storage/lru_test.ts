import { assertEquals } from "@std/assert";
import { createLru } from "../../src/storage/lru.ts";

Deno.test("createLru() keeps the most recently used entries", () => {
  const lru = createLru<number>(2);
  lru.set("a", 1);
  lru.set("b", 2);
  assertEquals(lru.get("a"), 1);
  lru.set("c", 3);
  assertEquals([...lru.keys()], ["a", "c"]);
  assertEquals(lru.get("b"), undefined);
  lru.set("a", 4);
  lru.set("d", 5);
  assertEquals([...lru.keys()].map((key) => lru.get(key)), [4, 5]);
  assertEquals(lru.size, 2);
  assertEquals(lru.delete("a"), true);
  assertEquals(lru.delete("a"), false);
  assertEquals(lru.size, 1);
});
