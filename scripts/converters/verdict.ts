/**
 * What a converter lost of a schema.
 *
 * @module
 */
import type { ListedTool } from "../../src/tools/outline.ts";
import type { JsonSchema } from "../../src/tools/outline.ts";

/** What one converter loses, by tool. */
export interface Verdict {
  readonly name: string;
  readonly version: string;
  /** How many tools it was given. */
  readonly tools: number;
  /** What it loses, by the name of the tool; without those that lose nothing. */
  readonly lost: Readonly<Record<string, string>>;
}

/**
 * Says what one converter loses of every tool.
 *
 * @param tools The tools as the server lists them.
 * @param converter Its name and version.
 * @param madeOf What it made of a tool; undefined if it dropped it.
 */
export function verdictOf(
  tools: readonly ListedTool[],
  { name, version }: Pick<Verdict, "name" | "version">,
  madeOf: (tool: string) => JsonSchema | Error | undefined,
): Verdict {
  const losses = tools.map(({ name: tool, inputSchema }) => {
    const made = madeOf(tool);
    const loss = made === undefined
      ? "is dropped"
      : made instanceof Error
      ? made.message
      : lossOf(inputSchema, made);
    return [tool, loss] as const;
  });
  return {
    name,
    version,
    tools: tools.length,
    lost: Object.fromEntries(losses.filter(([, loss]) => loss !== "")),
  };
}

type Node = {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
};

/**
 * Says what a converter lost.
 *
 * @param before The schema of the server.
 * @param after The schema of the provider.
 * @returns The first loss, as a phrase; empty if there is none.
 */
export function lossOf(before: JsonSchema, after: JsonSchema): string {
  return lossAt(before, after, "");
}

function lossAt(before: Node, made: Node | undefined, path: string): string {
  const where = path === "" ? "the schema" : path;
  if (!made) return `${where} is dropped`;
  const after = branchOf(made, String(before.type));
  if (!after) return `${where} changes its type`;
  if (before.type === "array") {
    return before.items ? lossAt(before.items, after.items, `${path}[]`) : "";
  }
  if (before.type !== "object") return "";
  const names = Object.keys(before.properties ?? {});
  if (names.length === 0 && path !== "") return `${where} can only be empty`;
  for (const name of names) {
    const loss = lossAt(
      before.properties![name]!,
      after.properties?.[name],
      path === "" ? name : `${path}.${name}`,
    );
    if (loss !== "") return loss;
  }
  return "";
}

/** The part of a schema that has a type; optional ones may allow null too. */
function branchOf(node: Node, wanted: string): Node | undefined {
  return (node.anyOf ?? [node]).find(({ type }) =>
    [type].flat().some((one) => String(one).toLowerCase() === wanted)
  );
}

/** The SHA-256 of the names and input schemas of tools, in hex. */
export async function hashOfSchemas(
  tools: readonly ListedTool[],
): Promise<string> {
  const text = JSON.stringify(
    tools.map(({ name, inputSchema }) => ({ name, inputSchema })),
  );
  const hash = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(text),
  );
  return new Uint8Array(hash).toHex();
}
