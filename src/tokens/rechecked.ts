/**
 * What the store says of each tenant, read again every few seconds. So a server
 * notices soon that a tenant was removed or its account was replaced, and a call
 * rarely waits for the store.
 *
 * @module
 */
import { reasonOf, StoreError } from "../errors.ts";
import type { Log } from "../logging/log.ts";
import { createLru } from "../storage/lru.ts";
import { TENANTS_HELD } from "./held.ts";
import type { TokenStore } from "./store.ts";

/** How long an answer of the store is relied on, in ms. */
export const RECHECK = 5_000;

/** How long it is relied on after the store has failed, in ms. */
const OUTAGE = 15_000;

/** How long a call waits for the store if there is a known answer, in ms. */
const PATIENCE = 1_000;

/** Settings of {@linkcode createRechecked}. */
export interface RecheckedOptions<T> {
  /** The store, for messages. */
  readonly store: TokenStore;
  /** Reads what the store says of a tenant. */
  readonly read: (tenant: string, known: T | undefined) => Promise<T>;
  /** Throws if an answer must not be relied on; told the answer before it. */
  readonly judge?: (tenant: string, value: T, before: T | undefined) => void;
  /** Logs when the store does not answer. */
  readonly log: Log;
  /** The clock, in ms since 1970. */
  readonly now: () => number;
}

/** What the store says of each tenant. */
export interface Rechecked<T> {
  /**
   * Returns what the store said at most {@linkcode RECHECK} ms ago. While the
   * store does not answer, returns what it said last.
   *
   * @throws What reading threw, if nothing is known or the store has answered.
   */
  get(tenant: string): Promise<T>;
  /** Reads the store now; otherwise as {@linkcode get}. */
  again(tenant: string): Promise<T>;
  /** What is known of a tenant. */
  known(tenant: string): T | undefined;
  /**
   * Notes what the store has just said.
   *
   * @throws What `judge` throws.
   */
  note(tenant: string, value: T): void;
  /** Forgets a tenant. */
  forget(tenant: string): void;
}

/** A known answer. */
interface Known<T> {
  readonly value: T;
  /** Until when it is relied on, in ms since 1970. */
  readonly until: number;
}

/** A reading of the store. */
interface Look<T> {
  readonly done: Promise<T>;
  /** Resolves when calls no longer wait for it. */
  readonly late: Promise<void>;
}

/**
 * Makes the memory of what the store says.
 *
 * @param options The store, and what is read from it.
 */
export function createRechecked<T>(
  { store, read, judge, log, now }: RecheckedOptions<T>,
): Rechecked<T> {
  const all = createLru<Known<T>>(TENANTS_HELD);
  const looks = new Map<string, Look<T>>();

  function note(tenant: string, value: T): void {
    judge?.(tenant, value, all.get(tenant)?.value);
    all.set(tenant, { value, until: now() + RECHECK });
  }

  async function look(tenant: string): Promise<T> {
    const before = all.get(tenant);
    let value: T;
    try {
      value = await read(tenant, before?.value);
    } catch (error) {
      const known = all.get(tenant);
      if (!known || !(error instanceof StoreError)) {
        all.delete(tenant);
        throw error;
      }
      // Something newer may have been noted meanwhile.
      if (known === before) {
        all.set(tenant, { ...known, until: now() + OUTAGE });
      }
      log(
        "warn",
        "The store does not answer: known credentials are used on",
        { store: store.name, ...reasonOf(error) },
      );
      return known.value;
    }
    note(tenant, value);
    return value;
  }

  function start(tenant: string): Look<T> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, PATIENCE);
    const done = look(tenant).finally(() => {
      clearTimeout(timer);
      looks.delete(tenant);
    });
    // A call that no longer waits does not receive the error.
    done.catch(() => {});
    const started = { done, late: late.promise };
    looks.set(tenant, started);
    return started;
  }

  async function again(tenant: string): Promise<T> {
    const known = all.get(tenant);
    const { done, late } = looks.get(tenant) ?? start(tenant);
    if (!known) return await done;
    return await Promise.race([done, late.then(() => known.value)]);
  }

  return {
    again,
    async get(tenant) {
      const known = all.get(tenant);
      return known && known.until > now() ? known.value : await again(tenant);
    },
    known: (tenant) => all.get(tenant)?.value,
    note,
    forget: (tenant) => void all.delete(tenant),
  };
}
