/**
 * Completion: values for the arguments of prompts and of resource templates,
 * while a person types. What is searched is known already, or costs one request
 * to Qontak for a kind of record; for notes, a few.
 *
 * @module
 */
import { deadline } from "../net/deadline.ts";
import { type Resource, resources } from "../qontak/resources.ts";
import { DEFAULT_TENANT } from "../tokens/store.ts";
import { required, text } from "../tools/kit/arguments.ts";
import { frames } from "../tools/kit/frames.ts";
import { tenantArgument } from "../tools/kit/shared_arguments.ts";
import { callable, tool, type ToolContext } from "../tools/tool.ts";
import { defined } from "../values/json.ts";
import { fold } from "../values/words.ts";
import type { Call, CallOptions } from "./call.ts";
import type { ArgumentKind } from "./prompts/prompt.ts";
import { argumentsOf, CHOICES, findPrompt } from "./prompts/prompts.ts";
import {
  type Kinds,
  matching,
  MOST,
  namesOf,
  offer,
  offered,
} from "./offered.ts";
import { ProtocolError, ProtocolErrorCode } from "./protocol.ts";
import { listTemplates, readable, withTemplate } from "./resources.ts";
import type { View } from "./view.ts";

/** The longest value that is offered, in characters. */
const MAX_VALUE = 120;

/** The longest text that is completed, in characters. */
const MAX_TEXT = 200;

/** How long a person who types waits at most, in ms. */
const PATIENCE = 4_000;

/** How many pipelines are looked through for stages if none is named. */
const PIPELINES = 5;

/** What is completed: by the kind of argument, or by the path of a template. */
const FINDERS: Readonly<Record<string, Finder>> = {
  company: namesOf(resources.company),
  contact: namesOf(resources.contact),
  account: async (context, typed, kinds) =>
    (await Promise.all(
      [resources.company, resources.contact].map((kind) =>
        namesOf(kind)(context, typed, kinds)
      ),
    )).flat(),
  owner: ofDeals(async ({ setup }, typed) => {
    const { owner } = resources.deal;
    const fields = await setup.fields(resources.deal);
    const options = fields.find(({ key }) => key === owner!.key)?.options ?? [];
    return matching(["me", ...options.map(({ name }) => name)], typed);
  }),
  pipeline: ofDeals(async ({ setup }, typed) =>
    matching(
      (await setup.pipelines(resources.deal)).map(({ name }) => name),
      typed,
    )
  ),
  stage: ofDeals(async ({ setup }, typed, _, pipeline) => {
    const all = await setup.pipelines(resources.deal);
    const chosen = pipeline === undefined
      ? all.slice(0, PIPELINES)
      : all.filter(({ id, name }) =>
        String(id) === pipeline || fold(name) === fold(pipeline)
      );
    const stages = await Promise.all(
      chosen.map(({ id }) => setup.stages(resources.deal, id)),
    );
    return matching(stages.flat().map(({ name }) => name), typed);
  }),
  "pipelines/{id}": async ({ setup }, typed) =>
    offer(await setup.pipelines(resources.deal), typed),
  ...Object.fromEntries(
    Object.values<Resource>(resources).map((resource) => [
      `${resource.plural}/{id}`,
      (context: ToolContext, typed: string, kinds: Kinds) =>
        offered(context, resource, typed, kinds),
    ]),
  ),
};

/** Finds values for what a person has typed; the best ones first. */
type Finder = (
  context: ToolContext,
  typed: string,
  kinds: Kinds,
  pipeline?: string | undefined,
) => Promise<readonly string[]>;

/** Finds values that only callers who can read deals are offered. */
function ofDeals(find: Finder): Finder {
  return async (context, typed, kinds, pipeline) =>
    kinds.has(resources.deal.name)
      ? await find(context, typed, kinds, pipeline)
      : [];
}

/** Completes as a tool is called: for one company, with the rules of tools. */
const COMPLETE = callable(tool({
  name: "complete",
  title: "Complete",
  description: "Values for an argument.",
  effect: "read",
  input: {
    what: required(text()),
    kinds: text(),
    typed: text(),
    pipeline: text(),
    ...tenantArgument,
  },
  output: frames.page,
  run: async (context, { what, kinds = "", typed = "", pipeline }) => {
    const found = await FINDERS[what]!(
      context,
      typed,
      new Set(kinds.split(",")),
      pipeline,
    );
    const values = [...new Set(found)].filter((value) =>
      value.trim() !== "" && value.length <= MAX_VALUE && !/[\r\n]/.test(value)
    );
    return { values: values.slice(0, MOST), total: values.length };
  },
}));

