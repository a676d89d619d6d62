/**
 * Plans and changes in memory, for the lifetime of the process.
 *
 * @module
 */
import {
  answersAtOnce,
  type ChangeStore,
  type ChangeStoreOptions,
  checkSize,
  type Kept,
  MOST,
  type Shelf,
} from "../store.ts";

/** Settings of {@linkcode createMemoryChangeStore}. */
export interface MemoryChangeStoreOptions
  extends Omit<ChangeStoreOptions, "sealer"> {
  /**
   * How many bytes of texts to keep in total. If there are more, those of the
   * company that has most are removed first.
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

/** The texts of one kind of a company, in the order in which they were put. */
interface Texts extends Map<string, Entry> {
  /**
   * The id of the first one, while it is known. To look for it takes longer the
   * more texts were removed before it.
   */
  oldest?: string | undefined;
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
  const shelves = new Map<string, Texts>();
  const bytes = new Map<string, number>();
  const tenantBytes = new Map<string, number>();
  let all = 0;

  const nameOf = ({ kind, tenant }: Shelf) => `${kind} ${tenant}`;
  const tenantOf = (name: string) => name.slice(name.indexOf(" ") + 1);

  /** Counts bytes of a shelf that are added, or removed if negative. */
  function count(name: string, size: number): void {
    all += size;
    for (
      const [sizes, key] of [[bytes, name], [
        tenantBytes,
        tenantOf(name),
      ]] as const
    ) {
      const now = (sizes.get(key) ?? 0) + size;
      if (now > 0) sizes.set(key, now);
      else sizes.delete(key);
    }
  }

  function drop(name: string, id: string): void {
    const shelf = shelves.get(name);
    const entry = shelf?.get(id);
    if (!shelf || !entry) return;
    shelf.delete(id);
    if (shelf.oldest === id) shelf.oldest = undefined;
    if (shelf.size === 0) shelves.delete(name);
    count(name, -entry.size);
  }

  /** Removes what has expired, and then the oldest texts while it is full. */
  function makeRoom(name: string): void {
    const shelf = shelves.get(name);
    while (shelf) {
      const id = shelf.oldest ??= shelf.keys().next().value;
      if (id === undefined) break;
      const isFull = shelf.size > most || bytes.get(name)! > mostBytes;
      // A text was put before those that follow it, so they expire later.
      if (!isFull && shelf.get(id)!.until > Date.now()) break;
      drop(name, id);
    }
    while (all > total) shrink(fullest());
  }

  /** The company that has most, so that none drives out what others have. */
  function fullest(): string {
    let [found, most] = ["", -1];
    for (const [tenant, size] of tenantBytes) {
      if (size > most) [found, most] = [tenant, size];
    }
    return found;
  }

  /** Removes the oldest texts of a company, at most down to an equal share. */
  function shrink(tenant: string): void {
    const share = total / tenantBytes.size;
    for (const [name, shelf] of shelves) {
      if (tenantOf(name) !== tenant) continue;
      for (const id of shelf.keys()) {
        drop(name, id);
        if (all <= total || (tenantBytes.get(tenant) ?? 0) <= share) return;
      }
    }
  }

  function set(name: string, id: string, entry: Entry): void {
    drop(name, id);
    const shelf: Texts = shelves.get(name) ?? new Map<string, Entry>();
    shelves.delete(name);
    shelves.set(name, shelf);
    shelf.set(id, entry);
    count(name, entry.size);
    makeRoom(name);
  }

  function find(name: string, id: string): Entry | undefined {
    const entry = shelves.get(name)?.get(id);
    if (entry === undefined || entry.until > Date.now()) return entry;
    drop(name, id);
    return undefined;
  }

  // Async functions, so that a text that is too large rejects.
  return answersAtOnce({
    name: "memory",
    isLasting: () => Promise.resolve(false),
    // deno-lint-ignore require-await
    async put(place, text, lifetime) {
      const size = checkSize(text);
      const until = Date.now() + lifetime;
      set(nameOf(place), place.id, { text, size, until });
    },
    get: (place) => Promise.resolve(find(nameOf(place), place.id)?.text),
    take(place) {
      const entry = find(nameOf(place), place.id);
      drop(nameOf(place), place.id);
      return Promise.resolve(entry?.text);
    },
    // deno-lint-ignore require-await
    async replace(place, from, to) {
      const size = checkSize(to);
      const name = nameOf(place);
      const entry = find(name, place.id);
      if (entry?.text !== from) return false;
      const shelf = shelves.get(name)!;
      count(name, size - entry.size);
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
  });
}
