/**
 * Plans and changes in memory, for the lifetime of the process.
 *
 * @module
 */
import {
  type ChangeStore,
  type ChangeStoreOptions,
  checkSize,
  type Kept,
  MOST,
  type Shelf,
  sizeOf,
} from "../store.ts";

/** Settings of {@linkcode createMemoryChangeStore}. */
export interface MemoryChangeStoreOptions
  extends Omit<ChangeStoreOptions, "sealer"> {
  /**
   * How many bytes of texts to keep in total.
   *
   * @default {67108864}
   */
  readonly total?: number;
}

/** The default number of bytes on a shelf. */
const MOST_BYTES = 16 * 1024 * 1024;

/** The default number of bytes in total. */
const TOTAL = 64 * 1024 * 1024;

/** A kept text. */
interface Entry {
  readonly text: string;
  readonly size: number;
  /** When it expires, in ms since 1970. */
  readonly until: number;
}

/**
 * Makes the store.
 *
 * @example Keeping less in memory
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createMemoryChangeStore } from "@qontak/mcp/changes";
 *
 * const server = createServer({
 *   refreshToken: "a-refresh-token",
 *   changes: { store: createMemoryChangeStore({ total: 8_000_000 }) },
 * });
 * await server.close();
 * ```
 *
 * @param options How much it keeps.
 */
export function createMemoryChangeStore(
  { most = MOST, mostBytes = MOST_BYTES, total = TOTAL }:
    MemoryChangeStoreOptions = {},
): ChangeStore {
  // The shelf that was written last is the last one.
  const shelves = new Map<string, Map<string, Entry>>();
  const bytes = new Map<string, number>();
  let all = 0;

  const nameOf = ({ kind, tenant }: Shelf) => `${kind} ${tenant}`;

  function drop(name: string, id: string): void {
    const shelf = shelves.get(name);
    const entry = shelf?.get(id);
    if (!shelf || !entry) return;
    shelf.delete(id);
    all -= entry.size;
    bytes.set(name, bytes.get(name)! - entry.size);
    if (shelf.size > 0) return;
    shelves.delete(name);
    bytes.delete(name);
  }

  /** Removes what has expired, and then the oldest texts while it is full. */
  function makeRoom(name: string): void {
    const shelf = shelves.get(name);
    for (const [id, { until }] of shelf ?? []) {
      const isFull = shelf!.size > most || bytes.get(name)! > mostBytes;
      // A text was put before those that follow it, so they expire later.
      if (!isFull && until > Date.now()) break;
      drop(name, id);
    }
    for (const other of shelves.keys()) {
      if (all <= total) return;
      for (const id of shelves.get(other)!.keys()) {
        if (all <= total) return;
        drop(other, id);
      }
    }
  }

  function set(name: string, id: string, entry: Entry): void {
    drop(name, id);
    const shelf = shelves.get(name) ?? new Map<string, Entry>();
    shelves.delete(name);
    shelves.set(name, shelf);
    shelf.set(id, entry);
    all += entry.size;
    bytes.set(name, (bytes.get(name) ?? 0) + entry.size);
    makeRoom(name);
  }

  function find(name: string, id: string): Entry | undefined {
    const entry = shelves.get(name)?.get(id);
    if (entry === undefined || entry.until > Date.now()) return entry;
    drop(name, id);
    return undefined;
  }

  // Async functions, so that a text that is too large rejects.
  return {
    name: "memory",
    isLasting: () => Promise.resolve(false),
    // deno-lint-ignore require-await
    async put(place, text, lifetime) {
      checkSize(text);
      const until = Date.now() + lifetime;
      set(nameOf(place), place.id, { text, size: sizeOf(text), until });
    },
    get: (place) => Promise.resolve(find(nameOf(place), place.id)?.text),
    take(place) {
      const entry = find(nameOf(place), place.id);
      drop(nameOf(place), place.id);
      return Promise.resolve(entry?.text);
    },
    // deno-lint-ignore require-await
    async replace(place, from, to) {
      checkSize(to);
      const name = nameOf(place);
      const entry = find(name, place.id);
      if (entry?.text !== from) return false;
      const size = sizeOf(to);
      const shelf = shelves.get(name)!;
      all += size - entry.size;
      bytes.set(name, bytes.get(name)! + size - entry.size);
      // It keeps its turn to be removed.
      shelf.set(place.id, { ...entry, text: to, size });
      makeRoom(name);
      return true;
    },
    list(shelf, most) {
      const name = nameOf(shelf);
      const ids = [...shelves.get(name)?.keys() ?? []].sort().reverse();
      const found: Kept[] = [];
      for (const id of ids) {
        if (found.length >= most) break;
        const text = find(name, id)?.text;
        if (text !== undefined) found.push({ id, text });
      }
      return Promise.resolve(found);
    },
    remove(place) {
      drop(nameOf(place), place.id);
      return Promise.resolve();
    },
  };
}
