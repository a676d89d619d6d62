/**
 * What answers say about the records that they were made from.
 *
 * @module
 */
import type { Snapshot } from "../../snapshots/entry.ts";
import type { JsonObject } from "../../values/json.ts";

/**
 * Says when the records were read, how many, and whether they are exactly those
 * that Qontak has.
 *
 * @param snapshot The records.
 * @param plural Their plural name.
 */
export function describeReading(
  { table, asOf, counted, partial }: Snapshot,
  plural: string,
): JsonObject {
  return {
    as_of: new Date(asOf).toISOString(),
    records_read: partial ? partial.read : table.size,
    ...(partial
      ? {
        incomplete: `${partial.read} of ${
          partial.total ?? "an unknown number of"
        } ${plural} could be read in the time of one call, and nothing was computed. What was read is kept: call again to continue`,
      }
      : {}),
    ...(counted === undefined ? {} : {
      inexact:
        `The list of ${plural} changed while it was read: ${table.size} were found, and Qontak counted ${counted} at the end`,
    }),
  };
}
