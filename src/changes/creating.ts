/**
 * Creates that are under way: of calls that create the same contact or company
 * at the same moment, one does. A search finds a record only after it was
 * created, so these calls would not find each other's. This holds within one
 * server.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { untilAborted } from "../net/deadline.ts";
import type { Resource } from "../qontak/resources.ts";
import {
  COMPARED,
  type Compared,
  likelySame,
} from "../snapshots/likely_same.ts";
import { createLru } from "../storage/lru.ts";
import type { JsonObject } from "../values/json.ts";

/** Of how many companies and kinds of records creates are remembered. */
const SHELVES = 500;

/** How many creates of each are remembered. */
const MOST = 500;

/** What became of a create. */
export type Made =
  | { readonly made: true; readonly id: number | null }
  | { readonly made: false };

/** One create. */
interface Entry {
  /** The values that are compared. */
  readonly values: JsonObject;
  /** When it ended, in ms of `performance.now()`; undefined before. */
  endedAt?: number;
  /** The new record; null if that is not known. */
  id: number | null;
  /** Resolves when it ends. */
  readonly ended: Promise<void>;
}

/** The call that creates. */
interface Call {
  readonly signal: AbortSignal;
  readonly mayRead: boolean;
}

/** The creates of one company. */
export interface Creating {
  /**
   * Begins a create, after equal ones that are under way have ended.
   *
   * @param resource The kind of record; only compared kinds wait.
   * @param body What is created.
   * @param since When it was searched for, in ms of `performance.now()`.
   * @param call Ends the wait, and says whether the caller may see what exists.
   * @returns Ends it; must be called.
   * @throws {InputError} When an equal record was created since.
   */
  begin(
    resource: Resource,
    body: JsonObject,
    since: number,
    call: Call,
  ): Promise<(made: Made) => void>;
}

/**
 * Makes the memory of creates that all calls of a server share.
 *
 * @returns The creates of a company, by what separates it from others.
 */
export function createCreating(): (scope: string) => Creating {
  const shelves = createLru<Entry[]>(SHELVES);

  return (scope) => ({
    async begin(resource, body, since, { signal, mayRead }) {
      const name = `${scope}/${resource.name}`;
      const compared = COMPARED[resource.plural as keyof typeof COMPARED];
      const entries = shelves.get(name) ?? [];
      shelves.set(name, entries);
      for (;;) {
        const recent = entries.filter(({ endedAt = Infinity }) =>
          endedAt > since
        );
        const same = sameAs(recent, compared, body);
        if (same.length === 0) break;
        const running = same.find(({ endedAt }) => endedAt === undefined);
        if (!running) throw justMade(resource, mayRead ? same[0]!.id : null);
        await untilAborted(running.ended, signal);
      }
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      const values = Object.fromEntries(
        compared.keys.map((key) => [key, body[key]]),
      );
      const entry: Entry = { values, id: null, ended };
      entries.push(entry);
      if (entries.length > MOST) entries.shift();
      return (made) => {
        entry.endedAt = performance.now();
        if (made.made) entry.id = made.id;
        else entries.splice(entries.indexOf(entry), 1);
        resolve();
      };
    },
  });
}

function sameAs(
  entries: readonly Entry[],
  compared: Compared,
  body: JsonObject,
): Entry[] {
  const owners = new Map(entries.map((entry) => [entry.values, entry]));
  return likelySame(owners.keys(), compared, body)
    .flatMap(({ record }) => owners.get(record) ?? []);
}

function justMade({ name, plural }: Resource, id: number | null): InputError {
  return new InputError(
    `create_${name} was not sent: another call has just created ${
      id === null
        ? `such a ${name}, or tried to with an unknown outcome`
        : `${name} ${id}, which is likely the same`
    }. Use it (list_${plural} finds it), or send allow_duplicate: true to create another`,
  );
}
