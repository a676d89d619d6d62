/**
 * The history of changes: what each record was before a change made through
 * this server, so that the change can be taken back.
 *
 * @module
 */
import { makeId } from "../audit/record.ts";
import { ForeseenError } from "../errors.ts";
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
  /** Records that it was carried out. */
  done(known: Pick<PastChange, "record" | "after">): Promise<void>;
  /** Removes it, since it was certainly not carried out. */
  drop(): Promise<void>;
}

/** The history of one company, for one caller. */
export interface History {
  /** Whether it outlives the process. */
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
 * @param days How long they are kept; 0 keeps nothing.
 */
export function createHistory(
  store: ChangeStore,
  { scope, principal }: Owner,
  days: number,
): History {
  const shelf = { kind: "change", tenant: scope };

  return {
    isLasting: () => store.isLasting(),

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
        inTime(store.put(place, JSON.stringify(change), days * DAY));
      if (!await put(change)) return undefined;
      return {
        id,
        async done(known) {
          await put({ ...change, ...known, effect: "done" });
        },
        async drop() {
          await inTime(store.remove(place));
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

/** Whether the store has done something in time. */
async function inTime(task: Promise<unknown>): Promise<boolean> {
  using limit = deadline(TIMEOUT);
  try {
    await untilAborted(task, limit.signal);
    return true;
  } catch (error) {
    if (error instanceof ForeseenError || error === limit.signal.reason) {
      return false;
    }
    throw error;
  }
}
