/**
 * Every fact that Qontak's documents leave open, and how the probes are run.
 *
 * @module
 */
import { QontakError, UnreachableError } from "../../src/errors.ts";
import { toStderr } from "../../src/logging/log.ts";
import { type Fact, type Finding, NotTried, type Phase } from "./fact.ts";
import { accessFacts } from "./facts/access.ts";
import { listFacts } from "./facts/lists.ts";
import { ownerFacts } from "./facts/owner.ts";
import { requiredFacts } from "./facts/required.ts";
import { shapeFacts } from "./facts/shapes.ts";
import { templateFacts } from "./facts/templates.ts";
import { valueFacts } from "./facts/values.ts";
import { workFacts } from "./facts/work.ts";
import { type Lab, ToolRefusal } from "./lab.ts";
import { reasonOf } from "./ledger.ts";
import { Stopped } from "./wire.ts";

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
 * @param phase Which probes.
 * @param findings Where what they find is put, by the fact's id.
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
      if (phase !== "log" && lab.wire.stopped !== undefined) {
        throw new NotTried(lab.wire.stopped);
      }
      finding = await fact.probe(lab);
    } catch (error) {
      finding = { verdict: "not tried", detail: whyNot(error) };
    }
    findings.set(fact.id, finding);
    toStderr(`${fact.id}: ${finding.verdict}`);
  }
}

function whyNot(error: unknown): string {
  if (error instanceof NotTried || error instanceof Stopped) {
    return error.message;
  }
  if (error instanceof ToolRefusal) return error.message;
  if (error instanceof QontakError || error instanceof UnreachableError) {
    return `${error.endpoint}: ${reasonOf(error)}`;
  }
  throw error;
}
