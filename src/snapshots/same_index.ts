/**
 * An index of records by phone number, e-mail address and name, for many
 * records that do not exist yet.
 *
 * @module
 */
import type { JsonObject } from "../values/json.ts";
import { type Compared, marksOf, reader } from "./likely_same.ts";
import type { Table } from "./table.ts";
import { inTurns } from "../values/turns.ts";

/** Finds the records that share a mark with one that does not exist yet. */
type Find = (body: JsonObject) => JsonObject[];

/**
 * Finds the records of a table that may be the same as one that does not exist
 * yet, with their ids and compared keys.
 */
export type FindCandidates = (
  table: Table,
  compared: Compared,
  body: JsonObject,
) => Promise<JsonObject[]>;

/**
 * Makes a search that compares all records once, and again only when they have
 * changed.
 *
 * @param signal Ends the search.
 */
export function createSameIndex(signal: AbortSignal): FindCandidates {
  let made:
    | Pick<Table, "size" | "replaced"> & { table: Table; find: Promise<Find> }
    | undefined;
  return async (table, compared, body) => {
    const { size, replaced } = table;
    if (
      made?.table !== table || made.size !== size || made.replaced !== replaced
    ) {
      const find = inTurns({
        // The index is used after others may have changed the table.
        of: table.copy(),
        copy: (copied) => copied,
        steps: (copied) => indexSteps(copied, compared),
        signal,
      });
      made = { table, size, replaced, find };
    }
    return (await made.find)(body);
  };
}

function* indexSteps(table: Table, compared: Compared): Generator<void, Find> {
  const read = reader(table, compared);
  const id = table.column("id");
  const rows = [...table.rows()];
  const places = new Map<string, number[]>();
  for (const [place, row] of rows.entries()) {
    for (const { by, key } of marksOf(read(row), compared)) {
      const mark = `${by} ${key}`;
      const sharing = places.get(mark);
      if (sharing) sharing.push(place);
      else places.set(mark, [place]);
    }
    yield;
  }
  return (body) => {
    const found = new Set(
      marksOf(body, compared).flatMap(({ by, key }) =>
        places.get(`${by} ${key}`) ?? []
      ),
    );
    return [...found].sort((a, b) => a - b).map((place) => {
      const row = rows[place]!;
      return { id: id?.values[id.code(row)], ...read(row) };
    });
  };
}
