/**
 * Tools for changes that were made: taking them back.
 *
 * @module
 */
import { carryOutUndo, listChanges, planUndo } from "../changes/take_back.ts";
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
    input: {
      ids: words(),
      limit: whole(1, 100),
      plan: text(),
      ...tenantArgument,
    },
    output: frames.page,
    run: async (context, { ids, limit, ...args }) => {
      const plan = planOf(args);
      if (plan !== undefined) return await carryOutUndo(context, plan);
      return ids && ids.length > 0
        ? await planUndo(context, ids)
        : await listChanges(context, limit ?? LISTED);
    },
  }),
];
