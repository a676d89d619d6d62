/**
 * Random text and JSON, for properties that must hold for all input.
 *
 * @module
 */
import type { Random } from "../../src/sandbox/random.ts";

const nasty: readonly string[] = [
  "",
  " ",
  "\u0000",
  "\u202e",
  "null",
  "0",
  "-1",
  "1e999",
  "NaN",
  "__proto__",
  "constructor",
  "../..",
  "31/02/2026",
  "2026-13-45",
  "[",
  "{}",
  '{"a":1}',
  ",,,",
  "😀",
  "a".repeat(5000),
];

/** Text of any characters, including difficult ones. */
export function anyText(random: Random): string {
  if (random.chance(1 / 3)) return random.pick(nasty);
  return Array.from(
    { length: random.int(0, 11) },
    () => String.fromCodePoint(random.int(32, 631)),
  ).join("");
}

/** Any JSON value, nested a few levels at most. */
export function anyJson(random: Random, depth = 3): unknown {
  switch (random.int(0, depth > 0 ? 7 : 5)) {
    case 0:
      return null;
    case 1:
      return random.chance(1 / 2);
    case 2:
      return random.int(-1000, 999);
    case 3:
      return random.pick([0, -0, 1.5, 1e21, Number.MAX_SAFE_INTEGER, -1e-9]);
    case 4:
    case 5:
      return anyText(random);
    case 6:
      return Array.from(
        { length: random.int(0, 3) },
        () => anyJson(random, depth - 1),
      );
    default:
      return Object.fromEntries(
        Array.from(
          { length: random.int(0, 3) },
          () => [anyText(random), anyJson(random, depth - 1)],
        ),
      );
  }
}
