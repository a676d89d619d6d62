/**
 * Plans and changes in Deno KV. A text is kept in parts, since the database
 * limits the size of a value.
 *
 * @module
 */
import { StoreError } from "../../errors.ts";
import { askKv, type Kv } from "../../storage/kv.ts";
import { createLru } from "../../storage/lru.ts";
import { inParallel } from "../parallel.ts";
import {
  type ChangeStore,
  type ChangeStoreOptions,
  createCodec,
  type Kept,
  MOST,
  MOST_BYTES,
  type Place,
  type Shelf,
  WHAT,
} from "../store.ts";

/** Settings of {@linkcode createKvChangeStore}. */
export interface KvChangeStoreOptions extends ChangeStoreOptions {
  /** The database. */
  readonly kv: Kv;
}

/** The head of a text, from which its parts are found. */
interface Head {
  /** How many parts it has. */
  readonly parts: number;
  /** The size of all parts, in bytes. */
  readonly size: number;
  /** When it expires, in ms since 1970: the database may keep it longer. */
  readonly until: number;
}

/** A text as it is stored, and its head. */
interface Found {
  readonly head: Deno.KvEntry<Head>;
  readonly stored: string;
}

const ROOT = ["qontak-mcp", "changes"];

/** The size of a part, in bytes: a value has at most 64 KiB. */
const PART = 60_000;

/** After how many texts of a shelf the shelf is checked for room. */
const CHECK = 64;

/** Of how many shelves the texts are counted; the others begin again. */
const SHELVES = 10_000;

/** How many texts are removed, or read, in one step. */
const STEP = 50;

/** How many times to try while other processes write first. */
const TRIES = 20;

/**
 * Makes the store. It opens the database on first use.
 *
 * @example Keeping plans and changes in Deno KV
 * ```ts
 * import { createServer } from "@qontak/mcp";
 * import { createKvChangeStore } from "@qontak/mcp/changes";
 *
 * let database: Promise<Deno.Kv> | undefined;
 * const kv = { open: () => database ??= Deno.openKv() };
 * const server = createServer({
 *   refreshToken: "a-refresh-token",
 *   changes: { store: createKvChangeStore({ kv }) },
 * });
 * await server.close();
 * ```
 *
 * @param options The database, and how much to keep.
 */
export function createKvChangeStore(
  { kv, sealer, most = MOST, mostBytes = MOST_BYTES }: KvChangeStoreOptions,
): ChangeStore {
  const codec = createCodec(sealer);
  /** How many texts this process has put on each shelf. */
  const puts = createLru<number>(SHELVES);

  const ask = <T>(question: (database: Deno.Kv) => Promise<T>) =>
    askKv(kv, WHAT, question);

  /** Removes what is too much on a shelf. */
  async function makeRoom(database: Deno.Kv, shelf: Shelf): Promise<void> {
    const heads = await Array.fromAsync(
      database.list<Head>({ prefix: headsOf(shelf) }),
    );
    heads.sort((a, b) => a.value.until - b.value.until);
    let count = heads.length;
    let bytes = heads.reduce((sum, { value }) => sum + value.size, 0);
    const past = heads.filter(({ value: { size, until } }) => {
      const isPast = count > most || bytes > mostBytes || until <= Date.now();
      if (isPast) count--;
      if (isPast) bytes -= size;
      return isPast;
    });
    for (let at = 0; at < past.length; at += STEP) {
      const step = database.atomic();
      for (const head of past.slice(at, at + STEP)) {
        erase(step, { ...shelf, id: String(head.key.at(-1)) }, head.value);
      }
      await step.commit();
    }
  }

  async function get(place: Place): Promise<string | undefined> {
    const found = await ask((database) => find(database, place));
    return found && await codec.read(place, found.stored);
  }

  return {
    name: "Deno KV",
    isLasting: () => Promise.resolve(true),

    async put(place, text, lifetime) {
      const stored = await codec.write(place, text);
      const until = Date.now() + lifetime;
      const name = `${place.kind} ${place.tenant}`;
      const count = puts.get(name) ?? 0;
      puts.set(name, count + 1);
      await ask(async (database) => {
        const { value: old } = await database.get<Head>(headOf(place));
        const step = database.atomic();
        if (old) erase(step, place, old);
        await keep(step, place, stored, until).commit();
        if (count % CHECK === 0) await makeRoom(database, place);
      });
    },

    get,

    async take(place) {
      const stored = await ask(async (database) => {
        for (let tries = 0; tries < TRIES; tries++) {
          const found = await find(database, place);
          if (!found) return undefined;
          const step = database.atomic().check(found.head);
          const { ok } = await erase(step, place, found.head.value).commit();
          if (ok) return found.stored;
        }
        throw busy();
      });
      return stored === undefined ? undefined : codec.read(place, stored);
    },

    async replace(place, from, to) {
      const stored = await codec.write(place, to);
      const found = await ask((database) => find(database, place));
      if (!found || await codec.read(place, found.stored) !== from) {
        return false;
      }
      const { head } = found;
      return await ask(async (database) => {
        const step = erase(database.atomic().check(head), place, head.value);
        const { ok } = await keep(step, place, stored, head.value.until)
          .commit();
        return ok;
      });
    },

    async list(shelf, most) {
      const heads = await ask((database) =>
        Array.fromAsync(
          database.list<Head>({ prefix: headsOf(shelf) }, {
            reverse: true,
            limit: most,
          }),
        )
      );
      const kept: (Kept | undefined)[] = heads.map(() => undefined);
      await inParallel(heads.entries(), STEP, async ([i, { key }]) => {
        const id = String(key.at(-1));
        const text = await get({ ...shelf, id });
        if (text !== undefined) kept[i] = { id, text };
      });
      return kept.filter((one) => one !== undefined);
    },

    async remove(place) {
      await ask(async (database) => {
        const { value: head } = await database.get<Head>(headOf(place));
        if (head) await erase(database.atomic(), place, head).commit();
      });
    },
  };
}

