/**
 * A search for a record whose creation was sent, but got no answer. The caller
 * must know whether the record exists before creating it again.
 *
 * @module
 */
import { QontakError, UnreachableError } from "../../errors.ts";
import { deadline } from "../../net/deadline.ts";
import { isSame } from "../../fields/readback.ts";
import type { Crm } from "../../qontak/crm.ts";
import type { IdentityTrait, Resource } from "../../qontak/resources.ts";
import { isEmpty, isObject, type JsonObject, toId } from "../../values/json.ts";
import { isSamePhone, phonesOf } from "../../values/phone.ts";

/** How long the search may take, in ms: the call's own time may be over. */
const TIMEOUT = 5_000;

/** How far Qontak's clock may be behind this machine's, in ms. */
const CLOCK_SKEW = 120_000;

/** How many records of a page are read. */
const MAX_READ = 100;

/** How many of the records that were found are named. */
const MAX_NAMED = 5;

/** A create that was sent, but got no answer. */
export interface SentCreate {
  /** The kind of record. */
  readonly resource: Resource;
  /** What was sent. */
  readonly body: JsonObject;
  /** When it was sent, in ms since 1970. */
  readonly at: number;
}

/**
 * Searches for the record of a create whose outcome is unknown.
 *
 * @param crm The company's CRM.
 * @param sent What was sent.
 * @param error The error that it ended with.
 * @returns The error, with what was found; unchanged where the caller has
 * cancelled, or where such records cannot be told apart.
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
    if (
      !(problem instanceof QontakError || problem instanceof UnreachableError)
    ) throw problem;
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

function report(resource: Resource, made: readonly JsonObject[]): string {
  const kind = resource.name.replace("_", " ");
  if (made.length === 0) {
    return `A search found that no such ${kind} has been made in the last minutes. Qontak may still be working on it: search again before you create it again`;
  }
  const list = made.slice(0, MAX_NAMED).map(({ id, created_at }) =>
    `${id} (${created_at ?? "no date shown"})`
  ).join(", ");
  return made.length === 1
    ? `A search found that ${kind} ${list} has just been made with the same data. It is most likely this one: read it with get_${resource.name} and do not create another`
    : `A search found that ${made.length} such ${kind}s have just been made: ${list}. Read them before you create another`;
}

/** The records made since it was sent that have the same identity. */
async function findMade(
  crm: Crm,
  { resource, body, at }: SentCreate,
  { sameWhen, searchBy }: IdentityTrait,
): Promise<JsonObject[]> {
  using limit = deadline(TIMEOUT);
  const { list } = resource.endpoints;
  const given = (key: string) => !isEmpty(body[key]);
  // One parameter is enough. Qontak does not say how it combines several.
  const key = Object.keys(searchBy).find(given);
  const read = async (page?: number) => {
    const { response, page: position } = await crm.call(list, {
      query: {
        ...(key === undefined ? {} : { [searchBy[key]!]: String(body[key]) }),
        ...(list.query.includes("per_page") ? { per_page: MAX_READ } : {}),
        ...(page === undefined ? {} : { page }),
      },
      signal: limit.signal,
    });
    const records = Array.isArray(response) ? response.filter(isObject) : [];
    return { records, last: position?.total_page ?? 1 };
  };
  const first = await read();
  // Qontak does not document the order of lists: the newest records are on the
  // first page or on the last.
  const records = first.last > 1
    ? [...first.records, ...(await read(first.last)).records]
    : first.records;
  const groups = sameWhen.filter(([first]) => given(first))
    .map((keys) => keys.filter(given));
  const made = records.filter((record) =>
    isRecent(record, at) &&
    groups.some((keys) => keys.every((key) => isAlike(body, record, key)))
  );
  return [...new Map(made.map((one) => [toId(one.id), one])).values()];
}

function isRecent({ created_at }: JsonObject, at: number): boolean {
  const made = typeof created_at === "string" ? Date.parse(created_at) : NaN;
  return Number.isNaN(made) || made >= at - CLOCK_SKEW;
}

/** Phone numbers come back in another form than the one they were sent in. */
function isAlike(body: JsonObject, record: JsonObject, key: string): boolean {
  if (key !== "telephone") return isSame(body[key], record[key]);
  const [sent, stored] = [body[key], record[key]].map(phonesOf);
  return sent!.some((one) => stored!.some((other) => isSamePhone(one, other)));
}
