/**
 * The tool that changes many records in one run.
 *
 * @module
 */
import * as z from "zod";
import { carryOutRun, type PrepareRow } from "../changes/carry_out_run.ts";
import { MAX_ROWS, planRun, startRun } from "../changes/plan_run.ts";
import type { Run } from "../changes/runs.ts";
import { prepareUndoRow } from "../changes/undo_run.ts";
import { InputError } from "../errors.ts";
import { type Resource, resources } from "../qontak/resources.ts";
import { namesMe } from "../snapshots/condition_values.ts";
import { select } from "../snapshots/query.ts";
import { isEmpty, type JsonObject, show, toId } from "../values/json.ts";
import { shortCondition } from "./insight.ts";
import {
  type Argument,
  type Arguments,
  list,
  object,
  oneOf,
  text,
} from "./kit/arguments.ts";
import { unwrap } from "../values/wrapped.ts";
import { frames } from "./kit/frames.ts";
import { parseArguments } from "./kit/parse_arguments.ts";
import { planOf, tenantArgument } from "./kit/shared_arguments.ts";
import { findSubject } from "./kit/subject.ts";
import { CHANGE_RECORDS } from "./outline.ts";
import { type Tool, tool, type ToolContext } from "./tool.ts";

/** What a run can do. */
export const RUN_ACTIONS = ["create", "update", "delete"] as const;

/** How many rows a refusal names. */
const MAX_NAMED = 5;

/**
 * An object whose keys depend on the kind of record. The schema shows JSON text:
 * some clients can send no object whose keys are not listed.
 */
const anyObject: Argument<JsonObject | undefined> = {
  ...(object({}) as unknown as Argument<JsonObject | undefined>),
  check: () =>
    z.preprocess(
      unwrap,
      z.record(z.string(), z.unknown(), { error: "must be an object" }),
    ) as unknown as z.ZodType<JsonObject>,
  schema: { type: "string" },
};

/**
 * Makes the tool that changes many records.
 *
 * @param tools The tools whose changes it can make.
 * @returns The tool; undefined if there is nothing that it could change.
 */
