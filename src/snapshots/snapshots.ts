/**
 * Snapshots: all records of one kind of one company, read once and then used
 * for a limited time. Simultaneous calls share one reading.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { timeLeft, untilAborted } from "../net/deadline.ts";
import type { JsonObject } from "../values/json.ts";
import {
  changedAt,
  createReading,
  type Reading,
  type ReadPage,
} from "./read.ts";
import { createTable, type Table } from "./table.ts";
import { toId } from "../values/json.ts";

/** How long a snapshot is used by default, in ms. */
export const SNAPSHOT_LIFETIME: number = 5 * 60 * 1_000;

/** The memory limit for the snapshots of one company, in bytes. */
export const TENANT_BYTES: number = 32 * 1024 * 1024;

/** The memory limit for all snapshots, in bytes. */
export const ALL_BYTES: number = 256 * 1024 * 1024;

/** How many of a company's own writes are read again one by one. */
const MAX_TOUCHED = 20;

/** The part of a call's time that is reserved for its answer, in ms. */
const FOR_THE_ANSWER = 1_500;

/** How many pages of changes are read before everything is read again. */
const MAX_NEWS = 20;

/** The page size when reading changes. */
const NEWS_SIZE = 100;

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

/** A request for a snapshot. */
export interface Question {
  /** Identifies the company's account. */
  readonly scope: string;
  /** The name of the resource. */
  readonly resource: string;
  /** The source of the records. */
  readonly source: Source;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Whether to read everything again. */
  readonly fresh?: boolean;
  /** Receives the progress of the reading. */
  readonly tell?: (read: number, total: number | undefined) => void;
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
   * The count that Qontak reported, if it differs from the number of records
   * found.
   */
  readonly counted?: number;
}

/** The snapshots of all companies. */
export interface Snapshots {
  /**
   * Returns a snapshot. It reads a new one if none is recent enough.
   *
   * @throws {InputError} When it needs more memory than a company may use.
   * @throws What reading a page threw.
   */
  get(question: Question): Promise<Snapshot>;
  /** Returns a snapshot that needs no request; undefined if there is none. */
  peek(scope: string, resource: string): Snapshot | undefined;
  /** Marks a record as written: the next question reads it again. */
  touch(scope: string, resource: string, id: number): void;
  /** Marks records as possibly changed if their ids are not known. */
  expire(scope: string, resource: string): void;
  /** Removes everything of a company. */
  forget(scope: string): void;
  /** How much memory all snapshots take, in bytes. */
  readonly bytes: number;
}

/** One snapshot, and the reading that produces it. */
interface Entry {
  readonly scope: string;
  /** The data for answers; undefined until the first reading is complete. */
  made:
    | { readonly table: Table; readonly asOf: number; counted?: number }
    | undefined;
  /** The order of the list in the last reading. */
  isNewestFirst: boolean;
  /** The page size that Qontak returns. */
  perPage: number | undefined;
  /** When the data was last known to be current. */
  checkedAt: number;
  /** A reading that is not complete yet. */
  reading: {
    readonly reading: Reading;
    readonly table: Table;
    readonly asOf: number;
  } | undefined;
  /** The ids of records that were written since the last check. */
  touched: Set<number>;
  /** The work that calls wait for. */
  job: Job | undefined;
  /** When it was last used, to remove the least recently used first. */
  usedAt: number;
}

interface Job {
  readonly done: Promise<void>;
  readonly controller: AbortController;
  readonly tellers: Set<NonNullable<Question["tell"]>>;
  waiters: number;
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
  const entries = new Map<string, Entry>();
  const keyOf = (scope: string, resource: string) => `${scope}\n${resource}`;

