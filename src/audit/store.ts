/**
 * The interface of stores for audit records.
 *
 * @module
 */
import { type Rule, whole } from "../values/rules.ts";
import { StoreError } from "../errors.ts";
import { isSealed, type Sealer } from "../storage/sealing.ts";
import { parseJson } from "../values/json.ts";
import { type AuditRecord, isAuditRecord } from "./record.ts";

/** A store of audit records, which keeps them for a limited time. */
export interface AuditStore {
  /** The name of the store in messages. */
  readonly name: string;
  /**
   * Saves the record of a write before it is sent. Does nothing if a record
   * with its id exists.
   *
   * @throws {StoreError} When the store fails.
   */
  begin(record: AuditRecord): Promise<void>;
  /**
   * Replaces a record when its outcome is known.
   *
   * @throws {StoreError} When the store fails.
   */
  end(record: AuditRecord): Promise<void>;
  /**
   * Lists the records, newest first; undefined for each record that cannot be
   * opened.
   *
   * @throws {StoreError} When the store fails.
   */
  list(): AsyncIterable<AuditRecord | undefined>;
  /**
   * Finds records that are unsealed although there is a key.
   *
   * @param isApplied Whether to seal them; otherwise they are only counted.
   * @returns How many were found.
   * @throws {StoreError} When the store fails.
   */
  seal?(isApplied: boolean): Promise<number>;
  /** Closes the connections. */
  close?(): Promise<void>;
}

/** Settings common to all stores of audit records. */
export interface AuditStoreOptions {
  /** How long to keep a record, in days. */
  readonly days: number;
  /** Seals the records. Without it, records are stored unsealed. */
  readonly sealer?: Sealer;
}

/** The allowed retention periods, in days. */
export const keptDays: Rule<number> = whole(1, 3_650);

/** A day, in ms. */
export const DAY: number = 24 * 60 * 60 * 1000;

/** Converts between records and stored texts. */
export interface Codec {
  /** Converts a record to text. */
  write(record: AuditRecord): Promise<string>;
  /** Seals an unsealed text; undefined if it is already sealed. */
  seal(text: string, id: string): Promise<string | undefined>;
  /** Converts a text to a record; undefined if it cannot be opened. */
  read(text: string, id: string): Promise<AuditRecord | undefined>;
}

/**
 * Makes the codec, which seals texts if there is a key. The seal includes the
 * id, so a record stored under another id does not open.
 *
 * @param sealer Seals the texts.
 */
export function createCodec(sealer: Sealer): Codec {
  const boundTo = (id: string) => `audit ${id}`;
  return {
    write: (record) => sealer.seal(JSON.stringify(record), boundTo(record.id)),
    seal: async (text, id) =>
      isSealed(text) ? undefined : await sealer.seal(text, boundTo(id)),
    async read(text, id) {
      try {
        const record = parseJson(await sealer.open(text, boundTo(id)));
        return isAuditRecord(record) && record.id === id ? record : undefined;
      } catch (error) {
        if (error instanceof StoreError) return undefined;
        throw error;
      }
    },
  };
}
