/**
 * Finds the records that a question is about: all of a kind, or those that
 * belong to chosen records, such as the notes of some deals.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { peopleIn } from "../../fields/shown.ts";
import { type Resource, resources } from "../../qontak/resources.ts";
import type { Subject } from "../../snapshots/subject.ts";
import {
  daysAfterMove,
  daysInStage,
  STAGE_MOVE,
  stageFields,
} from "../../snapshots/moves.ts";
import { select } from "../../snapshots/query.ts";
import { checkFirst, type Question } from "../../snapshots/question.ts";
import type { Found, Records, RelatedList } from "../../snapshots/records.ts";
import type { Owner, Related } from "../../snapshots/related.ts";
import { createTable, type Table } from "../../snapshots/table.ts";
import { defined, isObject, type JsonObject, toId } from "../../values/json.ts";
import { describeReading } from "./reading.ts";

/**
 * The maximum number of records whose notes or moves one question reads, with a
 * request for each.
 */
const MAX_OWNERS = 1_000;

/** The kinds of records that Qontak lists only for one other record. */
const DEPENDENT: Readonly<Record<RelatedList, readonly Resource[]>> = {
  notes: [resources.deal, resources.contact, resources.company],
  stage_moves: [resources.deal],
};

/** The key of a note that names the record that it belongs to. */
const NAMED_IN_NOTES: ReadonlyMap<Resource, string> = new Map([
  [resources.deal, "crm_deal_id"],
  [resources.contact, "crm_person_id"],
  [resources.company, "crm_company_id"],
]);

/** The names of these kinds. */
const DEPENDENTS: readonly string[] = Object.keys(DEPENDENT);

/** What a question is about. */
export interface About {
  /** The plural name of the kind of record. */
  readonly plural: string;
  /** That kind, if it is one of Qontak's. */
  readonly resource: Resource | undefined;
  /** Chooses the records that others belong to. */
  readonly of:
    | { readonly resource?: unknown; readonly where?: unknown }
    | undefined;
  /** The whole question. */
  readonly question: Question;
  /** Whether to read everything again. */
  readonly fresh: boolean | undefined;
  /** Whether the question names how long deals have been in their stages. */
  readonly hasDaysInStage: boolean;
  /** The user that "me" means. */
  readonly me: Subject["me"];
}

/** The records, and what the answer says about them. */
export interface FoundSubject {
  /** Undefined if not all of them could be read in time. */
  readonly subject?: Subject;
  /** What the answer says. */
  readonly said: JsonObject;
}

/**
 * Finds the records that a question is about.
 *
 * @param records The company's records.
 * @param about What the question is about.
 * @throws {InputError} When the records that they belong to are not chosen well.
 * @throws What reading the records threw.
 */
export async function findSubject(
  records: Records,
  about: About,
): Promise<FoundSubject> {
  const { plural, resource, of, fresh, me } = about;
  if (!resource || DEPENDENTS.includes(plural)) {
    return await findDependent(records, about);
  }
  if (of !== undefined) {
    throw new InputError(
      `of is for ${
        DEPENDENTS.join(" and ")
      }: the conditions for ${plural} are in where`,
    );
  }
  const found = await all(records, resource, fresh, me);
  const said = describeReading(found.snapshot, plural);
  if (found.snapshot.partial) return { said };
  if (!about.hasDaysInStage || resource !== resources.deal) {
    return { subject: found.subject, said };
  }
  const { subject } = found;
  const { now, zone, table } = subject;
  const withDays = (moves: Table): Subject => ({
    ...subject,
    more: { days_in_stage: daysInStage(table, moves, now, zone) },
  });
  checkFirst([[about.question, withDays(createTable())]]);
  const others =
    about.question.where?.filter((one) =>
      !isObject(one) || one.field !== "days_in_stage"
    ) ?? [];
  const moves = await readRelated(
    records,
    "stage_moves",
    resource,
    found,
    others,
    fresh,
  );
  if (!moves.related) return moves;
  return {
    subject: withDays(moves.related.table),
    said: { ...said, ...moves.said, records_read: said.records_read },
  };
}