export function changeRecordsTool(tools: readonly Tool[]): Tool | undefined {
  const makers = new Map(
    tools.filter(({ prepare }) => prepare)
      .map((tool) => [tool.name, withoutPlan(tool)]),
  );
  const kinds = Object.values<Resource>(resources).filter(({ name }) =>
    RUN_ACTIONS.some((action) => makers.has(`${action}_${name}`))
  );
  if (kinds.length === 0) return undefined;

  /** The tool that makes one change of a run. */
  function makerOf(action: string, resource: Resource): Tool {
    const maker = makers.get(`${action}_${resource.name}`);
    if (maker) return maker;
    throw new InputError(
      `${CHANGE_RECORDS} was not sent: ${resource.plural} cannot be ${action}d here`,
    );
  }

  const prepareChange: PrepareRow = async (
    context,
    { act, resource },
    args,
  ) => {
    const maker = makerOf(act!, kindOf(kinds, resource!));
    const { values, error } = parseArguments(maker, args);
    if (error) throw error;
    const prepared = await maker.prepare!(context, values);
    const { problems, notes } = prepared;
    return { prepared, problems, notes };
  };

  async function plan(
    context: ToolContext,
    { action, resource: plural, ...given }: Given,
  ): Promise<JsonObject> {
    if (!action || !plural) {
      throw new InputError(
        `${CHANGE_RECORDS} was not sent: give resource and action, with rows or where; or plan; or run`,
      );
    }
    checkScopes(context, action);
    const resource = kindOf(kinds, plural);
    makerOf(action, resource);
    const { rows, said, notes } = await rowsOf(
      context,
      action,
      resource,
      given,
    );
    if (!rows) return { records: [], ...said };
    const answer = await planRun(context, {
      run: {
        tool: CHANGE_RECORDS,
        does: "change",
        resource: plural,
        act: action,
      },
      rows,
      resource,
      prepareRow: prepareChange,
      notes: [
        ...notes,
        ...(action === "delete"
          ? [
            `What belongs to each record was not looked up: delete_${resource.name} with dry_run says it for one`,
          ]
          : []),
      ],
    });
    return { ...answer, ...said };
  }

  async function goOn(context: ToolContext, run: Run): Promise<JsonObject> {
    // What takes a change back checks its own scope for each record.
    checkScopes(context, run.does === "change" ? run.act! : "update");
    // The template may have changed since it was read.
    context.setup.forget();
    const prepareRow = run.does === "undo" ? prepareUndoRow : prepareChange;
    return await carryOutRun(context, run, prepareRow);
  }

  return tool({
    name: CHANGE_RECORDS,
    title: "Change many records",
    description:
      `Creates, updates or deletes up to ${MAX_ROWS} records. rows: for each the arguments of e.g. update_deal with its id, as JSON; or where (as in query_records) and one change, as JSON, for all that match. It answers what would change, and a plan; call it with plan to begin, and with run to continue.`,
    effect: "write",
    destructive: true,
    input: {
      resource: oneOf(kinds.map(({ plural }) => plural)),
      action: oneOf(RUN_ACTIONS),
      rows: list(anyObject),
      where: list(shortCondition),
      change: anyObject,
      plan: text(),
      run: text(),
      ...tenantArgument,
    } as Arguments,
    output: frames.page,
    renamed: { dry_run: "without plan and run, nothing is changed" },
    about: ({ resource }) => kinds.find(({ plural }) => plural === resource),
    run: async (context, args) => {
      const { user_id: _, ...given } = args as Given & JsonObject;
      const handle = planOf(given);
      const others = Object.keys(given).filter((key) =>
        !["plan", "run", "resource", "action"].includes(key)
      );
      const id = isEmpty(given.run) ? undefined : given.run;
      if (handle === undefined && id === undefined) {
        return await plan(context, given);
      }
      if (others.length > 0 || (handle !== undefined && id !== undefined)) {
        throw new InputError(
          `${CHANGE_RECORDS} was not sent: give plan alone to begin, or run alone to continue`,
        );
      }
      if (handle !== undefined) {
        return await goOn(
          context,
          await startRun(
            context,
            CHANGE_RECORDS,
            handle,
            (run) => checkSame(given, run),
          ),
        );
      }
      const run = await context.runs.find(id!);
      if (run && context.runs.isOwn(run)) {
        checkSame(given, run);
        return await goOn(context, run);
      }
      const lasts = await context.runs.isLasting();
      throw new InputError(
        `${CHANGE_RECORDS} was not sent: you have no such run. It has not begun, it was begun by another caller, or it is older than 7 days.${
          lasts
            ? ""
            : " Runs are kept in memory here, until the server ends: if it was started again since, look at the records to see how far the run came."
        } undo_change without ids lists the last changes`,
      );
    },
  });
}

/** The arguments of a call. */
interface Given {
  readonly resource?: string;
  readonly action?: typeof RUN_ACTIONS[number];
  readonly rows?: readonly JsonObject[];
  readonly where?: readonly JsonObject[];
  readonly change?: JsonObject;
  readonly plan?: string;
  readonly run?: string;
}

/** Refuses a resource or action that is not that of the plan or run. */
function checkSame(
  { resource, action }: Given,
  run: Pick<Run, "resource" | "act">,
): void {
  if (
    (resource === undefined || resource === run.resource) &&
    (action === undefined || action === run.act)
  ) return;
  throw new InputError(
    `${CHANGE_RECORDS} was not sent: that plan or run is to ${
      run.act ?? "take back changes of"
    } ${run.resource ?? "records"}. Give plan or run alone`,
  );
}

/** A tool without the arguments that a row does not have. */
function withoutPlan(tool: Tool): Tool {
  const { dry_run: _1, plan: _2, user_id: _3, ...input } = tool.input;
  return { ...tool, input };
}

function kindOf(kinds: readonly Resource[], plural: string): Resource {
  const kind = kinds.find((one) => one.plural === plural);
  if (kind) return kind;
  throw new InputError(
    `${CHANGE_RECORDS} was not sent: there are no tools for ${plural} here`,
  );
}

