/**
 * Random values from a seed, for properties that must hold for all of them.
 *
 * @module
 */

/** A source of random values; the same seed gives the same ones. */
export interface Random {
  /** A whole number from 0 up to, but without, `below`. */
  below(below: number): number;
  /** One of a list. */
  pick<T>(list: readonly T[]): T;
  /** Any JSON value, nested a few levels at most. */
  json(depth?: number): unknown;
  /** Text of any characters, sometimes nasty. */
  text(): string;
}

const nasty = [
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

/** Makes a source of random values (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (limit: number) => Math.floor(next() * limit);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  function text(): string {
    if (below(3) === 0) return pick(nasty);
    return Array.from(
      { length: below(12) },
      () => String.fromCodePoint(32 + below(600)),
    ).join("");
  }
  function json(depth = 3): unknown {
    switch (below(depth > 0 ? 8 : 6)) {
      case 0:
        return null;
      case 1:
        return below(2) === 0;
      case 2:
        return below(2000) - 1000;
      case 3:
        return pick([0, -0, 1.5, 1e21, Number.MAX_SAFE_INTEGER, -1e-9]);
      case 4:
      case 5:
        return text();
      case 6:
        return Array.from({ length: below(4) }, () => json(depth - 1));
      default:
        return Object.fromEntries(
          Array.from({ length: below(4) }, () => [text(), json(depth - 1)]),
        );
    }
  }
  return { below, pick, json, text };
}
