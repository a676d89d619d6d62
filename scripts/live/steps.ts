/**
 * Steps of the writes: each is carried out, and none ends the run.
 *
 * @module
 */
import { QontakError, UnreachableError } from "../../src/errors.ts";
import { toStderr } from "../../src/logging/log.ts";
import { isObject, type JsonObject } from "../../src/values/json.ts";
import { NotTried } from "./fact.ts";
import { type Lab, ToolRefusal } from "./lab.ts";
import { reasonOf } from "./ledger.ts";
import { Stopped } from "./wire.ts";

/** How one step went. */
export interface StepRow {
  readonly step: string;
  readonly result: "worked" | "failed" | "not tried";
  /** What became of the values, or why it failed; no personal data. */
  readonly detail: string;
}

/** One step; what it returns stands in the report. */
export interface Step {
  readonly name: string;
  readonly run: (lab: Lab) => Promise<string>;
}

/**
 * Carries out steps. One that fails does not end the run.
 *
 * @param lab The lab.
 * @param steps The steps.
 */
export async function carryOut(
  lab: Lab,
  steps: readonly Step[],
): Promise<StepRow[]> {
  const rows: StepRow[] = [];
  for (const { name, run } of steps) {
    let row: StepRow;
    try {
      row = { step: name, result: "worked", detail: await run(lab) };
    } catch (error) {
      row = { step: name, ...failure(error) };
    }
    toStderr(`${name}: ${row.result}${row.detail && `, ${row.detail}`}`);
    rows.push(row);
  }
  return rows;
}

function failure(error: unknown): Pick<StepRow, "result" | "detail"> {
  if (error instanceof NotTried || error instanceof Stopped) {
    return { result: "not tried", detail: error.message };
  }
  if (error instanceof ToolRefusal) {
    return { result: "failed", detail: error.message };
  }
  if (error instanceof QontakError || error instanceof UnreachableError) {
    return { result: "failed", detail: reasonOf(error) };
  }
  throw error;
}

/**
 * What a tool for writes says became of the values: keys only.
 *
 * @param data The answer of the tool.
 */
export function outcome(data: JsonObject): string {
  const parts = ["ignored", "stored_differently", "not_shown"].flatMap(
    (name) => {
      const entries = data[name];
      if (!Array.isArray(entries) || entries.length === 0) return [];
      const keys = entries.map((entry) =>
        isObject(entry) ? String(entry.key) : String(entry)
      );
      return [`${name}: ${keys.join(", ")}`];
    },
  );
  const applied = Array.isArray(data.applied) ? data.applied.length : 0;
  return [`${applied} applied`, ...parts].join("; ");
}
