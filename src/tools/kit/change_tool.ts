/**
 * Tools that change the CRM.
 *
 * @module
 */
import { carryOut, type Prepared } from "../../changes/change.ts";
import { type Tool, tool, type ToolContext } from "../tool.ts";
import type { Arguments, Values } from "./arguments.ts";

/** A tool that changes the CRM: it prepares the change that is carried out. */
export interface ChangeTool<A extends Arguments>
  extends Omit<Tool<A>, "run" | "effect"> {
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
  return tool<A>({
    ...definition,
    run: async (context, args) =>
      await carryOut(context, await prepare(context, args)),
  });
}
