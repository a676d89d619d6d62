/**
 * Where audit records are kept.
 *
 * @module
 */
import { type Rule, whole } from "../values/rules.ts";
import { StoreError } from "../errors.ts";
import { isSealed, type Sealer } from "../storage/sealing.ts";
import type { AuditRecord } from "./record.ts";

/** A place for audit records, which keeps them for some time. */
export interface AuditStore {
  /** What it is called in messages. */
  readonly name: string;
  /**
   * Keeps a record of a write that is about to be sent; does nothing where
   * there is one with its id already.
   *
   * @throws {StoreError} When the store is out of order.
   */
  begin(record: AuditRecord): Promise<void>;
  /**
   * Keeps a record whose outcome is known, in the place of the one before.
   *
   * @throws {StoreError} When the store is out of order.
   */
  end(record: AuditRecord): Promise<void>;
  /**
   * What is kept, the newest first; undefined for each record that cannot be
   * opened.
   *
   * @throws {StoreError} When the store is out of order.
   */
  list(): AsyncIterable<AuditRecord | undefined>;
  /**
   * Looks for records that are not sealed, though there is a key.
   *
   * @param isApplied Whether they are sealed; otherwise they are only counted.
   * @returns How many there were.
   * @throws {StoreError} When the store is out of order.
   */
  seal?(isApplied: boolean): Promise<number>;
  /** Ends its connections. */
  close?(): Promise<void>;
}

/** Settings that all stores of audit records share. */
export interface AuditStoreOptions {
  /** How long a record is kept, in days. */
  readonly days: number;
  /** Seals the records; they are kept open when left out. */
  readonly sealer?: Sealer;
}

/** How long records may be kept, in days. */
export const keptDays: Rule<number> = whole(1, 3_650);

/** A day, in ms. */
export const DAY: number = 24 * 60 * 60 * 1000;

/** Records as the texts that are kept. */
export interface Codec {
  /** The text of a record. */
  write(record: AuditRecord): Promise<string>;
  /** Seals a text that is not sealed; undefined for one that is. */
  seal(text: string, id: string): Promise<string | undefined>;
  /** The record of a text; undefined where it cannot be opened. */
  read(text: string, id: string): Promise<AuditRecord | undefined>;
}

/**
 * Makes texts of records, sealed where there is a key. The id is part of what
 * is sealed: a record put in the place of another does not open.
 *
 * @param sealer Seals them.
 */
export function createCodec(sealer: Sealer): Codec {
  const boundTo = (id: string) => `audit ${id}`;
  return {
    write: (record) => sealer.seal(JSON.stringify(record), boundTo(record.id)),
    seal: async (text, id) =>
      isSealed(text) ? undefined : await sealer.seal(text, boundTo(id)),
    async read(text, id) {
      try {
        return JSON.parse(await sealer.open(text, boundTo(id)));
      } catch (error) {
        if (error instanceof StoreError || error instanceof SyntaxError) {
          return undefined;
        }
        throw error;
      }
    },
  };
}
