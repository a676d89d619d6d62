/**
 * What is known about one company or contact: people, deals, tickets, tasks,
 * notes, the last contact and the next step. It is bounded in size, and each
 * part says how many more there are.
 *
 * @module
 */
import type { Crm } from "../qontak/crm.ts";
import { ForeseenError } from "../errors.ts";
import { peopleIn, showRecord } from "../fields/shown.ts";
import { type Resource, resources } from "../qontak/resources.ts";
import { isEmpty, isObject, type JsonObject, toId } from "../values/json.ts";
import { cut } from "../values/marks.ts";
import { cutAt } from "../values/text.ts";
import { visible } from "../values/visible.ts";
import { type Account, type Linked, linkedTo } from "./linked_records.ts";
import { NOTE_RULE, readNotes } from "./notes.ts";
import { createFields } from "./fields.ts";
import { copyOf, queryInTurns } from "./query.ts";
import {
  type Ask,
  MOST_ROWS,
  readEnds,
  type ReadPart,
  readParts,
  stateIs,
  timeOf,
} from "./overview_parts.ts";
import type { Found } from "./records.ts";
import { inTurns } from "../values/turns.ts";

/** The maximum size of an overview as JSON, in bytes. */
const MAX_SIZE = 5_700;

/**
 * How many records a part shows, and how many characters of a text; the first
 * pair that fits is used.
 */
const SIZES = [[MOST_ROWS, 240], [4, 240], [3, 160], [2, 100], [1, 60], [
  1,
  20,
]] as const;

/** For how many open deals and people their notes are read. */
const NOTED = { deal: 4, contact: 3 } as const;

/** How many notes an overview shows. */
const MAX_NOTES = 5;

const { company, contact, deal, task, ticket } = resources;

/** What is shown of the company or contact itself. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  company: [
    "id",
    "name",
    "telephone",
    "website",
    "city",
    "industry_name",
    "crm_type_name",
    "creator_name",
  ],
  contact: [
    "id",
    "first_name",
    "last_name",
    "job_title",
    "telephone",
    "email",
    "crm_company_id",
    "crm_company_name",
    "crm_status_name",
    "creator_name",
  ],
};

/** The kinds of records that an overview reads. */
export const OVERVIEW_KINDS: readonly Resource[] = [
  company,
  contact,
  deal,
  ticket,
  task,
];

