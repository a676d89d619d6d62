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
