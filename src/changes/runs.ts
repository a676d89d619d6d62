/**
 * Runs: many changes that are carried out under one id. A run and each of its
 * rows is kept, so that a run that was interrupted continues, and no row is
 * sent twice.
 *
 * @module
 */
import { isId, makeId } from "../audit/record.ts";
import type { JsonObject } from "../values/json.ts";
import { inParallel } from "./parallel.ts";
import type { Act } from "./history.ts";
import type { Owner } from "./plans.ts";
import type { ChangeStore } from "./store.ts";

/** How long a run is kept after it began, in ms. */
export const RUN_LIFETIME: number = 7 * 24 * 60 * 60 * 1000;

/** How long a call may work on a run without renewing its claim, in ms. */
export const LEASE: number = 5_000;

/** How many rows are read or written at the same time. */
const AT_ONCE = 20;

/** Where a row stands. */
export type RowState = "not_started" | "begun" | "done" | "failed" | "unknown";

/** What a row was checked against when the run was planned. */
export interface Expected {
  /** The body that it sends. */
  readonly body: JsonObject;
  /** When the record was last changed, if it says so. */
  readonly stamp?: string | undefined;
  /** A hash of each value of the record; undefined if there was none. */
  readonly hashes?: JsonObject | undefined;
}

/** A row as it was planned. */
export interface PlannedRow {
  /** The arguments of the change. */
  readonly args: JsonObject;
  /** The record; undefined for a create. */
  readonly id?: number | undefined;
  /** What it was checked against; undefined if its check needs nothing. */
  readonly expected?: Expected | undefined;
}

/** What a row sends, kept before it is sent. */
export interface Sending {
  /** What it does. */
  readonly act: Act;
  /** What it changes, such as `deal`. */
  readonly kind: string;
  /** What is sent. */
  readonly body: JsonObject;
  /** When, in ms since 1970. */
  readonly at: number;
}

/** A row of a run. */
export interface Row extends PlannedRow {
  /** Its number, from 1. */
  readonly row: number;
  /** Where it stands. */
  readonly state: RowState;
  /** What it sends; undefined before it has begun. */
  readonly sending?: Sending | undefined;
  /** The id with which it can be taken back. */
  readonly undo?: string | undefined;
  /** Why it was not done, or what is not certain. */
  readonly problem?: string | undefined;
  /** The values that Qontak ignored or stored differently. */
  readonly differences?: JsonObject | undefined;
}

/** A run before it begins. */
export interface NewRun {
  /** Its id, with which it continues. */
  readonly id: string;
  /** The tool that made it. */
  readonly tool: string;
  /** What its rows do: changes, or taking changes back. */
  readonly does: "change" | "undo";
  /** The kind of record, if all rows have the same. */
  readonly resource?: string | undefined;
  /** What the rows do, if all do the same. */
  readonly act?: Act | undefined;
  /** The id of its plan. */
  readonly plan: string;
  /** The run that it takes back. */
  readonly undoes?: string | undefined;
}

/** A run. */
export interface Run extends NewRun {
  /** When it began, in ISO 8601. */
  readonly time: string;
  /** Who began it. */
  readonly principal: string;
  /** How many rows it has. */
  readonly count: number;
}

/** A run as it is kept. */
interface KeptRun extends Run {
  /** The call that works on it, and until when in ms since 1970. */
  readonly lease?: { readonly by: string; readonly until: number };
}

/** A row as it is kept. */
export interface KeptRow {
  readonly row: Row;
  /** The text that is in the store. */
  readonly text: string;
}

/** The claim of one call to work on a run. */
export interface Lease {
  /** Keeps the claim; whether this call still has it. */
  renew(): Promise<boolean>;
  /** Gives it back. */
  release(): Promise<void>;
}

