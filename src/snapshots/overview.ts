/**
 * What is known about one company or contact: people, deals, tickets, tasks,
 * notes, the last contact and the next step. It is bounded in size, and each
 * part says how many more there are.
 *
 * @module
 */
import type { Crm } from "../qontak/crm.ts";
import { ForeseenError } from "../errors.ts";
import { type Resource, resources } from "../qontak/resources.ts";
import { isEmpty, isObject, type JsonObject, toId } from "../values/json.ts";
import { cut } from "../values/marks.ts";
import { cutAt } from "../values/text.ts";
import { visible } from "../values/visible.ts";
import { type Account, type Linked, linkedTo } from "./linked_records.ts";
import { toEpoch } from "./moments.ts";
import { NOTE_RULE, readNotes } from "./notes.ts";
import { query } from "./query.ts";
import type { Question } from "./question.ts";
import type { Found } from "./records.ts";
import type { Subject } from "./subject.ts";

/** The maximum size of an overview as JSON, in bytes. */
const MAX_SIZE = 5_700;

/**
 * How many records a part shows, and how many characters of a text; the first
 * pair that fits is used.
 */
const SIZES = [[6, 240], [4, 240], [3, 160], [2, 100], [1, 60], [
  1,
  20,
]] as const;

/** For how many open deals and people their notes are read. */
const NOTED = { deal: 4, contact: 3 } as const;

/** In how many currencies a part shows its value. */
const MAX_CURRENCIES = 6;

/** How many notes an overview shows. */
const MAX_NOTES = 5;

/** A kind of records in an overview. */
interface Part {
  /** The name of the part. */
  readonly name: string;
  /** The kind of record. */
  readonly resource: Resource;
  /** The state that its records have. */
  readonly state?: string;
  /** The fields that are shown; none if the records are only counted. */
  readonly fields: readonly string[];
  /** What it is sorted by. */
  readonly sort?: string;
  /** The amount that is added up. */
  readonly sum?: string;
}

const { company, contact, deal, task, ticket } = resources;

