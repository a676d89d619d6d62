/**
 * One tool call, from its arguments to the result that the client receives.
 *
 * @module
 */
import type { Advise } from "../advice/advice.ts";
import type { Audit } from "../audit/audit.ts";
import { createCreating } from "../changes/creating.ts";
import { createHistory } from "../changes/history.ts";
import { createPlans } from "../changes/plans.ts";
import { createRuns } from "../changes/runs.ts";
import type { ChangeOptions } from "../changes/store.ts";
import {
  ForeseenError,
  InputError,
  sentenceOf,
  UnreachableError,
} from "../errors.ts";
import { createSetup, SETUP_LIFETIME } from "../fields/setup.ts";
import { describeFault } from "../logging/faults.ts";
import type { Log } from "../logging/log.ts";
import { withRequestId } from "../logging/request_id.ts";
import { deadline, isTimeUp, untilAborted } from "../net/deadline.ts";
import type { Access, Account } from "../qontak/connection.ts";
import type { Crm } from "../qontak/crm.ts";
import { createRecords, watchWrites } from "../snapshots/records.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import type { Zone } from "../values/zone.ts";
import { createCache } from "../storage/cache.ts";
import type { Kv } from "../storage/kv.ts";
import { createLru } from "../storage/lru.ts";
import type { Sealer } from "../storage/sealing.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { TENANTS_HELD } from "../tokens/held.ts";
import type { Tool, ToolContext } from "../tools/tool.ts";
import { defined, type JsonObject } from "../values/json.ts";
import { parseArguments, withProblems } from "../tools/kit/parse_arguments.ts";
import { planOf } from "../tools/kit/shared_arguments.ts";
import { type Caller, tenantOf } from "./caller.ts";
import { type Content, withhold } from "./content.ts";
import { createProgress, type Progress, type Tell } from "./progress.ts";
import { presentAnswer, presentError, type ToolResult } from "./result.ts";
import { onlyWritten } from "./written.ts";

/** How many templates, pipelines and stage lists are kept in memory. */
const SETUP_ENTRIES = 2_000;

/** How many of them may belong to one company. */
const SETUP_SHARE = 200;

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

/** Settings of {@linkcode createCall}. */
export interface CallSettings {
  /** Access to the CRM. */
  readonly access: Access;
  /** Deno KV, if it is available. */
  readonly kv: Kv | undefined;
  /** Seals what is kept in Deno KV; undefined if there is no key. */
  readonly sealer: Sealer | undefined;
  /** Logs how calls end. */
  readonly log: Log;
  /** Records the changes that calls make. */
  readonly audit: Audit;
  /** Counts and times calls. */
  readonly telemetry: Telemetry;
  /** Whether the free text of records is shown. */
  readonly content: Content;
  /** Gives the text that says how to fix an error. */
  readonly advise: Advise;
  /** All records of one kind, read once for many calls. */
  readonly snapshots: Snapshots;
  /** Where plans and changes are kept, and for how many days. */
  readonly changes: Required<ChangeOptions>;
  /** The time zone that decides when days begin. */
  readonly zone: Zone;
  /** Whether the server has a tool. */
  readonly hasTool: (name: string) => boolean;
}

/** The state of a call. */
interface State {
  /** Fires when the time is up, or when the client gives up. */
  readonly signal: AbortSignal;
  /** What the client learns during the call. */
  readonly progress: Progress;
  /** Called once when Qontak has answered. */
  readonly onQontak: () => void;
  /** Whether a change may be carried out by a plan only. */
  readonly mustHavePlan: boolean;
  /** Whether the person has declined the plan. */
  readonly isDeclined: boolean;
  /** Whether the tool has started, so that it may have changed something. */
  hasBegun: boolean;
}

/**
 * Makes the function that calls tools.
 *
 * @param settings What calls need.
 */
