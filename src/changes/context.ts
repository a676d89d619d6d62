/**
 * What a change works with.
 *
 * @module
 */
import type { Scope } from "../auth/principal.ts";
import type { Setup } from "../fields/setup.ts";
import type { Crm } from "../qontak/crm.ts";
import type { Creating } from "./creating.ts";
import type { History } from "./history.ts";
import type { FewAtOnce } from "./few_at_once.ts";
import type { Plans } from "./plans.ts";
import type { Runs } from "./runs.ts";
import type { Records } from "../snapshots/records.ts";
import type { FindCandidates } from "../snapshots/same_index.ts";

/** One company's CRM, for the duration of one call. */
export interface ChangeContext {
  /** The company's CRM. */
  readonly crm: Crm;
  /** How the company has configured its CRM. */
  readonly setup: Setup;
  /** Reads all records of one kind. */
  readonly records: Records;
  /** The plans of this caller for this company. */
  readonly plans: Plans;
  /** The history of this company's changes. */
  readonly history: History;
  /** The runs of many changes of this company. */
  readonly runs: Runs;
  /** The creates of this company that are under way on this server. */
  readonly creating: Creating;
  /** Does what holds many records in memory, for this company a few at once. */
  readonly fewAtOnce: FewAtOnce;
  /** Whether changes may be carried out by a plan only. */
  readonly mustHavePlan: boolean;
  /** Searches many new records among those that exist; see `find_same.ts`. */
  readonly findCandidates?: FindCandidates | undefined;
  /** Whether this server has a tool. */
  readonly hasTool: (name: string) => boolean;
  /** What the caller may do. */
  readonly scopes: readonly Scope[];
  /** Whether the caller may see what records hold. */
  readonly mayRead: boolean;
  /** Whether the free text of records is withheld. */
  readonly isStrict: boolean;
  /**
   * Words an error for a note in an answer: its sentence, with the advice on it.
   * An unexpected error is logged, and its message is not shown.
   */
  readonly explain: (error: unknown) => string;
  /** Tells the client what the call does, if it asked. */
  readonly tell?: ((message: string) => void) | undefined;
  /** Fires when the client cancels. */
  readonly signal: AbortSignal;
}
