/**
 * A circuit breaker: after failures in a row nothing is sent for a while, but
 * one request of each company, which tries.
 *
 * @module
 */

/** How many failures without an answer in between open it. */
const IN_A_ROW = 5;

/** For how long a failure counts, in ms. */
const MEMORY = 5 * 60_000;

/** How long it rests at first, in ms; a rest in which a try failed doubles it. */
const REST = 5_000;

/** How long it rests at most, in ms. */
const LONGEST_REST = 60_000;

/** Where a request comes from. */
export interface Source {
  /** Whose company it is about. */
  readonly tenant: string;
  /** Who asked for it; what several companies share. */
  readonly caller?: string | undefined;
  /** The call that it belongs to; a new one if left out. */
  readonly call?: object | undefined;
}

/** The breaker. */
export interface Breaker {
  /** How long nothing of a tenant may be sent, in ms; 0 where it may. */
  wait(now: number, tenant: string): number;
  /**
   * Learns that a request is sent. While the breaker is open that request is
   * the one of its tenant that tries: the next one comes after the rest.
   *
   * @returns Whether it tries.
   */
  begin(now: number, tenant: string): boolean;
  /**
   * Learns of an answer, which closes it.
   *
   * @returns Whether it was open.
   */
  succeed(): boolean;
  /** Learns that a request failed. What fails in one call is one failure. */
  fail(now: number, source: Source, isTry: boolean): void;
  /** Learns that the one that tries was not sent: another may try. */
  spare(tenant: string): void;
  /** Whether it is as if nothing had ever failed. */
  isQuiet(now: number): boolean;
}

/** Those who failed and have a company or a caller in common. */
interface Group {
  readonly tenants: Set<string>;
  readonly callers: Set<string>;
  /** The calls that failed; at most as many as count. */
  readonly calls: Set<object>;
}

/**
 * Makes a breaker, closed.
 *
 * @param share How many failures count of those who share a company or a
 * caller. The others must come from somebody else, so that no caller alone can
 * stop those whose requests are answered. All count when left out.
 */
export function createBreaker(share: number = IN_A_ROW): Breaker {
  /** Who failed since the last answer. */
  let groups: Group[] = [];
  let failedAt = -Infinity;
  /** How long the current rest is, in ms; 0 where it is closed. */
  let rest = 0;
  let until = -Infinity;
  /** Those who have tried in this rest. */
  const tried = new Set<string>();
  /** Whether a try of this rest has failed. */
  let isDoubled = false;

  function open(now: number, length: number): void {
    rest = length;
    until = now + rest;
  }

  /** Counts a failure for the group that it belongs to. */
  function count({ tenant, caller, call = {} }: Source): void {
    const isOf = (group: Group) =>
      group.tenants.has(tenant) ||
      (caller !== undefined && group.callers.has(caller));
    const found = groups.filter(isOf);
    const all = <T>(sets: readonly ReadonlySet<T>[], one: T | undefined) =>
      new Set([...sets.flatMap((set) => [...set]), ...one ? [one] : []]);
    const calls = all(found.map(({ calls }) => calls), call);
    const merged = {
      tenants: all(found.map(({ tenants }) => tenants), tenant),
      callers: all(found.map(({ callers }) => callers), caller),
      calls: new Set([...calls].slice(0, share)),
    };
    groups = [...groups.filter((group) => !isOf(group)), merged];
  }

  return {
    wait: (now, tenant) =>
      rest > 0 && tried.has(tenant) ? Math.max(0, until - now) : 0,
    begin(now, tenant) {
      if (rest === 0) return false;
      if (now >= until) {
        // Also a try that never ends must not keep others from trying.
        open(now, rest);
        tried.clear();
        isDoubled = false;
      }
      tried.add(tenant);
      return true;
    },
    succeed() {
      const wasOpen = rest > 0;
      groups = [];
      rest = 0;
      return wasOpen;
    },
    fail(now, source, isTry) {
      if (rest > 0) {
        if (!isTry || isDoubled) return;
        isDoubled = true;
        open(now, Math.min(2 * rest, LONGEST_REST));
        failedAt = now;
        return;
      }
      if (now - failedAt > MEMORY) groups = [];
      failedAt = now;
      count(source);
      const failures = groups.reduce((sum, { calls }) => sum + calls.size, 0);
      if (failures < IN_A_ROW) return;
      open(now, REST);
      isDoubled = false;
      tried.clear();
      for (const { tenants } of groups) {
        for (const tenant of tenants) tried.add(tenant);
      }
    },
    spare(tenant) {
      tried.delete(tenant);
    },
    isQuiet: (now) => groups.length === 0 || now - failedAt > MEMORY,
  };
}
