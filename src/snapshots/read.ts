/**
 * Reads all records of a list. It reads several pages in parallel, with the
 * largest page size that Qontak allows. Each record is counted once, and the
 * result is checked against Qontak's count at the end. If a reading is
 * interrupted, its records are kept, and the next run continues from there.
 *
 * @module
 */
import { QontakError, UnreachableError } from "../errors.ts";
import { untilAborted } from "../net/deadline.ts";
import { type JsonObject, toId } from "../values/json.ts";
import { createPauses, nextTurn } from "../values/turns.ts";
import { sideBySide } from "./side_by_side.ts";
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

/**
 * Reads one page of a list. It may call `onAnswer` when the page begins to
 * arrive.
 */
export type ReadPage = (
  page: number,
  perPage: number,
  signal: AbortSignal,
  onAnswer?: () => void,
) => Promise<PageOfRecords>;

/**
 * The page sizes to try. The first is the usual one. If Qontak returns as many
 * records, larger ones are tried.
 */
const SIZES = [100, 250, 500, 1_000] as const;

/** The largest of them. */
const LARGEST = SIZES[3];

/**
 * The maximum size of a page, estimated from its first record, in characters.
 */
const MAX_PAGE = 4_000_000;

/** How many records are stored before others may have a turn. */
const AT_ONCE = 16;

/** How many records a page of a list has. */
export interface PageSize {
  /** The number of records to ask for. */
  readonly size: number;
  /** Whether Qontak is known to return no more than that. */
  readonly isLargest: boolean;
}

/** Settings of {@linkcode createReading}. */
export interface ReadingOptions {
  /** Reads one page. */
  readonly readPage: ReadPage;
  /** The table that receives the records. */
  readonly table: Table;
  /** The page size of the last reading, if known. */
  readonly pageSize?: PageSize | undefined;
  /**
   * Called after each page.
   *
   * @throws What ends the reading, such as a lack of memory.
   */
  readonly onPage: () => void;
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
  /** How many records were read so far. */
  readonly read: number;
  /** The page size that Qontak honours, for the next reading. */
  readonly pageSize: PageSize | undefined;
  /**
   * The time of the newest change when the reading began, in ms since 1970;
   * undefined unless the list is certainly sorted by it, newest first.
   */
  readonly newest: number | undefined;
  /**
   * Whether the list did not change while it was read, so that its records are
   * those that Qontak counted.
   */
  readonly isComplete: boolean;
}

/** When a record was changed, in ms since 1970; NaN if it does not say. */
export function changedAt(record: JsonObject): number {
  const { updated_at } = record;
  return typeof updated_at === "string" ? Date.parse(updated_at) : NaN;
}

/** A page that was asked for before its turn. */
interface Ahead {
  readonly found: Promise<PageOfRecords>;
  /** Settles when it begins to arrive. */
  readonly answered: Promise<void>;
}

/** The first page of a list. */
interface Beginning {
  readonly first: PageOfRecords;
  /** Further ones that were already asked for, by their numbers. */
  readonly ahead?: Map<number, Ahead>;
}

/** The order of a page, and when its first and its last record were changed. */
interface Order {
  readonly isSorted: boolean;
  /**
   * Whether it can be no other order, such as that of ids: a record follows
   * that is older by its time of change, but newer by its id.
   */
  readonly isProof: boolean;
  readonly first: number;
  readonly last: number;
}

