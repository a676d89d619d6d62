/**
 * What is recorded of a write: who had what sent to Qontak, and what became of
 * it.
 *
 * @module
 */
import {
  CredentialsError,
  QontakError,
  StoreError,
  UnreachableError,
} from "../errors.ts";
import { type Endpoint, nameOf } from "../qontak/endpoints.ts";
import { isFateUnknown } from "../qontak/envelope.ts";

/**
 * What became of a write. "done": Qontak said yes. "refused": Qontak said no.
 * "failed": it certainly did not arrive. "unknown": everything else, also
 * that this program ended before the answer came.
 */
export type Outcome = "unknown" | "done" | "refused" | "failed";

/** The record of one write; the keys are those of the JSON that is kept. */
export interface AuditRecord {
  /** Names the record. Sorted by it, records stand in the order of time. */
  readonly id: string;
  /** When it was sent, as ISO 8601. */
  readonly time: string;
  /** The company. */
  readonly tenant: string;
  /** Who called, such as `static key 1`, or how: `stdio`, `loopback`. */
  readonly principal: string;
  /** The tool that was called. */
  readonly tool: string;
  /** Method and path, ids left out. */
  readonly endpoint: string;
  /** The id of the record in Qontak; null where it is not known. */
  readonly record: number | null;
  /** The body's keys, with their values or hashes of them. */
  readonly sent: Readonly<Record<string, unknown>>;
  /** What became of it. */
  readonly outcome: Outcome;
  /** What Qontak refused it with, or failed with. */
  readonly status?: number;
  /** How long it took until the outcome was known, in ms. */
  readonly ms?: number;
}

/** How many ids this process has made. */
let count = 0;

/**
 * Makes the id of a record: the time, and what tells records of the same
 * millisecond apart.
 *
 * @param time When, in ms since 1970.
 */
export function makeId(time: number): string {
  const nth = (count++ % 0x10000).toString(16).padStart(4, "0");
  const random = crypto.randomUUID().slice(0, 8);
  return `${firstIdOf(time)}-${nth}${random}`;
}

/**
 * What the ids of a time and of all later ones come after.
 *
 * @param time When, in ms since 1970.
 */
export function firstIdOf(time: number): string {
  return new Date(time).toISOString().replace(/[-:.]/g, "");
}

/**
 * What a failed call of Qontak says of the write.
 *
 * @param endpoint The endpoint that was called.
 * @param error What the call threw.
 */
export function outcomeOf(
  endpoint: Endpoint,
  error: unknown,
): Pick<AuditRecord, "outcome" | "status"> {
  if (error instanceof CredentialsError || error instanceof StoreError) {
    return { outcome: "failed" };
  }
  if (!(error instanceof QontakError || error instanceof UnreachableError)) {
    return { outcome: "unknown" };
  }
  // The request for a token failed: the write itself was not carried out.
  if (error.endpoint !== nameOf(endpoint)) return { outcome: "failed" };
  const isUnknown = isFateUnknown(endpoint, error);
  if (error instanceof UnreachableError) {
    return { outcome: isUnknown ? "unknown" : "failed" };
  }
  const { status } = error;
  return { outcome: isUnknown ? "unknown" : "refused", status };
}
