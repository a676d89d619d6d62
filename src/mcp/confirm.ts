/**
 * The person's own yes before a change is carried out. The question goes to the
 * person through the client (elicitation), in every revision of the protocol.
 * Where the client cannot ask, a plan is the way.
 *
 * @module
 */
import type {
  InputRequiredResult,
  ServerContext,
} from "@modelcontextprotocol/server";
import type { Confirm } from "../changes/confirm.ts";
import { nameIn } from "../changes/dry_run.ts";
import { problemsError } from "../errors.ts";
import { planOf } from "../tools/kit/shared_arguments.ts";
import type { Outline } from "../tools/outline.ts";
import type { Callable } from "../tools/tool.ts";
import { isObject, type JsonObject, show } from "../values/json.ts";
import type { Call, CallOptions } from "./call.ts";
import type { ToolResult } from "./result.ts";

/** The name of the question. */
const QUESTION = "confirm";

/** How many changes a question lists. */
const MOST_LINES = 20;

/** How many characters of a value a question shows. */
const MOST_SHOWN = 120;

/** The part of a request that questions need. */
export interface Asked
  extends Pick<ServerContext["mcpReq"], "inputResponses" | "requestState"> {
  /** What the client can do; undefined if it is not known. */
  readonly capabilities: unknown;
}

/** Calls a tool, but asks the person first if the change needs it. */
export type Confirmed = (
  tool: Callable,
  args: JsonObject,
  request: Asked,
  options: CallOptions,
) => Promise<ToolResult | InputRequiredResult>;

/**
 * Makes the function that asks before it calls.
 *
 * @param call Calls a tool.
 * @param confirm Which changes need the person's yes.
 */
export function createConfirmed(call: Call, confirm: Confirm): Confirmed {
  return async (tool, args, request, given) => {
    if (!isMeant(tool, confirm)) return await call(tool, args, given);
    // The tool itself refuses to send anything without a plan, whatever the
    // arguments look like here.
    const options = { ...given, mustHavePlan: true };
    if (!needsYes(args)) return await call(tool, args, options);
    const plan = planOf({ plan: request.requestState() });
    if (plan !== undefined) {
      const { inputResponse } = await import("./sdk.ts");
      const answer = inputResponse(request.inputResponses, QUESTION);
      if (answer.kind === "elicit") {
        const isDeclined = answer.action !== "accept";
        return await call(tool, { ...args, plan }, { ...options, isDeclined });
      }
      return refused(
        `${tool.name} was not sent, nothing was changed: the person did not agree`,
      );
    }
    // The tool names what is wrong with the arguments, or asks for a plan.
    if (!canAsk(request)) {
      return await call(tool, args, options);
    }
    const tried = await call(tool, { ...args, dry_run: true }, options);
    const what = tried.structuredContent;
    if (!what) return tried;
    if (typeof what.plan !== "string") {
      const problems = Array.isArray(what.problems) ? what.problems : [];
      return refused(
        problemsError(`${tool.name} was not sent`, problems).message,
      );
    }
    const { inputRequired } = await import("./sdk.ts");
    return inputRequired({
      inputRequests: {
        [QUESTION]: inputRequired.elicit({
          message: questionOf(tool, what),
          requestedSchema: { type: "object", properties: {} },
        }),
      },
      // Only this caller's handle opens the plan, once, for this tool.
      requestState: what.plan,
    });
  };
}

/**
 * Whether the changes of a tool need the person's yes. A tool without dry_run
 * changes nothing until it is given a plan.
 */
function isMeant({ effect, input }: Outline, confirm: Confirm): boolean {
  const isAsked = confirm === "writes"
    ? effect !== "read"
    : confirm === "deletes" && effect === "delete";
  return isAsked && Object.hasOwn(input, "dry_run");
}

/** Whether a call would carry out a change without a plan. */
function needsYes(args: JsonObject): boolean {
  return planOf(args) === undefined && args.dry_run !== true &&
    args.dry_run !== "true";
}

/** Whether the client can show a question to the person. */
function canAsk({ capabilities }: Asked): boolean {
  const elicitation = isObject(capabilities)
    ? capabilities.elicitation
    : undefined;
  // Without further words, it means forms.
  return isObject(elicitation) &&
    (elicitation.form !== undefined || elicitation.url === undefined);
}

function refused(text: string): ToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

/** Says what would change, from the answer of a dry run. */
function questionOf({ title }: Outline, what: JsonObject): string {
  const { id, would_delete, hangs_on } = what;
  const lines = [
    ...listOf(what.changes).map((one) =>
      "from" in one
        ? `${nameOf(one)}: ${text(one.from)} → ${text(one.to)}`
        : `${nameOf(one)}: ${text(one.to)}`
    ),
    ...listOf(what.cleared).map((one) =>
      `${nameOf(one)}: ${text(one.from)} → nothing`
    ),
    ...listOf(what.removed).map((one) =>
      `${nameOf(one)} loses ${text(one.removed)}`
    ),
    ...hangingLines(hangs_on),
  ];
  const more = lines.length - MOST_LINES;
  const deleted = isObject(would_delete) ? would_delete : undefined;
  const name = what.name ?? nameIn(deleted) ?? deleted?.note;
  return [
    `${title}${id === undefined ? "" : ` ${id}`}${
      name === undefined ? "" : ` ${text(name)}`
    }?`,
    ...lines.slice(0, MOST_LINES).map((line) => `- ${line}`),
    ...(more > 0 ? [`… and ${more} more`] : []),
  ].join("\n");
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function nameOf({ key, label }: JsonObject): string {
  return typeof label === "string" && label !== ""
    ? `${label} (${key})`
    : String(key);
}

function text(value: unknown): string {
  return show(value ?? null, MOST_SHOWN);
}

function hangingLines(hanging: unknown): string[] {
  if (!isObject(hanging)) return [];
  const { unknown, ...found } = hanging;
  return [
    ...Object.entries(found).flatMap(([plural, held]) =>
      isObject(held)
        ? [`${held.count} ${plural.replaceAll("_", " ")} belong to it`]
        : []
    ),
    ...(Array.isArray(unknown)
      ? [`not known: its ${unknown.join(", ").replaceAll("_", " ")}`]
      : []),
  ];
}
