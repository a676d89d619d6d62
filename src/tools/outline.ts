/**
 * What clients see of tools, and what decides who may call them: all that
 * `tools/list` needs. The tools themselves are loaded when one is first called.
 *
 * @module
 */

/** A JSON Schema, as plain data. */
export type JsonSchema = { readonly [key: string]: unknown };

/**
 * The effect of a call on the CRM. It alone determines the annotations that
 * clients see and the tools of a read-only server.
 */
export type Effect = "read" | "write" | "delete";

/** A group of tools that can be enabled or disabled. */
export type Toolset =
  | "contacts"
  | "companies"
  | "deals"
  | "pipelines"
  | "tickets"
  | "tasks"
  | "notes"
  | "products"
  | "geolocations"
  | "insight"
  | "changes";

const toolsets: Readonly<Record<Toolset, true>> = {
  contacts: true,
  companies: true,
  deals: true,
  pipelines: true,
  tickets: true,
  tasks: true,
  notes: true,
  products: true,
  geolocations: true,
  insight: true,
  changes: true,
};

/** All groups of tools, in the order that clients see. */
export const TOOLSETS = Object.keys(toolsets) as readonly Toolset[];

/** The name of the tool that changes many records. */
export const CHANGE_RECORDS = "change_records";

/** What clients see of an argument. */
export interface ArgumentOutline {
  /** The schema that a client sees. */
  readonly schema: JsonSchema;
  /** Whether a call without it is refused. */
  readonly required: boolean;
  /** Whether clients do not see it: another argument takes the same. */
  readonly isHidden?: boolean;
}

/** What clients see of a tool. */
export interface Outline {
  /** The name; at most 40 characters. */
  readonly name: string;
  /** The name for people. */
  readonly title: string;
  /** What it does, for a model that chooses among tools. */
  readonly description: string;
  /** What calling it does. */
  readonly effect: Effect;
  /** Whether a second call with the same arguments changes nothing more. */
  readonly idempotent?: boolean;
  /**
   * Whether it can remove or overwrite data, although its effect is `write` and
   * a second call changes something more.
   */
  readonly destructive?: true;
  /** The arguments. */
  readonly input: Readonly<Record<string, ArgumentOutline>>;
  /** The frame of the answer. */
  readonly output: JsonSchema;
}

/** What clients see of a tool of the catalog. */
export interface CatalogOutline extends Outline {
  /** The group. */
  readonly toolset: Toolset;
}

/**
 * Removes the argument user_id from a tool, for callers that act for one
 * company.
 *
 * @param tool The tool.
 */
export function withoutTenant<T extends Outline>(tool: T): T {
  const { user_id: _, ...input } = tool.input;
  return { ...tool, input };
}

/**
 * Makes the JSON Schema of a tool's input. The schema does not forbid other
 * arguments: some clients cannot read such a rule, and it would take space in
 * every conversation. The check refuses them.
 *
 * @param shape The arguments.
 */
export function objectSchema(
  shape: Outline["input"],
): JsonSchema & { readonly type: "object" } {
  const needed = Object.keys(shape).filter((name) => shape[name]!.required);
  return {
    type: "object",
    properties: Object.fromEntries(
      Object.entries(shape).filter(([, { isHidden }]) => !isHidden)
        .map(([name, { schema }]) => [name, schema]),
    ),
    ...(needed.length > 0 ? { required: needed } : {}),
  };
}

/** A tool as `tools/list` shows it. */
export interface ListedTool {
  /** The name. */
  readonly name: string;
  /** What it does, for a model that chooses among tools. */
  readonly description: string;
  /** The arguments, as a JSON schema. */
  readonly inputSchema: {
    readonly type: "object";
    readonly [key: string]: unknown;
  };
  /** The frame of the answer, as a JSON schema. */
  readonly outputSchema: {
    readonly type: "object";
    readonly [key: string]: unknown;
  };
  /** The effects of a call, for clients that ask before they call. */
  readonly annotations: {
    readonly title: string;
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    /** Only where it says more than the protocol's defaults. */
    readonly idempotentHint?: true;
    readonly openWorldHint: boolean;
  };
}

/**
 * Converts a tool to the form that clients see. Every conversation includes the
 * list, so it repeats nothing: the title is only in the annotations.
 *
 * @param tool The tool.
 */
export function listed(tool: Outline): ListedTool {
  const { name, title, description, effect } = tool;
  return {
    name,
    description,
    inputSchema: objectSchema(tool.input),
    outputSchema: tool.output as ListedTool["outputSchema"],
    annotations: {
      title,
      readOnlyHint: effect === "read",
      // A write that may be repeated overwrites data; any other write only adds
      // data.
      destructiveHint: effect === "delete" || tool.idempotent === true ||
        tool.destructive === true,
      // For tools that only read, the protocol gives it no meaning.
      ...(effect !== "read" && tool.idempotent ? { idempotentHint: true } : {}),
      openWorldHint: true,
    },
  };
}