/** What an overview is made of. */
export interface OverviewOptions {
  /** The company or contact. */
  readonly account: Account;
  /** All records of {@linkcode OVERVIEW_KINDS}; a kind may be missing. */
  readonly found: ReadonlyMap<string, Found>;
  /** The company's CRM, for notes. */
  readonly crm: Crm;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * Makes an overview. It sends at most eight requests, for notes.
 *
 * @param options What it is made of.
 */
export async function createOverview(
  options: OverviewOptions,
): Promise<JsonObject> {
  const { account, found, signal } = options;
  // There may be many records: others run meanwhile.
  const linked = await inTurns({
    of: found,
    copy: copyFound,
    steps: (found) => linkedTo(account, found),
    signal,
  });
  const ask: Ask = (subject, { fields, ...question }) => {
    const { known } = createFields(subject);
    // A company's list may not show all of them.
    const shown = fields?.filter((name) => known(name) !== undefined);
    const asked = { ...question, ...(shown ? { fields: shown } : {}) };
    return queryInTurns(asked, subject, [], signal);
  };
  const notes = await notesAround(options, linked, ask);
  const parts = await readParts(linked, ask);
  const ends = await readEnds(linked, notes.notes, ask);
  let answer: JsonObject = {};
  for (const [most, length] of SIZES) {
    answer = shorten(
      present(account, { parts, notes, ends }, most),
      length,
    ) as JsonObject;
    if (sizeOf(answer) <= MAX_SIZE) break;
  }
  return answer;
}

/** The same records as they are now. */
function copyFound(
  found: ReadonlyMap<string, Found>,
): ReadonlyMap<string, Found> {
  return new Map(
    Array.from(found, ([name, one]) => [name, {
      ...one,
      subject: copyOf(one.subject),
    }]),
  );
}

function sizeOf(answer: JsonObject): number {
  return new TextEncoder().encode(JSON.stringify(answer)).length;
}

/** The notes around an account, and where they were read. */
interface Notes {
  readonly notes: readonly JsonObject[];
  /** Which records' notes were read, as a sentence. */
  readonly rule: string;
}

/** Reads the notes of an account, its open deals and its people. */
async function notesAround(
  { account, found, crm, signal }: OverviewOptions,
  linked: Linked,
  ask: Ask,
): Promise<Notes> {
  const sources: { resource: Resource; id: number }[] = [account];
  const read: string[] = [`the ${account.resource.name}`];
  for (const [kind, state] of [[deal, "open"], [contact, undefined]] as const) {
    const subject = linked.get(kind.name);
    if (!subject) continue;
    const most = NOTED[kind.name as keyof typeof NOTED];
    const { rows = [], matched } = await ask(subject, {
      ...stateIs(state),
      fields: ["id"],
      limit: most,
    });
    sources.push(...rows.map(({ id }) => ({ resource: kind, id: toId(id)! })));
    if (matched === 0) continue;
    read.push(
      `${rows.length} of ${matched} ${state ? `${state} ` : ""}${kind.plural}`,
    );
  }
  const all = await Promise.allSettled(
    sources.map(({ resource, id }) => readNotes(crm, resource, id, signal)),
  );
  signal.throwIfAborted();
  let failed = 0;
  const authors = {
    resource: resources.note,
    fields: peopleIn(found.get(deal.name)?.subject.fields ?? []),
  };
  const notes = all.flatMap((one, i) => {
    if (one.status === "rejected") {
      if (!(one.reason instanceof ForeseenError)) throw one.reason;
      failed++;
      return [];
    }
    const { resource, id } = sources[i]!;
    return one.value.map((note) => {
      const { creator_id, creator_name } = showRecord(note, authors);
      return {
        on: `${resource.name} ${id}`,
        created_at: note.created_at,
        ...(isEmpty(creator_name) ? { creator_id } : { creator_name }),
        id: note.id,
        note: note.note,
      };
    });
  });
  notes.sort((a, b) => timeOf(b.created_at) - timeOf(a.created_at));
  return {
    notes,
    rule: `the notes of ${read.join(", ")}, ${NOTE_RULE}${
      failed > 0 ? `; ${failed} of these could not be read` : ""
    }`,
  };
}

function present(
  { resource, record }: Account,
  { parts, notes: { notes, rule }, ends }: Read,
  most: number,
): JsonObject {
  const shown = OWN[resource.name]!.filter((key) => !isEmpty(record[key]));
  const answer: JsonObject = {
    [resource.name]: Object.fromEntries(
      shown.map((key) => [key, record[key]]),
    ),
  };
  for (const [name, { head, rows, total }] of parts) {
    const some = rows.slice(0, most);
    answer[name] = some.length === 0
      ? head
      : { ...head, records: some, ...more(total - some.length) };
  }
  const some = notes.slice(0, Math.min(most, MAX_NOTES));
  answer.last_notes = {
    total: notes.length,
    records: some,
    ...more(notes.length - some.length),
  };
  return {
    ...answer,
    ...ends,
    rules: {
      ...(resource === company ? { open_deals: BELONGS } : {}),
      last_notes: rule,
      last_contact:
        "the newest of these notes or completed tasks; calls and chats outside them are not known",
    },
  };
}

/** Which deals and tickets are counted for a company. */
const BELONGS =
  "deals and tickets that name the company, or no company but one of its people; also in won, lost and open_tickets";

function more(count: number): JsonObject {
  return count > 0 ? { more: count } : {};
}

/** What an overview is written from. */
interface Read {
  readonly parts: ReadonlyMap<string, ReadPart>;
  readonly notes: Notes;
  /** The last contact and the next step. */
  readonly ends: JsonObject;
}

/** Cuts every text in a value that is longer than allowed. */
function shorten(value: unknown, length: number, key = ""): unknown {
  if (typeof value === "string") {
    // This server's own words and dates stay whole.
    if (key === "rules" || key.endsWith("_date") || key.endsWith("_at")) {
      return value.length > 300 ? cut(value, length, CUT) : value;
    }
    const seen = visible(value);
    return seen.length > length ? cut(seen, length, CUT) : seen;
  }
  if (Array.isArray(value)) {
    return value.map((one) => shorten(one, length, key));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      // A currency is a key; all others are this server's.
      visible(cutAt(name, MAX_KEY)),
      shorten(one, length, key === "rules" ? key : name),
    ]),
  );
}

/** The longest key, in characters. */
const MAX_KEY = 40;

/** What a reader of a cut text can do. */
const CUT = "fetch shows all";
