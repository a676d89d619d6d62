/**
 * The interface of stores for what changes need later: plans, and what records
 * were before.
 *
 * @module
 */
import { StoreError } from "../errors.ts";
import { createSealer, type Sealer } from "../storage/sealing.ts";
import { type Rule, whole } from "../values/rules.ts";

/** What a record of the store belongs to. */
export interface Shelf {
  /** What is kept, such as `plan`. */
  readonly kind: string;
  /** The tenant. */
  readonly tenant: string;
}

/** Where one record is kept. */
export interface Place extends Shelf {
  /** The id. Ids of a shelf that is listed sort by time. */
  readonly id: string;
}

/** A record of the store. */
export interface Kept {
  /** The id. */
  readonly id: string;
  /** The text. */
  readonly text: string;
}

/**
 * A store of small texts that expire. It keeps a limited number of them on each
 * shelf; those that expire first are removed first.
 */
export interface ChangeStore {
  /** The name of the store in messages. */
  readonly name: string;
  /** Whether what it keeps outlives the process. */
  isLasting(): Promise<boolean>;
  /**
   * Keeps a text, in place of the one that is there.
   *
   * @param place Where.
   * @param text At most {@linkcode MAX_TEXT} bytes.
   * @param lifetime How long, in ms.
   * @throws {StoreError} When the store fails, or the text is too large.
   */
  put(place: Place, text: string, lifetime: number): Promise<void>;
  /**
   * Reads a text.
   *
   * @returns The text; undefined if there is none, or it cannot be opened.
   * @throws {StoreError} When the store fails.
   */
  get(place: Place): Promise<string | undefined>;
  /**
   * Reads a text and removes it. Of several callers, one gets it.
   *
   * @returns As {@linkcode get}.
   * @throws {StoreError} When the store fails.
   */
  take(place: Place): Promise<string | undefined>;
  /**
   * Replaces a text if it is still the same. It expires when it would have.
   *
   * @returns Whether it was replaced.
   * @throws {StoreError} When the store fails, or the text is too large.
   */
  replace(place: Place, from: string, to: string): Promise<boolean>;
  /**
   * Lists a shelf, newest first, without texts that cannot be opened.
   *
   * @param shelf The shelf.
   * @param most How many to return.
   * @throws {StoreError} When the store fails.
   */
  list(shelf: Shelf, most: number): Promise<readonly Kept[]>;
  /**
   * Removes a text, if it is there.
   *
   * @throws {StoreError} When the store fails.
   */
  remove(place: Place): Promise<void>;
  /** Closes the connections. */
  close?(): Promise<void>;
}

/** What a server does with changes. */
export interface ChangeOptions {
  /**
   * Where plans and changes are kept; in memory by default. Its creator closes it, after
   * the server.
   */
  readonly store?: ChangeStore;
  /**
   * For how many days what records were before changes is kept, so that the
   * changes can be taken back; 0 keeps nothing.
   *
   * @default {30}
   */
  readonly undoDays?: number;
}

/** The stores that answer at once. */
const prompt = new WeakSet<ChangeStore>();

/**
 * Notes that a store always answers at once, since it keeps texts in the memory
 * of this process. A copy of it with other functions may not.
 *
 * @param store The store.
 * @returns The same.
 */
export function answersAtOnce<S extends ChangeStore>(store: S): S {
  prompt.add(store);
  return store;
}

/** Whether a store always answers at once, so that it needs no time limit. */
export function isPrompt(store: ChangeStore): boolean {
  return prompt.has(store);
}

/** Settings common to the stores. */
export interface ChangeStoreOptions {
  /** Seals the texts. Without it, they are stored unsealed. */
  readonly sealer?: Sealer;
  /**
   * How many texts to keep on a shelf.
   *
   * @default {10000}
   */
  readonly most?: number;
  /**
   * How many bytes of texts to keep on a shelf.
   *
   * @default {67108864}
   */
  readonly mostBytes?: number;
}

/** The default number of texts on a shelf. */
export const MOST = 10_000;

/** The default number of bytes of texts on a shelf. */
export const MOST_BYTES: number = 64 * 1024 * 1024;

/** The maximum size of a text, in bytes. */
export const MAX_TEXT: number = 384 * 1024;

/** What is stored, for messages. */
export const WHAT = "plans and changes";

const encoder = new TextEncoder();

/** Where texts are encoded to be measured. Most are smaller. */
const scratch = new Uint8Array(64 * 1024);

/** The size of a text, in bytes. */
export function sizeOf(text: string): number {
  const { read, written } = encoder.encodeInto(text, scratch);
  return read === text.length ? written : encoder.encode(text).length;
}

/**
 * Refuses a text that is too large.
 *
 * @returns Its size, in bytes.
 * @throws {StoreError} When it is.
 */
export function checkSize(text: string): number {
  const size = text.length <= MAX_TEXT ? sizeOf(text) : Infinity;
  if (size <= MAX_TEXT) return size;
  throw new StoreError(
    `A change is too large to keep: it has more than ${MAX_TEXT} bytes`,
  );
}

/** Converts between texts and what is stored. */
export interface Codec {
  /** Seals a text. */
  write(place: Place, text: string): Promise<string>;
  /** Opens a text; undefined if it cannot be opened. */
  read(place: Place, stored: string): Promise<string | undefined>;
}

/**
 * Makes the codec, which seals texts if there is a key. The seal includes the
 * place, so a text that is moved to another place does not open.
 *
 * @param sealer Seals the texts.
 */
export function createCodec(sealer: Sealer = createSealer([])): Codec {
  const boundTo = ({ kind, tenant, id }: Place) =>
    `change ${kind} ${tenant} ${id}`;
  return {
    write(place, text) {
      checkSize(text);
      return sealer.seal(text, boundTo(place));
    },
    async read(place, stored) {
      try {
        return await sealer.open(stored, boundTo(place));
      } catch (error) {
        if (error instanceof StoreError) return undefined;
        throw error;
      }
    },
  };
}

/** How many days changes are kept by default. */
export const UNDO_DAYS = 30;

/** For how many days changes may be kept. */
export const undoDays: Rule<number> = whole(0, 365);
