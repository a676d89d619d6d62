/**
 * Finds out before a create whether the contact or company exists already.
 *
 * @module
 */
import { QontakError, UnreachableError } from "../errors.ts";
import { deadline } from "../net/deadline.ts";
import type { Resource } from "../qontak/resources.ts";
import {
  candidatesIn,
  COMPARED,
  type Compared,
  type Evidence,
  likelySame,
  nameOf,
} from "../snapshots/likely_same.ts";
import { findByPhone, PHONE_KEY } from "../snapshots/find_by_phone.ts";
import { inTurns } from "../values/turns.ts";
import { isEmpty, isObject, type JsonObject, show } from "../values/json.ts";
import { nameWords } from "../values/names.ts";
import { phoneKey, phonesOf } from "../values/phone.ts";
import { cutAt } from "../values/text.ts";
import type { ChangeContext } from "./context.ts";

/** How long the search may take, in ms. */
const TIMEOUT = 5_000;

/** How many records are compared if they were not read before. */
const MOST = 100;

/** How much of a company's name is searched for, in characters. */
const NAME_START = 6;

/** How many likely duplicates are named. */
const NAMED = 3;

/** What the search says. */
export interface SameFound {
  /** Why the record should not be created. */
  readonly problems: readonly string[];
  /** What else the reader should know. */
  readonly notes: readonly string[];
}

/** Whether records of a kind are compared before one is created. */
export function isCompared({ plural }: Resource): boolean {
  return Object.hasOwn(COMPARED, plural);
}

/** How sentences name evidence. */
const CALLED: Readonly<Record<Evidence, string>> = {
  phone: "phone number",
  email: "e-mail address",
  name: "name",
};

/**
 * Looks for a record that is likely the one to be created. Records that were
 * read a short time ago are compared without a request; otherwise one request
 * asks for the phone number, the e-mail address or the name.
 *
 * @param context The company's CRM.
 * @param resource The kind of record; see {@linkcode isCompared}.
 * @param body The record to be created.
 */
export async function findSame(
  context: ChangeContext,
  resource: Resource,
  body: JsonObject,
): Promise<SameFound> {
  const compared = COMPARED[resource.plural as keyof typeof COMPARED];
  let records: Iterable<JsonObject>;
  try {
    records = await candidates(context, compared, body);
  } catch (error) {
    // A caller that may not list records can still create one.
    if (!(error instanceof QontakError || error instanceof UnreachableError)) {
      throw error;
    }
    context.signal.throwIfAborted();
    return {
      problems: [],
      notes: [
        `Whether the ${resource.name} exists already could not be checked: ${
          context.explain(error)
        }`,
      ],
    };
  }
  const found = likelySame(records, compared, body);
  if (found.length === 0) return { problems: [], notes: [] };
  return { problems: [describe(context, compared, found)], notes: [] };
}

function describe(
  { mayRead }: ChangeContext,
  compared: Compared,
  found: ReturnType<typeof likelySame>,
): string {
  const { name, plural } = compared.resource;
  const [first] = found;
  const same = first!.by.map((by) => CALLED[by]).join(" and ");
  const advice = "Use it, or send allow_duplicate: true to create another";
  if (!mayRead) {
    return `a ${name} with the same ${same} exists already. ${advice}`;
  }
  const named = found.slice(0, NAMED).map(({ record }) => {
    const written = nameOf(record, compared);
    return `${record.id}${isEmpty(written) ? "" : ` (${show(written)})`}`;
  });
  const more = found.length - named.length;
  return `${found.length === 1 ? name : plural} ${named.join(", ")}${
    more > 0 ? ` and ${more} more` : ""
  } ${
    found.length === 1 ? "is" : "are"
  } likely the same, by ${same}. ${advice}`;
}

/** The records to compare with. */
async function candidates(
  context: ChangeContext,
  compared: Compared,
  body: JsonObject,
): Promise<Iterable<JsonObject>> {
  const { resource } = compared;
  const known = context.records.known(resource)?.table;
  if (known && context.findCandidates) {
    return await context.findCandidates(known, compared, body);
  }
  if (known) {
    return await inTurns({
      of: known,
      copy: (table) => table.copy(),
      steps: (table) => candidatesIn(table, compared, body),
      signal: context.signal,
    });
  }
  using limit = deadline(TIMEOUT, context.signal);
  const { signal } = limit;
  const { list } = resource.endpoints;
  const phone = phonesOf(body[PHONE_KEY]).find((one) =>
    phoneKey(one) !== undefined
  );
  if (phone !== undefined && list.query.includes("phone")) {
    const found = await findByPhone({ ...context, signal }, resource, phone, {
      maxRequests: 1,
    });
    return found?.records ?? [];
  }
  const query = queryFor(compared, body);
  if (query === undefined) return [];
  const { response } = await context.crm.call(list, {
    query: { ...query, per_page: MOST },
    signal,
  });
  return Array.isArray(response) ? response.filter(isObject) : [];
}

/** What Qontak is asked for, without a phone number. */
function queryFor(
  { resource, kind, ...compared }: Compared,
  body: JsonObject,
): Record<string, string> | undefined {
  const { email } = body;
  if (typeof email === "string" && email.includes("@")) {
    if (resource.endpoints.list.query.includes("email")) return { email };
  }
  const words = nameWords(nameOf(body, compared), kind);
  const [first] = words;
  if (first === undefined) return undefined;
  // The first word tells companies apart, and its beginning finds it with other
  // spacing too. People share first names.
  return {
    name: kind === "company" ? cutAt(first, NAME_START) : words.join(" "),
  };
}
