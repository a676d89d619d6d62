/**
 * Every fact that Qontak's documents leave open, and the runner of the probes.
 *
 * @module
 */
import { toStderr } from "../../src/logging/log.ts";
import type { Fact, Phase } from "./fact.ts";
import { accessFacts } from "./facts/access.ts";
import { listFacts } from "./facts/lists.ts";
import { ownerFacts } from "./facts/owner.ts";
import { requiredFacts } from "./facts/required.ts";
import { shapeFacts } from "./facts/shapes.ts";
import { templateFacts } from "./facts/templates.ts";
import { valueFacts } from "./facts/values.ts";
import { workFacts } from "./facts/work.ts";
import type { Lab } from "./lab.ts";
import { type Finding, NotTried, resultOf } from "./verdict.ts";

/** Every fact, in the order of the report. */
export const facts: readonly Fact[] = [
  ...accessFacts,
  ...listFacts,
  ...templateFacts,
  ...shapeFacts,
  ...requiredFacts,
  ...ownerFacts,
  ...valueFacts,
  ...workFacts,
];

/**
 * Runs the probes of a phase.
 *
 * @param lab The lab.
 * @param phase The phase.
 * @param findings Receives the results, by the fact's id.
 */
export async function probe(
  lab: Lab,
  phase: Phase,
  findings: Map<string, Finding>,
): Promise<void> {
  for (const fact of facts) {
    if (fact.phase !== phase) continue;
    let finding: Finding;
    try {
      const { stopped } = lab.wire;
      if (phase !== "log" && stopped !== undefined) throw new NotTried(stopped);
      finding = await fact.probe(lab);
    } catch (error) {
      finding = { verdict: "not tried", detail: resultOf(error).why };
    }
    findings.set(fact.id, finding);
    toStderr(`${fact.id}: ${finding.verdict}`);
  }
}
