/**
 * The moves of deals between stages, as records that a question can be about.
 *
 * @module
 */
import { peopleIn } from "../fields/shown.ts";
import { isEmpty, isObject, type JsonObject, toId } from "../values/json.ts";
import { fold } from "../values/words.ts";
import type { Zone } from "../values/zone.ts";
import type { Kind, QueryField, Subject } from "./subject.ts";
import { stateOptions, statesOf } from "./derived.ts";
import { DAY, toEpoch } from "./moments.ts";
import type { Table } from "./table.ts";

/** The kind of record that a move is. */
export const STAGE_MOVE: Kind = {
  name: "stage_move",
  plural: "stage_moves",
  place: null,
  arguments: {},
  endpoints: { create: { body: {} }, update: { body: {} } },
  shows: {
    deal_id: "line",
    from: "line",
    to: "line",
    moved_date: "line",
    moved_by: "line",
    until: "line",
  },
};

/**
 * Reads the moves of one deal.
 *
 * @param deal The id of the deal.
 * @param history Its stage history, as Qontak sends it.
 * @param zone The time zone for days without a time.
 * @returns The moves, oldest first. `until` is when the next one follows.
 */
export function movesOf(
  deal: number,
  history: readonly JsonObject[],
  zone: Zone,
): JsonObject[] {
  const at = (move: JsonObject) => toEpoch(move.moved_date, zone) ?? 0;
  const sorted = history.toSorted((a, b) => at(a) - at(b));
  return sorted.map((
    { prev_stage, current_stage, moved_date, moved_by },
    i,
  ) => ({
    deal_id: deal,
    from: nameOf(prev_stage),
    to: nameOf(current_stage),
    moved_date,
    moved_by: nameOf(moved_by),
    until: sorted[i + 1]?.moved_date,
  }));
}

/** The name of a stage or person, which is sent alone or with its id. */
function nameOf(value: unknown): unknown {
  return isObject(value) ? value.name : value;
}

/** Whole days from one date to another; undefined without both. */
function daysBetween(
  from: number | undefined,
  to: number | undefined,
): number | undefined {
  return from === undefined || to === undefined
    ? undefined
    : Math.max(0, Math.floor((to - from) / DAY));
}

/**
 * How long a deal stayed in the stage of each move.
 *
 * @param table The moves.
 * @param now The current time, in ms since 1970.
 * @param zone The time zone for days without a time.
 */
export function daysAfterMove(
  table: Table,
  now: number,
  zone: Zone,
): QueryField {
  const value = (row: number) => {
    const until = table.value(row, "until");
    return daysBetween(
      toEpoch(table.value(row, "moved_date"), zone),
      isEmpty(until) ? now : toEpoch(until, zone),
    );
  };
  return field(
    value,
    "how long the deal was in `to`: until its next move, or until now",
  );
}

/**
 * How long deals have been in their stages.
 *
 * @param deals The deals.
 * @param moves Their moves.
 * @param now The current time, in ms since 1970.
 * @param zone The time zone for days without a time.
 */
export function daysInStage(
  deals: Table,
  moves: Table,
  now: number,
  zone: Zone,
): QueryField {
  const since = new Map<unknown, number>();
  for (const row of moves.rows()) {
    const deal = moves.value(row, "deal_id");
    const at = toEpoch(moves.value(row, "moved_date"), zone);
    if (at !== undefined) since.set(deal, Math.max(at, since.get(deal) ?? at));
  }
  return field(
    (row) => daysBetween(since.get(deals.value(row, "id")), now),
    "days since the deal's last move to another stage",
  );
}

function field(value: QueryField["value"], rule: string): QueryField {
  return {
    name: "days_in_stage",
    called: "days_in_stage",
    kind: "number",
    value,
    shown: value,
    rule,
  };
}

/** What states are of stages, for answers. */
const STATE_RULE =
  "won and lost: the win probability of the stage that the deal moved to is 100 % or 0 %; open: any other";

/**
 * The stages of moves as fields whose values are checked, and the state of a
 * deal after each move. Stages of several pipelines share names; a deal's own
 * pipeline says which is meant.
 *
 * @param moves The moves.
 * @param deals Their deals.
 */
export function stageFields(
  moves: Table,
  deals: Subject,
): Readonly<Record<string, QueryField>> {
  const { stages, table } = deals;
  const byName = Map.groupBy(stages, ({ name }) => fold(name));
  const states = statesOf(stages, true);
  const stageIn = (row: number, column: string) => {
    const name = moves.value(row, column);
    if (typeof name !== "string") return undefined;
    const named = byName.get(fold(name)) ?? [];
    if (named.length < 2) return named[0];
    const deal = table.rowOf(toId(moves.value(row, "deal_id")) ?? 0);
    const pipeline = deal === undefined
      ? null
      : toId(table.value(deal, "crm_pipeline_id"));
    return named.find((stage) => stage.pipeline === pipeline) ?? named[0];
  };
  const stageField = (column: string): QueryField => ({
    name: column,
    called: column,
    kind: "option",
    options: stages,
    // A stage may be gone, or have another name now.
    value: (row) => stageIn(row, column)?.id ?? moves.value(row, column),
    shown: (row) => moves.value(row, column),
  });
  const people = peopleIn(deals.fields)[0]?.options ?? [];
  const idOf = new Map(people.map(({ id, name }) => [fold(name), id]));
  const mover = (row: number) => moves.value(row, "moved_by");
  const state = (row: number) => {
    const id = stageIn(row, "to")?.id;
    return states.get(String(id)) ?? "open";
  };
  return {
    from: stageField("from"),
    to: stageField("to"),
    moved_by: {
      name: "moved_by",
      called: "moved_by",
      kind: "option",
      people: true,
      options: people,
      // Qontak sends only the name; a user may be gone, or have another now.
      value: (row) => idOf.get(fold(String(mover(row)))) ?? mover(row),
      shown: mover,
    },
    to_state: {
      name: "to_state",
      called: "to_state",
      kind: "text",
      options: stateOptions(states.values(), true),
      value: state,
      shown: state,
      rule: STATE_RULE,
    },
  };
}