/** The runs of one company, for one caller. */
export interface Runs {
  /** Whether they outlive the process; false if that is not known. Never rejects. */
  isLasting(): Promise<boolean>;
  /** Whether this caller began a run. */
  isOwn(run: Run): boolean;
  /**
   * Keeps a run and its rows, before any is sent.
   *
   * @throws {StoreError} When the store fails.
   */
  start(run: NewRun, rows: readonly PlannedRow[]): Promise<Run>;
  /**
   * Finds a run of the company.
   *
   * @throws {StoreError} When the store fails.
   */
  find(id: string): Promise<Run | undefined>;
  /**
   * Reads the rows of a run. Rows that are no longer kept are missing.
   *
   * @throws {StoreError} When the store fails.
   */
  rows(run: Run): Promise<KeptRow[]>;
  /**
   * Changes a row, if it is still as it was read. Of several callers, one
   * succeeds.
   *
   * @returns The row as it is kept now; undefined if another was first.
   * @throws {StoreError} When the store fails.
   */
  move(run: Run, from: KeptRow, to: Row): Promise<KeptRow | undefined>;
  /**
   * Claims a run for this call. A claim ends by itself.
   *
   * @returns The claim; undefined while another call has it.
   * @throws {StoreError} When the store fails.
   */
  claim(id: string): Promise<Lease | undefined>;
}

const PREFIX = "run-";

/** Makes the id of a run. Ids sort by time. */
export function newRunId(): string {
  return PREFIX + makeId(Date.now());
}

/** Whether a text is the id of a run. */
export function isRunId(text: string): boolean {
  return text.startsWith(PREFIX);
}

/**
 * Makes access to the runs of one company, for one caller.
 *
 * @param store Where runs are kept.
 * @param owner Whose they are.
 */
export function createRuns(
  store: ChangeStore,
  { scope, principal }: Owner,
): Runs {
  const placeOf = (id: string) => ({ kind: "run", tenant: scope, id });
  const rowPlace = (id: string, row: number) => ({
    kind: "run_row",
    tenant: scope,
    id: `${id}.${String(row).padStart(4, "0")}`,
  });

  /** Changes a run, whatever else changes at the same time. */
  async function change(
    id: string,
    next: (run: KeptRun) => KeptRun | undefined,
  ): Promise<boolean> {
    for (;;) {
      const text = await store.get(placeOf(id));
      const changed = text && next(JSON.parse(text));
      if (!changed) return false;
      if (await store.replace(placeOf(id), text, JSON.stringify(changed))) {
        return true;
      }
    }
  }

  return {
    // A report of what was sent must not fail because of it.
    isLasting: async () => {
      try {
        return await store.isLasting();
      } catch {
        return false;
      }
    },
    isOwn: (run) => run.principal === principal,

    async start(given, rows) {
      const now = Date.now();
      const run: Run = {
        ...given,
        time: new Date(now).toISOString(),
        principal,
        count: rows.length,
      };
      await inParallel(rows.entries(), AT_ONCE, async ([i, planned]) => {
        const row: Row = { ...planned, row: i + 1, state: "not_started" };
        await store.put(
          rowPlace(run.id, row.row),
          JSON.stringify(row),
          RUN_LIFETIME,
        );
      });
      await store.put(placeOf(run.id), JSON.stringify(run), RUN_LIFETIME);
      return run;
    },

    async find(id) {
      // The caller may have written any text.
      if (!isRunId(id) || !isId(id.slice(PREFIX.length))) return undefined;
      const text = await store.get(placeOf(id));
      return text === undefined ? undefined : JSON.parse(text);
    },

    async rows({ id, count }) {
      const found: KeptRow[] = [];
      const numbers = Array.from({ length: count }, (_, i) => i + 1);
      await inParallel(numbers, AT_ONCE, async (number) => {
        const text = await store.get(rowPlace(id, number));
        if (text !== undefined) found.push({ row: JSON.parse(text), text });
      });
      return found.sort((a, b) => a.row.row - b.row.row);
    },

    async move({ id }, from, to) {
      const text = JSON.stringify(to);
      const place = rowPlace(id, to.row);
      return await store.replace(place, from.text, text)
        ? { row: to, text }
        : undefined;
    },

    async claim(id) {
      const by = crypto.randomUUID();
      const claim = () =>
        change(
          id,
          (run) =>
            run.lease && run.lease.by !== by && run.lease.until > Date.now()
              ? undefined
              : { ...run, lease: { by, until: Date.now() + LEASE } },
        );
      return await claim()
        ? {
          renew: claim,
          async release() {
            await change(id, ({ lease, ...run }) =>
              lease?.by === by ? run : undefined);
          },
        }
        : undefined;
    },
  };
}
