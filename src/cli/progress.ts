/**
 * Shows a person at a terminal how far a long command is.
 *
 * @module
 */

/** How far a command is. */
export interface Progress {
  /** Counts one more as done. */
  step(): void;
  /** Removes the line. */
  [Symbol.dispose](): void;
}

/** Where it is shown. */
export interface Screen {
  readonly isTerminal: boolean;
  /** Writes without a line break. */
  readonly write: (text: string) => void;
  /** The time in ms. */
  readonly now: () => number;
}

const stderr: Screen = {
  isTerminal: Deno.stderr.isTerminal(),
  write: (text) => {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  },
  now: () => performance.now(),
};

/** What takes less time than this shows nothing, in ms. */
const SHORT = 1_000;

/** To the start of the line, and clear it. */
const CLEAR = "\r\x1b[K";

/**
 * Starts to count. What takes less than a second, or has no terminal, shows
 * nothing.
 *
 * @param all How many there are.
 * @param what What is counted, such as `companies`.
 * @param screen Where it is shown; stderr unless given.
 */
export function createProgress(
  all: number,
  what: string,
  screen: Screen = stderr,
): Progress {
  const start = screen.now();
  let done = 0;
  let isShown = false;
  return {
    step() {
      done++;
      if (!screen.isTerminal || screen.now() - start < SHORT) return;
      isShown = true;
      screen.write(`${CLEAR}${done} of ${all} ${what}`);
    },
    [Symbol.dispose]() {
      if (isShown) screen.write(CLEAR);
    },
  };
}
