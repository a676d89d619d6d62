/**
 * Repeatable random choices.
 *
 * @module
 */

/** Random choices that depend on the seed alone. */
export interface Random {
  /** An integer from `min` to `max`, both included. */
  int(min: number, max: number): number;
  /** One of the list. The list must not be empty. */
  pick<T>(list: readonly T[]): T;
  /** `count` different ones of the list, in the list's order. */
  sample<T>(list: readonly T[], count: number): T[];
  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean;
}

/**
 * Makes a seeded random source (mulberry32: 32 bits of state, enough for
 * samples).
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (min: number, max: number): number =>
    min + Math.floor(next() * (max - min + 1));
  return {
    int,
    pick: (list) => list[int(0, list.length - 1)]!,
    chance: (probability) => next() < probability,
    sample(list, count) {
      let wanted = Math.min(count, list.length);
      return list.filter((_, index) => {
        const taken = next() < wanted / (list.length - index);
        if (taken) wanted--;
        return taken;
      });
    },
  };
}
