/**
 * Finds other records with the phone number of a write. Qontak stores numbers
 * as they were typed, and searches for them only in that form, so it does not
 * detect the same number in another form.
 *
 * @module
 */
import { QontakError, UnreachableError } from "../errors.ts";
import { deadline } from "../net/deadline.ts";
import type { Resource } from "../qontak/resources.ts";
import { isObject, type JsonObject, show, toId } from "../values/json.ts";
import { isSamePhone, phoneKey, phonesOf } from "../values/phone.ts";
import type { ChangeContext } from "./context.ts";

/** The key of bodies and records that holds phone numbers. */
const KEY = "telephone";

/** The query parameter that searches for part of a number. */
const QUERY = "phone";

/**
 * How many of the last digits are searched for. In nearly every format, people
 * write these without a separator.
 */
const LAST = 4;

/** How many records are checked. */
const MOST = 100;

/**
 * How long the search may take, in ms. The write is done and must be reported.
 */
const TIMEOUT = 5_000;

/** How many of the found records are named. */
const NAMED = 5;

/** A completed write. */
interface Done {
  /** The record's id. */
  readonly written: number;
  /** What was sent. */
  readonly body: JsonObject;
  /** The record before an update. */
  readonly previous: JsonObject | undefined;
}

/**
 * Searches for other records with the phone number that was written, in one
 * request.
 *
 * @param context The company's CRM.
 * @param resource The kind of record.
 * @param done The write.
 * @returns One note for each record, or a single note for many; none if the
 * record already had the number, or if the list cannot be read.
 */
export async function noteSamePhone(
  { crm, signal }: ChangeContext,
  resource: Resource,
  { written, body, previous }: Done,
): Promise<string[]> {
  const { list } = resource.endpoints;
  const typed = body[KEY];
  const key = typeof typed === "string" ? phoneKey(typed) : undefined;
  if (typeof typed !== "string" || key === undefined) return [];
  if (!list.query.includes(QUERY)) return [];
  const had = phonesOf(previous?.[KEY]);
  if (had.some((one) => isSamePhone(one, typed))) return [];
  using limit = deadline(TIMEOUT, signal);
  let records: JsonObject[];
  try {
    const { response } = await crm.call(list, {
      query: { [QUERY]: key.slice(-LAST), per_page: MOST },
      signal: limit.signal,
    });
    records = Array.isArray(response) ? response.filter(isObject) : [];
  } catch (error) {
    // The search failed, but the write succeeded.
    if (error instanceof QontakError || error instanceof UnreachableError) {
      return [];
    }
    throw error;
  }
  const found = records.flatMap((record) => {
    const id = toId(record.id);
    const form = phonesOf(record[KEY]).find((one) => isSamePhone(one, typed));
    return form === undefined || id === null || id === written
      ? []
      : [`${id} (${form === typed ? "typed alike" : show(form)})`];
  });
  if (found.length === 0) return [];
  const named = found.slice(0, NAMED).join(", ");
  const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : "";
  return [
    `${KEY} ${show(typed)} was stored as typed. The same number belongs to ${
      found.length === 1 ? resource.name : resource.plural
    } ${named}${more}: a search by phone finds only the stored form, so check for a duplicate`,
  ];
}
