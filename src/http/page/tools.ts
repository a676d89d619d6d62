/**
 * The tools as the page shows them, made from what `tools/list` says.
 *
 * @module
 */
import {
  type Effect,
  type ListedTool,
  type Toolset,
  TOOLSETS,
} from "../../tools/outline.ts";
import { outlines } from "../../tools/outlines.ts";
import { isObject, type JsonObject } from "../../values/json.ts";

/** One argument of a tool. */
export interface ShownArgument {
  readonly name: string;
  /** Its type, as TypeScript would write it. */
  readonly type: string;
  readonly required: boolean;
  readonly description: string | undefined;
}

/** One tool. */
export interface ShownTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  readonly arguments: readonly ShownArgument[];
}

/** The tools of one group. */
export interface ShownToolset {
  readonly toolset: Toolset;
  readonly tools: readonly ShownTool[];
}

/**
 * Groups tools as the catalog does. The list alone does not contain a tool's
 * group, or whether it writes or deletes.
 *
 * @param tools The tools, as they are listed.
 * @returns The groups that have tools.
 */
export function groupTools(
  tools: readonly ListedTool[],
): readonly ShownToolset[] {
  const definitions = new Map(outlines.map((tool) => [tool.name, tool]));
  return TOOLSETS.map((toolset) => ({
    toolset,
    tools: tools.flatMap((tool) => {
      const definition = definitions.get(tool.name);
      return definition?.toolset === toolset
        ? [showTool(tool, definition.effect)]
        : [];
    }),
  })).filter(({ tools }) => tools.length > 0);
}

function showTool(tool: ListedTool, effect: Effect): ShownTool {
  const { name, description, annotations, inputSchema } = tool;
  const { properties, required } = inputSchema;
  const needed = Array.isArray(required) ? required : [];
  return {
    name,
    title: annotations.title,
    description,
    effect,
    arguments: Object.entries(isObject(properties) ? properties : {})
      .map(([argument, schema]) => ({
        name: argument,
        type: typeOf(schema),
        required: needed.includes(argument),
        description: isObject(schema) && typeof schema.description === "string"
          ? schema.description
          : undefined,
      })),
  };
}

/**
 * A JSON Schema in TypeScript's notation: short, and the same in every
 * language.
 *
 * @param schema The schema; types, enumerations, lists and objects are known.
 */
export function typeOf(schema: unknown): string {
  if (!isObject(schema)) return "unknown";
  const { type, enum: words } = schema;
  if (Array.isArray(words)) {
    return words.map((word) => JSON.stringify(word)).join(" | ");
  }
  const types = Array.isArray(type) ? type : [type];
  return types.map((one) => oneType(String(one), schema)).join(" | ");
}

function oneType(type: string, schema: JsonObject): string {
  if (type === "array") {
    const items = typeOf(schema.items);
    return items.includes(" | ") ? `(${items})[]` : `${items}[]`;
  }
  if (type !== "object" || !isObject(schema.properties)) return type;
  const keys = Object.entries(schema.properties)
    .map(([key, inner]) => `${key}: ${typeOf(inner)}`);
  return `{ ${keys.join(", ")} }`;
}
