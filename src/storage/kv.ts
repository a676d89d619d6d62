/**
 * Deno KV, if available: with `--unstable-kv`, or on Deno Deploy with a
 * database attached.
 *
 * @module
 */
import { StoreError } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import { closeToOthers } from "./kv_file.ts";

/**
 * The state of the database: "absent" if the host has none for this program,
 * "unused" if the program does not use one.
 */
export type KvState = "ok" | "failing" | "absent" | "unused";

/** Access to a database. The code that opens the database closes it. */
export interface Kv {
  /**
   * Returns the database, the same one each time; undefined if there is none.
   * Rejects if it cannot be opened.
   */
  open(): Promise<Deno.Kv | undefined>;
}

/** Access to a database that this program opens itself. */
export interface OwnKv extends Kv {
  /** Closes the database, if it is open. */
  close(): Promise<void>;
}

/** How long to retry while others write to the database, in ms. */
const TIMEOUT = 5_000;

/** The longest pause between two retries, in ms. */
const PAUSE = 50;

/**
 * Queries the database, and retries for five seconds while other processes lock
 * it.
 *
 * @param kv The access to the database.
 * @param what What is stored there, for messages, such as `tokens`.
 * @param question The query; it may run more than once.
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
 * Queries the database for optional data.
 *
 * @param kv The access to the database.
 * @param question See {@linkcode askKv}.
 * @param onFailure Receives the error; not called if there is no database.
 * @returns The answer; undefined without one. Never rejects.
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
 * Retries while another process writes to the database file. In that case the
 * query failed completely and changed nothing.
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
 * Checks the state of the database with a query.
 *
 * @param kv The access to the database, if the runtime supports it; false if
 * the program does not use it.
 * @returns The state; rejects if the database cannot be opened or read.
 */
export async function checkKv(kv: Kv | false | undefined): Promise<KvState> {
  if (kv === false) return "unused";
  const database = await kv?.open();
  if (!database) return "absent";
  await database.get(["qontak-mcp", "health"]);
  return "ok";
}

/** Matches Deno Deploy's error for a missing database. */
function isUnattached(error: unknown): boolean {
  return error instanceof Error && /database is attached/i.test(error.message);
}

/** Whether a query failed because another process is writing. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error &&
    /database is (locked|busy)/.test(error.message);
}

/** The problem and its remedy, by the text of Deno KV's error. */
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
 * Makes the error for a failure, without the database's own message.
 *
 * @param error What Deno KV threw.
 * @param what What is stored there, such as `tokens`.
 */
export function explainKv(error: unknown, what: string): StoreError {
  if (error instanceof StoreError) return error;
  const { name, message } = error instanceof Error ? error : new Error();
  const known = reasons.find(([said]) => said.test(message));
  return new StoreError(
    `Deno KV, where ${what} are kept, does not work: ${known?.[1] ?? name}`,
  );
}

/**
 * Makes the access to the database. The first query opens it; if that fails,
 * the next query tries again.
 *
 * @param log Logs once that there is no database, or that it cannot be opened.
 * @param openDatabase Opens the database; by default where Deno chooses.
 * @returns The access, or undefined if the runtime has no KV.
 */
export function createKv(
  log: Log = () => {},
  openDatabase: () => Promise<Deno.Kv> = () => openDefault(log),
): OwnKv | undefined {
  // Without the flag, the function does not exist.
  if (typeof Deno.openKv !== "function") return undefined;
  let opening: Promise<Deno.Kv | undefined> | undefined;
  let isTold = false;

  async function start(): Promise<Deno.Kv | undefined> {
    try {
      return await openDatabase();
    } catch (error) {
      if (isUnattached(error)) {
        log("warn", "There is no Deno KV: no database is attached");
        return undefined;
      }
      opening = undefined;
      if (!isTold) {
        log("warn", "Deno KV could not be opened: continuing without it", {
          error: error instanceof Error ? error.name : typeof error,
          ...(error instanceof StoreError ? { reason: error.message } : {}),
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

async function openDefault(log: Log): Promise<Deno.Kv> {
  const database = await Deno.openKv();
  for (const reason of await closeToOthers()) {
    log("warn", "Other users of this machine may be able to read Deno KV", {
      reason,
    });
  }
  return database;
}
