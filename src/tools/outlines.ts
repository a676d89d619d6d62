/**
 * The tools of the catalog as clients see them, in their order. `deno task docs`
 * makes the data from the catalog.
 *
 * @module
 */
import data from "./outlines.json" with { type: "json" };
import { type CatalogOutline, CHANGE_RECORDS } from "./outline.ts";

/** What clients see of all tools. */
export const outlines = data.tools as unknown as readonly CatalogOutline[];

/** The tools that make the changes of a run, by the records that they change. */
const makers: Readonly<Record<string, readonly string[]>> = data.makers;

/**
 * The tools of a selection. Many changes at once are only those for which it has
 * a tool.
 *
 * @param selected The selection.
 */
export function narrowed(
  selected: readonly CatalogOutline[],
): readonly CatalogOutline[] {
  if (selected.length === outlines.length) return selected;
  const names = new Set(selected.map(({ name }) => name));
  return selected.flatMap((tool) => {
    if (tool.name !== CHANGE_RECORDS) return [tool];
    const kinds = Object.keys(makers).filter((plural) =>
      makers[plural]!.some((name) => names.has(name))
    );
    if (kinds.length === 0) return [];
    const { resource, ...input } = tool.input;
    const schema = { ...resource!.schema, enum: kinds };
    return [{
      ...tool,
      input: { resource: { ...resource!, schema }, ...input },
    }];
  });
}
