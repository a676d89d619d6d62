/**
 * Snapshots: all records of one kind of one company, read once and answered
 * from for a while. Calls that ask at the same moment share one reading.
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

/** How long a snapshot is used unless set otherwise, in ms. */
export const SNAPSHOT_LIFETIME: number = 5 * 60 * 1_000;

/** How much memory the snapshots of one company may take, in bytes. */
export const TENANT_BYTES: number = 32 * 1024 * 1024;

/** How much memory all snapshots may take, in bytes. */
export const ALL_BYTES: number = 256 * 1024 * 1024;

/** How many of a company's own writes are looked up one by one. */
const MAX_TOUCHED = 20;

/** What is left of a call's time for its answer, in ms. */
const FOR_THE_ANSWER = 1_500;

/** How many pages of news are read before everything is read again. */
const MAX_NEWS = 20;

/** The page size of a look for news. */
const NEWS_SIZE = 100;

/** Settings of {@linkcode createSnapshots}. */
export interface SnapshotOptions {
  /**
   * How long a snapshot is used, in ms; with 0 each call reads for itself.
   *
   * @default {300000}
   */
  readonly lifetime?: number;
  /**
   * How much memory the snapshots of one company may take, in bytes.
   *
   * @default {33554432}
   */
  readonly tenantBytes?: number;
  /**
   * How much memory all snapshots may take, in bytes.
   *
   * @default {268435456}
   */
  readonly allBytes?: number;
  /** The clock, in ms since 1970; for tests. */
  readonly now?: () => number;
}

/** Where the records of a snapshot come from. */
export interface Source {
  /** What people call the records, such as `deals`. */
  readonly plural: string;
  /** Reads a page of them. */
  readonly readPage: ReadPage;
  /** Reads one; undefined where it is gone. */
  readonly readOne: (
    id: number,
    signal: AbortSignal,
  ) => Promise<JsonObject | undefined>;
}

/** How a snapshot is asked for. */
export interface Question {
  /** Sets the company's account apart from all others. */
  readonly scope: string;
  /** The name of the resource. */
  readonly resource: string;
  /** Where its records come from. */
  readonly source: Source;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Whether to read everything again. */
  readonly fresh?: boolean;
  /** Told how far the reading is. */
  readonly tell?: (read: number, total: number | undefined) => void;
}

/** All records of one kind, as they were at one time. */
export interface Snapshot {
  /** The records. */
  readonly table: Table;
  /** When the reading began, in ms since 1970. */
  readonly asOf: number;
  /**
   * How many of how many records could be read in time; undefined where it is
   * all of them.
   */
  readonly partial?: { readonly read: number; readonly total?: number };
  /** What Qontak counted, where what was found is another number. */
  readonly counted?: number;
}

/** The snapshots of all companies. */
export interface Snapshots {
  /**
   * Gives a snapshot; reads it where there is none that is young enough.
   *
   * @throws {InputError} When it takes more memory than a company may have.
   * @throws What reading a page threw.
   */
  get(question: Question): Promise<Snapshot>;
  /** Says that a record was written: the next question looks at it again. */
  touch(scope: string, resource: string, id: number): void;
  /** Says that records may have changed that nobody named. */
  expire(scope: string, resource: string): void;
  /** Forgets everything of a company. */
  forget(scope: string): void;
  /** How much memory they take, in bytes. */
  readonly bytes: number;
}

/** One snapshot, and the reading that makes it. */
interface Entry {
  readonly scope: string;
  /** What is answered from; undefined until the first reading is complete. */
  made:
    | { readonly table: Table; readonly asOf: number; counted?: number }
    | undefined;
  /** The order of the list, as the last reading saw it. */
  isNewestFirst: boolean;
  /** The page size that Qontak gives. */
  perPage: number | undefined;
  /** When what was made was last known to be true. */
  checkedAt: number;
  /** A reading that is not complete. */
  reading: {
    readonly reading: Reading;
    readonly table: Table;
    readonly asOf: number;
  } | undefined;
  /** Records that were written since. */
  touched: Set<number>;
  /** The work that calls wait for. */
  job: Job | undefined;
  /** For the least recently used first. */
  usedAt: number;
}

interface Job {
  readonly done: Promise<void>;
  readonly controller: AbortController;
  readonly tellers: Set<NonNullable<Question["tell"]>>;
  waiters: number;
}

/**
 * Makes a place for snapshots.
 *
 * @param options How long and how large they may be.
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

  /** Drops what was used least recently; what is being read stays. */
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

  /** Reads everything that is not read yet. */
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
      // What was written before is read with everything else.
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
   * Reads what has changed since, where the newest changes come first.
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

  /** Looks again at the records that were written through this server. */
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
    // Those who wait hear of it; that nobody does is no fault.
    done.catch(() => {});
    return entry.job = { done, controller, tellers, waiters: 0 };
  }

  /** Waits for a job, and ends it where nobody else does. */
  async function join(
    entry: Entry,
    question: Question,
  ): Promise<"done" | "late"> {
    const { signal, tell } = question;
    // One that everybody has left is ending: what it read is gone on with.
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

  return {
    get bytes() {
      return total();
    },
    async get(question) {
      const entry = entryOf(question);
      const isYoung = () =>
        entry.made !== undefined && entry.touched.size === 0 &&
        now() - entry.checkedAt < lifetime && entry.reading === undefined;
      if (!isYoung() || question.fresh || lifetime === 0) {
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
