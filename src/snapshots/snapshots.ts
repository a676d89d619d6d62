/**
 * Snapshots: all records of one kind of one company, read once and then used
 * for a limited time. Simultaneous calls share one reading.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { untilAborted } from "../net/deadline.ts";
import { createLru } from "../storage/lru.ts";
import { ALL_BYTES, SNAPSHOT_LIFETIME, TENANT_BYTES } from "./bounds.ts";
import {
  createEntry,
  type Entry,
  late,
  shownOf,
  type Snapshot,
  type Source,
  type Unfinished,
} from "./entry.ts";
import { createMemory } from "./memory.ts";
import { createReading, type PageSize } from "./read.ts";
import { createRelated, type RelatedRecords } from "./related.ts";
import { readNews, readTouched } from "./refresh.ts";
import { shareWork, type Tell } from "./shared_work.ts";
import { createTable } from "./table.ts";

/** How many of a company's own writes are read again one by one. */
const MAX_TOUCHED = 20;

/**
 * How many ids of written records are remembered for a list. After more, the
 * whole list is read again.
 */
const MOST_TOUCHED = 1_000;

/**
 * How many times one question waits because of writes that were made while it
 * waited.
 */
const MAX_ROUNDS = 3;

/** How many page sizes are remembered. */
const MAX_PAGE_SIZES = 10_000;

/** Settings of {@linkcode createSnapshots}. */
export interface SnapshotOptions {
  /**
   * How long a snapshot is used, in ms; with 0, each call reads the records
   * itself.
   *
   * @default {300000}
   */
  readonly lifetime?: number;
  /**
   * The memory limit for the snapshots of one company, in bytes.
   *
   * @default {33554432}
   */
  readonly tenantBytes?: number;
  /**
   * The memory limit for all snapshots, in bytes.
   *
   * @default {268435456}
   */
  readonly allBytes?: number;
  /** The clock, in ms since 1970; for tests. */
  readonly now?: () => number;
}

/** A request for a snapshot. */
export interface SnapshotRequest {
  /** Identifies the company's account. */
  readonly scope: string;
  /** The name of the list: a resource, or a part of its records. */
  readonly list: string;
  /** The source of the records. */
  readonly source: Source;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Whether to read everything again. */
  readonly fresh?: boolean;
  /** Whether to keep nothing for the next request, unless time runs out. */
  readonly once?: boolean;
  /** Receives the progress of the reading. */
  readonly tell?: Tell | undefined;
}

/** The snapshots of all companies. */
export interface Snapshots {
  /**
   * Returns a snapshot. It reads a new one if none is recent enough.
   *
   * @throws {InputError} When it needs more memory than a company may use.
   * @throws {UnreachableError} When the changes cannot be read in time.
   * @throws What reading a page threw.
   */
  get(request: SnapshotRequest): Promise<Snapshot>;
  /** Returns a snapshot that needs no request; undefined if there is none. */
  peek(scope: string, list: string): Snapshot | undefined;
  /** Marks a record as written: the next request reads it again. */
  touch(scope: string, list: string, id: number): void;
  /** Marks records as possibly changed if their ids are not known. */
  expire(scope: string, list: string): void;
  /** Reads records that Qontak lists only for one other record at a time. */
  readonly related: RelatedRecords;
  /** Removes everything of a company. */
  forget(scope: string): void;
  /** How much memory all snapshots take, in bytes. */
  readonly bytes: number;
  /** Whether there is nothing. */
  readonly isEmpty: boolean;
}

/**
 * Makes the store of snapshots.
 *
 * @param options The limits on their age and size.
 */
