/**
 * Tools that change the CRM. Each of them can be tried without changing
 * anything, and carries out plans.
 *
 * @module
 */
import { carryOut, type Prepared, refuse } from "../../changes/change.ts";
import { carryOutPlan } from "../../changes/carry_out_plan.ts";
import { dryRun } from "../../changes/dry_run.ts";
import { InputError } from "../../errors.ts";
import { type Tool, tool, type ToolContext } from "../tool.ts";
import type { Arguments, Values } from "./arguments.ts";
import { changeArguments, planOf } from "./shared_arguments.ts";

/** A tool that changes the CRM: it prepares the change that is carried out. */
export interface ChangeTool<A extends Arguments>
  extends Omit<Tool<A>, "run" | "effect" | "prepare"> {
  /** What calling it does. */
  readonly effect: "write" | "delete";
  /**
   * Prepares the change. It changes nothing.
   *
   * @throws {InputError} When the arguments cannot be carried out.
   */
  readonly prepare: (
    context: ToolContext,
    args: Values<A>,
  ) => Promise<Prepared>;
}

/**
 * Declares a tool that changes the CRM.
 *
 * @param definition The tool.
 * @returns The tool, for lists of tools.
 */
export function changeTool<A extends Arguments>(
  { prepare, ...definition }: ChangeTool<A>,
): Tool {
  const { name } = definition;
  return tool({
    ...definition,
    input: { ...definition.input, ...changeArguments } as Arguments,
    prepare: (context, args) => prepare(context, args as Values<A>),
    run: async (context, given) => {
      const { dry_run, plan: _, ...args } = given;
      const plan = planOf(given);
      const prepared = (args: object) => prepare(context, args as Values<A>);
      if (plan === undefined) {
        const change = await prepared(args);
        if (dry_run !== true && context.mustHavePlan) {
          refuse(name, change.problems);
          // A yes of the person comes with a plan.
          throw new InputError(
            `${name} was not sent, nothing was changed: the person must agree first, and this client cannot ask. Call it with dry_run: true, show the person what would change, and when they agree call it with the plan`,
          );
        }
        return dry_run === true
          ? await dryRun(context, change, args)
          : await carryOut(context, change);
      }
      if (dry_run === true) {
        throw new InputError(
          `${name} was not run: give dry_run to make a plan, or plan to carry it out`,
        );
      }
      return await carryOutPlan(context, {
        tool: name,
        plan,
        args,
        prepare: prepared,
      });
    },
  });
}