function checkScopes({ scopes, mayRead }: ToolContext, action: string): void {
  const needed = action === "delete" ? "delete" : "write";
  const lacking = [
    ...(mayRead ? [] : ["read"]),
    ...(scopes.includes(needed) ? [] : [needed]),
  ];
  if (lacking.length === 0) return;
  throw new InputError(
    `${CHANGE_RECORDS} was not sent: your credential lacks the scope ${
      lacking.join(" and ")
    }, which this needs`,
  );
}

/** The rows that a call gives or selects. */
interface Rows {
  /** The arguments of each; undefined if not all records could be read. */
  readonly rows?: readonly JsonObject[];
  /** What the answer says about the records that were read. */
  readonly said: JsonObject;
  readonly notes: readonly string[];
}

async function rowsOf(
  context: ToolContext,
  action: string,
  resource: Resource,
  { rows, where, change }: Given,
): Promise<Rows> {
  const refuse = (why: string) =>
    new InputError(`${CHANGE_RECORDS} was not sent: ${why}`);
  if ((rows === undefined) === (where === undefined)) {
    throw refuse("give either rows or where");
  }
  if (where) return await matching(context, action, resource, where, change);
  if (change !== undefined) {
    throw refuse("change is for where: a row has its own values");
  }
  if (rows!.length === 0) throw refuse("rows is empty");
  if (rows!.length > MAX_ROWS) {
    throw refuse(
      `there are ${rows!.length} rows: give at most ${MAX_ROWS} at once`,
    );
  }
  const { idArgument } = resource;
  const contradicting = rows!.flatMap(({ id, [idArgument]: other }, i) =>
    action === "create" || isEmpty(id) || isEmpty(other) ||
      toId(id) === toId(other)
      ? []
      : [`row ${i + 1} has id ${show(id)} and ${idArgument} ${show(other)}`]
  );
  if (contradicting.length > 0) {
    throw refuse(
      `${contradicting.slice(0, MAX_NAMED).join("; ")}${
        contradicting.length > MAX_NAMED ? "; …" : ""
      }. Give one of them, since both name the record`,
    );
  }
  return {
    // Answers show the id of a record as id.
    rows: action === "create"
      ? rows!
      : rows!.map(({ id, ...row }) =>
        isEmpty(id) ? row : {
          ...row,
          [idArgument]: isEmpty(row[idArgument]) ? id : row[idArgument],
        }
      ),
    said: {},
    notes: [],
  };
}

/** One change for all records that match. */
async function matching(
  { records, setup }: ToolContext,
  action: string,
  resource: Resource,
  where: readonly JsonObject[],
  change: JsonObject | undefined,
): Promise<Rows> {
  const refuse = (why: string) =>
    new InputError(`${CHANGE_RECORDS} was not sent: ${why}`);
  if (action === "create") throw refuse("where selects records that exist");
  if (where.length === 0) {
    throw refuse("where is empty, which would be every record");
  }
  if ((action === "update") !== (change !== undefined)) {
    throw refuse(
      action === "update"
        ? "where needs change, the values for all that match"
        : "a delete has no change",
    );
  }
  const me = namesMe(where) ? await setup.me() : undefined;
  const { subject, said } = await findSubject(records, {
    plural: resource.plural,
    resource,
    of: undefined,
    question: { where },
    fresh: undefined,
    hasDaysInStage: JSON.stringify(where).includes("days_in_stage"),
    me,
  });
  if (!subject) return { said, notes: [] };
  const { rows, notes } = await select(where, subject);
  const ids = rows
    .map((row) => toId(subject.table.value(row, "id")))
    .filter((id) => id !== null)
    .sort((a, b) => a - b);
  if (ids.length === 0) {
    throw refuse([`no ${resource.plural} match where`, ...notes].join(". "));
  }
  if (ids.length > MAX_ROWS) {
    throw refuse(
      `${ids.length} ${resource.plural} match: a run has at most ${MAX_ROWS}. Add a condition to where`,
    );
  }
  return {
    rows: ids.map((id) => ({ ...change, [resource.idArgument]: id })),
    said,
    notes,
  };
}
