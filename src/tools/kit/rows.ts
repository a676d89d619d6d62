/**
 * The rows of lists: records in short, and once what a filter makes the same in
 * each.
 *
 * @module
 */
import { presentRecords } from "../../fields/present.ts";
import { labelsFor, missingLabels, showRecord } from "../../fields/shown.ts";
import { argumentOf, nameKeyOf } from "../../qontak/resources.ts";
import type { JsonObject } from "../../values/json.ts";
import { createPauses } from "../../values/turns.ts";
import type { ToolContext } from "../tool.ts";
import { selectedKeys } from "./selected_keys.ts";
import type { ToolTraits } from "./tool_traits.ts";

/**
 * After how many records other calls get a turn. A page has fewer, unless Qontak
 * sends more than it was asked for.
 */
const STEP = 250;

/** The rows of a list, and further keys of the answer. */
export interface Rows {
  /** The rows. */
  readonly shown: JsonObject[];
  /** Further keys of the answer. */
  readonly extra: JsonObject;
}

/**
 * Writes records as the rows of a list.
 *
 * @param context The company's setup.
 * @param traits What is special about the records.
 * @param args The arguments of the call.
 * @param records What Qontak sent.
 */
export async function presentRows(
  { setup, explain }: ToolContext,
  { resource, summary }: Pick<ToolTraits, "resource" | "summary">,
  args: JsonObject,
  records: readonly JsonObject[],
): Promise<Rows> {
  const fields = await selectedKeys(setup, resource, args.fields, records);
  const { shown, extra } = presentRecords(records, fields, summary);
  const labels = await labelsFor(setup, resource, shown);
  const rows: JsonObject[] = [];
  const pause = createPauses();
  for (let at = 0; at < shown.length; at += STEP) {
    if (at > 0) await pause();
    for (const record of shown.slice(at, at + STEP)) {
      rows.push(showRecord(record, labels, fields));
    }
  }
  const asked = new Set(fields?.map((key) => argumentOf(resource, key)));
  const fixed = Object.keys(args)
    .flatMap((name) => [name, nameKeyOf(name)])
    .filter((key) => key !== undefined && nameOrId(key) && !asked.has(key));
  const { short, same } = withoutSame(rows, fixed as string[]);
  return {
    shown: short,
    extra: {
      ...extra,
      ...missingLabels(labels, explain),
      ...(Object.keys(same).length > 0 ? { same_for_all: same } : {}),
    },
  };
}

/** Whether a filter by this argument makes its key the same in each row. */
function nameOrId(key: string): boolean {
  return key.endsWith("_id") || key.endsWith("_name");
}

/** Takes out of rows what is the same in each of them. */
function withoutSame(
  rows: readonly JsonObject[],
  keys: readonly string[],
): { readonly short: JsonObject[]; readonly same: JsonObject } {
  const [first, ...others] = rows;
  if (!first || others.length === 0) return { short: [...rows], same: {} };
  const same = Object.fromEntries(
    keys.filter((key) =>
      key in first &&
      others.every((row) =>
        JSON.stringify(row[key]) === JSON.stringify(first[key])
      )
    ).map((key) => [key, first[key]]),
  );
  if (Object.keys(same).length === 0) return { short: [...rows], same };
  const short = rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([key]) => !(key in same)))
  );
  return { short, same };
}
