/**
 * What a client can read beside the tools: how values of fields are written.
 * It is the same for every company, and holds nobody's data.
 *
 * @module
 */
import {
  ResourceNotFoundError,
  type Server,
} from "@modelcontextprotocol/server";
import { fieldTypes } from "../fields/types.ts";

/** One resource: what a list says of it, and what it holds. */
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
      "What a field of each type takes, for create_* and update_* tools.",
    mimeType: "text/markdown",
    text: () =>
      fieldTypes.map(({ name, qontak, format, instead }) =>
        `- ${name} (${qontak.join(", ")}): ${
          instead ? `nothing: ${instead}` : `takes ${format}`
        }`
      ).join("\n"),
  },
];

/**
 * Lets a server answer what clients ask about resources and prompts, of which
 * there are none.
 *
 * @param server The server; it must have declared both capabilities.
 */
export function serveResources(server: Server): void {
  server.setRequestHandler("resources/list", () => ({
    resources: resources.map(({ text: _, ...listed }) => listed),
  }));
  server.setRequestHandler("resources/templates/list", () => ({
    resourceTemplates: [],
  }));
  server.setRequestHandler("resources/read", ({ params: { uri } }) => {
    const found = resources.find((resource) => resource.uri === uri);
    if (!found) throw new ResourceNotFoundError(uri);
    const { mimeType, text } = found;
    return { contents: [{ uri, mimeType, text: text() }] };
  });
  server.setRequestHandler("prompts/list", () => ({ prompts: [] }));
}
