/**
 * The history of changes: what each record was before a change made through
 * this server, so that the change can be taken back.
 *
 * @module
 */
import { isId, makeId } from "../audit/record.ts";
import { ForeseenError } from "../errors.ts";
import { describeFault } from "../logging/faults.ts";
import type { Log } from "../logging/log.ts";
import { deadline, untilAborted } from "../net/deadline.ts";
import { answerWith } from "../qontak/envelope.ts";
import { defined, isObject, type JsonObject } from "../values/json.ts";
import type { Owner } from "./plans.ts";
import { type ChangeStore, isPrompt, type Place } from "./store.ts";

/** What a change does to a record. */
export type Act = "create" | "update" | "delete";

/** The outcome of a change: "unknown" until Qontak has answered. */
export type Effect = "unknown" | "done";

/** How a change is taken back. */
export interface Undone {
  /** The call that does it. */
  readonly claim: string;
  /**
   * "begun" until its outcome is kept, which is never if the program ends
   * before.
   */
  readonly state: "begun" | "done" | "unknown";
  /** When the call began to, in ms since 1970. */
  readonly at: number;
  /** When the call has ended, in ms since 1970, whatever became of it. */
  readonly until: number;
  /** The change that it made; undefined if none is kept. */
  readonly by?: string | undefined;
}

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
  /** How it is taken back; undefined if no call has begun to. */
  readonly undone?: Undone | undefined;
}

/** A change in a list: what it changed, without the values. */
export interface ListedChange
  extends Omit<PastChange, "before" | "body" | "after"> {
  /** The keys that it sent, as far as they fit. */
  readonly keys: readonly string[];
}

/** A change before it is sent. */
export type Begun = Omit<
  PastChange,
  "id" | "time" | "principal" | "effect" | "undone"
>;

/** A change that is being sent. */
export interface Open {
  /** Its id. */
  readonly id: string;
  /** Keeps it as one of unknown outcome, if it is not kept yet. Never rejects. */
  keep(): Promise<void>;
  /**
   * Records that it was carried out. Never rejects.
   *
   * @returns Whether it is kept.
   */
  done(known: Pick<PastChange, "record" | "after">): Promise<boolean>;
  /** Removes it, since it was certainly not carried out. Never rejects. */
  drop(): Promise<void>;
}

/** The right of one call to take changes back. */
export interface Claim {
  /**
   * Keeps the outcome. Never rejects: without it, the outcome stays unknown.
   *
   * @param state The outcome.
   * @param by The change that took them back.
   */
  settle(state: "done" | "unknown", by: string | undefined): Promise<void>;
  /** Gives it back, since nothing was sent. Never rejects. */
  release(): Promise<void>;
}

/** The history of one company, for one caller. */
export interface History {
  /** Whether it outlives the process; false if that is not known. Never rejects. */
  isLasting(): Promise<boolean>;
  /**
   * Keeps a change before it is sent. What a store in memory has ends with the
   * process, as the request does: there, it is kept when its outcome is known,
   * or when a call asks for changes. Never rejects: a change is not stopped by
   * what is kept of it.
   *
   * @returns The change; undefined if nothing is kept.
   */
  begin(change: Begun): Promise<Open | undefined>;
  /**
   * Lists the company's last changes, newest first, at most
   * {@linkcode MOST_LISTED}.
   *
   * @throws {StoreError} When the store fails.
   */
  list(): Promise<readonly ListedChange[]>;
  /**
   * Finds a change of the company.
   *
   * @returns The change; undefined if there is none with this id.
   * @throws {StoreError} When the store fails.
   */
  get(id: string): Promise<PastChange | undefined>;
  /**
   * Claims changes before they are taken back. Of several callers, one gets the
   * claim. A claim of which the outcome is not known can be claimed again after
   * its call has ended: the caller must have looked whether it took effect.
   *
   * @param ids The ids of the changes.
   * @param until When this call has ended, in ms since 1970.
   * @returns The claim; undefined if a change is claimed, or no longer kept.
   * @throws {StoreError} When the store fails.
   */
  claim(ids: readonly string[], until: number): Promise<Claim | undefined>;
  /**
   * Keeps that a call of unknown outcome has taken a change back. Never rejects:
   * without it, the outcome stays unknown.
   *
   * @param id The id of the change.
   */
  confirmUndone(id: string): Promise<void>;
}

/** How many changes are listed. */
export const MOST_LISTED = 2_000;

/** How many keys of a change are listed. */
const KEYS_LISTED = 12;

/** How many characters of a key are listed. */
const KEY_LENGTH = 60;

