/**
 * Says how far a run has come.
 *
 * @module
 */
import { isObject, type JsonObject } from "../values/json.ts";
import type { ChangeContext } from "./context.ts";
import type { Row, RowState, Run } from "./runs.ts";

/** The maximum size of what is said of single rows, in characters. */
const MOST = 9_000;

/** The maximum length of what is said of one row, in characters. */
const MOST_OF_ROW = 400;

/** The size of a list in an answer. */
export function sizeOf(value: unknown): number {
  return JSON.stringify(value).length;
}

/**
 * Keeps the first entries of a list that fit.
 *
 * @param list The list.
 * @param most The maximum size, in characters.
 */
export function fitting<T>(list: readonly T[], most: number): T[] {
  let size = 0;
  const end = list.findIndex((one) => (size += sizeOf(one) + 1) > most);
  return end === -1 ? [...list] : list.slice(0, end);
}

/**
 * Shortens numbers of rows: those that follow each other are written as `3-7`.
 *
 * @param numbers The numbers.
 */
export function rangesOf(numbers: readonly number[]): (number | string)[] {
  const ranges: [number, number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) =>
    first === last ? first : `${first}-${last}`
  );
}

/**
 * Says how the rows of a run ended, and how it continues.
 *
 * @param context The company's runs.
 * @param run The run.
 * @param rows Its rows.
 * @param call Why rows could not be sent for now, and the rows whose outcome the
 * store failed to keep, by their numbers.
 */
export async function reportRun(
  { runs }: ChangeContext,
  run: Run,
  rows: readonly Row[],
  { skipped, unkept }: {
    readonly skipped: ReadonlyMap<number, string>;
    readonly unkept: ReadonlyMap<number, unknown>;
  },
): Promise<JsonObject> {
  const lost = run.count - rows.length;
  const of = (state: RowState) => rows.filter((row) => row.state === state);
  const unknown = [...of("begun"), ...of("unknown")];
  const [done, failed, left] = [of("done"), of("failed"), of("not_started")];
  const problems = [
    ...failed.map((row) => say(row, `failed: ${row.problem}`)),
    ...unknown.map((row) =>
      say(row, `unknown: ${row.problem ?? "another call sends it now"}`)
    ),
    ...left.filter(({ row }) => skipped.has(row))
      .map((row) => say(row, `not started: ${skipped.get(row.row)}`)),
    ...done.filter(({ problem }) => problem)
      .map((row) => say(row, `done: ${row.problem}`)),
  ];
  const shown = fitting(problems, MOST);
  const isCreate = run.act === "create";
  const differing = ["ignored", "stored_differently"].map((key) =>
    [
      key,
      fitting(done.flatMap((row) => differencesIn(row, key)), 1_000),
    ] as const
  ).filter(([, list]) => list.length > 0);
  const notes = [
    ...(left.length > 0
      ? [
        `${left.length} rows have not started: call change_records with run ${run.id} to continue`,
      ]
      : []),
    ...(unknown.length > 0
      ? ["Rows of unknown outcome are not sent again: read their records first"]
      : []),
    ...(unkept.size > 0
      ? [
        `The store failed to keep how rows ${
          rangesOf([...unkept.keys()]).join(", ")
        } ended. A call with run ${run.id} reads their records, and does not send them again`,
      ]
      : []),
    ...(lost > 0
      ? [
        `${lost} rows are no longer kept by the store; their outcome is not known`,
      ]
      : []),
    ...(shown.length < problems.length
      ? [`${problems.length - shown.length} more rows are only named by number`]
      : []),
  ];
  const canUndo = done.some(({ undo }) => undo);
  const lasts = await runs.isLasting();
  return {
    run: run.id,
    count: run.count,
    done: done.length,
    failed: failed.length,
    unknown: unknown.length + lost,
    not_started: left.length,
    ...(failed.length > 0
      ? { failed_rows: rangesOf(failed.map(({ row }) => row)) }
      : {}),
    ...(unknown.length > 0
      ? { unknown_rows: rangesOf(unknown.map(({ row }) => row)) }
      : {}),
    ...(isCreate ? madeBy(run, done) : {}),
    ...Object.fromEntries(differing),
    ...(shown.length > 0 ? { problems: shown } : {}),
    ...(notes.length > 0 ? { notes } : {}),
    ...(canUndo ? { undo: run.id } : {}),
    ...(canUndo && !lasts ? { undo_lasts: "until this server ends" } : {}),
  };
}

/** The ids of new records; of those that came back, by the ids they had. */
function madeBy({ does }: Run, done: readonly Row[]): JsonObject {
  if (does === "change") return { ids: done.map(({ id }) => id ?? null) };
  const pairs = done.flatMap(({ args: { record }, id }) =>
    typeof record === "number" ? [[record, id ?? null]] : []
  );
  return { new_ids: Object.fromEntries(pairs) };
}

function say({ row, id, sending }: Row, what: string): string {
  const named = id === undefined
    ? ""
    : ` (${sending?.kind.replaceAll("_", " ") ?? "id"} ${id})`;
  const text = `row ${row}${named} ${what}`;
  return text.length > MOST_OF_ROW ? `${text.slice(0, MOST_OF_ROW)}…` : text;
}

function differencesIn({ row, id, differences }: Row, key: string) {
  const list = differences?.[key];
  return Array.isArray(list)
    ? list.filter(isObject).map((one) => ({ row, id, ...one }))
    : [];
}
