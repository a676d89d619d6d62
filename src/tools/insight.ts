/**
 * Tools that answer questions about many records. They count, sum, group and
 * search in snapshots of all records of one kind.
 *
 * @module
 */
import { ForeseenError } from "../errors.ts";
import { type Resource, resources } from "../qontak/resources.ts";
import { namesMe } from "../snapshots/condition_values.ts";
import { OPERATORS } from "../snapshots/conditions.ts";
import { MEASURES } from "../snapshots/measures.ts";
import { queryInTurns } from "../snapshots/query.ts";
import type { Question } from "../snapshots/question.ts";
import {
  anyValue,
  flag,
  list,
  object,
  oneOf,
  reference,
  required,
  text,
  whole,
  words,
} from "./kit/arguments.ts";
import { objectSchema } from "./outline.ts";
import { frames } from "./kit/frames.ts";
import { tenantArgument } from "./kit/shared_arguments.ts";
import { findSubject } from "./kit/subject.ts";
import { writeDay } from "../values/zone.ts";
import { type Tool, tool } from "./tool.ts";

/** Returns an error that a question may have to report; throws any other. */
function foreseen(error: unknown): ForeseenError {
  if (error instanceof ForeseenError) return error;
  throw error;
}

/** The fields shown for a record unless the caller names others. */
const SUMMARIES: Readonly<Record<string, readonly string[]>> = {
  contacts: [
    "first_name",
    "last_name",
    "email",
    "telephone",
    "crm_company_name",
  ],
  companies: ["name", "telephone", "city", "creator_id"],
  deals: [
    "name",
    "size",
    "currency",
    "crm_stage_id",
    "creator_id",
    "crm_company_name",
  ],
  tickets: ["name", "ticket_stage_id", "assignee_id", "due_date"],
  tasks: ["name", "crm_task_status_id", "assignee_id", "due_date"],
  products: ["name", "price", "currency"],
  products_associations: ["name", "quantity", "total_price", "crm_deal_id"],
  geolocations: ["timestamp", "creator_name", "checkin_address"],
  notes: [
    "note",
    "created_at",
    "creator_id",
    "crm_deal_id",
    "crm_company_id",
    "crm_person_id",
  ],
  stage_moves: ["deal_id", "from", "to", "moved_date", "moved_by"],
};

/** The kinds of records that a question may be about, by their plural names. */
const SUBJECTS: ReadonlyMap<string, Resource> = new Map(
  Object.values<Resource>(resources)
    .filter(({ plural }) => Object.hasOwn(SUMMARIES, plural))
    .map((resource) => [resource.plural, resource]),
);

/** One condition of a question. */
export const condition = object({
  field: required(reference()),
  op: oneOf(OPERATORS),
  value: { ...anyValue(), schema: { type: "string" } },
});

/**
 * The same with a shorter schema, where another argument lists the words of op.
 */
export const shortCondition = {
  ...condition,
  schema: objectSchema({ field: text(), op: text(), value: text() }),
};

/** The tools of insight, in the order that clients see. */
export const insightTools: readonly Tool[] = [
  tool({
    name: "query_records",
    title: "Count, sum, group or find records",
    description:
      `Answers from all records of a kind. Fields: record keys, custom fields by id or label, state (open, won, lost, closed), overdue, days_overdue, age_days, days_since_update, days_in_stage, company, contact. Dates: 2026-11, today, -21d, last_quarter. Open deals per stage and month: where [{"field":"state","value":"open"}], group_by "stage,closed_date:month", measures "count,sum:size,weighted:size", sort "-count". Notes or moves of deals: of {"resource":"deals"}, where [{"field":"note","op":"contains","value":"diskon"}]. Moves: to_state, moved_date, moved_by.`,
    effect: "read",
    input: {
      resource: required(oneOf(Object.keys(SUMMARIES))),
      where: list(
        condition,
        "All must hold. A list as value: any of it",
      ),
      of: object({
        resource: text(),
        where: list(shortCondition),
      }),
      group_by: words(),
      measures: words(
        `count, ${MEASURES.slice(1).join(":, ")}: with a field`,
      ),
      sort: text(),
      limit: whole(1, 500),
      fields: words(),
      fresh: flag("Read all again"),
      ...tenantArgument,
    },
    output: frames.page,
    about: ({ resource }) => SUBJECTS.get(String(resource)),
    run: async ({ records, setup, signal }, args) => {
      const { resource: plural, fresh, of, user_id: _, ...question } = args;
      const where = question.where ?? [];
      const conditions = [...where, ...of?.where ?? []];
      const me = namesMe(conditions)
        ? await setup.me().catch(foreseen)
        : undefined;
      const { subject, said } = await findSubject(records, {
        plural,
        resource: SUBJECTS.get(plural),
        of,
        question: question as Question,
        fresh,
        hasDaysInStage: JSON.stringify(question).includes("days_in_stage"),
        me,
      });
      if (!subject) return { records: [], ...said };
      const { groups, rows, notes: remarks = [], ...rest } = await queryInTurns(
        question as Question,
        subject,
        SUMMARIES[plural]!,
        signal,
      );
      const { now, zone } = subject;
      const notes = [...said.notes as string[] ?? [], ...remarks];
      return {
        records: [...groups ?? rows ?? []],
        ...rest,
        today: writeDay(zone.dayOf(now)),
        ...said,
        ...(notes.length > 0 ? { notes } : {}),
      };
    },
  }),
];
