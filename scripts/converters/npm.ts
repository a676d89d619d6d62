/**
 * The converters that npm has: each turns the schemas of tools into the form of
 * a model's provider.
 *
 * @module
 */
import type { ListedTool } from "../../src/tools/outline.ts";
import type { JsonSchema } from "../../src/tools/outline.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** What a converter makes of every tool, by name; an Error where it fails. */
interface Converter {
  readonly name: string;
  readonly version: string;
  readonly convert: (tools: readonly ListedTool[]) => Promise<
    ReadonlyMap<string, JsonSchema | Error>
  >;
}

/** The packages that have them, with their pinned versions. */
export const PACKAGES = {
  agents: "@openai/agents-core@0.20.0",
  genai: "@google/genai@3.3.0",
  google: "@ai-sdk/google@3.0.141",
} as const;

const versionOf = (name: string) => name.slice(name.lastIndexOf("@") + 1);

// deno-lint-ignore no-explicit-any -- packages that only this script loads
const load = (name: string): Promise<any> => import(`npm:${name}`);

/** The converters. */
const converters: readonly Converter[] = [
  {
    name: "@openai/agents-core, strict",
    version: versionOf(PACKAGES.agents),
    async convert(tools) {
      const { mcpToFunctionTool } = await load(PACKAGES.agents);
      return each(tools, (tool) => {
        const made = mcpToFunctionTool(tool, { name: "qontak" }, true);
        return made.strict ? made.parameters : new Error("is not strict");
      });
    },
  },
  {
    name: "@google/genai, mcpToTool",
    version: versionOf(PACKAGES.genai),
    async convert(tools) {
      const { mcpToTool } = await load(PACKAGES.genai);
      const client = { listTools: () => Promise.resolve({ tools }) };
      const { functionDeclarations } = await mcpToTool(client, {}).tool();
      return byName(functionDeclarations);
    },
  },
  {
    name: "@ai-sdk/google",
    version: versionOf(PACKAGES.google),
    async convert(tools) {
      const { createGoogleGenerativeAI } = await load(PACKAGES.google);
      let sent = "";
      const google = createGoogleGenerativeAI({
        apiKey: "none",
        // Nothing is sent: only the request is of interest.
        fetch: (_: unknown, { body }: { body: string }) => {
          sent = body;
          return Promise.resolve(Response.json({ candidates: [] }));
        },
      });
      await google("gemini-2.5-flash").doGenerate({
        prompt: [{ role: "user", content: [{ type: "text", text: "x" }] }],
        tools: tools.map(({ name, description, inputSchema }) => ({
          type: "function",
          name,
          description,
          inputSchema,
        })),
      }).catch(() => {});
      const { tools: made } = JSON.parse(sent);
      return byName([made].flat()[0].functionDeclarations);
    },
  },
];

/** What the converters of npm lose. */
export function npmVerdicts(
  tools: readonly ListedTool[],
): Promise<Verdict[]> {
  return Promise.all(converters.map(async (converter) => {
    const made = await converter.convert(tools);
    return verdictOf(tools, converter, (tool) => made.get(tool));
  }));
}

function each(
  tools: readonly ListedTool[],
  convert: (tool: ListedTool) => JsonSchema | Error,
): ReadonlyMap<string, JsonSchema | Error> {
  return new Map(tools.map((tool) => {
    try {
      return [tool.name, convert(tool)];
    } catch (error) {
      return [tool.name, error as Error];
    }
  }));
}

/** A function as Gemini takes it. */
interface Declaration {
  readonly name: string;
  readonly parameters?: JsonSchema;
  readonly parametersJsonSchema?: JsonSchema;
}

function byName(
  declarations: readonly Declaration[],
): ReadonlyMap<string, JsonSchema> {
  return new Map(
    declarations.map(({ name, parameters, parametersJsonSchema }) => [
      name,
      parametersJsonSchema ?? parameters ?? {},
    ]),
  );
}
