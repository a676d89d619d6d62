/**
 * The two ways a call to Qontak fails: Qontak said no, or Qontak was not
 * reached.
 *
 * @module
 */

/** What {@linkcode QontakError} carries beside its sentence. */
export interface QontakErrorDetails {
  /** Method and path of the endpoint, ids left out. */
  readonly endpoint: string;
  /** `meta.status` where the answer has one, the HTTP status otherwise. */
  readonly status: number;
  /** What Qontak itself wrote, or an empty string. */
  readonly said: string;
  /** OAuth's `error`, such as `invalid_grant`; only from the token endpoint. */
  readonly code?: string;
  /** How many seconds Qontak asks to wait, from `Retry-After`. */
  readonly retryAfter?: number;
}

/**
 * Qontak answered, and the answer is no.
 *
 * @example Telling a missing record from other refusals
 * ```ts
 * import { assert } from "@std/assert";
 * import { QontakError } from "@qontak/mcp";
 *
 * const error = new QontakError("No deal has the id 7", {
 *   endpoint: "GET /deals/:id",
 *   status: 404,
 *   said: "Couldn't find record with that ID",
 * });
 * assert(error.status === 404);
 * ```
 */
export class QontakError extends Error implements QontakErrorDetails {
  /** Tells this error from others. */
  override readonly name = "QontakError";
  readonly endpoint: string;
  readonly status: number;
  readonly said: string;
  readonly code?: string;
  readonly retryAfter?: number;

  /**
   * Makes the error.
   *
   * @param message A sentence that says what failed and what to do.
   * @param details What Qontak answered, and to which endpoint.
   */
  constructor(message: string, details: QontakErrorDetails) {
    super(message);
    this.endpoint = details.endpoint;
    this.status = details.status;
    this.said = details.said;
    if (details.code !== undefined) this.code = details.code;
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
  }
}

/** Why no answer of Qontak's could be read. */
export type UnreachableReason =
  | "network"
  | "timeout"
  | "cancelled"
  | "unreadable"
  | "redirected"
  | "limited"
  | "suspended";

/** What {@linkcode UnreachableError} carries beside its sentence. */
export interface UnreachableErrorDetails {
  /** Method and path of the endpoint, ids left out. */
  readonly endpoint: string;
  /**
   * Why no answer could be read; "limited" where the server's own limits, and
   * "suspended" where failures before it kept the request from being sent.
   */
  readonly reason: UnreachableReason;
  /** Whether Qontak may have carried out the request all the same. */
  readonly mayHaveArrived: boolean;
  /** How many seconds to wait, where the request was kept from being sent. */
  readonly retryAfter?: number;
}

/**
 * Qontak was not reached, or what came back is not an answer of its API.
 *
 * @example Asking whether a write may have happened
 * ```ts
 * import { assert } from "@std/assert";
 * import { UnreachableError } from "@qontak/mcp";
 *
 * const error = new UnreachableError("Qontak did not answer within 30000 ms", {
 *   endpoint: "POST /deals",
 *   reason: "timeout",
 *   mayHaveArrived: true,
 * });
 * assert(error.mayHaveArrived);
 * ```
 */
export class UnreachableError extends Error implements UnreachableErrorDetails {
  /** Tells this error from others. */
  override readonly name = "UnreachableError";
  readonly endpoint: string;
  readonly reason: UnreachableReason;
  readonly mayHaveArrived: boolean;
  readonly retryAfter?: number;

  /**
   * Makes the error.
   *
   * @param message A sentence that says what failed and what to do.
   * @param details Which endpoint, why, and whether it may have arrived.
   */
  constructor(message: string, details: UnreachableErrorDetails) {
    super(message);
    this.endpoint = details.endpoint;
    this.reason = details.reason;
    this.mayHaveArrived = details.mayHaveArrived;
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
  }
}
