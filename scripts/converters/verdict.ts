/**
 * What a converter lost of a schema.
 *
 * @module
 */
import type { ListedTool } from "../../src/tools/outline.ts";
import type { JsonSchema } from "../../src/tools/outline.ts";

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
