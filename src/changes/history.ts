/**
 * The history of changes: what each record was before a change made through
 * this server, so that the change can be taken back.
 *
 * @module
 */
import { makeId } from "../audit/record.ts";
import { ForeseenError } from "../errors.ts";
import { describeFault } from "../logging/faults.ts";
import type { Log } from "../logging/log.ts";
import { deadline, untilAborted } from "../net/deadline.ts";
import { type Rule, whole } from "../values/rules.ts";
import type { JsonObject } from "../values/json.ts";
import type { Owner } from "./plans.ts";
import type { ChangeStore } from "./store.ts";

/** What a change does to a record. */
export type Act = "create" | "update" | "delete";

/** The outcome of a change: "unknown" until Qontak has answered. */
export type Effect = "unknown" | "done";

/** One change in the history. */
export interface PastChange {
  /** The id; ids sort by time. */
  readonly id: string;
  /** When it was sent, in ISO 8601. */
  readonly time: string;
  /** Who made it. */
  readonly principal: string;
  /** The tool that made it. */
  readonly tool: string;
  /** What it did. */
  readonly act: Act;
  /** What it changed, such as `deal` or `task_category`. */
  readonly kind: string;
  /** The record; null while it is unknown. */
  readonly record: number | null;
  /** The record before; undefined for a create. */
  readonly before?: JsonObject | undefined;
  /** What was sent. */
  readonly body: JsonObject;
  /** The record after, as it was read back; undefined if it is not known. */
  readonly after?: JsonObject | undefined;
  /** Whether it can be taken back. */
  readonly canUndo: boolean;
  /** The run of many changes that it belongs to. */
  readonly bulk?: string | undefined;
  /** The change that it took back. */
  readonly undoes?: string | undefined;
  /** Whether Qontak is known to have carried it out. */
  readonly effect: Effect;
}

/** A change before it is sent. */
export type Begun = Omit<PastChange, "id" | "time" | "principal" | "effect">;

/** A change that is being sent. */
export interface Open {
  /** Its id. */
  readonly id: string;
  /** Records that it was carried out. Never rejects. */
  done(known: Pick<PastChange, "record" | "after">): Promise<void>;
  /** Removes it, since it was certainly not carried out. Never rejects. */
  drop(): Promise<void>;
}

/** The history of one company, for one caller. */
export interface History {
  /** Whether it outlives the process; false if that is not known. Never rejects. */
  isLasting(): Promise<boolean>;
  /**
   * Keeps a change before it is sent. Never rejects: a change is not stopped by
   * what is kept of it.
   *
   * @returns The change; undefined if nothing is kept.
   */
  begin(change: Begun): Promise<Open | undefined>;
  /**
   * Lists the company's changes, newest first.
   *
   * @param most How many to return.
   * @throws {StoreError} When the store fails.
   */
  list(most: number): Promise<readonly PastChange[]>;
  /**
   * Finds a change of the company.
   *
   * @returns The change; undefined if there is none with this id.
   * @throws {StoreError} When the store fails.
   */
  get(id: string): Promise<PastChange | undefined>;
}

/** How many days changes are kept by default. */
export const UNDO_DAYS = 30;

/** For how many days changes may be kept. */
export const undoDays: Rule<number> = whole(0, 365);

const DAY = 24 * 60 * 60 * 1000;

/** How long a change waits for what is kept of it, in ms. */
const TIMEOUT = 1_000;

/**
 * Makes access to the history of one company, for one caller.
 *
 * @param store Where changes are kept.
 * @param owner Whose they are.
 * @param options For how many days they are kept, where 0 keeps nothing, and
 * what writes log lines.
 */
export function createHistory(
  store: ChangeStore,
  { scope, principal }: Owner,
  { days, log }: { readonly days: number; readonly log: Log },
): History {
  const shelf = { kind: "change", tenant: scope };

  /**
   * Asks the store, but not for long. A change must not fail because of what is
   * kept of it, so this logs a fault and continues.
   *
   * @returns The answer; undefined without one.
   */
  async function ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    using limit = deadline(TIMEOUT);
    try {
      return await untilAborted(question(), limit.signal);
    } catch (error) {
      if (
        !(error instanceof ForeseenError) && error !== limit.signal.reason
      ) {
        log(
          "error",
          "A change continued without its history because of a fault in the store",
          { store: store.name, ...describeFault(error) },
        );
      }
      return undefined;
    }
  }

  return {
    isLasting: async () => await ask(() => store.isLasting()) ?? false,

    async begin(given) {
      if (days === 0) return undefined;
      const time = Date.now();
      const id = makeId(time);
      const place = { ...shelf, id };
      const change: PastChange = {
        id,
        time: new Date(time).toISOString(),
        principal,
        ...given,
        effect: "unknown",
      };
      const put = (change: PastChange) =>
        ask(async () => {
          await store.put(place, JSON.stringify(change), days * DAY);
          return true;
        });
      if (!await put(change)) return undefined;
      return {
        id,
        async done(known) {
          await put({ ...change, ...known, effect: "done" });
        },
        async drop() {
          await ask(() => store.remove(place));
        },
      };
    },

    async list(most) {
      const kept = await store.list(shelf, most);
      return kept.map(({ text }) => JSON.parse(text));
    },

    async get(id) {
      const text = await store.get({ ...shelf, id });
      return text === undefined ? undefined : JSON.parse(text);
    },
  };
}
