/**
 * The calls of tools. A server loads this, and all that calls need, with the
 * first call: most conversations begin long before it.
 *
 * @module
 */
import { showsApps } from "../apps/apps.ts";
import type { Confirm } from "../changes/confirm.ts";
import { resultMeta } from "./apps.ts";
import { type Call, createCall } from "./call.ts";
import { createConfirmed } from "./confirm.ts";
import type { ContextSettings } from "./context.ts";
import { withLink } from "./links.ts";
import type { AnswerCall } from "./tool_methods.ts";

/** Calls tools. */
export interface Calls {
  /** Calls a tool. */
  readonly call: Call;
  /**
   * Makes the answers to `tools/call`.
   *
   * @param confirm Which changes need the person's yes.
   */
  answering(confirm: Confirm): AnswerCall;
}

/**
 * Makes what calls tools.
 *
 * @param settings What calls need.
 */
export function createCalls(settings: ContextSettings): Calls {
  const call = createCall(settings);
  return {
    call,
    answering(confirm) {
      const confirmed = createConfirmed(call, confirm);
      return async ({ tool, args, view, request, options }) => {
        const result = await confirmed(tool, args, request, options);
        const { capabilities, revision } = request;
        return {
          ...(showsApps(capabilities) ? resultMeta(tool) : {}),
          ...withLink(result, { tool, args, view, revision }),
        };
      };
    },
  };
}
