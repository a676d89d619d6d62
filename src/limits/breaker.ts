/**
 * A circuit breaker: after several failures in a row, it blocks all requests
 * for a while, except one trial request per company.
 *
 * @module
 */

/** How many failures without a success in between open the breaker. */
const IN_A_ROW = 5;

/** How long a failure counts, in ms. */
const MEMORY = 5 * 60_000;

/** The first pause, in ms; a failed trial request doubles it. */
const REST = 5_000;

/** The longest pause, in ms. */
const LONGEST_REST = 60_000;

/** The origin of a request. */
export interface Source {
  /** The tenant of the request. */
  readonly tenant: string;
  /** The caller, who may act for several tenants. */
  readonly caller?: string | undefined;
  /** The call that the request belongs to; a new one by default. */
  readonly call?: object | undefined;
}

/** A circuit breaker. */
export interface Breaker {
  /** How long a tenant's requests are blocked, in ms; 0 if they are not. */
  wait(now: number, tenant: string): number;
  /**
   * Records that a request is sent. While the breaker is open, that is the
   * tenant's trial request, and the tenant's next one comes after the pause.
   *
   * @returns Whether this is a trial request.
   */
  begin(now: number, tenant: string): boolean;
  /**
   * Records an answer, which closes the breaker.
   *
   * @returns Whether the breaker was open.
   */
  succeed(): boolean;
  /** Records a failed request. All failures of one call count as one. */
  fail(now: number, source: Source, isTry: boolean): void;
  /** Records that a trial request was not sent, so another may be. */
  spare(tenant: string): void;
  /** Whether requests are blocked, except trial requests. */
  readonly isOpen: boolean;
  /** Whether the breaker is in the same state as a new one. */
  isQuiet(now: number): boolean;
}

/** Failed requests with a tenant or a caller in common. */
interface Group {
  readonly tenants: Set<string>;
  readonly callers: Set<string>;
  /** The failed calls, limited to the number that counts. */
  readonly calls: Set<object>;
}

/**
 * Makes a closed breaker.
 *
 * @param share How many failures count from requests that share a tenant or a
 * caller. The rest must come from others, so that one caller alone cannot block
 * those whose requests succeed. By default, all failures count.
 */
export function createBreaker(share: number = IN_A_ROW): Breaker {
  /** The origins of failures since the last answer. */
  let groups: Group[] = [];
  let failedAt = -Infinity;
  /** The length of the current pause, in ms; 0 while closed. */
  let rest = 0;
  let until = -Infinity;
  /** The tenants that have sent a trial request in this pause. */
  const tried = new Set<string>();
  /** Whether a trial request of this pause has failed. */
  let isDoubled = false;

  function open(now: number, length: number): void {
    rest = length;
    until = now + rest;
  }

  /** Counts a failure in its group. */
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
    get isOpen() {
      return rest > 0;
    },
    wait: (now, tenant) =>
      rest > 0 && tried.has(tenant) ? Math.max(0, until - now) : 0,
    begin(now, tenant) {
      if (rest === 0) return false;
      if (now >= until) {
        // A trial request that never ends must not block later ones.
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
