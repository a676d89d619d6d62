/**
 * The steps of a tool call, from its arguments to the result that the client
 * receives.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { parseArguments, withProblems } from "../tools/kit/parse_arguments.ts";
import { planOf } from "../tools/kit/shared_arguments.ts";
import type { Tool } from "../tools/tool.ts";
import type { JsonObject } from "../values/json.ts";
import type { Caller } from "./caller.ts";
import { withhold } from "./content.ts";
import {
  type ContextSettings,
  createContexts,
  type Running,
} from "./context.ts";
import { presentAnswer, type ToolResult } from "./result.ts";
import { onlyWritten } from "./written.ts";

/** A call of a tool that is running. */
export interface RunningTool extends Running {
  /** Whether the person has declined the plan. */
  readonly isDeclined: boolean;
}

/**
 * Runs a tool.
 *
 * @param tool The tool.
 * @param args The arguments, as the client sent them.
 * @param caller Who calls.
 * @param state The call.
 * @throws {ForeseenError} When the call fails.
 */
export type RunTool = (
  tool: Tool,
  args: JsonObject,
  caller: Caller,
  state: RunningTool,
) => Promise<ToolResult>;

/**
 * Makes the function that runs tools.
 *
 * @param settings What calls need.
 */
export function createRunTool(settings: ContextSettings): RunTool {
  const { content, advise } = settings;
  const why = advise({ what: "showContent" });
  const contextOf = createContexts(settings);

  return async (tool, args, caller, state) => {
    const { values: { user_id, ...values }, error } = parseArguments(
      tool,
      args,
    );
    if (error && !tool.problems) throw error;
    if (tool.answer) return presentAnswer(tool, tool.answer(values), values);
    const context = await contextOf(tool, user_id ?? undefined, caller, state)
      // Wrong arguments come first: the model can fix them.
      .catch((other) => {
        throw error ?? other;
      });
    if (error) {
      const found = await tool.problems!(context, values).catch(() => []);
      throw withProblems(tool, error, found);
    }
    if (state.isDeclined) {
      await context.plans.remove(planOf(values)!);
      throw new InputError(
        `${tool.name} was not sent, nothing was changed: the person did not agree`,
      );
    }
    const answer = onlyWritten(tool, await tool.run(context, values), caller);
    const shown = content === "strict"
      ? await withhold(tool, answer, context, values, why)
      : answer;
    return presentAnswer(
      tool,
      tool.present?.(shown, user_id as string | undefined) ?? shown,
      values,
    );
  };
}