  function entryOf({ scope, resource }: Question): Entry {
    const key = keyOf(scope, resource);
    let entry = entries.get(key);
    if (!entry) {
      entry = {
        scope,
        made: undefined,
        isNewestFirst: false,
        perPage: undefined,
        checkedAt: 0,
        reading: undefined,
        touched: new Set(),
        job: undefined,
        usedAt: 0,
      };
      entries.set(key, entry);
    }
    entry.usedAt = now();
    return entry;
  }

  const bytesOf = ({ made, reading }: Entry) =>
    (made?.table.bytes ?? 0) + (reading?.table.bytes ?? 0);

  function total(scope?: string): number {
    let bytes = 0;
    for (const entry of entries.values()) {
      if (scope === undefined || entry.scope === scope) bytes += bytesOf(entry);
    }
    return bytes;
  }

  /** Removes the least recently used snapshots, but not those being read. */
  function makeRoom(own: Entry, limit: number, scope?: string): boolean {
    const others = [...entries].filter(([, entry]) =>
      entry !== own && !entry.job &&
      (scope === undefined || entry.scope === scope)
    ).sort(([, a], [, b]) => a.usedAt - b.usedAt);
    while (total(scope) > limit) {
      const oldest = others.shift();
      if (!oldest) return false;
      entries.delete(oldest[0]);
    }
    return true;
  }

  function demandRoom(entry: Entry, { plural }: Source): void {
    const fits = makeRoom(entry, tenantBytes, entry.scope) &&
      makeRoom(entry, allBytes);
    if (fits) return;
    entry.reading = undefined;
    throw new InputError(
      `The ${plural} of this company need more memory than the server allows for one answer, so nothing was counted. Use the filters of list_${plural} to read less, or ask the operator for more memory`,
    );
  }

  /** Reads all records that are not read yet. */
  async function readAll(
    entry: Entry,
    { source }: Question,
    job: Pick<Job, "tellers">,
    signal: AbortSignal,
  ): Promise<void> {
    if (!entry.reading) {
      const table = createTable();
      const reading = createReading({
        readPage: source.readPage,
        table,
        perPage: entry.perPage,
        onPage(read, count) {
          demandRoom(entry, source);
          for (const tell of job.tellers) tell(read, count);
        },
      });
      entry.reading = { reading, table, asOf: now() };
      // This reading also covers the records that were written before.
      entry.touched.clear();
    }
    const { reading, table, asOf } = entry.reading;
    await reading.run(signal);
    entry.made = {
      table,
      asOf,
      ...(reading.isComplete ? {} : { counted: reading.total! }),
    };
    entry.isNewestFirst = reading.isNewestFirst;
    entry.perPage = reading.perPage;
    entry.checkedAt = asOf;
    entry.reading = undefined;
  }

