/**
 * Records that Qontak lists only for one other record at a time, such as the
 * notes of a deal. They are kept in memory like snapshots, for each owner.
 *
 * @module
 */
import { untilAborted } from "../net/deadline.ts";
import type { JsonObject } from "../values/json.ts";
import type { Held, Memory } from "./memory.ts";
import { type SharedWork, shareWork, type Tell } from "./shared_work.ts";
import { sideBySide } from "./side_by_side.ts";
import { createTable, type Table, viewOf } from "./table.ts";

/** A record whose related records are wanted. */
export interface Owner {
  /** Its id. */
  readonly id: number;
  /**
   * What changes when its related records change; undefined if nothing does, so
   * that they are read again after a while.
   */
  readonly version: unknown;
}

/** A request for related records. */
export interface RelatedRequest {
  /** Identifies the company's account. */
  readonly scope: string;
  /** The name of the related records, such as `notes of deals`. */
  readonly list: string;
  /** The records whose related records are wanted. */
  readonly owners: readonly Owner[];
  /** Reads the related records of one owner. */
  readonly readFor: (
    id: number,
    signal: AbortSignal,
  ) => Promise<readonly JsonObject[]>;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Whether to read everything again. */
  readonly fresh?: boolean;
  /** Receives the progress of the reading. */
  readonly tell?: Tell | undefined;
}

/** Related records. */
export interface Related {
  /** The records of the wanted owners. */
  readonly table: Table;
  /** When the oldest of them were read, in ms since 1970. */
  readonly asOf: number;
  /** How many owners could be read in time; undefined if all were read. */
  readonly partial?: { readonly read: number; readonly total: number };
}

/** Reads related records. */
export interface RelatedRecords {
  /**
   * Returns the related records of some owners.
   *
   * @throws {InputError} When they need more memory than a company may use.
   * @throws What reading them threw.
   */
  get(request: RelatedRequest): Promise<Related>;
  /** Marks all records of a list as possibly changed. */
  expire(scope: string, list: string): void;
}

/** The related records of one owner. */
interface Owned {
  readonly version: unknown;
  readonly readAt: number;
  /** The ids of their rows. */
  readonly rows: readonly number[];
}

/** All related records of one kind. */
interface Entry extends Held {
  readonly table: Table;
  readonly owners: Map<number, Owned>;
  work: SharedWork | undefined;
  /** What was read until then is read again. */
  expiredAt: number;
  /** Whether a call that wants to read everything again is not complete yet. */
  isRenewing: boolean;
  /** The number of the next record. */
  next: number;
}

function createEntry(): Entry {
  return {
    table: createTable(),
    owners: new Map(),
    work: undefined,
    expiredAt: -Infinity,
    isRenewing: false,
    next: 1,
    get bytes() {
      return this.table.bytes;
    },
    get isBusy() {
      return this.work !== undefined;
    },
  };
}

/**
 * Makes the reader of related records.
 *
 * @param memory Where they are kept.
 * @param options How long records without a version are used, in ms; the error
 * for records that do not fit; and the clock.
 */
export function createRelated(
  memory: Memory,
  { lifetime, tooMuch, now }: {
    readonly lifetime: number;
    readonly tooMuch: (list: string) => Error;
    readonly now: () => number;
  },
): RelatedRecords {
  /** Replaces the related records of one owner. */
  function keep(
    entry: Entry,
    { id, version }: Owner,
    records: readonly JsonObject[],
    readAt: number,
  ): void {
    const { table, owners } = entry;
    for (const row of owners.get(id)?.rows ?? []) table.remove(row);
    const rows = records.map((record) => {
      const row = entry.next++;
      table.put(row, record);
      return row;
    });
    owners.set(id, { version, readAt, rows });
  }

  function start(
    entry: Entry,
    owners: readonly Owner[],
    { scope, list, readFor }: RelatedRequest,
    count: number,
  ): SharedWork {
    let done = count - owners.length;
    return shareWork((signal, tell) =>
      sideBySide(owners, async (owner, own) => {
        const readAt = now();
        keep(entry, owner, await readFor(owner.id, own), readAt);
        if (!memory.makeRoom(scope)) {
          memory.drop(scope, list);
          throw tooMuch(list);
        }
        tell(`Read the ${list}: ${++done} of ${count}`);
      }, signal).finally(() => entry.work = undefined)
    );
  }

  return {
    async get(request) {
      const { scope, list, owners, signal, tell, fresh = false } = request;
      const begun = now();
      const entry = memory.open(scope, list, createEntry);
      if (fresh && !entry.isRenewing) {
        entry.isRenewing = true;
        entry.expiredAt = begun - 1;
      }
      const isCurrent = ({ id, version }: Owner) => {
        const known = entry.owners.get(id);
        if (!known || known.version !== version) return false;
        if (known.readAt <= entry.expiredAt) return false;
        return version !== undefined || now() - known.readAt < lifetime ||
          known.readAt >= begun;
      };
      for (;;) {
        signal.throwIfAborted();
        const missing = owners.filter((owner) => !isCurrent(owner));
        if (missing.length === 0) break;
        const { work } = entry;
        if (work?.isEnding) {
          await untilAborted(work.done.catch(() => {}), signal);
          continue;
        }
        const own = work ?? start(entry, missing, request, owners.length);
        if (!work) entry.work = own;
        if (await own.wait(signal, tell) === "late") {
          const read = owners.filter(isCurrent).length;
          return {
            ...shown(entry, []),
            asOf: begun,
            partial: { read, total: owners.length },
          };
        }
      }
      if (fresh) entry.isRenewing = false;
      const answer = shown(entry, owners.map(({ id }) => id));
      if (lifetime === 0) memory.drop(scope, list);
      return answer;
    },
    expire(scope, list) {
      const entry = memory.find<Entry>(scope, list);
      if (entry) entry.expiredAt = now();
    },
  };
}

/** The records of some owners, as a table. */
function shown({ table, owners }: Entry, ids: readonly number[]): Related {
  const all = ids.map((id) => owners.get(id)!);
  return {
    table: viewOf(table, all.flatMap(({ rows }) => rows)),
    asOf: all.reduce((least, one) => Math.min(least, one.readAt), Infinity),
  };
}
