/**
 * How long work computes before others have their turn.
 *
 * @module
 */
import process from "node:process";

/** What the process has computed, in ms. A pause of the machine is not in it. */
function computed(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** What was measured of one run. */
interface Turns<T> {
  readonly result: T;
  readonly longest: number;
  readonly whole: number;
}

/** How often work is measured: the collection of garbage adds to some turns. */
const RUNS = 3;

/**
 * Runs work beside a timer, and measures the computing between its turns.
 *
 * @param run The work.
 * @param turn What happens in each turn of others.
 * @returns Its result, the most that was computed without a turn, and all that
 * was computed, in ms; of the run in which the longest turn was the smallest
 * share.
 */
export async function turnsOf<T>(
  run: () => Promise<T>,
  turn?: () => void,
): Promise<Turns<T>> {
  const runs: Turns<T>[] = [];
  for (let i = 0; i < RUNS; i++) runs.push(await measure(run, turn));
  const shareOf = ({ longest, whole }: Turns<T>) => longest / whole;
  return runs.reduce((best, one) => shareOf(one) < shareOf(best) ? one : best);
}

async function measure<T>(
  run: () => Promise<T>,
  turn: (() => void) | undefined,
): Promise<Turns<T>> {
  const start = computed();
  let last = start;
  let longest = 0;
  const note = () => {
    const now = computed();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const clock = setInterval(() => {
    note();
    turn?.();
  }, 1);
  try {
    const result = await run();
    note();
    return { result, longest, whole: last - start };
  } finally {
    clearInterval(clock);
  }
}
