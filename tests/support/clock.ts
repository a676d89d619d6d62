/**
 * A clock that stands still until a test moves it.
 *
 * @module
 */
import type { Clock } from "../../src/limits/clock.ts";

/** The clock of a test. */
export interface TestClock extends Clock {
  /** The number of timers that are set. */
  readonly timers: number;
  /** Moves the clock forward, and runs everything that is due until then. */
  pass(ms: number): Promise<void>;
}

/** Runs everything that is ready. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 12; turns++) await Promise.resolve();
}

/** Makes a clock. */
export function createTestClock(): TestClock {
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  let now = 0;
  return {
    now: () => now,
    get timers() {
      return timers.size;
    },
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async pass(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].sort((a, b) => a.at - b.at);
        if (!next || next.at > end) break;
        timers.delete(next);
        now = next.at;
        next.run();
        await settle();
      }
      now = end;
    },
  };
}
