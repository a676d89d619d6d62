/**
 * One call of a tool, step by step: whose CRM, the arguments, the tool itself,
 * and what is answered however it ends.
 *
 * @module
 */
import { ArgumentsError, UnreachableError } from "../errors.ts";
import type { Access } from "../qontak/connection.ts";
import type { Audit } from "../audit/audit.ts";
import { type Caller, tenantOf } from "./caller.ts";
import { describeFault } from "../logging/faults.ts";
import { deadline, isTimeUp, untilAborted } from "../net/deadline.ts";
import { createCache } from "../storage/cache.ts";
import { createSetup, SETUP_LIFETIME } from "../fields/setup.ts";
import type { Kv } from "../storage/kv.ts";
import type { Log } from "../logging/log.ts";
import { createProgress, type Progress, type Tell } from "./progress.ts";
import { requestId, withRequestId } from "../logging/request_id.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { unwrap } from "../tools/kit/arguments.ts";
import {
  explain,
  fail,
  parseArguments,
  succeed,
  type ToolResult,
} from "./result.ts";
import { type Content, withhold } from "./content.ts";
import type { Tool, ToolContext } from "../tools/tool.ts";
import { defined, type JsonObject } from "../values/json.ts";

/** How many templates, pipelines and stage lists are kept in memory. */
const SETUP_ENTRIES = 2_000;

/**
 * How long a call may go on after its time, in ms: it has to say what became
 * of a write, which may mean to look for it.
 */
const GRACE = 7_500;

/** What one call is made with, beside its arguments. */
export interface CallOptions {
  /** On whose behalf. */
  readonly caller: Caller;
  /** Ends when the client gives up. */
  readonly signal: AbortSignal;
  /** Tells the client what it waits for; undefined where it wants no news. */
  readonly tell: Tell | undefined;
}

/** Calls a tool. Never rejects. */
export type Call = (
  tool: Tool,
  args: JsonObject,
  options: CallOptions,
) => Promise<ToolResult>;

/** Settings of {@linkcode createCaller}. */
export interface CallerOptions {
  /** Deno KV, where there is one. */
  readonly kv: Kv | undefined;
  /** Told how calls end. */
  readonly log: Log;
  /** Records what they write. */
  readonly audit: Audit;
  /** Watches them. */
  readonly telemetry: Telemetry;
  /** Whether the free text of records is shown. */
  readonly content: Content;
}

/**
 * Makes what carries out calls.
 *
 * @param access The way to the CRM.
 * @param options What else calls need.
 */
export function createCaller(
  access: Access,
  { kv, log, audit, telemetry, content }: CallerOptions,
): Call {
  const cache = createCache({
    lifetime: SETUP_LIFETIME,
    size: SETUP_ENTRIES,
    telemetry,
    ...defined({ kv }),
  });

  /** What a tool works with, for the company that a call names. */
  async function contextOf(
    tool: Tool,
    userId: unknown,
    { caller }: CallOptions,
    signal: AbortSignal,
    progress: Progress,
  ): Promise<ToolContext> {
    const tenant = tenantOf(userId, caller);
    const actor = { tenant, principal: caller.name, tool: tool.name };
    const crm = progress.watch(audit.watch(access.crm(tenant), actor));
    const scope = await untilAborted(access.scope(tenant), signal);
    const setup = createSetup(crm, cache, scope);
    return { crm, setup, signal };
  }

  type Enter = (userId: unknown) => Promise<ToolContext>;

  async function parse(
    tool: Tool,
    args: JsonObject,
    enter: Enter,
  ): Promise<JsonObject> {
    try {
      return parseArguments(tool, args);
    } catch (error) {
      if (!(error instanceof ArgumentsError)) throw error;
      throw await explain(tool, error, async ({ problems }) => {
        const raw = Object.entries(args).map(([name, value]) => [
          name,
          unwrap(value),
        ]);
        const context = await enter(args.user_id ?? undefined);
        return await problems?.(context, Object.fromEntries(raw)) ?? [];
      });
    }
  }

  async function carryOut(
    tool: Tool,
    args: JsonObject,
    enter: Enter,
    begin: () => void,
  ): Promise<ToolResult> {
    const { user_id, ...parsed } = await parse(tool, args, enter);
    const context = await enter(user_id);
    begin();
    const answer = await tool.run(context, parsed);
    const shown = content === "strict"
      ? await withhold(tool, answer, context)
      : answer;
    return succeed(tool, shown, parsed);
  }

  /** Whatever a call waits for, it ends. */
  async function end(
    tool: Tool,
    args: JsonObject,
    options: CallOptions,
  ): Promise<ToolResult> {
    const { timeout } = access;
    using limit = deadline(timeout, options.signal);
    using progress = createProgress(options.tell);
    const { signal } = limit;
    const enter: Enter = (userId) =>
      contextOf(tool, userId, options, signal, progress);
    let hasBegun = false;
    try {
      return await untilAborted(
        carryOut(tool, args, enter, () => hasBegun = true),
        signal,
        GRACE,
      );
    } catch (error) {
      throw error === signal.reason
        ? hangs(tool, hasBegun, signal, timeout)
        : error;
    }
  }

  /** However a call ends, it is answered. */
  async function answer(
    tool: Tool,
    args: JsonObject,
    options: CallOptions,
  ): Promise<ToolResult> {
    const start = performance.now();
    const { name, effect } = tool;
    let result: ToolResult;
    try {
      result = await telemetry.watch(
        "call",
        { tool: name, effect },
        () => end(tool, args, options),
      );
    } catch (error) {
      result = fail(error) ?? failInside(tool, error, log);
    }
    log("debug", "A tool was called", {
      tool: name,
      ok: !result.isError,
      ms: Math.round(performance.now() - start),
    });
    return result;
  }

  return (tool, args, options) =>
    withRequestId(() => answer(tool, args, options));
}

/** What is said of a call that does not end by itself. */
function hangs(
  { name, effect }: Tool,
  hasBegun: boolean,
  signal: AbortSignal,
  timeout: number,
): UnreachableError {
  const isLate = isTimeUp(signal);
  const mayHaveArrived = hasBegun && effect !== "read";
  const fate = mayHaveArrived
    ? ". It is unknown whether anything was changed: read the record before trying again"
    : ". Nothing was sent that changes anything";
  return new UnreachableError(
    isLate
      ? `${name} was given up after ${timeout} ms: something that it needs does not answer, such as the store of tokens${fate}`
      : `${name} was cancelled by the caller${fate}`,
    {
      endpoint: name,
      reason: isLate ? "timeout" : "cancelled",
      mayHaveArrived,
    },
  );
}

/** What a model is told of a fault of this program, which the log knows. */
function failInside({ name, effect }: Tool, error: unknown, log: Log) {
  log("error", "A tool failed for a reason of our own", {
    tool: name,
    ...describeFault(error),
  });
  const fate = effect === "read"
    ? "Nothing was changed"
    : "Read the record before trying again: it may have been changed";
  const text =
    `${name} failed inside the server; the server's log has more under request ${requestId()}. ${fate}`;
  return { content: [{ type: "text" as const, text }], isError: true };
}
