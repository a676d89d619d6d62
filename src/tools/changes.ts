/**
 * Tools for changes that were made: taking them back.
 *
 * @module
 */
import { isRunId } from "../changes/runs.ts";
import { carryOutUndo, listChanges, planUndo } from "../changes/take_back.ts";
import { carryOutUndoRun, planUndoRun } from "../changes/undo_run.ts";
import { InputError } from "../errors.ts";
import { UNDO_TOOL } from "../changes/undo.ts";
import { text, whole, words } from "./kit/arguments.ts";
import { frames } from "./kit/frames.ts";
import { planOf, tenantArgument } from "./kit/shared_arguments.ts";
import { type Tool, tool } from "./tool.ts";

/** How many changes are listed unless the caller says otherwise. */
const LISTED = 20;

/** The tools of changes, in the order that clients see. */
export const changesTools: readonly Tool[] = [
  tool({
    name: UNDO_TOOL,
    title: "Undo changes",
    description:
      "Takes back changes made through this server. Without ids it lists the last ones. With ids (undo in answers) it answers what would change, and a plan; then call it with plan.",
    effect: "write",
    destructive: true,
    input: {
      ids: words(),
      limit: whole(1, 100),
      plan: text(),
      ...tenantArgument,
    },
    output: frames.page,
    run: async (context, { ids, limit, ...args }) => {
      const plan = planOf(args);
      if (plan !== undefined) {
        const found = await context.plans.find(plan, UNDO_TOOL);
        return found.args.run === undefined
          ? await context.fewAtOnce(() => carryOutUndo(context, plan))
          : await carryOutUndoRun(context, plan);
      }
      if (!ids || ids.length === 0) {
        return await listChanges(context, limit ?? LISTED);
      }
      const run = ids.find(isRunId);
      if (run === undefined) {
        return await context.fewAtOnce(() => planUndo(context, ids));
      }
      if (ids.length === 1) return await planUndoRun(context, run);
      throw new InputError(
        `${UNDO_TOOL} was not sent: give the id of a run alone`,
      );
    },
  }),
];
