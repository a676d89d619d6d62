/**
 * The benchmark's figures, its comparison with kept ratios, and its table.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  AT_ONCE,
  type Case,
  CASES,
  ERAS,
  nameOf,
} from "../../scripts/bench/cases.ts";
import {
  compare,
  inMs,
  type Ratio,
  ratioTable,
  type Run,
  worse,
} from "../../scripts/bench/ratio.ts";
import { loadOf } from "../../scripts/bench/wire.ts";
import { median, percentile } from "../../scripts/figures.ts";

const NAME = "http read, 16 at once: computing";

/** A checked ratio. */
const checked = (ratio: number, more: Partial<Ratio> = {}): Ratio => ({
  ...compare(NAME, [1, ratio], inMs, { isChecked: true }),
  ...more,
});

const root = new URL("../../", import.meta.url);
const kept: Run = JSON.parse(
  await Deno.readTextFile(new URL("scripts/bench/result.json", root)),
);

Deno.test("percentile() is a value that the share does not exceed", () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i);
  assertEquals(percentile(values, 0.99), 198);
  assertEquals(percentile(values, 1), 200);
  assertEquals(percentile(values, 0), 1);
  assertEquals(median([9, 1, 5]), 5);
  assertEquals(median([4, 1, 3, 2]), 2);
});

Deno.test("loadOf() counts answers per second of the whole load", () => {
  const times = [...Array(99).fill(2), 30];
  const load = loadOf(times, 500);
  assertEquals(load, { count: 100, rate: 200, p50: 2, p99: 2 });
  assertEquals(loadOf([...times, 40, 50], 500).p99, 40);
});

Deno.test("compare() divides ours by the baseline", () => {
  const { ratio, baseline, ours } = compare("a", [2, 3], inMs);
  assertEquals([ratio, baseline, ours], [1.5, "2.00 ms", "3.00 ms"]);
});

Deno.test("worse() names a ratio beyond the tolerance, in its own direction", () => {
  const found = (ratio: number, isMoreBetter = false) =>
    worse([checked(ratio, { isMoreBetter })], [checked(2)], 1.5);
  assertEquals(found(2.9), []);
  assertEquals(found(0.1), []);
  assertEquals(found(3.1), [
    `${NAME}: the ratio is 3.1, and was 2: more than 1.5 times worse`,
  ]);
  assertEquals(found(1.4, true), []);
  assertEquals(found(1.3, true).length, 1);
  assertEquals(found(10, true), []);
});

Deno.test("worse() does not compare ratios that are far better than the baseline", () => {
  const found = (kept: number, ratio: number, isMoreBetter = false) =>
    worse([checked(ratio, { isMoreBetter })], [checked(kept)], 2).length;
  assertEquals(found(0.1, 0.4), 0);
  assertEquals(found(0.1, 1), 0);
  assertEquals(found(0.1, 1.1), 1);
  assertEquals(found(5, 2, true), 0);
  assertEquals(found(5, 1, true), 0);
  assertEquals(found(5, 0.9, true), 1);
});

Deno.test("worse() names a checked ratio that only one side has", () => {
  const renew = "deno task bench --keep keeps new ones";
  assertEquals(worse([], [checked(2)]), [
    `${NAME}: it was not measured: ${renew}`,
  ]);
  assertEquals(worse([checked(2)], []), [
    `${NAME}: no ratio is kept: ${renew}`,
  ]);
});

Deno.test("worse() leaves out what varies much between runs", () => {
  const p99 = compare("http read, 16 at once: p99", [1, 9], inMs);
  assertEquals(worse([p99], [{ ...p99, ratio: 1 }]), []);
  assertEquals(worse([p99], []), []);
  assertEquals(worse([], [p99]), []);
});

Deno.test("the kept run has every case, and each part has ratios to check", () => {
  const names = new Map(kept.ratios.map((one) => [one.name, one]));
  for (const wire of ["http", "stdio"] as const) {
    for (const era of ERAS) {
      for (const of of Object.keys(CASES) as Case[]) {
        for (const atOnce of AT_ONCE) {
          const name = nameOf(wire, era, of, atOnce);
          for (const what of ["per second", "p50", "p99", "computing"]) {
            assert(names.has(`${name}: ${what}`), `${name}: ${what}`);
          }
          assertEquals(names.get(`${name}: computing`)!.isChecked, atOnce > 1);
        }
      }
    }
  }
  for (
    const name of [
      "cold stdio: first answer",
      "cold stdio: tools/list",
      "cold stdio: first call",
      "cold http: first call",
      "memory: idle",
      "memory: after the calls",
      "memory: live objects after half of the calls, and after all",
    ]
  ) {
    assert(names.get(name)?.isChecked, name);
  }
  for (const what of ["counts", "OpenTelemetry"]) {
    assert(names.has(`telemetry, ${what}: per second`), what);
  }
  assertEquals(worse(kept.ratios, kept.ratios), []);
});

Deno.test("ratioTable() shows the run's day and machine, and needs every case", () => {
  const table = ratioTable(kept);
  assert(table.includes(kept.date) && table.includes(kept.machine), table);
  const ratios = kept.ratios.filter(({ name }) => !name.startsWith("cold"));
  assertThrows(
    () => ratioTable({ ...kept, ratios }),
    Error,
    "The kept run lacks cold stdio: first answer",
  );
});
