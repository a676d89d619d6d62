/**
 * Finds the records with a phone number, however they store it. Qontak stores
 * numbers as they were typed, and searches for them only in that form.
 *
 * @module
 */
import type { Crm } from "../qontak/crm.ts";
import type { Resource } from "../qontak/resources.ts";
import { isObject, type JsonObject, toId } from "../values/json.ts";
import {
  isSamePhone,
  phoneForms,
  phoneKey,
  phonesOf,
} from "../values/phone.ts";
import type { Records } from "./records.ts";

/** The key of bodies and records that holds phone numbers. */
export const PHONE_KEY = "telephone";

/** The query parameter that searches for part of a number. */
export const PHONE_QUERY = "phone";

/**
 * How many of the last digits are searched for. In nearly every format, people
 * write these without a separator.
 */
const LAST = 4;

/** The page size of a search. */
const SIZE = 100;

/** How many pages with the last digits of the number are read. */
const MAX_PAGES = 2;

/** What a search works with. */
export interface PhoneContext {
  /** The company's CRM. */
  readonly crm: Crm;
  /** The records that were read before. */
  readonly records: Records;
  /** Ends the search. */
  readonly signal: AbortSignal;
}

/** How to search. */
export interface PhoneSearch {
  /** Further query parameters. */
  readonly query?: Readonly<Record<string, string | number>>;
  /** The maximum number of requests; at most six are needed. */
  readonly maxRequests?: number;
}

/** The records with a number. */
export interface FoundByPhone {
  /** The records. */
  readonly records: readonly JsonObject[];
  /** The forms in which they store the number. */
  readonly forms: readonly string[];
}

/**
 * Finds the records with a phone number. A recent snapshot needs no request.
 * Otherwise the last digits are searched for, and then each form without
 * separators until one is found.
 *
 * @param context The company's CRM.
 * @param resource The kind of record; its list must have a query for phones.
 * @param phone The number, in any form.
 * @param search How to search.
 * @returns The records; undefined if the text is not a whole phone number.
 */
export async function findByPhone(
  { crm, records, signal }: PhoneContext,
  resource: Resource,
  phone: string,
  { query = {}, maxRequests = Infinity }: PhoneSearch = {},
): Promise<FoundByPhone | undefined> {
  const key = phoneKey(phone);
  if (key === undefined) return undefined;
  const known = records.known(resource)?.table;
  if (known && Object.keys(query).length === 0) {
    const column = known.column(PHONE_KEY);
    const rows = [...known.rows()].filter((row) =>
      formsIn(column?.values[column.code(row)], phone).length > 0
    );
    return collect(rows.map((row) => known.record(row)), phone);
  }
  const { list } = resource.endpoints;
  let requests = 0;
  async function ask(form: string, page = 1) {
    requests++;
    const { response, page: position } = await crm.call(list, {
      query: { ...query, [PHONE_QUERY]: form, page, per_page: SIZE },
      signal,
    });
    const all = Array.isArray(response) ? response.filter(isObject) : [];
    return { all, isLast: page >= (position?.total_page ?? 1) };
  }
  const alike: JsonObject[] = [];
  for (let page = 1; page <= Math.min(MAX_PAGES, maxRequests); page++) {
    const { all, isLast } = await ask(key.slice(-LAST), page);
    alike.push(...all);
    if (isLast) break;
  }
  let found = collect(alike, phone);
  for (const form of new Set([phone.trim(), ...phoneForms(phone)])) {
    if (found.records.length > 0 || requests >= maxRequests) break;
    found = collect((await ask(form)).all, phone);
  }
  return found;
}

/** The numbers of a value that are the same as a number. */
function formsIn(value: unknown, phone: string): string[] {
  return phonesOf(value).filter((one) => isSamePhone(one, phone));
}

function collect(records: readonly JsonObject[], phone: string): FoundByPhone {
  const found = new Map<number, JsonObject>();
  const forms = new Set<string>();
  for (const record of records) {
    const id = toId(record.id);
    const own = formsIn(record[PHONE_KEY], phone);
    if (id === null || own.length === 0) continue;
    found.set(id, record);
    for (const form of own) forms.add(form);
  }
  return { records: [...found.values()], forms: [...forms] };
}