export function createCall(
  settings: CallSettings,
): Call {
  const { access, kv, sealer, log, audit, telemetry, content, advise } =
    settings;
  const { snapshots, changes, zone, hasTool } = settings;
  const why = advise({ what: "showContent" });
  const cache = createCache({
    lifetime: SETUP_LIFETIME,
    size: SETUP_ENTRIES,
    share: SETUP_SHARE,
    telemetry,
    ...defined({ kv, sealer }),
  });
  const creating = createCreating();
  /** The account that each tenant had last. */
  const accounts = createLru<string>(TENANTS_HELD);

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
      hasBegun: false,
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
    state.hasBegun = true;
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

  /** Frees the memory of the account that a tenant had before. */
  function dropOthers({ owner, scope }: Account): void {
    const before = accounts.get(owner);
    if (before === scope) return;
    if (before !== undefined) snapshots.forget(before);
    accounts.set(owner, scope);
  }

  /** What a tool works with: the CRM of the call's tenant. */
  async function contextOf(
    tool: Tool,
    userId: unknown,
    caller: Caller,
    { signal, progress, onQontak, mustHavePlan }: State,
  ): Promise<ToolContext> {
    const tenant = tenantOf(userId, caller);
    const actor = { tenant, principal: caller.name, tool: tool.name };
    const account = await untilAborted(
      access.account(tenant, caller.name),
      signal,
    );
    const { scope } = account;
    dropOthers(account);
    const watched = progress.watch(
      audit.watch(watchAnswers(account.crm, onQontak), actor),
    );
    const crm = watchWrites(watched, snapshots, scope);
    const setup = createSetup(
      crm,
      cache,
      scope,
      () => account.user(signal),
    );
    const records = createRecords({
      crm,
      setup,
      snapshots,
      scope,
      signal,
      zone,
      tell: progress.report,
    });
    const owner = { scope, principal: caller.name };
    const plans = createPlans(changes.store, owner);
    const history = createHistory(changes.store, owner, {
      days: changes.undoDays,
      log,
    });
    const { scopes } = caller;
    const mayRead = scopes.includes("read");
    return {
      crm,
      setup,
      records,
      plans,
      history,
      runs: createRuns(changes.store, owner),
      creating: creating(scope),
      hasTool,
      scopes,
      mustHavePlan,
      mayRead,
      isStrict: content === "strict",
      explain: (error) => {
        const sentence = sentenceOf(error, advise);
        if (sentence === undefined) logFault(log, tool, error);
        return sentence ?? "this server has a fault, which its log describes";
      },
      tell: progress.report,
      signal,
    };
  }

  return (tool, args, options) =>
    withRequestId(() => callTool(tool, args, options));
}

function logFault(log: Log, { name: tool }: Tool, error: unknown): void {
  log("error", "A tool failed because of a fault in this server", {
    tool,
    ...describeFault(error),
  });
}

/** Returns the same CRM, which reports when Qontak has first answered. */
function watchAnswers(crm: Crm, onFirst: () => void): Crm {
  let isFirst = true;
  return {
    async call(endpoint, options) {
      const answer = await crm.call(endpoint, options);
      if (isFirst) onFirst();
      isFirst = false;
      return answer;
    },
  };
}

/** The error for a call that did not end in time. */
function gaveUp(
  { name, effect }: Tool,
  { signal, hasBegun }: State,
  timeout: number,
): UnreachableError {
  const isLate = isTimeUp(signal);
  const mayHaveArrived = hasBegun && effect !== "read";
  const advice = mayHaveArrived
    ? "It is unknown whether the record was changed: read it before you try again"
    : "No write was sent";
  const reason = isLate
    ? `${name} did not end within ${timeout} ms: something that it needs, such as the token store, does not answer`
    : `${name} was cancelled by the caller`;
  return new UnreachableError(`${reason}. ${advice}`, {
    endpoint: name,
    reason: isLate ? "timeout" : "cancelled",
    mayHaveArrived,
  });
}
