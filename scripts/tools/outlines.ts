/**
 * Writes what clients see of the tools, so that a server can list them before it
 * has loaded them.
 *
 * @module
 */
import { type Resource, resources } from "../../src/qontak/resources.ts";
import { catalog, type CatalogTool } from "../../src/tools/catalog.ts";
import { RUN_ACTIONS } from "../../src/tools/many.ts";
import type { CatalogOutline } from "../../src/tools/outline.ts";
import { defined } from "../../src/values/json.ts";

/** The text of `src/tools/outlines.json`, with a line for each tool. */
export function outlinesFile(): string {
  const lines = catalog.map((tool) => JSON.stringify(outlineOf(tool)));
  return `{
"tools": [
${lines.join(",\n")}
],
"makers": ${JSON.stringify(makersOfRuns())}
}
`;
}

function outlineOf(tool: CatalogTool): CatalogOutline {
  const { name, title, description, toolset, effect, input, output } = tool;
  const { idempotent, destructive } = tool;
  return {
    name,
    title,
    description,
    toolset,
    effect,
    ...defined({ idempotent, destructive }),
    input: Object.fromEntries(
      Object.entries(input).map(([key, { schema, required, isHidden }]) => [
        key,
        { schema, required, ...defined({ isHidden }) },
      ]),
    ),
    output,
  };
}

/** The tools that make the changes of a run, by the records that they change. */
function makersOfRuns(): Readonly<Record<string, readonly string[]>> {
  const kinds = Object.values<Resource>(resources).map(({ plural, name }) => ({
    plural,
    makers: catalog.filter((tool) =>
      tool.prepare && RUN_ACTIONS.some((act) => tool.name === `${act}_${name}`)
    ).map((tool) => tool.name),
  }));
  return Object.fromEntries(
    kinds.filter(({ makers }) => makers.length > 0)
      .map(({ plural, makers }) => [plural, makers]),
  );
}
