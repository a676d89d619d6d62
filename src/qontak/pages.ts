/**
 * Where a page stands in its list, as far as Qontak says.
 *
 * @module
 */
import { type JsonObject, toId } from "../values/json.ts";

/**
 * Where a page stands in its list, in one vocabulary. What Qontak does not say,
 * or says in a way that its own records contradict, is left out.
 */
export interface Page {
  /** This page, counted from 1. */
  readonly page?: number;
  /** How many pages there are. */
  readonly total_page?: number;
  /** How many records there are in all. */
  readonly total_data?: number;
}

/**
 * Reads where a page stands. Products count in `current_page`, all others in
 * `page`. Notes, pipelines and the like have no pages.
 *
 * @param body An answer of Qontak's.
 * @returns Undefined where it says nothing of pages.
 */
export function readPage(body: JsonObject): Page | undefined {
  const { response } = body;
  const here = Array.isArray(response) ? response.length : 0;
  const page = toCount(body.page ?? body.current_page, 1);
  const total_page = toCount(body.total_page, here > 0 ? 1 : 0);
  const total_data = toCount(body.total_data, here);
  const known = {
    ...(page === undefined ? {} : { page }),
    ...(total_page === undefined ? {} : { total_page }),
    ...(total_data === undefined ? {} : { total_data }),
  };
  return Object.keys(known).length === 0 ? undefined : known;
}

/** A count; digits may come as text. One that cannot be is not known. */
function toCount(value: unknown, least: number): number | undefined {
  const count = toId(value);
  return count !== null && count >= least ? count : undefined;
}

/** A page that was read. */
export interface PageRead {
  /** Which page was asked for. */
  readonly page: number;
  /** How many records were asked for; undefined where Qontak decides. */
  readonly perPage: number | undefined;
  /** How many records came. */
  readonly count: number;
}

/**
 * Whether no page follows. Where the counts are missing, or end before the
 * records do, a full page always leads to the next.
 *
 * @param read The page that was read.
 * @param said Where it stands, as far as Qontak says.
 */
export function isLastPage(
  { page, perPage, count }: PageRead,
  { total_page, total_data }: Page = {},
): boolean {
  if (count === 0) return total_page === undefined || page >= total_page;
  const isFull = perPage === undefined || count >= perPage;
  if (total_page !== undefined) {
    if (page < total_page) return false;
    // Without a size that was asked for, it is the only count there is.
    return perPage === undefined || total_data === undefined || !isFull ||
      page * perPage >= total_data;
  }
  if (total_data === undefined) return !isFull;
  // Qontak may give fewer than were asked for: what came shows how many.
  return page * count >= total_data ||
    (perPage !== undefined && (page - 1) * perPage + count === total_data);
}
