/**
 * Taking changes back: what the history knows of a record's changes becomes one
 * change that restores what was before them.
 *
 * @module
 */
import { QontakError } from "../errors.ts";
import { isSame, valuesOf } from "../fields/readback.ts";
import { argumentOf, type Resource, resources } from "../qontak/resources.ts";
import { defined, isEmpty, type JsonObject, toId } from "../values/json.ts";
import type { Prepared } from "./change.ts";
import type { ChangeContext } from "./context.ts";
import { prepareDelete } from "./delete.ts";
import type { Act, PastChange } from "./history.ts";
import {
  changedBetween,
  conflictsOf,
  restored,
  touchedBy,
  unknownBefore,
  valuesFor,
} from "./old_values.ts";
import { lastChangeOf } from "./last_change.ts";
import { mayShowOf } from "./may_show.ts";
import { readRecord } from "./report_write.ts";
import {
  preparedCategoryDelete,
  preparedNewCategory,
  TASK_CATEGORY,
  taskCategories,
} from "./task_category.ts";
import { prepareWrite } from "./write.ts";

/** How the changes of one record are taken back. */
export interface Undoing {
  /** The changes, newest first. */
  readonly changes: readonly PastChange[];
  /** The change that restores the record; undefined if none is needed. */
  readonly prepared?: Prepared;
  /** Why they cannot be taken back, one sentence each. */
  readonly problems: readonly string[];
  /** What does not come back, or is not certain, one sentence each. */
  readonly notes: readonly string[];
}

/** The name of the tool that takes changes back. */
export const UNDO_TOOL = "undo_change";

/** What stays lost of a deleted record. */
const LOST =
  "A deleted record gets a new id. Its history, timeline, chats and what Qontak alone sets do not come back, and neither do the notes, tasks and links that hung on it";

/** The start of the keys of a deal that describe its product lines. */
const LINES = "product_association_";

/** What stays lost of a deleted deal with product lines. */
const LOST_LINES =
  `The product lines of a deleted deal do not come back: ${LINES}ids and the keys beside it are left out. Create the lines again for the new deal`;

/**
 * Sorts changes into groups of one record each, and each group newest first.
 *
 * @param changes The changes, in any order.
 */
export function groupByRecord(
  changes: readonly PastChange[],
): readonly (readonly PastChange[])[] {
  const newestFirst = changes.toSorted((a, b) => a.id < b.id ? 1 : -1);
  return [
    ...Map.groupBy(newestFirst, ({ kind, record }) => `${kind} ${record}`)
      .values(),
  ];
}

/** Says that changes cannot be taken back, and why. */
export function refusedUndo(
  changes: readonly PastChange[],
  problem: string,
): Undoing {
  const problems = [`${nameOf(changes[0]!)}: ${problem}`];
  return { changes, problems, notes: [] };
}

/**
 * Finds out how the changes of one record are taken back, by the record as it is
 * now. It sends nothing that changes anything.
 *
 * @param context The company's CRM.
 * @param changes The changes of one record, newest first.
 */
export async function prepareFirstUndo(
  context: ChangeContext,
  changes: readonly PastChange[],
): Promise<Undoing> {
  const none = { changes, problems: [], notes: [] };
  const refused = (problem: string) => refusedUndo(changes, problem);
  const fixed = changes.find(({ canUndo }) => !canUndo);
  if (fixed) return refused(`what ${fixed.tool} did cannot be taken back`);
  const [newest] = changes;
  const oldest = changes.at(-1)!;
  const { kind, record: id } = newest!;
  if (id === null) {
    return refused(
      "it is not known whether it was created, or under which id. Look for it first",
    );
  }
  const resource = resourceOf(newest!);
  const act = actOf(newest!, oldest);
  if (act === undefined) return none;
  const scope = act === "delete" ? "delete" : "write";
  if (!context.scopes.includes(scope)) {
    return refused(
      `your credential lacks the scope ${scope}, which this needs`,
    );
  }
  const maker = `${act}_${kind}`;
  if (!context.hasTool(maker)) {
    return refused(`this server has no tool ${maker}, which would do the same`);
  }
  if (!resource) {
    if (kind !== TASK_CATEGORY) return refused("this cannot be taken back");
    const isListed = (await taskCategories(context))
      .some((one) => toId(one.id) === id);
    if (act === "delete" && !isListed) return none;
    const prepared = act === "delete"
      ? preparedCategoryDelete(UNDO_TOOL, id, newest!.body)
      : preparedNewCategory(UNDO_TOOL, defined({ name: newest!.before?.name }));
    return { ...none, prepared };
  }
  const mayShow = mayShowOf(context);
  const current = await readIfThere(context, resource, id);
  if (act === "create") {
    if (current) return refused("it is there, so it was not deleted");
    const between = changedBetween(resource, changes, mayShow);
    if (between.length > 0) return refused(differs(between));
    return await recreate(context, resource, changes);
  }
  if (!current) {
    return act === "delete" ? none : refused("the record was deleted since");
  }
  const conflicts = act === "delete"
    ? changedSince(resource, current, newest!)
    : conflictsOf(resource, changes, current, mayShow);
  const between = changedBetween(resource, changes, mayShow);
  if (between.length > 0) return refused(differs(between));
  if (conflicts.length > 0) {
    const last = await lastChangeOf(context, resource, id, current);
    return refused(
      `somebody has changed it since: ${conflicts.join("; ")}. ${last}`,
    );
  }
  if (act === "delete") {
    const prepared = await prepareDelete(context, resource, {
      tool: UNDO_TOOL,
      endpoint: resource.endpoints.delete!,
      id,
    });
    return { ...none, prepared };
  }
  const values = restored(resource, changes, current);
  const unknown = unknownBefore(resource, changes);
  const isNothing = Object.keys(values).length === 0;
  if (unknown.length > 0 && isNothing) {
    return refused(`${notKnown(unknown)}, so it cannot be restored`);
  }
  if (isNothing) return none;
  const prepared = await prepareWrite(context, {
    tool: UNDO_TOOL,
    resource,
    id,
    values,
    summary: [],
    skipValidation: false,
    restores: true,
  });
  const notes = unknown.length > 0
    ? [`${nameOf(newest!)}: ${notKnown(unknown)}, so it stays as it is`]
    : [];
  return { ...none, prepared, problems: prepared.problems, notes };
}

