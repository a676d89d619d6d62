/**
 * Finds other records with the phone number of a write. Qontak does not detect
 * the same number in another form.
 *
 * @module
 */
import { QontakError, UnreachableError } from "../errors.ts";
import { deadline } from "../net/deadline.ts";
import type { Resource } from "../qontak/resources.ts";
import {
  findByPhone,
  PHONE_KEY,
  PHONE_QUERY,
} from "../snapshots/find_by_phone.ts";
import { type JsonObject, show, toId } from "../values/json.ts";
import { isSamePhone, phonesOf } from "../values/phone.ts";
import type { ChangeContext } from "./context.ts";

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
  context: ChangeContext,
  resource: Resource,
  { written, body, previous }: Done,
): Promise<string[]> {
  const typed = body[PHONE_KEY];
  if (typeof typed !== "string") return [];
  if (!resource.endpoints.list.query.includes(PHONE_QUERY)) return [];
  const had = phonesOf(previous?.[PHONE_KEY]);
  if (had.some((one) => isSamePhone(one, typed))) return [];
  using limit = deadline(TIMEOUT, context.signal);
  const search = { ...context, signal: limit.signal };
  let records: readonly JsonObject[];
  try {
    ({ records } =
      await findByPhone(search, resource, typed, { maxRequests: 1 }) ??
        { records: [] });
  } catch (error) {
    // The search failed, but the write succeeded.
    if (error instanceof QontakError || error instanceof UnreachableError) {
      return [];
    }
    throw error;
  }
  const found = records.flatMap((record) => {
    const id = toId(record.id);
    const form = phonesOf(record[PHONE_KEY])
      .find((one) => isSamePhone(one, typed));
    return form === undefined || id === null || id === written
      ? []
      : [`${id} (${form === typed ? "typed alike" : show(form)})`];
  });
  if (found.length === 0) return [];
  const named = found.slice(0, NAMED).join(", ");
  const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : "";
  return [
    `${PHONE_KEY} ${
      show(typed)
    } was stored as typed. The same number belongs to ${
      found.length === 1 ? resource.name : resource.plural
    } ${named}${more}: check for a duplicate`,
  ];
}
