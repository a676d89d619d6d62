/**
 * Looking for a record whose creation was sent, and whose answer was lost: a
 * person must know whether it is there before anybody makes it again.
 *
 * @module
 */
import { QontakError, UnreachableError } from "../../errors.ts";
import { deadline } from "../../net/deadline.ts";
import { isSame } from "../../fields/readback.ts";
import type { Crm } from "../../qontak/crm.ts";
import type { IdentityTrait, Resource } from "../../qontak/resources.ts";
import { isEmpty, isObject, type JsonObject, toId } from "../../values/json.ts";

/** How long looking may take, in ms: the call's own time may be over. */
const PATIENCE = 5_000;

/** How far Qontak's clock may be behind this machine's, in ms. */
const SKEW = 120_000;

/** How many records are looked at, where the list cannot be narrowed down. */
const MOST = 100;

/** How many of those found are named. */
const NAMED = 5;

/** A record that may not have been made. */
export interface Lost {
  /** The kind of record. */
  readonly resource: Resource;
  /** What was sent. */
  readonly body: JsonObject;
  /** When it was sent, in ms since 1970. */
  readonly at: number;
}

/**
 * Looks for the record of a create whose fate is unknown.
 *
 * @param crm The company's CRM.
 * @param lost What was sent.
 * @param error What came of it.
 * @returns The error, saying what was found; the same one where nobody waits
 * for an answer any more, or where such records cannot be told apart.
 */
export async function lookFor(
  crm: Crm,
  lost: Lost,
  error: unknown,
): Promise<unknown> {
  const { resource } = lost;
  const { identity } = resource;
  const isHeard = !(error instanceof UnreachableError) ||
    error.reason !== "cancelled";
  if (!identity || !isHeard) return error;
  let found: string;
  try {
    found = report(resource, await findMade(crm, lost, identity));
  } catch (problem) {
    if (
      !(problem instanceof QontakError || problem instanceof UnreachableError)
    ) throw problem;
    found = `Looking for it failed as well (${problem.message})`;
  }
  return withWords(error, found);
}

function withWords(error: unknown, more: string): unknown {
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
    return `It was looked for at once: no such ${kind} has been made in the last minutes. Qontak may still be at it: look again before making it again`;
  }
  const list = made.slice(0, NAMED).map(({ id, created_at }) =>
    `${id} (${created_at ?? "no date shown"})`
  ).join(", ");
  return made.length === 1
    ? `It was looked for at once: ${kind} ${list} has just been made with the same data. Most likely it is this one: read it with get_${resource.name} instead of making another`
    : `It was looked for at once: ${made.length} such ${kind}s have just been made: ${list}. Read them before making another`;
}

/** The records made since it was sent that have the same identity. */
async function findMade(
  crm: Crm,
  { resource, body, at }: Lost,
  { sameWhen, searchBy }: IdentityTrait,
): Promise<JsonObject[]> {
  using limit = deadline(PATIENCE);
  const { list } = resource.endpoints;
  const given = (key: string) => !isEmpty(body[key]);
  // One parameter finds it for sure; several might each be read in their way.
  const key = Object.keys(searchBy).find(given);
  const read = async (page?: number) => {
    const { response, page: position } = await crm.call(list, {
      query: {
        ...(key === undefined ? {} : { [searchBy[key]!]: String(body[key]) }),
        ...(list.query.includes("per_page") ? { per_page: MOST } : {}),
        ...(page === undefined ? {} : { page }),
      },
      signal: limit.signal,
    });
    const records = Array.isArray(response) ? response.filter(isObject) : [];
    return { records, last: position?.total_page ?? 1 };
  };
  const first = await read();
  // In which order Qontak lists records is not documented: the newest are on
  // the first page or on the last.
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
  return Number.isNaN(made) || made >= at - SKEW;
}

/** Phone numbers come back in another form than they were sent in. */
function isAlike(body: JsonObject, record: JsonObject, key: string): boolean {
  if (key !== "telephone") return isSame(body[key], record[key]);
  const [sent, stored] = [body[key], record[key]].map((value) =>
    [value].flat().map((one) => String(one ?? "").replace(/\D/g, "").slice(-8))
      .filter((digits) => digits.length === 8)
  );
  return sent!.some((one) => stored!.includes(one));
}
