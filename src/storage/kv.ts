/**
 * Deno KV, where there is one: with `--unstable-kv`, or on Deno Deploy with a
 * database attached.
 *
 * @module
 */
import { StoreError } from "../errors.ts";
import type { Log } from "../logging/log.ts";

/**
 * How the database is: "absent" where the host has none for this program,
 * "unused" where the program wants none.
 */
export type KvState = "ok" | "failing" | "absent" | "unused";

/** Opens the database once, when it is first needed. */
export interface Kv {
  /** The database; undefined where it cannot be opened. */
  open(): Promise<Deno.Kv | undefined>;
  /**
   * Whether it could not be opened because there is none; never when left out.
   */
  isAbsent?(): boolean;
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

/**
 * Finds out how the database is, by asking it.
 *
 * @param kv The way to it, where the runtime has one; false where it is not
 * wanted.
 * @returns How it is; rejects where the database cannot be read.
 */
export async function checkKv(kv: Kv | false | undefined): Promise<KvState> {
  if (kv === false) return "unused";
  const database = await kv?.open();
  if (!database) return kv && !kv.isAbsent?.() ? "failing" : "absent";
  await database.get(["qontak-mcp", "health"]);
  return "ok";
}

/** How Deno Deploy says it. */
function isUnattached(error: unknown): boolean {
  return error instanceof Error && /database is attached/i.test(error.message);
}

/** Whether a question failed because another process is writing. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error &&
    /database is (locked|busy)/.test(error.message);
}

/** What is wrong and what to do, by what Deno KV's error says. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/locked|busy/i, "other processes keep it locked. Try again"],
  [/full/i, "its disk is full. Make room"],
  [
    /not a database|malformed|corrupt/i,
    "its file is damaged. Put a copy of it back, or remove it and put the credentials in anew",
  ],
  [
    /unable to open|read-?only/i,
    "its file cannot be opened or written. Check DENO_KV_DEFAULT_PATH, and whether this process's user may write there",
  ],
  [
    /database is attached/i,
    "no database is attached. Attach one to the app on Deno Deploy",
  ],
];

/**
 * What to tell of a failure; the database's own words are not passed on.
 *
 * @param error What Deno KV threw.
 * @param what What is kept there, such as `tokens`.
 */
export function explainKv(error: unknown, what: string): StoreError {
  if (error instanceof StoreError) return error;
  const { name, message } = error instanceof Error ? error : new Error();
  const known = reasons.find(([said]) => said.test(message));
  return new StoreError(
    `Deno KV, where ${what} are kept, is out of order: ${known?.[1] ?? name}`,
  );
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
  let isAbsent = false;
  return {
    open() {
      opening ??= Deno.openKv().catch((error) => {
        isAbsent = isUnattached(error);
        if (isAbsent) {
          log("warn", "There is no Deno KV: no database is attached");
        } else {
          log("warn", "Deno KV could not be opened: going on without it", {
            error: error instanceof Error ? error.name : typeof error,
          });
        }
        return undefined;
      });
      return opening;
    },
    isAbsent: () => isAbsent,
    async close() {
      (await opening)?.close();
      opening = undefined;
    },
  };
}