/** Says that Qontak did not show what the changes replaced. */
function notKnown(names: readonly string[]): string {
  return `Qontak does not show what ${names.join(", ")} was before`;
}

/** What restores the record; undefined if it was created and deleted. */
function actOf(newest: PastChange, oldest: PastChange): Act | undefined {
  if (oldest.act === "create") {
    return newest.act === "delete" ? undefined : "delete";
  }
  return newest.act === "delete" ? "create" : "update";
}

/** The kind of record of a change; undefined for categories of tasks. */
export function resourceOf(
  { kind }: Pick<PastChange, "kind">,
): Resource | undefined {
  return Object.values<Resource>(resources).find(({ name }) => name === kind);
}

/** A change's record, for messages. */
export function nameOf(
  { kind, record }: Pick<PastChange, "kind" | "record">,
): string {
  return `${kind.replaceAll("_", " ")} ${record ?? "of unknown id"}`;
}

async function readIfThere(
  context: ChangeContext,
  resource: Resource,
  id: number,
): Promise<JsonObject | undefined> {
  try {
    return await readRecord(context, resource, id);
  } catch (error) {
    if (error instanceof QontakError && error.status === 404) return undefined;
    throw error;
  }
}

/** Creates a deleted record again. */
async function recreate(
  context: ChangeContext,
  resource: Resource,
  changes: readonly PastChange[],
): Promise<Undoing> {
  // What older changes had replaced comes back as well.
  const [{ before: last = {} } = {}] = changes as readonly PastChange[];
  const record = changes.slice(1).reduce(
    (later, { body, before }) => ({
      ...later,
      ...valuesFor(
        resource.endpoints.update.body,
        before ?? {},
        touchedBy(body),
      ),
    }),
    last,
  );
  const { body } = resource.endpoints.create;
  const values = valuesFor(body, record, Object.keys(body));
  const filled = Object.fromEntries(
    Object.entries(values).filter(([, value]) => !isEmpty(value)),
  );
  // Qontak refuses the ids of product lines that are gone.
  const lines = Object.keys(filled).filter((key) => key.startsWith(LINES));
  for (const key of lines) delete filled[key];
  const custom = filled.additional_fields;
  if (Array.isArray(custom)) {
    filled.additional_fields = custom.filter((entry) => !isEmpty(entry.value));
  }
  const prepared = await prepareWrite(context, {
    tool: UNDO_TOOL,
    resource,
    values: filled,
    summary: [],
    skipValidation: false,
    restores: true,
  });
  return {
    changes,
    prepared,
    problems: prepared.problems,
    notes: lines.length > 0 ? [LOST, LOST_LINES] : [LOST],
  };
}

/** What has changed in a record since it was created here. */
function changedSince(
  resource: Resource,
  current: JsonObject,
  { after, body }: PastChange,
): string[] {
  const stamp = after?.updated_at;
  if (stamp !== undefined && isSame(stamp, current.updated_at)) return [];
  const differing = valuesOf(body)
    .filter((one) =>
      !isSame(one.value, one.in(after ?? {}) ?? one.value) ||
      !isSame(one.value, one.in(current))
    )
    .map(({ key }) => argumentOf(resource, key));
  return stamp === undefined && differing.length === 0 ? [] : [
    differing.length > 0
      ? `${differing.join(", ")} ${
        differing.length === 1 ? "is" : "are"
      } not as it was created`
      : "something that the creation did not set",
  ];
}

/** Why changes are not taken back together. */
function differs(between: readonly string[]): string {
  return `somebody has changed it between these changes: ${
    between.join("; ")
  }. Take back the newest alone`;
}
