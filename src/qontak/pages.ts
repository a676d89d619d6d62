/**
 * The position of a page in its list, as far as Qontak reports it.
 *
 * @module
 */
import { type JsonObject, toId } from "../values/json.ts";

/**
 * The position of a page in its list, with the same names for all resources.
 * Values that Qontak does not report, or that contradict its own records, are
 * omitted.
 */
export interface Page {
  /** This page, counted from 1. */
  readonly page?: number;
  /** How many pages there are. */
  readonly total_page?: number;
  /** The total number of records. */
  readonly total_data?: number;
}

/**
 * Reads the position of a page. Products use `current_page`, all others `page`.
 * Notes, pipelines and some other lists have no pages.
 *
 * @param body An answer from Qontak.
 * @returns The position; undefined if the answer does not mention pages.
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

/**
 * Reads a count, which may come as text. An impossible count is treated as
 * unknown.
 */
function toCount(value: unknown, least: number): number | undefined {
  const count = toId(value);
  return count !== null && count >= least ? count : undefined;
}

/** A page that was read. */
export interface PageRead {
  /** The number of the requested page. */
  readonly page: number;
  /** The requested number of records; undefined if Qontak decides. */
  readonly perPage: number | undefined;
  /** How many records were returned. */
  readonly count: number;
}

/**
 * Whether a page is the last one. If the counts are missing, or lower than the
 * number of records, every full page is followed by another request.
 *
 * @param read The page that was read.
 * @param said The position that Qontak reports.
 */
export function isLastPage(
  { page, perPage, count }: PageRead,
  { total_page, total_data }: Page = {},
): boolean {
  if (count === 0) return total_page === undefined || page >= total_page;
  const isFull = perPage === undefined || count >= perPage;
  if (total_page !== undefined) {
    if (page < total_page) return false;
    // Without a requested size, only total_page can decide.
    return perPage === undefined || total_data === undefined || !isFull ||
      page * perPage >= total_data;
  }
  if (total_data === undefined) return !isFull;
  // Qontak may use a smaller page size than requested; the number of returned
  // records shows it.
  return page * count >= total_data ||
    (perPage !== undefined && (page - 1) * perPage + count === total_data);
}
