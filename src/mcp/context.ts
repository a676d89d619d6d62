/**
 * What a tool works with during one call: the CRM of the call's tenant, and
 * what is built on it.
 *
 * @module
 */
import type { Advise } from "../advice/advice.ts";
import type { Audit } from "../audit/audit.ts";
import { createCreating } from "../changes/creating.ts";
import { createFewAtOnce } from "../changes/few_at_once.ts";
import { createHistory } from "../changes/history.ts";
import { createPlans } from "../changes/plans.ts";
import { createRuns } from "../changes/runs.ts";
import type { ChangeOptions } from "../changes/store.ts";
import { sentenceOf } from "../errors.ts";
import { createSetup, SETUP_LIFETIME } from "../fields/setup.ts";
import { describeFault } from "../logging/faults.ts";
import type { Log } from "../logging/log.ts";
import { untilAborted } from "../net/deadline.ts";
import type { Access, Account } from "../qontak/connection.ts";
import type { Crm } from "../qontak/crm.ts";
import { isFateUnknown } from "../qontak/envelope.ts";
import { createRecords, watchWrites } from "../snapshots/records.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import { createCache } from "../storage/cache.ts";
import type { Kv } from "../storage/kv.ts";
import { createLru } from "../storage/lru.ts";
import type { Sealer } from "../storage/sealing.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { TENANTS_HELD } from "../tokens/held.ts";
import { isInvalidGrant } from "../tokens/renewal.ts";
import { isWithoutCredentials } from "../tokens/store.ts";
import type { Outline } from "../tools/outline.ts";
import type { Tool, ToolContext } from "../tools/tool.ts";
import { defined } from "../values/json.ts";
import type { Zone } from "../values/zone.ts";
import { type Caller, tenantOf } from "./caller.ts";
import type { Content } from "./contents.ts";
import type { Progress } from "./progress.ts";

/** How many templates, pipelines and stage lists are kept in memory. */
const SETUP_ENTRIES = 2_000;

/** How many of them may belong to one company. */
const SETUP_SHARE = 200;

/** Settings of {@linkcode createContexts}. */
export interface ContextSettings {
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

/** A call that is running. */
export interface Running {
  /** Fires when the time is up, or when the client gives up. */
  readonly signal: AbortSignal;
  /** What the client learns during the call. */
  readonly progress: Progress;
  /** Called once when Qontak has answered, or may have carried out a write. */
  readonly onQontak: () => void;
  /** Called when Qontak does not accept the company's tokens, or they are gone. */
  readonly onLost: () => void;
  /** Called when a request that may change something is about to be sent. */
  readonly onWrite: () => void;
  /** Whether a change may be carried out by a plan only. */
  readonly mustHavePlan: boolean;
}

/**
 * Gives a tool what it works with.
 *
 * @param tool The tool.
 * @param userId The tenant that the arguments name, if they name one.
 * @param caller Who calls.
 * @param running The call.
 * @throws {ForeseenError} When the caller may not act for the tenant, or when
 * there are no credentials.
 */
export type ContextOf = (
  tool: Tool,
  userId: unknown,
  caller: Caller,
  running: Running,
) => Promise<ToolContext>;

/**
 * Makes the function that gives tools what they work with. It keeps the setup
 * of companies between calls.
 *
 * @param settings What calls need.
 */
export function createContexts(settings: ContextSettings): ContextOf {
  const { access, kv, sealer, log, audit, telemetry, content, advise } =
    settings;
  const { snapshots, changes, zone, hasTool } = settings;
  const cache = createCache({
    lifetime: SETUP_LIFETIME,
    size: SETUP_ENTRIES,
    share: SETUP_SHARE,
    telemetry,
    ...defined({ kv, sealer }),
  });
  const creating = createCreating();
  const fewAtOnce = createFewAtOnce();
  /** The account that each tenant had last. */
  const accounts = createLru<string>(TENANTS_HELD);

  /** Frees the memory of the account that a tenant had before. */
  function dropOthers({ owner, scope }: Account): void {
    const before = accounts.get(owner);
    if (before === scope) return;
    if (before !== undefined) snapshots.forget(before);
    accounts.set(owner, scope);
  }

  return async (
    tool,
    userId,
    caller,
    { signal, progress, onQontak, onLost, onWrite, mustHavePlan },
  ) => {
    const tenant = tenantOf(userId, caller);
    const actor = { tenant, principal: caller.name, tool: tool.name };
    const watching = tellLost(onLost);
    const account = await untilAborted(
      access.account(tenant, caller.name),
      signal,
    ).catch(watching);
    const { scope } = account;
    dropOthers(account);
    const sending = watchSending(account.crm, signal, onWrite);
    const watched = progress.watch(
      audit.watch(watchAnswers(sending, onQontak, watching), actor),
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
      fewAtOnce: fewAtOnce(scope, signal),
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
  };
}

/**
 * Logs a fault of this server.
 *
 * @param log Writes the line.
 * @param tool The tool that failed.
 * @param error What it threw.
 */
export function logFault(
  log: Log,
  { name: tool }: Outline,
  error: unknown,
): void {
  log("error", "A tool failed because of a fault in this server", {
    tool,
    ...describeFault(error),
  });
}

/**
 * Returns the same CRM, which reports each write that is about to be sent. None
 * is sent after the call has ended: its answer says what was sent.
 */
function watchSending(
  crm: Crm,
  signal: AbortSignal,
  onWrite: () => void,
): Crm {
  return {
    call(endpoint, options = {}) {
      if (endpoint.method === "GET") return crm.call(endpoint, options);
      return crm.call(endpoint, {
        ...options,
        beforeSending() {
          options.beforeSending?.();
          signal.throwIfAborted();
          onWrite();
        },
      });
    },
  };
}

/**
 * Returns a function that reports an error which says that there are no tokens
 * that Qontak accepts, and throws every error on.
 */
function tellLost(onLost: () => void): (error: unknown) => never {
  return (error) => {
    if (isInvalidGrant(error) || isWithoutCredentials(error)) onLost();
    throw error;
  };
}

/**
 * Returns the same CRM, which reports its errors, and the first time that Qontak
 * answered, or may have carried out a write whose answer was lost.
 */
function watchAnswers(
  crm: Crm,
  onFirst: () => void,
  onError: (error: unknown) => never,
): Crm {
  let isFirst = true;
  const reached = () => {
    if (isFirst) onFirst();
    isFirst = false;
  };
  return {
    async call(endpoint, options) {
      const answer = await crm.call(endpoint, options).catch((error) => {
        if (isFateUnknown(endpoint, error)) reached();
        return onError(error);
      });
      reached();
      return answer;
    },
  };
}
