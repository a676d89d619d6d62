/**
 * Compares what callers were told about their writes with the data in Qontak.
 *
 * @module
 */
import type { Fate, Made } from "./calls.ts";
import type { Kept } from "./upstream.ts";

/** The result of the comparison. */
export interface Compared {
  /** How many writes were acknowledged, refused, or of unknown outcome. */
  readonly told: Readonly<Record<Fate, number>>;
  /** How many writes of unknown outcome were carried out. */
  readonly carriedOut: number;
  /** Acknowledged, but missing. */
  readonly lost: string[];
  /** Refused, but carried out. */
  readonly uncalled: string[];
  /** Carried out more than once. */
  readonly twice: string[];
}

/**
 * Compares callers' answers with the data in Qontak.
 *
 * @param made What callers were told.
 * @param keptBy The data of each company in Qontak.
 */
export function compare(
  made: readonly Made[],
  keptBy: ReadonlyMap<string, Kept>,
): Compared {
  const told = { done: 0, unknown: 0, "not done": 0 };
  const lost: string[] = [], uncalled: string[] = [], twice: string[] = [];
  let carriedOut = 0;
  const judge = (fate: Fate, times: number, what: string) => {
    told[fate]++;
    if (times > 1) twice.push(`${what}: ${times} times`);
    if (fate === "done" && times === 0) lost.push(what);
    if (fate === "not done" && times > 0) uncalled.push(what);
    if (fate === "unknown") carriedOut += times;
  };
  for (const [tenant, { records, writes }] of keptBy) {
    const byName = Map.groupBy(records, ({ name }) => name);
    for (const one of made) {
      if (one.tenant !== tenant) continue;
      const found = byName.get(one.name) ?? [];
      if (found.length > 1) {
        twice.push(`${one.name}: there ${found.length} times`);
      }
      judge(one.made, writes[one.name] ?? 0, `making ${one.name}`);
      for (const { website, fate } of one.changes) {
        judge(fate, writes[website] ?? 0, `changing to ${website}`);
      }
      if (one.made !== "done") continue;
      const gone = found.length === 0 ? 1 : 0;
      if (one.deleted) judge(one.deleted, gone, `deleting ${one.name}`);
      else if (gone) lost.push(one.name);
      // The record holds the last acknowledged change, or a later one.
      const last = one.changes.findLastIndex(({ fate }) => fate === "done");
      const standing = found[0]?.website;
      if (
        last >= 0 && found.length > 0 && one.changes.slice(last).every((
          { website },
        ) => website !== standing)
      ) lost.push(`${one.changes[last]!.website} of ${one.name}`);
    }
  }
  return { told, carriedOut, lost, uncalled, twice };
}
