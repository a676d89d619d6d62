/**
 * The benchmark's comparison with kept ratios.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { worse } from "../../scripts/bench/main.ts";

const NAME = "http read 16, computing";

Deno.test("worse() names a ratio beyond the tolerance, in its own direction", () => {
  const found = (ratio: number, isMoreBetter = false) =>
    worse([{ name: NAME, ratio, isMoreBetter }], { [NAME]: 2 }, 1.5);
  assertEquals(found(2.9), []);
  assertEquals(found(0.1), []);
  assertEquals(found(3.1), [
    `${NAME}: the ratio is 3.1, and was 2: more than 1.5 times worse`,
  ]);
  assertEquals(found(1.4, true), []);
  assertEquals(found(1.3, true).length, 1);
  assertEquals(found(10, true), []);
});

Deno.test("worse() checks only what is kept and varies little", () => {
  const one = { ratio: 9, isMoreBetter: false };
  const other = { ...one, name: "http read 16, p99" };
  assertEquals(worse([other], { [other.name]: 1 }), []);
  assertEquals(worse([{ ...one, name: NAME }], {}), []);
});

Deno.test("the kept ratios have every case that is checked", async () => {
  const kept = JSON.parse(
    await Deno.readTextFile(
      new URL("../../scripts/bench/ratios.json", import.meta.url),
    ),
  );
  for (const load of ["read 1", "read 16", "list 1", "list 16", "write 1"]) {
    assertEquals(typeof kept[`http ${load}, computing`], "number", load);
  }
  assertEquals(typeof kept["http memory, loaded"], "number");
  assertEquals(typeof kept["cold stdio tools/list"], "number");
});
