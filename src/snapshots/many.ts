/**
 * Reads the records of several kinds for one answer. A kind that cannot be read
 * is named, and the others are used.
 *
 * @module
 */
import { ForeseenError } from "../errors.ts";
import type { Resource } from "../qontak/resources.ts";
import type { JsonObject } from "../values/json.ts";
import type { Found, Records } from "./records.ts";
import type { Snapshot } from "./entry.ts";

/**
 * Says that records could only be read in part.
 *
 * @param partial How many were read, and of how many.
 * @param plural The records in the plural.
 */
export function tellPartial(
  { read, total }: NonNullable<Snapshot["partial"]>,
  plural: string,
): string {
  return `${read} of ${
    total ?? "an unknown number of"
  } ${plural} could be read in the time of one call. What was read is kept: call again to continue`;
}

/** The records of several kinds. */
export interface Many {
  /**
   * The records by the name of the kind, in the order of the kinds. A kind that
   * could not be read is missing.
   */
  readonly found: ReadonlyMap<string, Found>;
  /** What is missing, as sentences. */
  readonly missing: readonly string[];
  /** What an answer says about the reading. */
  readonly read: JsonObject;
}

/**
 * Reads the records of several kinds at the same time.
 *
 * @param records The company's records.
 * @param kinds The kinds.
 * @param signal Ends the wait.
 * @throws What reading the first kind threw, if none can be read.
 */
export async function readMany(
  records: Records,
  kinds: readonly Resource[],
  signal: AbortSignal,
): Promise<Many> {
  const results = await Promise.allSettled(
    kinds.map((kind) => records.all(kind)),
  );
  signal.throwIfAborted();
  const found = new Map<string, Found>();
  const missing: string[] = [];
  kinds.forEach(({ name, plural }, i) => {
    const result = results[i]!;
    if (result.status === "fulfilled") {
      found.set(name, result.value);
      const { partial } = result.value.snapshot;
      if (partial) missing.push(tellPartial(partial, plural));
      return;
    }
    const { reason } = result;
    if (!(reason instanceof ForeseenError)) throw reason;
    missing.push(`${plural} could not be read: ${reason.message}`);
  });
  if (found.size === 0) throw (results[0] as PromiseRejectedResult).reason;
  const snapshots = [...found.values()].map(({ snapshot }) => snapshot);
  return {
    found,
    missing,
    read: {
      as_of: new Date(Math.min(...snapshots.map(({ asOf }) => asOf)))
        .toISOString(),
      records_read: snapshots.reduce((sum, { table }) => sum + table.size, 0),
      ...(missing.length > 0 ? { incomplete: missing.join("; ") } : {}),
    },
  };
}
