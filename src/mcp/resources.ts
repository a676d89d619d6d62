/**
 * The MCP resources: records, what a company has configured, and how to write
 * the values of fields. A resource is read by calling the tool that reads the
 * same, so that the same rules hold for both, and a caller without the tool does
 * not have the resource.
 *
 * @module
 */
import { type ErrorKind, ForeseenError, QontakError } from "../errors.ts";
import { fieldTypes } from "../fields/types.ts";
import { type Resource, resources } from "../qontak/resources.ts";
import { frames } from "../tools/kit/frames.ts";
import { tenantArgument } from "../tools/kit/shared_arguments.ts";
import { spoken } from "../tools/kit/tool_traits.ts";
import { type Callable, callable, tool } from "../tools/tool.ts";
import type { Outline } from "../tools/outline.ts";
import { type JsonObject, toId } from "../values/json.ts";
import type { Call, CallOptions } from "./call.ts";
import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
} from "./protocol.ts";
import { demandScope } from "./step_up.ts";
import type { View } from "./view.ts";

const FIELD_TYPES = {
  uri: "qontak://field-types",
  name: "field-types",
  title: "Types of fields",
  description:
    "The values that each type of field takes, for create_* and update_* tools.",
  mimeType: "text/markdown",
} as const;

/** The pipelines of one kind of record, with their stages. */
const PIPELINES = callable(tool({
  name: "read_pipelines",
  title: "Pipelines",
  description:
    "The pipelines of deals and tickets, with their stages in order.",
  effect: "read",
  input: tenantArgument,
  output: frames.page,
  run: async ({ setup }) => {
    const [deals, tickets] = await Promise.all(
      [resources.deal, resources.ticket].map(async (resource) => {
        const pipelines = await setup.pipelines(resource);
        return await Promise.all(pipelines.map(async ({ id, name }) => {
          const stages = await setup.stages(resource, id);
          return {
            id,
            name,
            stages: stages.map(({ id, name, probability }) => ({
              id,
              name,
              ...(probability === undefined
                ? {}
                : { win_probability: probability }),
            })),
          };
        }));
      }),
    );
    return { deals, tickets };
  },
}));

/** The tools that a caller must have to read all pipelines. */
const PIPELINE_TOOLS = ["list_pipelines", "get_ticket_pipelines"];

/** How a kind of record is read. */
interface Kind {
  /** The name in URIs. */
  readonly plural: string;
  /** What a record is called. */
  readonly title: string;
  /** The tool that reads one. */
  readonly tool: string;
  /** The argument of the tool that holds the id. */
  readonly idArgument: string;
}

const KINDS: readonly Kind[] = [
  ...Object.values<Resource>(resources).map((
    { name, plural, idArgument },
  ) => ({ plural, title: spoken(name), tool: `get_${name}`, idArgument })),
  {
    plural: "pipelines",
    title: "deal pipeline",
    tool: "get_pipeline",
    idArgument: "pipeline_id",
  },
];

/** The kinds of records whose template a caller can read. */
export function withTemplate({ has }: Pick<View, "has">): readonly Resource[] {
  return Object.values<Resource>(resources).filter(({ name }) =>
    has(templateTool(name))
  );
}

/** Tools that show records of all kinds. */
const READ_ALL = ["query_records", "search"];

/** The kinds of records that a caller can read, one by one or many. */
export function readable({ has }: Pick<View, "has">): readonly Resource[] {
  return Object.values<Resource>(resources).filter(({ name, plural }) =>
    [`get_${name}`, `list_${plural}`, ...READ_ALL].some(has)
  );
}

function templateTool(name: string): string {
  return `get_${name}_template`;
}

function hasPipelines({ has }: View): boolean {
  return PIPELINE_TOOLS.every(has);
}

/** Answers `resources/list`: what there is one of, for callers of one company. */
export function listResources(view: View) {
  const own = view.isPinned
    ? [
      ...hasPipelines(view) ? [described("pipelines", PIPELINES)] : [],
      ...withTemplate(view).map(({ plural, name }) =>
        described(`templates/${plural}`, templateOf(name))
      ),
    ]
    : [];
  return { resources: [FIELD_TYPES, ...own] };
}