export function createSnapshots(options: SnapshotOptions = {}): Snapshots {
  const {
    lifetime = SNAPSHOT_LIFETIME,
    tenantBytes = TENANT_BYTES,
    allBytes = ALL_BYTES,
    now = Date.now,
  } = options;
  const memory = createMemory({ tenantBytes, allBytes, now });
  const pageSizes = createLru<PageSize>(MAX_PAGE_SIZES);
  const keyOf = ({ scope, list }: Entry) => `${scope}\n${list}`;

  /** Makes sure that what an entry holds fits. */
  function demandRoom(entry: Entry, { plural }: Source): void {
    if (memory.makeRoom(entry.scope)) return;
    if (entry.unfinished) {
      // The old data is about to be replaced anyway.
      entry.made = undefined;
      if (memory.makeRoom(entry.scope)) return;
      entry.unfinished = undefined;
    }
    entry.made = undefined;
    throw tooMuch(plural);
  }

  /** Begins a reading, or takes up one that was interrupted. */
  function unfinishedOf(
    entry: Entry,
    { source, fresh = false }: SnapshotRequest,
    tell: Tell,
  ): Unfinished {
    const known = entry.unfinished;
    if (
      known && (known.isFresh || !fresh) &&
      now() - known.pageAt < Math.max(lifetime, SNAPSHOT_LIFETIME)
    ) return known;
    const table = createTable();
    const reading = createReading({
      readPage: source.readPage,
      table,
      pageSize: pageSizes.get(keyOf(entry)),
      onPage() {
        unfinished.pageAt = now();
        demandRoom(entry, source);
        const { read, total: of } = reading;
        const { plural } = source;
        tell(`Read ${amount(read)}${of ? ` of ${amount(of)}` : ""} ${plural}`);
      },
    });
    const asOf = now();
    const unfinished: Unfinished = {
      reading,
      table,
      asOf,
      isFresh: fresh,
      pageAt: asOf,
    };
    // This reading also covers the records that were written before.
    entry.touched.clear();
    entry.isExpired = false;
    return entry.unfinished = unfinished;
  }

  /** Reads all records that are not read yet. */
  async function readAll(
    entry: Entry,
    request: SnapshotRequest,
    signal: AbortSignal,
    tell: Tell,
  ): Promise<void> {
    const { reading, table, asOf } = unfinishedOf(entry, request, tell);
    try {
      await reading.run(signal);
    } finally {
      if (reading.pageSize) pageSizes.set(keyOf(entry), reading.pageSize);
    }
    entry.made = {
      table,
      asOf,
      checkedAt: asOf,
      newest: reading.isComplete ? reading.newest : undefined,
      ...(reading.isComplete ? {} : { counted: reading.total! }),
    };
    entry.unfinished = undefined;
  }

  /** Makes an entry current, with as few requests as possible. */
  async function update(
    entry: Entry,
    request: SnapshotRequest,
    signal: AbortSignal,
    tell: Tell,
  ): Promise<void> {
    const { source: { readPage, readOne }, fresh = false } = request;
    const { made, unfinished } = entry;
    if (
      fresh || !made || unfinished || entry.isExpired ||
      // Only the list tells which keys its records show.
      entry.touched.size > (made.table.size === 0 ? 0 : MAX_TOUCHED)
    ) {
      await readAll(entry, request, signal, tell);
    } else if (now() - made.checkedAt >= lifetime) {
      const asOf = now();
      const pageSize = pageSizes.get(keyOf(entry));
      const options = { readPage, pageSize, signal };
      const newest = made.newest === undefined
        ? undefined
        : await readNews(made.table, made.newest, options);
      if (newest === undefined) {
        await readAll(entry, request, signal, tell);
      } else entry.made = { ...made, asOf, checkedAt: asOf, newest };
    }
    await readTouched(entry.made!.table, entry.touched, readOne, signal);
    demandRoom(entry, request.source);
  }

  /** Waits until an entry is current. */
  async function wait(
    entry: Entry,
    request: SnapshotRequest,
  ): Promise<"done" | "late"> {
    const { signal, fresh = false, tell } = request;
    for (;;) {
      const { work } = entry;
      if (!work) {
        const shared = shareWork((own, tellAll) =>
          update(entry, request, own, tellAll)
            .finally(() => entry.work = undefined)
        );
        entry.work = { shared, isFresh: fresh };
        return await shared.wait(signal, tell);
      }
      // Work that ends has kept what it read. Work that is not fresh may answer
      // from what was read before.
      if (!work.shared.isEnding && (work.isFresh || !fresh)) {
        return await work.shared.wait(signal, tell);
      }
      await untilAborted(work.shared.done.catch(() => {}), signal);
    }
  }

  const openEntry = (scope: string, list: string) =>
    memory.open(scope, list, () => createEntry(scope, list));

  /** Whether an entry can be used as it is. */
  function isCurrent(
    { made, unfinished, isExpired, touched }: Entry,
    most: number,
  ): boolean {
    return made !== undefined && !unfinished && !isExpired &&
      touched.size === 0 && now() - made.checkedAt < most;
  }

  return {
    get bytes() {
      return memory.bytes;
    },
    get isEmpty() {
      return memory.isEmpty;
    },
    peek(scope, list) {
      const entry = memory.find<Entry>(scope, list);
      if (!entry || !isCurrent(entry, lifetime)) return undefined;
      return shownOf(openEntry(scope, list).made!);
    },
    async get(request) {
      const { scope, list, source, fresh = false, once = lifetime === 0 } =
        request;
      request.signal.throwIfAborted();
      const entry = openEntry(scope, list);
      const most = once ? Infinity : lifetime;
      let isFirst = fresh || once;
      for (
        let i = 0;
        i < MAX_ROUNDS && (isFirst || !isCurrent(entry, most));
        i++
      ) {
        const end = await wait(entry, {
          ...request,
          fresh: isFirst && fresh,
        });
        if (end === "late") return late(entry, source);
        isFirst = false;
      }
      const { made } = entry;
      if (once && !entry.work) memory.drop(scope, list);
      // Nothing can take it away between its reading and this line.
      return shownOf(made!);
    },
    touch(scope, list, id) {
      const entry = memory.find<Entry>(scope, list);
      if (!entry) return;
      // Nobody may ask for this list again, while others write for days.
      if (entry.touched.size < MOST_TOUCHED) entry.touched.add(id);
      else entry.isExpired = true;
    },
    expire(scope, list) {
      const entry = memory.find<Entry>(scope, list);
      if (entry) entry.isExpired = true;
    },
    forget: memory.forget,
    related: createRelated(memory, { lifetime, tooMuch, now }),
  };
}

/** The error for records that do not fit. */
function tooMuch(plural: string): InputError {
  return new InputError(
    `The ${plural} of this company need more memory than the server may use for them, so nothing was answered. Use a list_ tool with a filter of Qontak's own to read less`,
    { what: "raiseSnapshotMemory" },
  );
}

/** Writes numbers with separators. To make one takes long. */
const format = new Intl.NumberFormat("en-US");

/** A number with separators, for sentences. */
function amount(count: number): string {
  return format.format(count);
}