/** The parts of an overview, in the order that readers see. */
const PARTS: readonly Part[] = [
  {
    name: "people",
    resource: contact,
    fields: ["first_name", "last_name", "job_title", "telephone", "email"],
    sort: "-updated_at",
  },
  {
    name: "open_deals",
    resource: deal,
    state: "open",
    fields: ["name", "size", "currency", "crm_stage_id", "closed_date"],
    sort: "-size",
    sum: "size",
  },
  { name: "won", resource: deal, state: "won", fields: [], sum: "size" },
  { name: "lost", resource: deal, state: "lost", fields: [], sum: "size" },
  {
    name: "open_tickets",
    resource: ticket,
    state: "open",
    fields: ["name", "ticket_stage_id", "assignee_id", "due_date"],
    sort: "due_date",
  },
  {
    name: "open_tasks",
    resource: task,
    state: "open",
    fields: ["name", "assignee_id", "due_date", "days_overdue"],
    sort: "due_date",
  },
];

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
  const { account, found } = options;
  const linked = linkedTo(account, found);
  const notes = await notesAround(options, linked);
  let answer: JsonObject = {};
  for (const [most, length] of SIZES) {
    answer = shorten(
      present(account, linked, notes, most),
      length,
    ) as JsonObject;
    if (sizeOf(answer) <= MAX_SIZE) break;
  }
  return answer;
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
  { account, crm, signal }: OverviewOptions,
  linked: Linked,
): Promise<Notes> {
  const sources: { resource: Resource; id: number }[] = [account];
  const read: string[] = [`the ${account.resource.name}`];
  for (const [kind, state] of [[deal, "open"], [contact, undefined]] as const) {
    const subject = linked.get(kind.name);
    if (!subject) continue;
    const most = NOTED[kind.name as keyof typeof NOTED];
    const { rows = [], matched } = query(
      { ...stateIs(state), fields: ["id"], limit: most },
      subject,
      [],
    );
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
  const notes = all.flatMap((one, i) => {
    if (one.status === "rejected") {
      if (!(one.reason instanceof ForeseenError)) throw one.reason;
      failed++;
      return [];
    }
    const { resource, id } = sources[i]!;
    return one.value.map((note) => ({
      on: `${resource.name} ${id}`,
      created_at: note.created_at,
      id: note.id,
      note: note.note,
    }));
  });
  notes.sort((a, b) => timeOf(b.created_at) - timeOf(a.created_at));
  return {
    notes,
    rule: `the notes of ${read.join(", ")}, ${NOTE_RULE}${
      failed > 0 ? `; ${failed} of these could not be read` : ""
    }`,
  };
}

function timeOf(value: unknown): number {
  return Date.parse(String(value)) || 0;
}

function stateIs(state: string | undefined): Pick<Question, "where"> {
  return state === undefined
    ? {}
    : { where: [{ field: "state", value: state }] };
}

function present(
  { resource, record }: Account,
  linked: Linked,
  { notes, rule }: Notes,
  most: number,
): JsonObject {
  const shown = OWN[resource.name]!.filter((key) => !isEmpty(record[key]));
  const answer: JsonObject = {
    [resource.name]: Object.fromEntries(
      shown.map((key) => [key, record[key]]),
    ),
  };
  for (const part of PARTS) {
    const subject = linked.get(part.resource.name);
    if (subject) answer[part.name] = presentPart(part, subject, most);
  }
  const some = notes.slice(0, Math.min(most, MAX_NOTES));
  answer.last_notes = {
    total: notes.length,
    records: some,
    ...more(notes.length - some.length),
  };
  const tasks = linked.get(task.name);
  const deals = linked.get(deal.name);
  const last = lastContact(notes, tasks);
  const next = nextStep(tasks, deals);
  return {
    ...answer,
    ...(last ? { last_contact: last } : {}),
    ...(next ? { next_step: next } : {}),
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

function presentPart(
  { state, fields, sort, sum }: Part,
  subject: Subject,
  most: number,
): JsonObject {
  const where = stateIs(state);
  const measures = ["count", ...(sum ? [`sum:${sum}`] : [])];
  const { groups: [totals] = [] } = query({ ...where, measures }, subject, []);
  const total = Number(totals?.count ?? 0);
  const value = totals?.[`sum:${sum}`];
  const amounts = isObject(value) ? Object.entries(value) : [];
  const left = amounts.length - MAX_CURRENCIES;
  const head = {
    total,
    ...(amounts.length > 0
      ? { value: Object.fromEntries(amounts.slice(0, MAX_CURRENCIES)) }
      : {}),
    ...(left > 0 ? { more_currencies: left } : {}),
  };
  if (fields.length === 0 || total === 0) return head;
  const { rows = [] } = query(
    { ...where, fields, limit: most, ...(sort ? { sort } : {}) },
    subject,
    [],
  );
  return { ...head, records: rows, ...more(total - rows.length) };
}

/** The newest note or completed task. */
function lastContact(
  [note]: readonly JsonObject[],
  tasks: Subject | undefined,
): JsonObject | undefined {
  const { rows: [done] = [] } = tasks
    ? query(
      { ...stateIs("closed"), fields: ["name", "updated_at"], limit: 1 },
      tasks,
      [],
    )
    : {};
  const noted = timeOf(note?.created_at);
  const worked = done ? toEpoch(done.updated_at, tasks!.zone) ?? 0 : 0;
  if (noted === 0 && worked === 0) return undefined;
  return worked > noted
    ? { date: done!.updated_at, what: "completed task", task: done }
    : { date: note!.created_at, what: "note", on: note!.on };
}

/** The open task that is due first; without one, the deal that closes first. */
function nextStep(
  tasks: Subject | undefined,
  deals: Subject | undefined,
): JsonObject | undefined {
  const first = (
    subject: Subject | undefined,
    date: string,
    fields: readonly string[],
  ) =>
    subject && query(
      {
        where: [{ field: "state", value: "open" }, {
          field: date,
          op: "is_set",
        }],
        fields: ["name", date, ...fields],
        sort: date,
        limit: 1,
      },
      subject,
      [],
    ).rows?.[0];
  const due = first(tasks, "due_date", ["days_overdue", "next_step"]);
  if (due) return { task: due };
  const closing = first(deals, "closed_date", ["crm_stage_id"]);
  return closing && { deal: closing };
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
