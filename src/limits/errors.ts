/**
 * A request that was not sent because of a limit of our own.
 *
 * @module
 */

/** Why a request was not sent. */
export type LimitReason = "limited" | "suspended";

const REASONS: Readonly<Record<LimitReason, string>> = {
  limited: "Too many requests at once",
  suspended: "The last requests had no answer, so that none is sent for now",
};

/**
 * A request may not be sent now. Nothing of it was.
 *
 * @example Saying how long to wait
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LimitError } from "@qontak/mcp";
 *
 * const error = new LimitError("limited", 3_200);
 * assertEquals(error.seconds, 4);
 * ```
 */
export class LimitError extends Error {
  /** Tells this error from others. */
  override readonly name = "LimitError";
  /**
   * "limited" where there are too many requests, "suspended" where the last
   * ones had no answer.
   */
  readonly reason: LimitReason;
  /** How long to wait, in whole seconds; 1 at least. */
  readonly seconds: number;

  /**
   * Makes the error.
   *
   * @param reason Why.
   * @param wait How long to wait, in ms.
   * @param words What is said of the reason; what usually holds when left out.
   */
  constructor(
    reason: LimitReason,
    wait: number,
    words: string = REASONS[reason],
  ) {
    const seconds = Math.max(1, Math.ceil(wait / 1_000));
    super(`${words}: wait ${seconds} s, then try again`);
    this.reason = reason;
    this.seconds = seconds;
  }
}
