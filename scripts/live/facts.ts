/**
 * Every fact that Qontak's documents leave open, and the runner of the probes.
 *
 * @module
 */
import { toStderr } from "../../src/logging/log.ts";
import { findingOf, type Phase, type Probe } from "./fact.ts";
import { accessFacts } from "./facts/access.ts";
import { listFacts } from "./facts/lists.ts";
import { requiredFacts } from "./facts/required.ts";
import { shapeFacts } from "./facts/shapes.ts";
import { valueFacts } from "./facts/values.ts";
import { workFacts } from "./facts/work.ts";
import type { Lab } from "./lab.ts";

/** Every fact, in the order of the report. */
export const facts = [
  accessFacts,
  listFacts,
  shapeFacts,
  requiredFacts,
  valueFacts,
  workFacts,
].flatMap((group) =>
  Object.entries(group).map(([id, fact]) => ({ id, ...fact }))
);

/** What a run found out about a fact. */
export interface Verdict {
  readonly verdict: "as assumed" | "otherwise" | "not tried";
  /** What was seen, or why nothing was seen; no personal data. */
  readonly detail: string;
}

/** Runs the probes of a phase, and adds the verdicts by the facts' ids. */
export async function probe(
  lab: Lab,
  phase: Phase,
  verdicts: Map<string, Verdict>,
): Promise<void> {
  for (const { id, ...fact } of facts) {
    const check = (fact as Partial<Record<Phase, Probe>>)[phase];
    if (!check) continue;
    // A look at the log needs no requests.
    const [holds, detail = ""] = await findingOf(lab, check, phase !== "log");
    const verdict = holds === undefined
      ? "not tried"
      : holds
      ? "as assumed"
      : "otherwise";
    verdicts.set(id, { verdict, detail });
    toStderr(`${id}: ${verdict}`);
  }
}
