/**
 * Brings a table of records up to date without reading everything again.
 *
 * @module
 */
import { isObject, type JsonObject, toId } from "../values/json.ts";
import { changedAt, type PageSize, type ReadPage } from "./read.ts";
import { customColumn, type Table } from "./table.ts";

/** How many pages of changes are read before everything is read again. */
const MAX_NEWS = 20;

/** The page size when reading changes. */
const NEWS_SIZE = 100;

/**
 * Reads what has changed from a list that has the newest changes first: page
 * after page, until one holds nothing new.
 *
 * @param table The records.
 * @param since The newest change at the last reading of the list. Records that
 * were changed later may be known, because they were written through this
 * server; the pages continue to that change.
 * @param options How to read pages.
 * @returns The newest change; undefined if everything must be read again, such
 * as when the records are not as many as Qontak counts.
 */
export async function readNews(
  table: Table,
  since: number,
  { readPage, pageSize, signal }: {
    readonly readPage: ReadPage;
    readonly pageSize: PageSize | undefined;
    readonly signal: AbortSignal;
  },
): Promise<number | undefined> {
  // Replaced values stay in memory until everything is read again.
  if (table.replaced > table.size) return undefined;
  const size = Math.min(NEWS_SIZE, pageSize?.size ?? NEWS_SIZE);
  let newest = since;
  for (let page = 1; page <= MAX_NEWS; page++) {
    const { records, total } = await readPage(page, size, signal);
    if (page === 1) newest = changedAt(records[0] ?? {});
    let isNews = changedAt(records.at(-1) ?? {}) > since;
    for (const record of records) {
      const id = toId(record.id);
      if (id === null) return undefined;
      const row = table.rowOf(id);
      const known = row === undefined
        ? NaN
        : changedAt({ updated_at: table.value(row, "updated_at") });
      if (known !== changedAt(record)) isNews = true;
      table.put(id, record);
    }
    if (!isNews) return total === table.size ? newest : undefined;
  }
  return undefined;
}

/**
 * Reads records again that were written through this server.
 *
 * @param table The records.
 * @param touched Their ids; each is removed when its record was read.
 * @param readOne Reads one record; undefined if it no longer exists.
 * @param signal Ends the reading.
 */
export async function readTouched(
  table: Table,
  touched: Set<number>,
  readOne: (id: number, signal: AbortSignal) => Promise<JsonObject | undefined>,
  signal: AbortSignal,
): Promise<void> {
  for (const id of [...touched]) {
    // Removed first: a write during the read marks it again.
    touched.delete(id);
    try {
      const record = await readOne(id, signal);
      if (record) table.put(id, asListed(record, table));
      else table.remove(id);
    } catch (error) {
      touched.add(id);
      throw error;
    }
  }
}

/**
 * A record that was read alone, without the keys and custom fields that the list
 * does not show: the other records have them too, but here they would seem
 * empty.
 */
function asListed(record: JsonObject, table: Table): JsonObject {
  const isListed = (entry: unknown): boolean => {
    const id = isObject(entry) ? toId(entry.id) : null;
    return id !== null && table.shows(customColumn(id, "value"));
  };
  return Object.fromEntries(
    Object.entries(record).filter(([key]) => table.shows(key)).map((
      [key, value],
    ) => [
      key,
      key === "additional_fields" && Array.isArray(value)
        ? value.filter(isListed)
        : value,
    ]),
  );
}
