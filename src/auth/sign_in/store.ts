/**
 * What signing in keeps: clients, sign-ins under way, codes, sessions and
 * accounts, as small texts that expire. A store of plans and changes can keep
 * them.
 *
 * @module
 */
import { isObject, parseJson } from "../../values/json.ts";

/** Where one text is kept. */
export interface Place {
  /** What is kept. */
  readonly kind: string;
  /** The account, or {@linkcode ALL}. */
  readonly tenant: string;
  /** The id. */
  readonly id: string;
}

/**
 * A store of texts that expire. It keeps a limited number of each kind; those
 * that expire first are removed first. Every function throws StoreError when
 * the store fails.
 */
export interface SignInStore {
  /** Keeps a text for `lifetime` ms, in place of the one that is there. */
  put(place: Place, text: string, lifetime: number): Promise<void>;
  /** Reads a text; undefined if there is none. */
  get(place: Place): Promise<string | undefined>;
  /** Reads a text and removes it. Of several callers, one gets it. */
  take(place: Place): Promise<string | undefined>;
  /** Replaces a text if it is still the same; says whether it did. */
  replace(place: Place, from: string, to: string): Promise<boolean>;
  /** Lists the texts of a kind and account. */
  list(
    shelf: Omit<Place, "id">,
    most: number,
  ): Promise<readonly { readonly id: string; readonly text: string }[]>;
  /** Removes a text, if it is there. */
  remove(place: Place): Promise<void>;
  /** Closes the connections. */
  close?(): Promise<void>;
}

/** The shelf of records that belong to no account. */
export const ALL = "all";

/** The records of one kind. */
export interface Records<T> {
  /** Keeps a record. */
  put(id: string, record: T, lifetime: number, tenant?: string): Promise<void>;
  /** Reads a record. */
  get(id: string, tenant?: string): Promise<T | undefined>;
  /** Reads a record and removes it. */
  take(id: string, tenant?: string): Promise<T | undefined>;
  /**
   * Changes a record until nobody else changes it at the same time.
   *
   * @param change Gives the new record; undefined leaves it as it is.
   * @returns The new record; undefined if it was left, or there is none.
   */
  change(
    id: string,
    tenant: string,
    change: (record: T) => T | undefined,
  ): Promise<T | undefined>;
  /** Lists the records of an account. */
  list(most: number, tenant?: string): Promise<readonly T[]>;
  /** Removes a record. */
  remove(id: string, tenant?: string): Promise<void>;
}

/** How many times a record is changed while others change it too. */
const TRIES = 20;

/**
 * Makes the access to the records of one kind. Only this program writes them,
 * and the store seals them, so their shape is not checked again.
 *
 * @param store The store.
 * @param kind The kind.
 */
export function recordsOf<T extends object>(
  store: SignInStore,
  kind: string,
): Records<T> {
  const at = (id: string, tenant = ALL): Place => ({
    kind: `sign-in-${kind}`,
    tenant,
    id,
  });
  const read = (text: string | undefined) => {
    const value = parseJson(text ?? "");
    return isObject(value) ? value as unknown as T : undefined;
  };
  return {
    put: (id, record, lifetime, tenant) =>
      store.put(at(id, tenant), JSON.stringify(record), lifetime),
    get: async (id, tenant) => read(await store.get(at(id, tenant))),
    take: async (id, tenant) => read(await store.take(at(id, tenant))),
    async change(id, tenant, change) {
      const place = at(id, tenant);
      for (let tries = 0; tries < TRIES; tries++) {
        const text = await store.get(place);
        const record = read(text);
        const changed = record && change(record);
        if (text === undefined || !changed) return undefined;
        if (await store.replace(place, text, JSON.stringify(changed))) {
          return changed;
        }
      }
      return undefined;
    },
    async list(most, tenant) {
      const { kind, tenant: shelf } = at("", tenant);
      const all = await store.list({ kind, tenant: shelf }, most);
      return all.map(({ text }) => read(text)).filter((one) =>
        one !== undefined
      );
    },
    remove: (id, tenant) => store.remove(at(id, tenant)),
  };
}
