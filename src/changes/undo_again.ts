/**
 * Prepares to take changes back, also after a call of unknown outcome has begun
 * to: the record shows whether that call took effect.
 *
 * @module
 */
import { ForeseenError } from "../errors.ts";
import { show, toId } from "../values/json.ts";
import type { Prepared } from "./change.ts";
import type { ChangeContext } from "./context.ts";
import { findMade } from "./find_created.ts";
import { isUnderWay, type PastChange, type Undone } from "./history.ts";
import { TASK_CATEGORY, taskCategories } from "./task_category.ts";
import { nameOf, prepareFirstUndo, refusedUndo, type Undoing } from "./undo.ts";

/** What is said of the call before. */
const BEGAN = "a call began to take the change back, and its outcome was lost";

/**
 * Finds out how the changes of one record are taken back. It sends nothing that
 * changes anything. If a call has begun to take them back and its outcome is not
 * known, it finds out from the record whether that took effect.
 *
 * @param context The company's CRM.
 * @param changes The changes of one record, newest first.
 */
export async function prepareUndo(
  context: ChangeContext,
  changes: readonly PastChange[],
): Promise<Undoing> {
  const claims = changes.flatMap(({ undone }) => undone ?? []);
  const why = claims.map(refusedBy).find((one) => one !== undefined);
  if (why !== undefined) return refusedUndo(changes, why);
  const found = await prepareFirstUndo(context, changes);
  return claims.length > 0
    ? await afterUnknown(context, found, claims[0]!)
    : found;
}

/** Why a change that a call has begun to take back is not looked at. */
function refusedBy(undone: Undone): string | undefined {
  if (undone.state === "done") return "the change was taken back already";
  if (!isUnderWay(undone)) return undefined;
  const seconds = Math.ceil((undone.until - Date.now()) / 1_000);
  return `a call has begun to take the change back, and its outcome is not known yet. If it ended without notice, ask again in ${seconds} seconds: the record will show whether it took effect`;
}

/**
 * Finds out whether a call of unknown outcome has taken changes back.
 *
 * @param context The company's CRM.
 * @param undoing How the changes are taken back, by the record as it is now.
 * @param undone The call.
 * @returns How they are taken back, with what was found.
 */
async function afterUnknown(
  context: ChangeContext,
  undoing: Undoing,
  undone: Undone,
): Promise<Undoing> {
  const { changes, prepared, problems, notes } = undoing;
  const { kind } = changes[0]!;
  const name = nameOf(changes[0]!);
  const confirmed = async (how: string): Promise<Undoing> => {
    for (const { id } of changes) await context.history.confirmUndone(id);
    return {
      changes,
      problems: [],
      notes: [`${name}: ${BEGAN}. ${how}: it counts as taken back`],
    };
  };
  if (problems.length > 0) {
    const [first, ...others] = problems;
    return { ...undoing, problems: [`${first}. Before, ${BEGAN}`, ...others] };
  }
  if (!prepared) return await confirmed("The record shows that it took effect");
  if (prepared.act !== "create") {
    return {
      ...undoing,
      notes: [
        ...notes,
        `${name}: ${BEGAN}. The record shows that it did not take effect`,
      ],
    };
  }
  let made: readonly number[] | undefined;
  try {
    made = await madeSince(context, prepared, undone.at);
  } catch (error) {
    if (!(error instanceof ForeseenError)) throw error;
    return {
      ...undoing,
      problems: [
        `${name}: ${BEGAN}. Looking for what it created failed: ${
          context.explain(error)
        }`,
      ],
    };
  }
  if (made?.length === 1) {
    return await confirmed(
      `${kind.replaceAll("_", " ")} ${made[0]} was created with the same data`,
    );
  }
  const found = made === undefined
    ? `Whether it created one could not be found out: look for it`
    : made.length === 0
    ? `A search found no new one with the same data, but look for it`
    : `A search found ${made.length} with the same data, ${
      show(made.join(", "))
    }: look at them`;
  return {
    ...undoing,
    notes: [
      ...notes,
      `${name}: ${BEGAN}. ${found} before you carry this plan out, which creates it again`,
    ],
  };
}

/**
 * The records that were created since with the same data; undefined if that
 * cannot be found out.
 */
async function madeSince(
  context: ChangeContext,
  { kind, resource, body }: Prepared,
  at: number,
): Promise<readonly number[] | undefined> {
  if (kind === TASK_CATEGORY) {
    return (await taskCategories(context))
      .filter(({ name }) => name === body.name)
      .flatMap(({ id }) => toId(id) ?? []);
  }
  const { identity } = resource!;
  if (!identity) return undefined;
  const { made, only } = await findMade(
    context.crm,
    { resource: resource!, body, at },
    identity,
  );
  return made.length === 0 && only !== undefined
    ? undefined
    : made.flatMap(({ id }) => toId(id) ?? []);
}
