/**
 * Deno KV, where there is one: with `--unstable-kv`, or on Deno Deploy with a
 * database attached.
 *
 * @module
 */
import { StoreError } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import { closeToOthers } from "./kv_file.ts";

/**
 * How the database is: "absent" where the host has none for this program,
 * "unused" where the program wants none.
 */
export type KvState = "ok" | "failing" | "absent" | "unused";

/** The way to a database. Who opens the database closes it. */
export interface Kv {
  /**
   * Gives the database, the same one each time; undefined where there is none.
   * Rejects where it cannot be opened.
   */
  open(): Promise<Deno.Kv | undefined>;
}

/** The way to a database that this program opens itself. */
export interface OwnKv extends Kv {
  /** Closes it, if it was opened. */
  close(): Promise<void>;
}

/** How long a database that others are writing to is asked again, in ms. */
const TIMEOUT = 5_000;

/** The longest pause between two such tries, in ms. */
const PAUSE = 50;

/**
 * Asks the database, again and again for five seconds while other processes
 * keep it locked.
 *
 * @param kv The way to it.
 * @param what What is kept there, for messages, such as `tokens`.
 * @param question What is asked; it may be asked more than once.
 * @throws {StoreError} When there is no database, or it fails.
 */
export async function askKv<T>(
  kv: Kv,
  what: string,
  question: (database: Deno.Kv) => Promise<T>,
): Promise<T> {
  try {
    return await whenFree(async () => {
      const database = await kv.open();
      if (database) return await question(database);
      throw new StoreError(
        `There is no Deno KV to keep ${what} in: start with deno run --unstable-kv, or attach a database on Deno Deploy`,
      );
    });
  } catch (error) {
    throw explainKv(error, what);
  }
}

/**
 * Asks the database for what the program can do without.
 *
 * @param kv The way to it.
 * @param question As for {@linkcode askKv}.
 * @param onFailure Told why it failed; not told where there is no database.
 * @returns The answer; undefined where there is none. Never rejects.
 */
export async function tryKv<T>(
  kv: Kv,
  question: (database: Deno.Kv) => Promise<T>,
  onFailure: (error: unknown) => void = () => {},
): Promise<T | undefined> {
  try {
    const database = await kv.open();
    return database && await whenFree(() => question(database));
  } catch (error) {
    onFailure(error);
    return undefined;
  }
}

/**
 * Asks again while another process is writing to the database's file: what
 * was asked has failed as a whole then, and nothing of it was kept.
 */
async function whenFree<T>(question: () => Promise<T>): Promise<T> {
  const end = performance.now() + TIMEOUT;
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
 * @returns How it is; rejects where it cannot be opened or read.
 */
export async function checkKv(kv: Kv | false | undefined): Promise<KvState> {
  if (kv === false) return "unused";
  const database = await kv?.open();
  if (!database) return "absent";
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
    "its file is damaged. Put a copy of it back, or remove it and put the credentials in again",
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
 * Makes the way to the database. It is opened with the first question, and
 * tried again with the next one where that fails.
 *
 * @param log Told once that there is no database, or that it cannot be opened.
 * @returns The way, or undefined where the runtime has no KV.
 */
export function createKv(log: Log = () => {}): OwnKv | undefined {
  // Without the flag the function is not there at all.
  if (typeof Deno.openKv !== "function") return undefined;
  let opening: Promise<Deno.Kv | undefined> | undefined;
  let isTold = false;

  async function start(): Promise<Deno.Kv | undefined> {
    try {
      const database = await Deno.openKv();
      await closeToOthers();
      return database;
    } catch (error) {
      if (isUnattached(error)) {
        log("warn", "There is no Deno KV: no database is attached");
        return undefined;
      }
      opening = undefined;
      if (!isTold) {
        log("warn", "Deno KV could not be opened: going on without it", {
          error: error instanceof Error ? error.name : typeof error,
        });
      }
      isTold = true;
      throw error;
    }
  }

  return {
    open: () => opening ??= start(),
    async close() {
      const closing = opening;
      opening = undefined;
      (await closing?.catch(() => undefined))?.close();
    },
  };
}
