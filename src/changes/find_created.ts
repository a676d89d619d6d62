/**
 * Searches for a record after a create request that got no answer. The caller
 * must know whether the record exists before it creates the record again.
 *
 * @module
 */
import { ForeseenError, QontakError, UnreachableError } from "../errors.ts";
import { deadline } from "../net/deadline.ts";
import { isSame } from "../fields/readback.ts";
import type { CallOptions, Crm } from "../qontak/crm.ts";
import type { Endpoint } from "../qontak/endpoints.ts";
import { isLastPage } from "../qontak/pages.ts";
import type { IdentityTrait, Resource } from "../qontak/resources.ts";
import {
  isEmpty,
  isObject,
  type JsonObject,
  show,
  toId,
} from "../values/json.ts";
import { isSamePhone, phonesOf } from "../values/phone.ts";

/**
 * How long the search may take, in ms. The call's own time limit may have
 * passed.
 */
const TIMEOUT = 5_000;

/** How far Qontak's clock may be behind the clock of this machine, in ms. */
const CLOCK_SKEW = 120_000;

/** How many records are read from a page. */
const MAX_READ = 100;

/** How many pages are read if Qontak does not say which page is the last. */
const MAX_PAGES = 10;

/** How many of the found records are named. */
const MAX_NAMED = 5;

/** A create request that was sent but got no answer. */
export interface SentCreate {
  /** The kind of record. */
  readonly resource: Resource;
  /** What was sent. */
  readonly body: JsonObject;
  /** When it was sent, in ms since 1970. */
  readonly at: number;
}

/**
 * Searches for the record of a create request with unknown outcome.
 *
 * @param crm The company's CRM.
 * @param sent What was sent.
 * @param error The error of the request.
 * @returns The error, with the result of the search; unchanged if the caller
 * cancelled, or if such records cannot be distinguished.
 */
export async function findCreated(
  crm: Crm,
  sent: SentCreate,
  error: unknown,
): Promise<unknown> {
  const { resource } = sent;
  const { identity } = resource;
  const isWaiting = !(error instanceof UnreachableError) ||
    error.reason !== "cancelled";
  if (!identity || !isWaiting) return error;
  let found: string;
  try {
    found = report(resource, await findMade(crm, sent, identity));
  } catch (problem) {
    if (!(problem instanceof ForeseenError)) throw problem;
    found = `Looking for it failed as well (${problem.message})`;
  }
  return addTo(error, found);
}

function addTo(error: unknown, more: string): unknown {
  if (error instanceof QontakError) {
    return new QontakError(`${error.message}\n${more}`, error);
  }
  return error instanceof UnreachableError
    ? new UnreachableError(`${error.message}\n${more}`, error)
    : error;
}

function report(resource: Resource, { made, only }: Found): string {
  const kind = resource.name.replace("_", " ");
  if (made.length === 0 && only !== undefined) {
    return `A search through ${only} ${
      resource.plural.replace("_", " ")
    } did not find it, and there are more: search for it before you create it again`;
  }
  if (made.length === 0) {
    return `A search found no such ${kind} from the last minutes. Qontak may still be working on it: search again before you create it again`;
  }
  const list = made.slice(0, MAX_NAMED).map(({ id, created_at }) =>
    `${toId(id) ?? show(id)} (${
      created_at == null ? "no date shown" : show(created_at)
    })`
  ).join(", ");
  return made.length === 1
    ? `A search found ${kind} ${list}, just created with the same data. It is most likely this one: read it with get_${resource.name} and do not create another`
    : `A search found ${made.length} such ${kind}s, just created: ${list}. Read them before you create another`;
}

/** The result of a search. */
interface Found {
  /**
   * The records that were created since the request and have the same identity.
   */
  readonly made: readonly JsonObject[];
  /** How many records were checked, if not all. */
  readonly only?: number;
}

/**
 * Searches for the records that a create request may have made.
 *
 * @param crm The company's CRM.
 * @param sent What was sent.
 * @param identity What distinguishes such records.
 * @throws The errors of {@linkcode Crm.call}.
 */
export async function findMade(
  crm: Crm,
  { resource, body, at }: SentCreate,
  { sameWhen, searchBy }: IdentityTrait,
): Promise<Found> {
  using limit = deadline(TIMEOUT);
  const { list } = resource.endpoints;
  const given = (key: string) => !isEmpty(body[key]);
  // One parameter is enough. Qontak does not say how it combines several.
  const key = Object.keys(searchBy).find(given);
  const { records, isAll } = await readEnds(crm, list, {
    query: key === undefined ? {} : { [searchBy[key]!]: String(body[key]) },
    signal: limit.signal,
  });
  const groups = sameWhen.filter(([first]) => given(first))
    .map((keys) => keys.filter(given));
  const made = records.filter((record) =>
    isRecent(record, at) &&
    groups.some((keys) => keys.every((key) => isAlike(body, record, key)))
  );
  return {
    made: [...new Map(made.map((one) => [toId(one.id), one])).values()],
    ...(isAll ? {} : { only: records.length }),
  };
}

/**
 * Reads the records of a list that include the newest. Qontak does not document
 * the order of the list, so the newest are on the first page or on the last. If
 * Qontak does not say which page is the last, it reads page after page.
 */
async function readEnds(
  crm: Crm,
  list: Endpoint,
  { query, signal }: Required<Pick<CallOptions, "query" | "signal">>,
): Promise<{ readonly records: JsonObject[]; readonly isAll: boolean }> {
  const isPaged = list.query.includes("page");
  const size = list.query.includes("per_page") ? MAX_READ : undefined;
  const records: JsonObject[] = [];
  for (let page = 1, read = 1;; read++) {
    const { response, page: position } = await crm.call(list, {
      query: {
        ...query,
        ...(size === undefined ? {} : { per_page: size }),
        ...(page === 1 ? {} : { page }),
      },
      signal,
    });
    const here = Array.isArray(response) ? response.filter(isObject) : [];
    records.push(...here);
    const isLast = !isPaged ||
      isLastPage({ page, perPage: size, count: here.length }, position);
    if (isLast || read === MAX_PAGES) return { records, isAll: isLast };
    page = Math.max(page + 1, position?.total_page ?? 0);
  }
}

function isRecent({ created_at }: JsonObject, at: number): boolean {
  const made = typeof created_at === "string" ? Date.parse(created_at) : NaN;
  return Number.isNaN(made) || made >= at - CLOCK_SKEW;
}

/**
 * Compares a value. Qontak returns phone numbers in another form than they were
 * sent in.
 */
function isAlike(body: JsonObject, record: JsonObject, key: string): boolean {
  if (key !== "telephone") return isSame(body[key], record[key]);
  const [sent, stored] = [body[key], record[key]].map(phonesOf);
  return sent!.some((one) => stored!.some((other) => isSamePhone(one, other)));
}
