/**
 * One tool call: its time limit, progress reports, metrics and log line.
 *
 * @module
 */
import { ForeseenError, UnreachableError } from "../errors.ts";
import { withRequestId } from "../logging/request_id.ts";
import { deadline, isTimeUp, untilAborted } from "../net/deadline.ts";
import type { Outline } from "../tools/outline.ts";
import type { Callable } from "../tools/tool.ts";
import type { JsonObject } from "../values/json.ts";
import { countCall } from "../values/turns.ts";
import type { Caller } from "./caller.ts";
import { type ContextSettings, logFault } from "./context.ts";
import { createProgress, type Tell } from "./progress.ts";
import { presentError, type ToolResult } from "./result.ts";
import { createRunTool, type RunningTool } from "./run_tool.ts";

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
  /**
   * Called once when Qontak has answered a request of this call, or may have
   * carried out a write.
   */
  readonly onQontak?: (() => void) | undefined;
  /** Called when Qontak does not accept the company's tokens, or they are gone. */
  readonly onLost?: (() => void) | undefined;
  /** Called with what the call threw, if it failed. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Calls a tool. Never rejects. */
export type Call = (
  tool: Callable,
  args: JsonObject,
  options: CallOptions,
) => Promise<ToolResult>;

/** The state of a call. */
interface State extends RunningTool {
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
  const runTool = createRunTool(settings);

  /**
   * Runs a call and completes it: within the time limit, with progress reports,
   * metrics and a log line.
   */
  async function callTool(
    tool: Callable,
    args: JsonObject,
    {
      caller,
      signal: given,
      tell,
      onQontak = () => {},
      onLost = () => {},
      mustHavePlan = false,
      isDeclined = false,
      onError,
    }: CallOptions,
  ): Promise<ToolResult> {
    const { name, effect } = tool;
    const { timeout } = access;
    const start = performance.now();
    using _counted = countCall();
    using limit = deadline(timeout, given);
    using progress = createProgress(tell);
    const { signal } = limit;
    const state: State = {
      signal,
      progress,
      onQontak,
      onLost,
      mustHavePlan,
      isDeclined,
      hasWritten: false,
      onWrite: () => state.hasWritten = true,
    };
    const inTime = () =>
      untilAborted(
        tool.load().then((loaded) => runTool(loaded, args, caller, state)),
        signal,
        GRACE,
      )
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

  return (tool, args, options) =>
    withRequestId(() => callTool(tool, args, options));
}

/** The error for a call that did not end in time. */
function gaveUp(
  { name }: Outline,
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