/** Answers `resources/templates/list`. */
export function listTemplates(view: View) {
  const tenant = view.isPinned ? "" : "{?user_id}";
  const templates = [
    ...KINDS.filter(({ tool }) => view.has(tool)).map(({ plural, title }) =>
      described(`${plural}/{id}`, {
        title: title[0]!.toUpperCase() + title.slice(1),
        description: `One ${title} by id.`,
      })
    ),
    ...withTemplate(view).length > 0
      ? [described("templates/{resource}", {
        title: "Template",
        description: "Every field of a kind of record, such as deals.",
      })]
      : [],
    // Without a company, there is more than one.
    ...hasPipelines(view) && !view.isPinned
      ? [described("pipelines", PIPELINES)]
      : [],
  ];
  return {
    resourceTemplates: templates.map(({ uri, ...rest }) => ({
      uriTemplate: `${uri}${tenant}`,
      ...rest,
    })),
  };
}

function templateOf(name: string) {
  return {
    title: `Template of a ${spoken(name)}`,
    description: `Every field of a ${spoken(name)}.`,
  };
}

/** The entry of a list. The text has a fence, so it is not JSON alone. */
function described(
  path: string,
  { title, description }: Pick<Outline, "title" | "description">,
) {
  return {
    uri: `qontak://${path}`,
    name: path,
    title,
    description,
    mimeType: "text/plain",
  };
}

/** The longest URI that an error repeats, in characters. */
const MAX_URI = 200;

/** How a resource is read. */
interface Reading {
  readonly tool: Callable;
  readonly args: JsonObject;
}

/**
 * Finds out how a resource is read.
 *
 * @returns Undefined if the caller has no such resource.
 */
function readingOf(uri: string, view: View): Reading | undefined {
  const [, path, query] =
    /^qontak:\/\/([a-z_/0-9-]{1,150})(?:\?user_id=([^&#?]{1,200}))?$/.exec(
      uri,
    ) ??
      [];
  if (path === undefined) return undefined;
  const tenant = query === undefined ? {} : { user_id: decode(query) };
  if (path === "pipelines") {
    return hasPipelines(view) ? { tool: PIPELINES, args: tenant } : undefined;
  }
  const [first, second, ...rest] = path.split("/");
  if (second === undefined || rest.length > 0) return undefined;
  if (first === "templates") {
    const kind = withTemplate(view).find(({ plural, name }) =>
      plural === second || name === second
    );
    return kind &&
      { tool: view.find(templateTool(kind.name)), args: tenant };
  }
  const kind = KINDS.find(({ plural }) => plural === first);
  const id = idIn(second);
  return kind && id && view.has(kind.tool)
    ? {
      tool: view.find(kind.tool),
      args: { [kind.idArgument]: id, ...tenant },
    }
    : undefined;
}

/** The id in `123` or `123-name-of-the-record`, which completion offers. */
function idIn(text: string): number | null {
  return toId(/^(\d{1,15})(?:-[a-z0-9-]*)?$/.exec(text)?.[1]);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The errors that are the caller's to fix. */
const OF_CALLER: readonly ErrorKind[] = ["input", "credentials"];

/**
 * Answers `resources/read`.
 *
 * @param uri Names the resource.
 * @param view What the caller sees.
 * @param call Calls a tool.
 * @param options Who calls, and how.
 * @throws {ResourceNotFoundError} When the resource does not exist.
 * @throws {ProtocolError} When the caller may not read, or it could not be read.
 */
export async function readResource(
  uri: string,
  view: View,
  call: Call,
  options: CallOptions,
) {
  if (uri === FIELD_TYPES.uri) {
    const { mimeType } = FIELD_TYPES;
    return { contents: [{ uri, mimeType, text: describeFieldTypes() }] };
  }
  const reading = readingOf(uri, view);
  if (!reading) throw new ResourceNotFoundError(uri.slice(0, MAX_URI));
  demandScope(reading.tool, options.caller);
  let failure: unknown;
  const { content: [content], isError } = await call(
    reading.tool,
    reading.args,
    { ...options, onError: (error) => failure = error },
  );
  const { text } = content!;
  if (!isError) return { contents: [{ uri, mimeType: "text/plain", text }] };
  if (failure instanceof QontakError && failure.status === 404) {
    throw new ResourceNotFoundError(uri);
  }
  throw new ProtocolError(
    failure instanceof ForeseenError && OF_CALLER.includes(failure.kind)
      ? ProtocolErrorCode.InvalidParams
      : ProtocolErrorCode.InternalError,
    text,
  );
}

function describeFieldTypes(): string {
  return fieldTypes.map(({ name, qontak, format, instead }) =>
    `- ${name} (${qontak.join(", ")}): ${
      instead ? `nothing: ${instead}` : `takes ${format}`
    }`
  ).join("\n");
}
