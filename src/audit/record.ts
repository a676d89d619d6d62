/**
 * The audit record of a write: who made it, what was sent to Qontak, and the
 * outcome.
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
import { isObject } from "../values/json.ts";

/**
 * The outcome of a write. "done": Qontak accepted it. "refused": Qontak
 * rejected it. "failed": it certainly did not arrive. "unknown": anything else,
 * including that this program ended before the answer came.
 */
export type Outcome = "unknown" | "done" | "refused" | "failed";

/** The record of one write, with the keys of the stored JSON. */
export interface AuditRecord {
  /** The id of the record. Sorting by id sorts by time. */
  readonly id: string;
  /** When the write was sent, in ISO 8601. */
  readonly time: string;
  /** The tenant. */
  readonly tenant: string;
  /**
   * The caller, such as `static key 1`, or the transport: `stdio`, `loopback`.
   */
  readonly principal: string;
  /** The called tool. */
  readonly tool: string;
  /** The id of the plan that the call carried out, if it had one. */
  readonly plan?: string;
  /** The id of the run of many changes that it is part of, if it is. */
  readonly run?: string;
  /** The id with which the change can be taken back, if it is kept. */
  readonly undo?: string;
  /** The method and path, without ids. */
  readonly endpoint: string;
  /** The id of the record in Qontak; null if unknown. */
  readonly record: number | null;
  /** The keys of the body, with their values or hashes of the values. */
  readonly sent: Readonly<Record<string, unknown>>;
  /** The outcome. */
  readonly outcome: Outcome;
  /** The HTTP status of Qontak's refusal or failure. */
  readonly status?: number;
  /** The time until the outcome was known, in ms. */
  readonly ms?: number;
}

/** The outcomes of writes. */
const OUTCOMES: readonly unknown[] = [
  "unknown",
  "done",
  "refused",
  "failed",
] satisfies Outcome[];

/** The keys whose values are texts, and those that a record may lack. */
const TEXTS = ["id", "tenant", "principal", "tool", "endpoint"] as const;
const FURTHER_TEXTS = ["plan", "run", "undo"] as const;
const FURTHER_NUMBERS = ["status", "ms"] as const;

/**
 * Whether a value is an audit record: who can write to a store can put anything
 * there.
 *
 * @param value Any JSON.
 */
export function isAuditRecord(value: unknown): value is AuditRecord {
  if (!isObject(value)) return false;
  const { time, record, sent, outcome } = value;
  const isTextOrAbsent = (key: string) =>
    value[key] === undefined || typeof value[key] === "string";
  const isNumberOrAbsent = (key: string) =>
    value[key] === undefined || typeof value[key] === "number";
  return TEXTS.every((key) => typeof value[key] === "string") &&
    FURTHER_TEXTS.every(isTextOrAbsent) &&
    FURTHER_NUMBERS.every(isNumberOrAbsent) &&
    typeof time === "string" && !Number.isNaN(Date.parse(time)) &&
    (record === null || typeof record === "number") &&
    isObject(sent) && OUTCOMES.includes(outcome);
}

/** How many ids this process has created. */
let count = 0;

/**
 * Creates a record id: the time, and a part that distinguishes records of the
 * same millisecond.
 *
 * @param time The time, in ms since 1970.
 */
export function makeId(time: number): string {
  const nth = (count++ % 0x10000).toString(16).padStart(4, "0");
  const random = crypto.randomUUID().slice(0, 8);
  return `${firstIdOf(time)}-${nth}${random}`;
}

/** Whether a text has the form of an id that {@linkcode makeId} makes. */
export function isId(text: string): boolean {
  return /^\d{8}T\d{9}Z-[\da-f]{12}$/.test(text);
}

/**
 * Returns a text that sorts before all ids of a time and later.
 *
 * @param time The time, in ms since 1970.
 */
export function firstIdOf(time: number): string {
  return new Date(time).toISOString().replace(/[-:.]/g, "");
}

/**
 * Derives the outcome of a write from a failed call.
 *
 * @param endpoint The called endpoint.
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
  // The token request failed, so the write was not sent.
  if (error.endpoint !== nameOf(endpoint)) return { outcome: "failed" };
  const isUnknown = isFateUnknown(endpoint, error);
  if (error instanceof UnreachableError) {
    return { outcome: isUnknown ? "unknown" : "failed" };
  }
  const { status } = error;
  return { outcome: isUnknown ? "unknown" : "refused", status };
}
