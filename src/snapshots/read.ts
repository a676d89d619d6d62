/**
 * Reads all records of a list. It reads several pages in parallel, with the
 * largest page size that Qontak allows. Each record is counted once, and the
 * result is checked against Qontak's count at the end. If a reading is
 * interrupted, its records are kept, and the next run continues from there.
 *
 * @module
 */
import { QontakError, UnreachableError } from "../errors.ts";
import { type JsonObject, toId } from "../values/json.ts";
import type { Table } from "./table.ts";

/** One page of a list. */
export interface PageOfRecords {
  /** Its records. */
  readonly records: readonly JsonObject[];
  /**
   * How many records the list has in total; undefined if Qontak did not say.
   */
  readonly total: number | undefined;
}

/** Reads one page of a list. */
export type ReadPage = (
  page: number,
  perPage: number,
  signal: AbortSignal,
) => Promise<PageOfRecords>;

/**
 * The page sizes to try. The next size is tried while Qontak returns full
 * pages.
 */
const SIZES = [100, 250, 500, 1_000] as const;

/** How many pages are requested in parallel. */
const SIDE_BY_SIDE = 8;

/**
 * The maximum size of a page, estimated from its first record, in characters.
 */
const MAX_PAGE = 4_000_000;

/** The maximum number of pages for a list without a count. */
const MAX_UNCOUNTED = 1_000;

/** Settings of {@linkcode createReading}. */
export interface ReadingOptions {
  /** Reads one page. */
  readonly readPage: ReadPage;
  /** The table that receives the records. */
  readonly table: Table;
  /** The page size that Qontak returned last time, if known. */
  readonly perPage?: number | undefined;
  /**
   * Called after each page.
   *
   * @throws What ends the reading, such as a lack of memory.
   */
  readonly onPage: (read: number, total: number | undefined) => void;
}

/** A reading of a whole list. */
export interface Reading {
  /**
   * Reads what is not read yet.
   *
   * @throws What reading a page threw, or the signal's reason; run again to
   * continue.
   */
  run(signal: AbortSignal): Promise<void>;
  /** How many records the list has, according to Qontak. */
  readonly total: number | undefined;
  /** The page size that Qontak is known to return, for the next reading. */
  readonly perPage: number | undefined;
  /** Whether the list was sorted by time of change, newest first. */
  readonly isNewestFirst: boolean;
  /** Whether the number of records matched Qontak's count at the end. */
  readonly isComplete: boolean;
}

/** When a record was changed, in ms since 1970; NaN if it does not say. */
export function changedAt(record: JsonObject): number {
  const { updated_at } = record;
  return typeof updated_at === "string" ? Date.parse(updated_at) : NaN;
}

/** The order of a page: when its first and its last record were changed. */
interface Order {
  readonly isSorted: boolean;
  readonly first: number;
  readonly last: number;
}

function orderOf(records: readonly JsonObject[]): Order {
  const times = records.map(changedAt);
  return {
    isSorted: times.every((time, i) => i === 0 || time <= times[i - 1]!) &&
      !times.some(Number.isNaN),
    first: times[0] ?? NaN,
    last: times.at(-1) ?? NaN,
  };
}

/**
 * Makes a reading. It sends no request before it runs.
 *
 * @param options What to read, and where to store it.
 */
export function createReading(options: ReadingOptions): Reading {
  const { readPage, table, onPage } = options;
  let perPage: number | undefined;
  let known = options.perPage;
  let total: number | undefined;
  let done = new Map<number, Order>();
  let seen = new Set<number>();
  /**
   * How many times the list was read. It is read again if it changed during the
   * reading.
   */
  let passes = 0;
  let isComplete = false;

  function keep(page: number, { records, total: count }: PageOfRecords): void {
    for (const record of records) {
      const id = toId(record.id);
      if (id === null) continue;
      seen.add(id);
      table.put(id, record);
    }
    total = count ?? total;
    done.set(page, orderOf(records));
    onPage(seen.size, total);
  }

  /** Reads the first page, and determines the page size. */
  async function begin(signal: AbortSignal): Promise<void> {
    let asked = options.perPage ?? SIZES[0];
    for (;;) {
      let page: PageOfRecords;
      try {
        page = await readPage(1, asked, signal);
      } catch (error) {
        if (perPage === undefined || !isTooLarge(error)) throw error;
        return;
      }
      const { records, total: count } = page;
      // A page that is shorter than requested shows Qontak's maximum page size.
      perPage = Math.max(1, records.length);
      // If the list ends on this page, the page does not show the maximum.
      if (records.length === asked || (count ?? 0) > records.length) {
        known = perPage;
      }
      keep(1, page);
      if (count === undefined || records.length !== asked) return;
      const next = SIZES.find((size) => size > asked);
      if (next === undefined || !pays(count, asked, next)) return;
      const [first] = records;
      if (JSON.stringify(first).length * next > MAX_PAGE) return;
      asked = next;
    }
  }

  /** Reads the missing pages, several in parallel. */
  async function readRest(signal: AbortSignal): Promise<void> {
    const size = perPage!;
    const queue = Array.from(
      { length: Math.ceil((total ?? 0) / size) },
      (_, i) => i + 1,
    ).filter((page) => !done.has(page));
    // The first failure ends all requests, so that no other failure goes
    // unhandled.
    const own = new AbortController();
    const both = AbortSignal.any([signal, own.signal]);
    const workers = Array.from({ length: SIDE_BY_SIDE }, async () => {
      for (let page; (page = queue.shift()) !== undefined;) {
        keep(page, await readPage(page, size, both));
      }
    }).map((worker) =>
      worker.catch((error) => {
        queue.length = 0;
        own.abort(error);
        throw error;
      })
    );
    const ends = await Promise.allSettled(workers);
    if (ends.some(({ status }) => status === "rejected")) {
      throw own.signal.reason;
    }
  }

  /** Reads a list without a count: page after page, until one is not full. */
  async function readUncounted(signal: AbortSignal): Promise<void> {
    const size = perPage!;
    for (let page = 2; page <= MAX_UNCOUNTED; page++) {
      if (done.has(page)) continue;
      const before = seen.size;
      const found = await readPage(page, size, signal);
      keep(page, found);
      if (found.records.length < size || seen.size === before) return;
    }
  }

  return {
    get total() {
      return total;
    },
    get perPage() {
      return known;
    },
    get isComplete() {
      return isComplete;
    },
    get isNewestFirst() {
      let before = Infinity;
      for (const [, order] of [...done].sort(([a], [b]) => a - b)) {
        if (!order.isSorted || order.first > before) return false;
        before = order.last;
      }
      return done.size > 0;
    },
    async run(signal) {
      for (; passes < 2; passes++) {
        if (done.size === 0) await begin(signal);
        if (total === undefined) await readUncounted(signal);
        else await readRest(signal);
        for (const id of table.ids()) if (!seen.has(id)) table.remove(id);
        isComplete = total === undefined || table.size === total;
        if (isComplete) return;
        done = new Map();
        seen = new Set();
      }
    },
  };
}

/**
 * Whether larger pages need fewer requests, including the repeated first one.
 */
function pays(total: number, size: number, next: number): boolean {
  return Math.ceil(total / next) < Math.ceil(total / size) - 1;
}

/** Whether a page failed because it asked for too many records. */
function isTooLarge(error: unknown): boolean {
  if (error instanceof QontakError) {
    return error.status === 400 || error.status === 413 ||
      error.status === 414 || error.status === 422;
  }
  return error instanceof UnreachableError && error.reason === "unreadable";
}
