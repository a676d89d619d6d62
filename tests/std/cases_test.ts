/**
 * What the tests need of `@std/*`. It is checked for the installed packages
 * (JSR's own if it answers) and for the stand-ins, so that they cannot differ.
 */
import * as assertions from "@std/assert";
import { stringify } from "@std/dotenv/stringify";
import { FakeTime } from "@std/testing/time";
import nodeAssert from "node:assert/strict";
import { parseVariables } from "../../src/values/env.ts";
import * as assertionsHere from "./assert.ts";
import { stringify as stringifyHere } from "./dotenv.ts";
import { FakeTime as FakeTimeHere } from "./time.ts";

type Assertions = typeof assertionsHere;

class Wanted extends Error {}
class Other extends Error {}

/** Cases that must pass and cases that must fail, for each assertion. */
const cases = (a: Assertions): {
  readonly passes: readonly (() => unknown)[];
  readonly fails: readonly (() => unknown)[];
} => ({
  passes: [
    () => a.assert("text"),
    () => a.assertEquals({ a: [1, { b: NaN }] }, { a: [1, { b: NaN }] }),
    () => a.assertEquals(new Map([[1, "a"]]), new Map([[1, "a"]])),
    () => a.assertNotEquals([1], [2]),
    () => a.assertExists(0),
    () => a.assertExists(""),
    () => a.assertMatch("abc", /b/),
    () => a.assertNotMatch("abc", /d/),
    () => a.assertStringIncludes("abc", "bc"),
    () => a.assertGreaterOrEqual(2, 2),
    () => a.assertLessOrEqual(2, 2),
    () => a.assertObjectMatch({ a: { b: 1, c: 2 }, d: 3 }, { a: { b: 1 } }),
    () => a.assertThrows(() => fail(new Wanted("a reason")), Wanted, "reason"),
    () => a.assertRejects(() => Promise.reject(new Wanted("why")), Wanted),
  ],
  fails: [
    () => a.assert(0),
    () => a.fail("why"),
    () => a.assertEquals([1, 2], [2, 1]),
    () => a.assertEquals({ a: 1 }, { a: "1" } as never),
    () => a.assertNotEquals({ a: 1 }, { a: 1 }),
    () => a.assertExists(null),
    () => a.assertExists(undefined),
    () => a.assertMatch("abc", /d/),
    () => a.assertNotMatch("abc", /b/),
    () => a.assertStringIncludes("abc", "d"),
    () => a.assertGreaterOrEqual(1, 2),
    () => a.assertLessOrEqual(2, 1),
    () => a.assertObjectMatch({ a: { b: 1 } }, { a: { b: 2 } }),
    () => a.assertThrows(() => "nothing is thrown"),
    () => a.assertThrows(() => fail(new Other("a")), Wanted),
    () => a.assertThrows(() => fail(new Wanted("a")), Wanted, "b"),
    () => a.assertRejects(() => Promise.resolve()),
    () => a.assertRejects(() => Promise.reject(new Other("a")), Wanted),
    () => a.assertRejects(() => Promise.reject(new Wanted("a")), Wanted, "b"),
  ],
});

function fail(error: Error): never {
  throw error;
}

for (
  const [name, a] of [
    ["@std/assert", assertions as unknown as Assertions],
    ["its stand-in", assertionsHere],
  ] as const
) {
  Deno.test(`${name} passes what holds and fails what does not`, async () => {
    const { passes, fails } = cases(a);
    for (const passing of passes) await passing();
    for (const failing of fails) {
      const outcome = await Promise.resolve().then(failing).then(
        () => "passed",
        (error) => error,
      );
      nodeAssert.ok(
        outcome instanceof a.AssertionError,
        `${failing}: ${outcome}`,
      );
    }
  });
}

for (
  const [name, write] of [
    ["@std/dotenv", stringify],
    ["its stand-in", stringifyHere],
  ] as const
) {
  Deno.test(`${name} writes lines that parseVariables() reads as they were`, () => {
    nodeAssert.equal(
      write({ A: "1", B: "hello world", C: "it's", D: "a\nb", E: "a\\b\tc" }),
      `A=1\nB='hello world'\nC="it's"\nD="a\\nb"\nE="a\\\\b\\tc"`,
    );
    const variables = {
      EMPTY: "",
      TOKEN: "tok$en1",
      BRACES: "a${TOKEN}b",
      HASH: "a#b",
      WORDS: " two words ",
      QUOTE: 'say "yes"',
      APOSTROPHE: "it's",
      LINES: "one\ntwo",
      KEY: "aGVsbG8=+/",
    };
    nodeAssert.deepEqual(parseVariables(write(variables)), variables);
  });
}

for (
  const [name, Time] of [
    ["@std/testing's FakeTime", FakeTime],
    ["its stand-in", FakeTimeHere],
  ] as const
) {
  Deno.test(`${name} moves the clock and its timers, and puts them back`, () => {
    const before = Date.now();
    const rings: string[] = [];
    {
      using time = new Time(1_000);
      setTimeout(() => rings.push("once"), 500);
      const timer = setInterval(() => rings.push("often"), 400);
      time.tick(399);
      nodeAssert.deepEqual([Date.now(), rings], [1_399, []]);
      time.tick(601);
      nodeAssert.deepEqual([time.now, rings], [
        2_000,
        ["often", "once", "often"],
      ]);
      clearInterval(timer);
      time.tick(1_000);
      nodeAssert.equal(rings.length, 3);
    }
    nodeAssert.ok(Date.now() >= before);
  });
}
