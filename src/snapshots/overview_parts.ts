/**
 * The parts of an overview: what is asked about the records of each kind, the
 * last contact, and the next step.
 *
 * @module
 */
import { type Resource, resources } from "../qontak/resources.ts";
import { isObject, type JsonObject } from "../values/json.ts";
import type { Linked } from "./linked_records.ts";
import { toEpoch } from "./moments.ts";
import type { queryInTurns } from "./query.ts";
import type { Question } from "./question.ts";
import type { Subject } from "./subject.ts";

/** How many records of a part are read: no overview shows more. */
export const MOST_ROWS = 6;

/** In how many currencies a part shows its value. */
const MAX_CURRENCIES = 6;

/** Answers a question about some records. */
export type Ask = (
  subject: Subject,
  question: Question,
) => ReturnType<typeof queryInTurns>;

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

const { contact, deal, task, ticket } = resources;

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

/** The condition that records are in a state, if one is given. */
export function stateIs(state: string | undefined): Pick<Question, "where"> {
  return state === undefined
    ? {}
    : { where: [{ field: "state", value: state }] };
}

/** A date as ms since 1970; 0 for any other value. */
export function timeOf(value: unknown): number {
  return Date.parse(String(value)) || 0;
}

/** What is known of one kind of records. */
export interface ReadPart {
  /** How many there are, and what they are worth. */
  readonly head: JsonObject;
  readonly total: number;
  /** The first of them, as many as an overview shows at most. */
  readonly rows: readonly JsonObject[];
}

/**
 * Reads the parts, in the order that readers see.
 *
 * @param linked The records that belong to the account.
 * @param ask Answers questions about them.
 */
export async function readParts(
  linked: Linked,
  ask: Ask,
): Promise<ReadonlyMap<string, ReadPart>> {
  const parts = new Map<string, ReadPart>();
  for (const part of PARTS) {
    const subject = linked.get(part.resource.name);
    if (subject) parts.set(part.name, await readPart(part, subject, ask));
  }
  return parts;
}

/**
 * Reads the last contact and the next step, as keys of the answer.
 *
 * @param linked The records that belong to the account.
 * @param notes The notes around it, newest first.
 * @param ask Answers questions about the records.
 */
export async function readEnds(
  linked: Linked,
  notes: readonly JsonObject[],
  ask: Ask,
): Promise<JsonObject> {
  const tasks = linked.get(task.name);
  const last = await lastContact(notes, tasks, ask);
  const next = await nextStep(tasks, linked.get(deal.name), ask);
  return {
    ...(last ? { last_contact: last } : {}),
    ...(next ? { next_step: next } : {}),
  };
}

async function readPart(
  { state, fields, sort, sum }: Part,
  subject: Subject,
  ask: Ask,
): Promise<ReadPart> {
  const where = stateIs(state);
  const measures = ["count", ...(sum ? [`sum:${sum}`] : [])];
  const { groups: [totals] = [] } = await ask(subject, { ...where, measures });
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
  if (fields.length === 0 || total === 0) return { head, total, rows: [] };
  const { rows = [] } = await ask(subject, {
    ...where,
    fields,
    limit: MOST_ROWS,
    ...(sort ? { sort } : {}),
  });
  return { head, total, rows };
}

/** The newest note or completed task. */
async function lastContact(
  [note]: readonly JsonObject[],
  tasks: Subject | undefined,
  ask: Ask,
): Promise<JsonObject | undefined> {
  const { rows: [done] = [] } = tasks
    ? await ask(tasks, {
      ...stateIs("closed"),
      fields: ["name", "updated_at"],
      limit: 1,
    })
    : {};
  const noted = timeOf(note?.created_at);
  const worked = done ? toEpoch(done.updated_at, tasks!.zone) ?? 0 : 0;
  if (noted === 0 && worked === 0) return undefined;
  return worked > noted
    ? { date: done!.updated_at, what: "completed task", task: done }
    : { date: note!.created_at, what: "note", on: note!.on };
}

/** The open task that is due first; without one, the deal that closes first. */
async function nextStep(
  tasks: Subject | undefined,
  deals: Subject | undefined,
  ask: Ask,
): Promise<JsonObject | undefined> {
  const first = async (
    subject: Subject | undefined,
    date: string,
    fields: readonly string[],
  ) => {
    if (!subject) return undefined;
    const where = [{ field: "state", value: "open" }, {
      field: date,
      op: "is_set",
    }];
    const { rows = [] } = await ask(subject, {
      where,
      fields: ["name", date, ...fields],
      sort: date,
      limit: 1,
    });
    return rows[0];
  };
  const due = await first(tasks, "due_date", ["days_overdue", "next_step"]);
  if (due) return { task: due };
  const closing = await first(deals, "closed_date", ["crm_stage_id"]);
  return closing && { deal: closing };
}