function headsOf({ kind, tenant }: Shelf): Deno.KvKey {
  return [...ROOT, kind, tenant, "head"];
}

function headOf(place: Place): Deno.KvKey {
  return [...headsOf(place), place.id];
}

function partsOf(
  { kind, tenant, id }: Place,
  { parts }: Pick<Head, "parts">,
): Deno.KvKey[] {
  return Array.from(
    { length: parts },
    (_, i) => [...ROOT, kind, tenant, "part", id, i],
  );
}

/** Adds a text to a step. */
function keep(
  step: Deno.AtomicOperation,
  place: Place,
  stored: string,
  until: number,
): Deno.AtomicOperation {
  const bytes = new TextEncoder().encode(stored);
  const head: Head = {
    parts: Math.ceil(bytes.length / PART),
    size: bytes.length,
    until,
  };
  const expireIn = Math.max(1, until - Date.now());
  step.set(headOf(place), head, { expireIn });
  for (const [i, key] of partsOf(place, head).entries()) {
    step.set(key, bytes.slice(i * PART, (i + 1) * PART), { expireIn });
  }
  return step;
}

/** Adds the removal of a text to a step. */
function erase(
  step: Deno.AtomicOperation,
  place: Place,
  head: Head,
): Deno.AtomicOperation {
  step.delete(headOf(place));
  for (const key of partsOf(place, head)) step.delete(key);
  return step;
}

/** Finds a text that has not expired. */
async function find(
  database: Deno.Kv,
  place: Place,
): Promise<Found | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const head = await database.get<Head>(headOf(place));
    if (head.value === null || head.value.until <= Date.now()) {
      return undefined;
    }
    const entries = await database.getMany<Uint8Array[]>(
      partsOf(place, head.value),
    );
    // One step writes a text, so head and parts have the same version.
    const isWhole = entries.every(({ versionstamp }) =>
      versionstamp === head.versionstamp
    );
    if (!isWhole) continue;
    const bytes = new Uint8Array(head.value.size);
    for (const [i, { value }] of entries.entries()) {
      bytes.set(value!, i * PART);
    }
    return { head, stored: new TextDecoder().decode(bytes) };
  }
  throw busy();
}

function busy(): StoreError {
  return new StoreError(
    `Deno KV, where ${WHAT} are kept, is busy: other processes change the same entry. Try again`,
  );
}
