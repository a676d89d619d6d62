/**
 * Which tools of the catalog a server or a connection has.
 *
 * @module
 */
import type { Rule } from "../values/rules.ts";
import { didYouMean } from "../values/words.ts";
import { type CatalogOutline, type Toolset, TOOLSETS } from "./outline.ts";
import { narrowed, outlines } from "./outlines.ts";

/** The word that makes the list of tools short. */
export const COMPACT = "compact";

/** Accepts only the names of groups. */
export const toolsetNames: Rule<readonly Toolset[]> = (value) =>
  [value].flat().map((name) => {
    const known = TOOLSETS.find((toolset) => toolset === name);
    if (known) return known;
    throw new Error(
      `names ${JSON.stringify(name)}, which is not a toolset${
        didYouMean(String(name), TOOLSETS) || "."
      } There are ${TOOLSETS.join(", ")}`,
    );
  });

/** The words that a choice may have. */
const WORDS: readonly string[] = [
  ...TOOLSETS,
  ...outlines.map(({ name }) => name),
  COMPACT,
];

/**
 * Accepts names of tools and of groups, each with `-` in front to leave it out,
 * and `compact`.
 */
export const toolChoice: Rule<readonly string[]> = (value) => {
  const words = [value].flat().map(readWord);
  if (words.length > 0 && chosen(outlines, words).length === 0) {
    throw new Error(`leaves out every tool: ${words.join(",")}`);
  }
  return words;
};

function readWord(given: unknown): string {
  const word = String(given).trim().toLowerCase();
  const name = word.replace(/^-/, "");
  if (WORDS.includes(name) && word !== `-${COMPACT}`) return word;
  throw new Error(
    `names ${
      JSON.stringify(String(given).slice(0, 100))
    }, which is neither a tool nor a group of tools${
      didYouMean(name, WORDS) || "."
    } The groups are ${TOOLSETS.join(", ")}`,
  );
}

/** Whether a choice asks for the short list. */
export function isCompact(words: readonly string[]): boolean {
  return words.includes(COMPACT);
}

/** The tools that the words of a choice take and leave out. */
function chosen(
  tools: readonly CatalogOutline[],
  words: readonly string[],
): readonly CatalogOutline[] {
  const names = words.filter((word) => word !== COMPACT);
  const dropped = new Set(
    names.filter((word) => word.startsWith("-")).map((word) => word.slice(1)),
  );
  const taken = new Set(names.filter((word) => !word.startsWith("-")));
  return tools.filter(({ name, toolset }) =>
    (taken.size === 0 || taken.has(name) || taken.has(toolset)) &&
    !dropped.has(name) && !dropped.has(toolset)
  );
}

/** Which tools a server has. */
export interface Selection {
  /** The groups; all if omitted. */
  readonly toolsets?: readonly Toolset[] | undefined;
  /** The words of a choice: tools and groups to take and to leave out. */
  readonly tools?: readonly string[] | undefined;
  /** Whether to include only tools that change nothing. */
  readonly readOnly?: boolean | undefined;
}

/**
 * The tools that a server has, in the order of the catalog.
 *
 * @param selection Which tools to include.
 * @param within The tools to select from.
 */
export function selectTools(
  selection: Selection,
  within: readonly CatalogOutline[] = outlines,
): readonly CatalogOutline[] {
  const { toolsets: groups = TOOLSETS, tools = [], readOnly = false } =
    selection;
  return narrowed(
    chosen(within, tools).filter(({ toolset, effect }) =>
      groups.includes(toolset) && (!readOnly || effect === "read")
    ),
  );
}