/** All records of a kind, for conditions with "me" too. */
async function all(
  records: Records,
  resource: Resource,
  fresh: boolean | undefined,
  me: Subject["me"],
): Promise<Found> {
  const { subject, snapshot } = await records.all(resource, fresh);
  return { snapshot, subject: me === undefined ? subject : { ...subject, me } };
}

/** The records that belong to the chosen ones. */
async function findDependent(
  records: Records,
  { of = {}, fresh, me, ...about }: About,
): Promise<FoundSubject> {
  const plural = about.plural as RelatedList;
  const choices = DEPENDENT[plural]!;
  const [only, ...more] = choices;
  const owner = of.resource === undefined && more.length === 0
    ? only!
    : choices.find((one) => one.plural === of.resource);
  if (!owner) {
    throw new InputError(
      `${plural} belong to other records: choose them with of, such as {"resource": "deals", "where": [{"field": "state", "value": "open"}]}. Its resource is one of ${
        choices.map((one) => one.plural).join(", ")
      }`,
    );
  }
  const found = await all(records, owner, fresh, me);
  if (found.snapshot.partial) {
    return { said: describeReading(found.snapshot, owner.plural) };
  }
  const where = Array.isArray(of.where) ? of.where : [];
  const subjectOf = (table: Table): Subject => ({
    ...defined({ me }),
    ...dependentSubject(plural, table, found.subject, owner),
  });
  // Only the keys of moves are known before any is read.
  if (plural === "stage_moves") {
    checkFirst([
      [{ where }, found.subject],
      [about.question, subjectOf(createTable())],
    ]);
  }
  const { related, said } = await readRelated(
    records,
    plural,
    owner,
    found,
    where,
    fresh,
  );
  if (!related) return { said };
  return { subject: subjectOf(related.table), said };
}

/** What belongs to others, as what a question is about. */
function dependentSubject(
  plural: RelatedList,
  table: Table,
  subject: Subject,
  owner: Resource,
): Subject {
  const { now, zone, fields } = subject;
  const isNotes = plural === "notes";
  return {
    resource: isNotes ? resources.note : STAGE_MOVE,
    table,
    fields: isNotes ? peopleIn(fields) : [],
    pipelines: [],
    stages: [],
    now,
    zone,
    parent: {
      subject,
      key: isNotes ? NAMED_IN_NOTES.get(owner)! : "deal_id",
      rule: `of the ${owner.name}, not of the ${
        isNotes ? "note" : "move: that has moved_date and moved_by"
      }`,
    },
    ...(isNotes ? {} : {
      more: {
        ...stageFields(table, subject),
        days_in_stage: daysAfterMove(table, now, zone),
      },
    }),
  };
}

/** Reads what belongs to the records that meet some conditions. */
async function readRelated(
  records: Records,
  plural: RelatedList,
  of: Resource,
  { subject, snapshot }: Found,
  where: readonly unknown[],
  fresh: boolean | undefined,
): Promise<{ readonly related?: Related; readonly said: JsonObject }> {
  const { table, resource: { plural: owned } } = subject;
  const { rows, notes: remarks } = await select(where, subject);
  const chosen = rows.map((row): Owner => ({
    id: toId(table.value(row, "id")) ?? 0,
    version: table.value(row, "updated_at"),
  })).sort((a, b) =>
    String(b.version).localeCompare(String(a.version)) || b.id - a.id
  );
  const owners = chosen.slice(0, MAX_OWNERS);
  const related = await records.related(plural, of, owners, fresh);
  const notes = [...remarks];
  if (chosen.length > owners.length) {
    notes.push(
      `Only the ${plural} of the ${owners.length} ${owned} that changed last were read, because each takes a request; ${
        chosen.length - owners.length
      } were left out`,
    );
  }
  const said: JsonObject = {
    as_of: new Date(Math.min(related.asOf, snapshot.asOf)).toISOString(),
    records_read: related.table.size,
    [`${owned}_chosen`]: chosen.length,
    ...(notes.length > 0 ? { notes } : {}),
  };
  if (!related.partial) return { related, said };
  const { read, total } = related.partial;
  return {
    said: {
      ...said,
      records_read: read,
      incomplete:
        `The ${plural} of ${read} of ${total} ${owned} could be read in the time of one call, and nothing was computed. What was read is kept: call again to go on`,
    },
  };
}
