/**
 * One tool call, from its arguments to the result that the client receives.
 *
 * @module
 */
import { ForeseenError, InputError, UnreachableError } from "../errors.ts";
import { withRequestId } from "../logging/request_id.ts";
import { deadline, isTimeUp, untilAborted } from "../net/deadline.ts";
import { parseArguments, withProblems } from "../tools/kit/parse_arguments.ts";
import { planOf } from "../tools/kit/shared_arguments.ts";
import type { Tool } from "../tools/tool.ts";
import type { JsonObject } from "../values/json.ts";
import type { Caller } from "./caller.ts";
import { withhold } from "./content.ts";
import {
  type ContextSettings,
  createContexts,
  logFault,
  type Running,
} from "./context.ts";
import { createProgress, type Tell } from "./progress.ts";
import { presentAnswer, presentError, type ToolResult } from "./result.ts";
import { onlyWritten } from "./written.ts";

/**
 * How long a call may continue after its time limit, in ms. It must report the
 * outcome of a write, and may have to search for it.
 */
const GRACE = 7_500;

/** Who calls, and how. */
export interface CallOptions {
  /** Who calls. */
  readonly caller: Caller;
  /** Fires when the client gives up. */
  readonly signal: AbortSignal;
  /** Whether a change may be carried out by a plan only. */
  readonly mustHavePlan?: boolean;
  /**
   * Whether the person has declined the plan of the arguments: it is removed,
   * and nothing is sent.
   */
  readonly isDeclined?: boolean;
  /**
   * Tells the client what the call waits for; undefined if the client did not
   * ask.
   */
  readonly tell: Tell | undefined;
  /** Called once when Qontak has answered a request of this call. */
  readonly onQontak?: (() => void) | undefined;
  /** Called with what the call threw, if it failed. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Calls a tool. Never rejects. */
export type Call = (
  tool: Tool,
  args: JsonObject,
  options: CallOptions,
) => Promise<ToolResult>;

/** The state of a call. */
interface State extends Running {
  /** Whether the person has declined the plan. */
  readonly isDeclined: boolean;
  /** Whether a request that may change something was sent. */
  hasWritten: boolean;
}

/**
 * Makes the function that calls tools.
 *
 * @param settings What calls need.
 */
export function createCall(settings: ContextSettings): Call {
  const { access, log, telemetry, content, advise } = settings;
  const why = advise({ what: "showContent" });
  const contextOf = createContexts(settings);

  /**
   * Runs a call and completes it: within the time limit, with progress reports,
   * metrics and a log line.
   */
  async function callTool(
    tool: Tool,
    args: JsonObject,
    {
      caller,
      signal: given,
      tell,
      onQontak = () => {},
      mustHavePlan = false,
      isDeclined = false,
      onError,
    }: CallOptions,
  ): Promise<ToolResult> {
    const { name, effect } = tool;
    const { timeout } = access;
    const start = performance.now();
    using limit = deadline(timeout, given);
    using progress = createProgress(tell);
    const { signal } = limit;
    const state: State = {
      signal,
      progress,
      onQontak,
      mustHavePlan,
      isDeclined,
      hasWritten: false,
      onWrite: () => state.hasWritten = true,
    };
    const inTime = () =>
      untilAborted(carryOut(tool, args, caller, state), signal, GRACE)
        .catch((error) => {
          throw error === signal.reason ? gaveUp(tool, state, timeout) : error;
        });
    let result: ToolResult;
    try {
      result = await telemetry.watch("call", { tool: name, effect }, inTime);
    } catch (error) {
      if (!(error instanceof ForeseenError)) logFault(log, tool, error);
      onError?.(error);
      result = presentError(tool, error, { advise, content });
    }
    log("debug", "A tool was called", {
      tool: name,
      ok: !result.isError,
      ms: Math.round(performance.now() - start),
    });
    return result;
  }

  /** The steps of a call. */
  async function carryOut(
    tool: Tool,
    args: JsonObject,
    caller: Caller,
    state: State,
  ): Promise<ToolResult> {
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
  }

  return (tool, args, options) =>
    withRequestId(() => callTool(tool, args, options));
}

/** The error for a call that did not end in time. */
function gaveUp(
  { name }: Tool,
  { signal, hasWritten }: State,
  timeout: number,
): UnreachableError {
  const isLate = isTimeUp(signal);
  const advice = hasWritten
    ? "It is unknown whether the record was changed: read it before you try again"
    : "No write was sent";
  const reason = isLate
    ? `${name} did not end within ${timeout} ms: something that it needs, such as the token store, does not answer`
    : `${name} was cancelled by the caller`;
  return new UnreachableError(`${reason}. ${advice}`, {
    endpoint: name,
    reason: isLate ? "timeout" : "cancelled",
    mayHaveArrived: hasWritten,
  });
}
