/**
 * Deno KV, where there is one: with `--unstable-kv`, or on Deno Deploy with a
 * database attached.
 *
 * @module
 */
import type { Log } from "./log.ts";

/** Opens the database once, when it is first needed. */
export interface Kv {
  /** The database; undefined where it cannot be opened. */
  open(): Promise<Deno.Kv | undefined>;
  /** Closes it, if it was opened. */
  close(): Promise<void>;
}

/** How long a database that others are writing to is asked again, in ms. */
const PATIENCE = 5_000;

/** The longest pause between two such tries, in ms. */
const PAUSE = 50;

/**
 * Asks the database again while another process is writing to its file: what
 * was asked has failed then as a whole, and nothing of it was kept.
 *
 * @param question What is asked; it must bear being asked again.
 * @throws What the question throws for other reasons, or for five seconds.
 */
export async function whenFree<T>(question: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE;
  for (let pause = 1;; pause = Math.min(PAUSE, pause * 2)) {
    try {
      return await question();
    } catch (error) {
      if (!isLocked(error) || performance.now() > end) throw error;
      const wait = Math.random() * pause;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** Whether a question failed because another process is writing. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error &&
    /database is (locked|busy)/.test(error.message);
}

/**
 * Makes the way to the database.
 *
 * @param log Told once when a database that should be there cannot be opened.
 * @returns The way, or undefined where the runtime has no KV.
 */
export function createKv(log: Log): Kv | undefined {
  // Without the flag the function is not there at all.
  if (typeof Deno.openKv !== "function") return undefined;
  let opening: Promise<Deno.Kv | undefined> | undefined;
  return {
    open() {
      opening ??= Deno.openKv().catch((error) => {
        log("warn", "Deno KV could not be opened: going on without it", {
          error: error instanceof Error ? error.name : typeof error,
        });
        return undefined;
      });
      return opening;
    },
    async close() {
      (await opening)?.close();
      opening = undefined;
    },
  };
}
