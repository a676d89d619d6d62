/**
 * Deno KV for the program: at its place on this machine if it has one, and else
 * where Deno chooses.
 *
 * @module
 */
import { StoreError } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import { createKv, isLocked, type OwnKv } from "../storage/kv.ts";
import { createLocalSealer } from "../storage/local_key.ts";
import { closeToOthers, keepPrivate } from "../storage/kv_file.ts";
import type { Sealer } from "../storage/sealing.ts";
import type { Place } from "./place.ts";
import { takeOver } from "./take_over.ts";

/** Settings of {@linkcode openKvAt}. */
export interface KvAtOptions {
  /** The place. */
  readonly place: Place;
  /** The sealer that the settings give, if any. */
  readonly configured: Sealer | undefined;
  /** Writes log lines. */
  readonly log: Log;
}

/** Deno KV at a place, and what seals everything in it. */
export interface KvAt {
  /** The access to the database. */
  readonly kv: OwnKv | undefined;
  /** Seals what is in it. */
  readonly sealer: Sealer;
}

/**
 * Makes the access to Deno KV at a place. The first use opens the database, and
 * takes over what this version kept elsewhere before.
 *
 * @param options The place.
 */
export function openKvAt({ place, configured, log }: KvAtOptions): KvAt {
  const { folder, database: path, key } = place;
  const sealer = createLocalSealer(key, prepare, configured);

  /** What is kept may be sealed before the database is opened. */
  async function prepare(): Promise<void> {
    try {
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new StoreError(
        `The folder ${folder} for Deno KV cannot be made (${
          nameOf(error)
        }). Check whether this process's user may write there, or set QONTAK_DATA_DIR to another one`,
      );
    }
    await keepPrivate(folder, path, key);
  }

  async function open(): Promise<Deno.Kv> {
    await prepare();
    // A key that cannot be used must fail here, and not after a refresh, when
    // the new token could not be kept.
    await sealer.seal("", "");
    const database = await Deno.openKv(path);
    try {
      await keepPrivate(folder, path, key);
      await takeOverOnce(database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Each version had its own database, and so is taken over once. */
  async function takeOverOnce(to: Deno.Kv): Promise<void> {
    const done = ["qontak-mcp", "taken over", startedAs()];
    if ((await to.get(done)).value !== null) return;
    try {
      using from = await Deno.openKv();
      await closeToOthers();
      const seals = configured === undefined;
      const count = await takeOver({ from, to, sealer, seals });
      await to.set(done, true);
      if (count === 0) return;
      log("info", "What this version kept in Deno KV was moved", {
        folder,
        records: count,
        sealed: seals,
      });
    } catch (error) {
      // It is tried again at the next start.
      log("warn", "What this version kept in Deno KV before is not moved yet", {
        folder,
        reason: isLocked(error) ? "it is locked" : nameOf(error),
      });
    }
  }

  return { kv: createKv(log, open), sealer };
}

/** How this program was started: Deno has a database for each such name. */
function startedAs(): string {
  try {
    return Deno.mainModule;
  } catch {
    // The process may not know the path of its program.
    return "";
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