  /**
   * Reads what has changed since the last check, if the list has the newest
   * changes first.
   *
   * @returns Whether that was enough.
   */
  async function readNews(
    { made, isNewestFirst, checkedAt, perPage }: Entry,
    { source }: Question,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!made || made.counted !== undefined || !isNewestFirst) return false;
    if (checkedAt === 0) return false;
    const { table } = made;
    const size = Math.min(NEWS_SIZE, perPage ?? NEWS_SIZE);
    for (let page = 1; page <= MAX_NEWS; page++) {
      const { records, total } = await source.readPage(page, size, signal);
      let isNews = false;
      for (const record of records) {
        const id = toId(record.id);
        if (id === null) continue;
        const row = table.rowOf(id);
        const known = row === undefined ? NaN : changedAt(table.record(row));
        if (known === changedAt(record)) continue;
        isNews = true;
        table.put(id, record);
      }
      if (!isNews) return total === table.size;
    }
    return false;
  }

  /** Reads the records again that were written through this server. */
  async function readTouched(
    entry: Entry,
    { source }: Question,
    signal: AbortSignal,
  ): Promise<void> {
    for (const id of [...entry.touched]) {
      const record = await source.readOne(id, signal);
      entry.touched.delete(id);
      if (record) entry.made!.table.put(id, record);
      else entry.made!.table.remove(id);
    }
  }

  async function work(
    entry: Entry,
    question: Question,
    job: Pick<Job, "tellers">,
    signal: AbortSignal,
  ): Promise<void> {
    const asOf = now();
    const isOld = now() - entry.checkedAt >= lifetime;
    const isStale = question.fresh === true || !entry.made ||
      entry.reading !== undefined || entry.touched.size > MAX_TOUCHED;
    if (isStale) await readAll(entry, question, job, signal);
    else if (isOld) {
      if (await readNews(entry, question, signal)) {
        entry.made = { ...entry.made!, asOf };
        entry.checkedAt = asOf;
      } else await readAll(entry, question, job, signal);
    }
    await readTouched(entry, question, signal);
  }

  function start(entry: Entry, question: Question): Job {
    const controller = new AbortController();
    const tellers: Job["tellers"] = new Set();
    const done = work(entry, question, { tellers }, controller.signal)
      .finally(() => entry.job = undefined);
    // Callers that wait receive the error. If no caller waits, it is not a
    // fault.
    done.catch(() => {});
    return entry.job = { done, controller, tellers, waiters: 0 };
  }

  /** Waits for a job, and ends the job if no other call waits for it. */
  async function join(
    entry: Entry,
    question: Question,
  ): Promise<"done" | "late"> {
    const { signal, tell } = question;
    // A job without waiters is ending. The next job continues from what it
    // read.
    while (entry.job?.controller.signal.aborted) {
      await untilAborted(entry.job.done.catch(() => {}), signal);
    }
    const job = entry.job ?? start(entry, question);
    job.waiters++;
    if (tell) job.tellers.add(tell);
    const late = Promise.withResolvers<"late">();
    const given = Math.min(timeLeft(signal) - FOR_THE_ANSWER, 2 ** 30);
    const timer = setTimeout(() => late.resolve("late"), Math.max(0, given));
    const giveUp = () => late.reject(signal.reason);
    signal.addEventListener("abort", giveUp);
    try {
      signal.throwIfAborted();
      return await Promise.race([
        job.done.then(() => "done" as const),
        late.promise,
      ]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
      if (tell) job.tellers.delete(tell);
      if (--job.waiters === 0) {
        job.controller.abort(new DOMException("Nobody waits", "AbortError"));
      }
    }
  }

  /** Whether a snapshot answers without a request. */
  function isYoung({ made, touched, checkedAt, reading }: Entry): boolean {
    return made !== undefined && touched.size === 0 &&
      now() - checkedAt < lifetime && reading === undefined;
  }

  return {
    get bytes() {
      return total();
    },
    peek(scope, resource) {
      const entry = entries.get(keyOf(scope, resource));
      if (!entry || !isYoung(entry)) return undefined;
      entry.usedAt = now();
      return entry.made;
    },
    async get(question) {
      const entry = entryOf(question);
      if (!isYoung(entry) || question.fresh || lifetime === 0) {
        if (await join(entry, question) === "late") {
          const { reading } = entry;
          if (reading) {
            const { total } = reading.reading;
            return {
              table: reading.table,
              asOf: reading.asOf,
              partial: {
                read: reading.table.size,
                ...(total === undefined ? {} : { total }),
              },
            };
          }
          question.signal.throwIfAborted();
        }
      }
      const { made } = entry;
      if (lifetime === 0) {
        entries.delete(keyOf(question.scope, question.resource));
      }
      if (!made) throw new DOMException("Time is up", "TimeoutError");
      return made;
    },
    touch(scope, resource, id) {
      entries.get(keyOf(scope, resource))?.touched.add(id);
    },
    expire(scope, resource) {
      const entry = entries.get(keyOf(scope, resource));
      if (entry) entry.checkedAt = 0;
    },
    forget(scope) {
      for (const [key, entry] of entries) {
        if (entry.scope === scope) entries.delete(key);
      }
    },
  };
}