function orderOf(records: readonly JsonObject[]): Order {
  const times = records.map(changedAt);
  const ids = records.map(({ id }) => toId(id) ?? NaN);
  return {
    isSorted: times.every((time, i) => i === 0 || time <= times[i - 1]!) &&
      !times.some(Number.isNaN),
    isProof: times.some((time, i) =>
      i > 0 && time < times[i - 1]! && ids[i]! > ids[i - 1]!
    ),
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
  let pageSize = options.pageSize;
  let size: number = pageSize?.size ?? SIZES[0];
  let total: number | undefined;
  let done = new Map<number, Order>();
  let seen = new Set<number>();
  /**
   * How many times the list was read. It is read again if it changed during the
   * reading.
   */
  let passes = 0;
  /** Whether Qontak's count changed during this pass. */
  let hasChanged = false;
  let isComplete = false;

  /**
   * Stores a page, and says whether it has a record that was not seen. Other
   * calls run meanwhile: a page may have thousands of records.
   */
  async function keep(
    page: number,
    { records }: PageOfRecords,
    signal: AbortSignal,
  ): Promise<boolean> {
    const pause = createPauses();
    const ids: number[] = [];
    for (const [i, record] of records.entries()) {
      const id = toId(record.id);
      if (id === null) continue;
      ids.push(id);
      table.put(id, record);
      // To wait after each takes as long as the rest.
      if (i % AT_ONCE !== 0) continue;
      await pause();
      signal.throwIfAborted();
    }
    // Only a page that was stored whole counts, so that it is read again
    // otherwise.
    const before = seen.size;
    for (const id of ids) seen.add(id);
    done.set(page, orderOf(records));
    onPage();
    return seen.size > before;
  }

  /**
   * Reads the first page, and determines the page size: the usual one first,
   * then the largest that saves requests, and smaller ones if that is refused.
   */
  async function readFirst(signal: AbortSignal): Promise<Beginning> {
    const usual = size;
    const first = await tryFirst(usual, signal);
    const { records: { length, 0: record }, total: count } = first;
    if (count === undefined || length < usual || pageSize?.isLargest) {
      return { first };
    }
    const isSmall = (larger: number) =>
      JSON.stringify(record).length * larger <= MAX_PAGE;
    const larger = SIZES.filter((one) =>
      pays(count, size, one) && isSmall(one)
    );
    for (const next of larger.toReversed()) {
      const own = new AbortController();
      const both = AbortSignal.any([signal, own.signal]);
      // Qontak prepares these pages while the first one is parsed.
      const ahead = new Map<number, Ahead>();
      const ask = (page: number) => {
        if (count <= next * (page - 1)) return;
        const { promise: answered, resolve } = Promise.withResolvers<void>();
        const found = readPage(page, next, both, resolve);
        // If it fails, that is known when it is used.
        found.catch(() => {});
        ahead.set(page, { found, answered });
      };
      let waiting = 2;
      const onAnswer = () => {
        if (--waiting === 0) ask(3);
      };
      const found = tryFirst(next, signal, onAnswer);
      ask(2);
      ahead.get(2)?.answered.then(onAnswer);
      try {
        const first = await found;
        // From now on, pages are asked for when their turn comes.
        waiting = Infinity;
        // What Qontak returns instead is the most that it returns, and the
        // pages after it are of that size too.
        if (first.records.length < next) pageSize = { size, isLargest: true };
        return { first, ahead };
      } catch (error) {
        own.abort();
        if (!isTooLarge(error)) throw error;
      }
    }
    if (larger.length > 0) pageSize = { size, isLargest: true };
    return { first };
  }

  /** Reads the first page with a size. */
  async function tryFirst(
    asked: number,
    signal: AbortSignal,
    onAnswer?: () => void,
  ): Promise<PageOfRecords> {
    const page = await readPage(1, asked, signal, onAnswer);
    const { records: { length }, total: count } = page;
    // A page that is shorter than requested shows Qontak's maximum page size.
    size = Math.max(1, length);
    // If the list ends on this page, the page does not show the maximum.
    const isCut = length < asked && (count ?? 0) > length;
    if (length === asked || isCut) {
      const isKnown = pageSize?.isLargest === true && pageSize.size === size;
      pageSize = { size, isLargest: isCut || isKnown || asked === LARGEST };
    }
    return page;
  }

  /** Waits for another page, and notices if the list has changed meanwhile. */
  async function readNext(
    page: number,
    signal: AbortSignal,
    { asked, onAnswer = () => {} }: {
      readonly asked?: Ahead | undefined;
      readonly onAnswer?: () => void;
    } = {},
  ): Promise<PageOfRecords> {
    asked?.answered.then(onAnswer);
    const found =
      await (asked
        ? untilAborted(asked.found, signal)
        : readPage(page, size, signal, onAnswer));
    if (found.total !== total) hasChanged = true;
    expect(found.total ?? total);
    return found;
  }

  /** Makes room for as many records as Qontak counts. */
  function expect(count: number | undefined): void {
    total = count;
    if (total !== undefined) table.expect(total);
  }

  /**
   * Reads the missing pages, several in parallel. A page without a record that
   * is new ends the list, because a wrong count could name millions of pages.
   *
   * @param beginning The first page, if it was just read. It is stored while
   * the others are on their way.
   */
  async function readRest(
    { first, ahead }: Partial<Beginning>,
    signal: AbortSignal,
  ): Promise<void> {
    let end = Infinity;
    /** A page that was asked for; once, for it may have failed. */
    function early(page: number): Ahead | undefined {
      const found = ahead?.get(page);
      ahead?.delete(page);
      return found;
    }
    function* missing(): Generator<number> {
      // A first page that was read counts, whatever Qontak's count is.
      const least = first ? 1 : 0;
      for (
        let page = 1;
        page <= Math.max(least, Math.ceil((total ?? 0) / size)) && page < end;
        page++
      ) {
        if (!done.has(page)) yield page;
      }
    }
    await sideBySide(missing(), async (page, own, onAnswer) => {
      const isFirst = page === 1 && first !== undefined;
      // The others send their requests now.
      if (isFirst) await nextTurn();
      const found = isFirst
        ? first!
        : await readNext(page, own, { asked: early(page), onAnswer });
      const isNew = await keep(page, found, own);
      if (!isNew) end = Math.min(end, page);
    }, signal);
  }

  /** Reads a list without a count: page after page, until one is not full. */
  async function readUncounted(
    first: PageOfRecords | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    if (first) await keep(1, first, signal);
    for (let page = 2;; page++) {
      if (done.has(page)) continue;
      const found = await readNext(page, signal);
      const isNew = await keep(page, found, signal);
      if (found.records.length < size || !isNew) return;
    }
  }

  return {
    get total() {
      return total;
    },
    get read() {
      return seen.size;
    },
    get pageSize() {
      return pageSize;
    },
    get isComplete() {
      return isComplete;
    },
    get newest() {
      let before = Infinity;
      for (const [, order] of [...done].sort(([a], [b]) => a - b)) {
        // Nothing can be said of a page without records.
        if (Number.isNaN(order.first)) continue;
        if (!order.isSorted || order.first > before) return undefined;
        before = order.last;
      }
      const isProven = [...done.values()].some(({ isProof }) => isProof);
      return isProven ? done.get(1)?.first : undefined;
    },
    async run(signal) {
      for (; passes < 2; passes++) {
        const beginning: Partial<Beginning> = done.size === 0
          ? await readFirst(signal)
          : {};
        const { first } = beginning;
        if (first) expect(first.total);
        if (total === undefined) await readUncounted(first, signal);
        else await readRest(beginning, signal);
        for (const id of table.ids()) if (!seen.has(id)) table.remove(id);
        isComplete = !hasChanged &&
          (total === undefined || table.size === total);
        if (isComplete || passes === 1) return;
        done = new Map();
        seen = new Set();
        hasChanged = false;
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
    return [400, 413, 414, 422].includes(error.status) || error.status >= 500;
  }
  return error instanceof UnreachableError && error.reason === "unreadable";
}
