/**
 * One list of one company in the store of snapshots: the data for answers, and
 * the reading that replaces it.
 *
 * @module
 */
import { UnreachableError } from "../errors.ts";
import type { JsonObject } from "../values/json.ts";
import type { Held } from "./memory.ts";
import type { Reading, ReadPage } from "./read.ts";
import type { SharedWork } from "./shared_work.ts";
import type { Table } from "./table.ts";

/** The source of a snapshot's records. */
export interface Source {
  /** The plural name of the records, such as `deals`. */
  readonly plural: string;
  /** Reads one page of the records. */
  readonly readPage: ReadPage;
  /** Reads one record; undefined if it no longer exists. */
  readonly readOne: (
    id: number,
    signal: AbortSignal,
  ) => Promise<JsonObject | undefined>;
}

/** All records of one kind, as they were at one time. */
export interface Snapshot {
  /** The records. */
  readonly table: Table;
  /** When the reading began, in ms since 1970. */
  readonly asOf: number;
  /**
   * How many records were read in time, and of how many; undefined if all were
   * read.
   */
  readonly partial?: { readonly read: number; readonly total?: number };
  /**
   * The count that Qontak reported, if the list changed during two readings, so
   * that the records may not be exactly those.
   */
  readonly counted?: number;
}

/** The data for answers. */
export interface Made extends Omit<Snapshot, "partial"> {
  /**
   * The newest change in the list; undefined unless the list is sorted by it.
   */
  readonly newest: number | undefined;
  /** When the data was last known to be current. */
  readonly checkedAt: number;
}

/** A reading that is not complete yet. */
export interface Unfinished {
  readonly reading: Reading;
  readonly table: Table;
  /** When it began. */
  readonly asOf: number;
  /** Whether it was begun to read everything again. */
  readonly isFresh: boolean;
  /** When the last page came. */
  pageAt: number;
}

/** One snapshot, and the reading that produces it. */
export interface Entry extends Held {
  readonly scope: string;
  readonly list: string;
  /** The data for answers; undefined until the first reading is complete. */
  made: Made | undefined;
  unfinished: Unfinished | undefined;
  /** The ids of records that were written since they were read. */
  readonly touched: Set<number>;
  /** Whether unknown records were written since the list was read. */
  isExpired: boolean;
  /** What calls wait for. */
  work: { readonly shared: SharedWork; readonly isFresh: boolean } | undefined;
}

/**
 * Makes an entry without data.
 *
 * @param scope Identifies the company's account.
 * @param list The name of the list.
 */
export function createEntry(scope: string, list: string): Entry {
  return {
    scope,
    list,
    made: undefined,
    unfinished: undefined,
    touched: new Set(),
    isExpired: false,
    work: undefined,
    get bytes() {
      return (this.made?.table.bytes ?? 0) +
        (this.unfinished?.table.bytes ?? 0);
    },
    get isBusy() {
      return this.work !== undefined;
    },
  };
}

/**
 * The snapshot of data that is complete.
 *
 * @param made The data.
 */
export function shownOf({ table, asOf, counted }: Made): Snapshot {
  return { table, asOf, ...(counted === undefined ? {} : { counted }) };
}

/**
 * What can be said when the time of a call is up.
 *
 * @param entry What was read in time.
 * @param source The source of the records.
 * @throws {UnreachableError} When only the changes were missing.
 */
export function late({ unfinished }: Entry, { plural }: Source): Snapshot {
  if (!unfinished) {
    throw new UnreachableError(
      `The changes of the ${plural} could not be read in the time of one call, so nothing was answered. Call again to continue`,
      { endpoint: plural, reason: "timeout", mayHaveArrived: false },
    );
  }
  const { reading: { read, total }, table, asOf } = unfinished;
  return {
    table,
    asOf,
    partial: { read, ...(total === undefined ? {} : { total }) },
  };
}
