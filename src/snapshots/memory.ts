/**
 * The memory for records of all companies. It is limited for each company and
 * in all, and the least recently used records are removed first.
 *
 * @module
 */

/** How long records stay in memory after the last question, in ms. */
const MAX_IDLE = 60 * 60 * 1_000;

/** What is held under one name. */
export interface Held {
  /** How much memory it takes, in bytes. */
  readonly bytes: number;
  /** Whether it is being read, so that it cannot be removed. */
  readonly isBusy: boolean;
}

/** Settings of {@linkcode createMemory}. */
export interface MemoryOptions {
  /** The limit for one company, in bytes. */
  readonly tenantBytes: number;
  /** The limit for all, in bytes. */
  readonly allBytes: number;
  /** The clock, in ms since 1970. */
  readonly now: () => number;
}

/** The memory for records. */
export interface Memory {
  /** What is held, marked as used now; made if there is nothing. */
  open<T extends Held>(scope: string, name: string, make: () => T): T;
  /** What is held; undefined if there is nothing. */
  find<T extends Held>(scope: string, name: string): T | undefined;
  /** Removes what is held under a name. */
  drop(scope: string, name: string): void;
  /** Removes everything of a company. */
  forget(scope: string): void;
  /**
   * Removes what was used least recently until a company and all are within
   * their limits.
   *
   * @returns Whether that was possible.
   */
  makeRoom(scope: string): boolean;
  /** How much memory everything takes, in bytes. */
  readonly bytes: number;
  /** Whether there is nothing. */
  readonly isEmpty: boolean;
}

/**
 * Makes an empty memory.
 *
 * @param options The limits.
 */
export function createMemory(
  { tenantBytes, allBytes, now }: MemoryOptions,
): Memory {
  interface Entry {
    readonly scope: string;
    readonly held: Held;
    usedAt: number;
  }
  const entries = new Map<string, Entry>();
  const keyOf = (scope: string, name: string) => `${scope}\n${name}`;

  function total(scope?: string): number {
    let bytes = 0;
    for (const { held, scope: own } of entries.values()) {
      if (scope === undefined || own === scope) bytes += held.bytes;
    }
    return bytes;
  }

  function shrink(limit: number, scope?: string): boolean {
    const idle = [...entries].filter(([, { held, scope: own }]) =>
      !held.isBusy && (scope === undefined || own === scope)
    ).sort(([, a], [, b]) => a.usedAt - b.usedAt);
    while (total(scope) > limit) {
      const oldest = idle.shift();
      if (!oldest) return false;
      entries.delete(oldest[0]);
    }
    return true;
  }

  return {
    get bytes() {
      return total();
    },
    get isEmpty() {
      return entries.size === 0;
    },
    open<T extends Held>(scope: string, name: string, make: () => T): T {
      for (const [key, { held, usedAt }] of entries) {
        if (!held.isBusy && now() - usedAt > MAX_IDLE) entries.delete(key);
      }
      const key = keyOf(scope, name);
      const entry = entries.get(key) ?? { scope, held: make(), usedAt: 0 };
      entry.usedAt = now();
      entries.set(key, entry);
      return entry.held as T;
    },
    find<T extends Held>(scope: string, name: string): T | undefined {
      return entries.get(keyOf(scope, name))?.held as T | undefined;
    },
    drop(scope, name) {
      entries.delete(keyOf(scope, name));
    },
    forget(scope) {
      for (const [key, { scope: own }] of entries) {
        if (own === scope) entries.delete(key);
      }
    },
    makeRoom: (scope) => shrink(tenantBytes, scope) && shrink(allBytes),
  };
}