/** How many times to try while others change the same entry. */
const TRIES = 20;

const DAY = 24 * 60 * 60 * 1000;

/** How long a change waits for what is kept of it, in ms. */
const TIMEOUT = 1_000;

/** The lists that are being read, by store and company. */
const listings = new WeakMap<
  ChangeStore,
  Map<string, Promise<readonly ListedChange[]>>
>();

/** Changes that are being sent, by store and company: each keeps one. */
const sending = new WeakMap<
  ChangeStore,
  Map<string, Set<() => Promise<unknown>>>
>();

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
  const placeOf = (id: string): Place => ({
    kind: "change",
    tenant: scope,
    id,
  });
  // Lists are read from small entries of their own, since a change has the
  // record's values.
  const index = { kind: "change_index", tenant: scope };
  const running = listings.get(store) ?? new Map();
  listings.set(store, running);
  const open = sending.get(store) ?? new Map();
  sending.set(store, open);

  /** Keeps the company's changes that are being sent. */
  async function keepOpen(): Promise<void> {
    for (const keep of open.get(scope) ?? []) await keep();
  }

  /**
   * Changes an entry, whatever else changes it at the same time.
   *
   * @returns Whether it was changed.
   */
  async function change(
    id: string,
    next: (change: PastChange) => PastChange | undefined,
  ): Promise<boolean> {
    for (let tries = 0; tries < TRIES; tries++) {
      const text = await store.get(placeOf(id));
      if (text === undefined) return false;
      const from = changeOf(text);
      const to = next(from);
      if (!to) return false;
      if (await replace(id, { text, from, to })) return true;
    }
    return false;
  }

  /**
   * Replaces an entry, if it is still the same.
   *
   * @returns Whether it was.
   */
  async function replace(
    id: string,
    { text, from, to, listed = listedText(from) }: {
      readonly text: string;
      readonly from: PastChange;
      readonly to: PastChange;
      /** The entry of `from` in the list, if the caller has it. */
      readonly listed?: string;
    },
  ): Promise<boolean> {
    if (!await store.replace(placeOf(id), text, textOf(to))) return false;
    await ask(() => store.replace({ ...index, id }, listed, listedText(to)));
    // A list that is being read may miss it.
    running.delete(scope);
    return true;
  }

  async function readList(): Promise<readonly ListedChange[]> {
    await keepOpen();
    const kept = await store.list(index, MOST_LISTED);
    return kept.map(({ text }) => JSON.parse(text));
  }

  /**
   * Asks the store, but not for long. A change must not fail because of what is
   * kept of it, so this logs a fault and continues.
   *
   * @returns The answer; undefined without one.
   */
  async function ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    // A timer takes longer than a store in memory.
    using limit = isPrompt(store) ? undefined : deadline(TIMEOUT);
    try {
      return await (limit
        ? untilAborted(question(), limit.signal)
        : question());
    } catch (error) {
      if (
        !(error instanceof ForeseenError) && error !== limit?.signal.reason
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
      const begun: PastChange = {
        id,
        time: new Date(time).toISOString(),
        principal,
        ...given,
        effect: "unknown",
      };
      /**
       * Puts the change into the store.
       *
       * @returns Its texts; undefined if they are not kept.
       */
      async function put(change: PastChange) {
        const text = textOf(change);
        const listed = listedText(change);
        let isKept = false;
        await ask(async () => {
          await store.put(placeOf(id), text, days * DAY);
          isKept = true;
          await store.put({ ...index, id }, listed, days * DAY);
        });
        if (!isKept) return undefined;
        running.delete(scope);
        return { text, listed };
      }
      let putting: ReturnType<typeof put> | undefined;
      const keep = () => putting ??= put(begun);
      if (isPrompt(store)) {
        const others = open.get(scope);
        if (others) others.add(keep);
        else open.set(scope, new Set([keep]));
      } else if (!await keep()) return undefined;
      /** From now on, what is kept says how it ended. */
      function close(): void {
        const others = open.get(scope);
        others?.delete(keep);
        if (others?.size === 0) open.delete(scope);
      }
      return {
        id,
        async keep() {
          await keep();
          close();
        },
        async done(known) {
          const next = (now: PastChange): PastChange => ({
            ...now,
            ...known,
            effect: "done",
          });
          const to = next(begun);
          const isKept = putting !== undefined;
          // Who asks meanwhile waits for it.
          const kept = await (putting ??= put(to));
          close();
          if (!kept || !isKept) return kept !== undefined;
          // Usually nothing has changed it meanwhile.
          await ask(async () =>
            await replace(id, { ...kept, from: begun, to }) ||
            await change(id, next)
          );
          return true;
        },
        async drop() {
          close();
          if (!await putting) return;
          await ask(() => store.remove({ ...index, id }));
          await ask(() => store.remove(placeOf(id)));
          running.delete(scope);
        },
      };
    },

    list() {
      const other = running.get(scope);
      if (other) return other;
      const list = readList().finally(() => {
        if (running.get(scope) === list) running.delete(scope);
      });
      running.set(scope, list);
      return list;
    },

    async get(id) {
      // The caller may have written any text.
      if (!isId(id)) return undefined;
      await keepOpen();
      const text = await store.get(placeOf(id));
      if (text !== undefined) return changeOf(text);
      // A change that is no longer kept is not listed any more.
      await ask(() => store.remove({ ...index, id }));
      return undefined;
    },

    async confirmUndone(id) {
      await ask(() =>
        change(
          id,
          ({ undone, ...now }) =>
            undone && undone.state !== "done"
              ? { ...now, undone: { ...undone, state: "done" } }
              : undefined,
        )
      );
    },

    async claim(ids, until) {
      await keepOpen();
      const claim = crypto.randomUUID();
      const at = Date.now();
      const isMine = ({ undone }: PastChange) => undone?.claim === claim;
      const taken: string[] = [];
      const each = async (
        next: (change: PastChange) => PastChange,
      ): Promise<void> => {
        for (const id of taken) {
          await ask(() =>
            change(id, (now) => isMine(now) ? next(now) : undefined)
          );
        }
      };
      const release = () => each(({ undone: _, ...change }) => change);
      try {
        for (const id of ids) {
          const isMade = await change(
            id,
            (now) =>
              isTaken(now.undone) ? undefined : {
                ...now,
                undone: { claim, state: "begun", at, until },
              },
          );
          if (!isMade) {
            await release();
            return undefined;
          }
          taken.push(id);
        }
      } catch (error) {
        await release();
        throw error;
      }
      return {
        release,
        settle: (state, by) =>
          each((change) => ({
            ...change,
            undone: { claim, state, by, at, until },
          })),
      };
    },
  };
}