/** The request of a client. */
export interface CompleteRequest {
  /** What has the argument. */
  readonly ref:
    | { readonly type: "ref/prompt"; readonly name: string }
    | { readonly type: "ref/resource"; readonly uri: string };
  /** The argument, and what was typed. */
  readonly argument: { readonly name: string; readonly value: string };
  /** The arguments that were given before. */
  readonly context?: {
    readonly arguments?: Readonly<Record<string, string>> | undefined;
  } | undefined;
}

/**
 * Answers `completion/complete`. If the values cannot be found, there are none:
 * the person types on.
 *
 * @param request What is completed.
 * @param view What the caller sees.
 * @param call Calls a tool.
 * @param options Who calls, and how.
 * @throws {ProtocolError} When there is no such prompt, template or argument.
 */
export async function complete(
  { ref, argument, context }: CompleteRequest,
  view: View,
  call: Call,
  options: CallOptions,
) {
  const what = ref.type === "ref/prompt"
    ? promptArgument(ref.name, argument.name, view)
    : templateArgument(ref.uri, argument.name, view);
  const typed = argument.value.slice(0, MAX_TEXT);
  const known = valuesOf(what, view, options);
  if (known) return completion(matching(known, typed));
  const mayRead = options.caller.scopes.includes(COMPLETE.effect);
  if (!mayRead || !Object.hasOwn(FINDERS, what)) return completion([]);
  const { pipeline, user_id } = context?.arguments ?? {};
  using limit = deadline(PATIENCE, options.signal);
  const kinds = readable(view).map(({ name }) => name).join();
  const { structuredContent } = await call(COMPLETE, {
    what,
    ...(kinds === "" ? {} : { kinds }),
    ...defined({ pipeline: pipeline?.slice(0, MAX_TEXT), user_id }),
    ...(typed === "" ? {} : { typed }),
  }, { ...options, signal: limit.signal, tell: undefined });
  const values = structuredContent?.values;
  return completion(
    Array.isArray(values) ? values.map(String) : [],
    Number(structuredContent?.total ?? 0),
  );
}

function completion(values: readonly string[], total = values.length) {
  const shown = values.slice(0, MOST);
  return {
    completion: { values: shown, total, hasMore: total > shown.length },
  };
}

function invalid(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message);
}

function promptArgument(
  prompt: string,
  argument: string,
  view: View,
): ArgumentKind {
  const known = argumentsOf(findPrompt(prompt, view), view);
  if (Object.hasOwn(known, argument)) return known[argument]!.kind;
  throw invalid(
    `${prompt} has no such argument: it takes ${Object.keys(known).join(", ")}`,
  );
}

/** The kind of a variable of a template. */
function templateArgument(uri: string, argument: string, view: View): string {
  const path = listTemplates(view).resourceTemplates
    .find(({ uriTemplate }) => uriTemplate === uri)?.name;
  if (path === undefined) {
    throw invalid("There is no such resource template: list the templates");
  }
  if (uri.includes(`{?${argument}}`)) return "tenant";
  if (path.includes(`{${argument}}`)) return path;
  throw invalid(`${path} has no such variable`);
}

/** The values that are known without asking anyone; undefined for others. */
function valuesOf(
  what: string,
  view: View,
  { caller }: CallOptions,
): readonly string[] | undefined {
  switch (what) {
    case "tenant":
      return (caller.tenants ?? []).filter((name) => name !== DEFAULT_TENANT);
    case "month":
      return months(Date.now());
    case "templates/{resource}":
      return withTemplate(view).map(({ plural }) => plural);
    default:
      return Object.hasOwn(CHOICES, what) ? CHOICES[what] : undefined;
  }
}

/** The hours by which the first time zone is ahead of UTC. */
const AHEAD = 14;

/** This month and the twelve before it, in whichever time zone. */
function months(now: number): string[] {
  const today = new Date(now + AHEAD * 3_600_000);
  return [
    "this_month",
    "last_month",
    ...Array.from(
      { length: 13 },
      (_, i) =>
        new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - i, 1))
          .toISOString().slice(0, 7),
    ),
  ];
}
