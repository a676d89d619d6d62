/**
 * The MCP resources: how to write the values of fields. They are the same for
 * every company, and contain no personal data.
 *
 * @module
 */
import { ResourceNotFoundError } from "@modelcontextprotocol/server";
import { fieldTypes } from "../fields/types.ts";

/** One resource: its entry in a list, and its content. */
interface Resource {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
  readonly text: () => string;
}

const resources: readonly Resource[] = [
  {
    uri: "qontak://field-types",
    name: "field-types",
    title: "Types of fields",
    description:
      "The values that each type of field takes, for create_* and update_* tools.",
    mimeType: "text/markdown",
    text: () =>
      fieldTypes.map(({ name, qontak, format, instead }) =>
        `- ${name} (${qontak.join(", ")}): ${
          instead ? `nothing: ${instead}` : `takes ${format}`
        }`
      ).join("\n"),
  },
];

/** Answers `resources/list`. */
export function listResources() {
  return { resources: resources.map(({ text: _, ...listed }) => listed) };
}

/**
 * Answers `resources/read`.
 *
 * @param request Names the resource.
 * @throws {ResourceNotFoundError} When the resource does not exist.
 */
export function readResource(
  { params: { uri } }: { readonly params: { readonly uri: string } },
) {
  const found = resources.find((resource) => resource.uri === uri);
  if (!found) throw new ResourceNotFoundError(uri);
  const { mimeType, text } = found;
  return { contents: [{ uri, mimeType, text: text() }] };
}