/** Whether a change is taken back, or a call may do so at this time. */
function isTaken(undone: Undone | undefined): boolean {
  return undone !== undefined &&
    (undone.state === "done" || isUnderWay(undone));
}

/** Whether the call that takes a change back may still be at work. */
export function isUnderWay({ state, until }: Undone): boolean {
  return state === "begun" && Date.now() < until;
}

/**
 * The longest answer that is kept as it came, in characters. Qontak may write a
 * record longer than it is, and a text that is too large is not kept at all.
 */
const LONGEST_ANSWER = 32_000;

/**
 * A change as JSON. Its records are most of it, so they stay in the answers in
 * which they came, if these are known and not long.
 */
function textOf({ before, after, ...change }: PastChange): string {
  const withRecord = (key: string, record: JsonObject | undefined) => {
    if (!record) return "";
    const answer = answerWith(record);
    return answer === undefined || answer.length > LONGEST_ANSWER
      ? `,"${key}":${JSON.stringify(record)}`
      : `,"${key}_answer":${answer}`;
  };
  return JSON.stringify(change).slice(0, -1) + withRecord("before", before) +
    withRecord("after", after) + "}";
}

/**
 * Reads a change.
 *
 * @param text The change, as the store keeps it.
 */
export function changeOf(text: string): PastChange {
  const { before_answer, after_answer, ...change } = JSON.parse(text);
  return {
    ...change,
    ...defined({
      before: change.before ?? before_answer?.response,
      after: change.after ?? after_answer?.response,
    }),
  };
}

/** The entry of a change in the list. */
function listedText(
  { before: _before, after: _after, body, ...change }: PastChange,
): string {
  const listed: ListedChange = { ...change, keys: keysOf(change.act, body) };
  return JSON.stringify(listed);
}

/** The keys of a body, as far as they fit. */
function keysOf(act: Act, body: JsonObject): readonly string[] {
  if (act === "delete") return [];
  const keys = Object.entries(body).flatMap(([key, value]) =>
    key === "additional_fields" && Array.isArray(value)
      ? value.filter(isObject).map(({ id }) => `additional_fields id ${id}`)
      : [key]
  );
  const shown = keys.slice(0, KEYS_LISTED)
    .map((key) => key.slice(0, KEY_LENGTH));
  return keys.length > KEYS_LISTED
    ? [...shown, `… ${keys.length - KEYS_LISTED} more`]
    : shown;
}
