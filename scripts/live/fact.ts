/**
 * A fact that Qontak's documents leave open: what this project assumes, the
 * one place in the code that does, and how the live test finds out.
 *
 * @module
 */
import type { Lab } from "./lab.ts";

/** How sure a fact is after the run. */
export type Verdict = "as assumed" | "otherwise" | "not tried";

/** What a probe found. */
export interface Finding {
  readonly verdict: Verdict;
  /** What was seen, or why nothing was; holds no personal data. */
  readonly detail: string;
}

/**
 * When a probe can run: on what the reads brought, with our own records in
 * place, once everything else is done and only the log is looked at, or after
 * the cleaning up, since it may end the run's access.
 */
export type Phase = "read" | "write" | "log" | "last";

/** A fact. */
export interface Fact {
  /** Its name in the report. */
  readonly id: string;
  readonly question: string;
  /** What the code takes for true. */
  readonly assumed: string;
  /** The one place that does: `src/fields/required.ts: requirementOf`. */
  readonly code: string;
  /** How it is found out. */
  readonly how: string;
  readonly phase: Phase;
  /** Finds out. Throws {@linkcode NotTried} where it cannot. */
  readonly probe: (lab: Lab) => Finding | Promise<Finding>;
}

/** Nothing can be said of a fact; the message is why. */
export class NotTried extends Error {
  override readonly name = "NotTried";
}

/** The assumption holds. */
export function asAssumed(detail = ""): Finding {
  return { verdict: "as assumed", detail };
}

/** The assumption does not hold. */
export function otherwise(detail: string): Finding {
  return { verdict: "otherwise", detail };
}

/** The assumption holds or not, and this was seen. */
export function judged(holds: boolean, detail: string): Finding {
  return holds ? asAssumed(detail) : otherwise(detail);
}
