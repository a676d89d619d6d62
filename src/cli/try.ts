/**
 * Calls one tool in the built-in CRM, and prints the answer that an assistant
 * would read. Nothing leaves this process, and nothing is kept.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import {
  type CatalogOutline,
  type JsonSchema,
  listed,
  TOOLSETS,
} from "../tools/outline.ts";
import { outlines } from "../tools/outlines.ts";
import { isObject, type JsonObject } from "../values/json.ts";
import { didYouMean } from "../values/words.ts";
import type { Run } from "./command.ts";
import { showWire } from "./demo/narrator.ts";
import { FAILED, OK } from "./exit.ts";
import { say, sayJson, table, tell } from "./output.ts";
import { connectToSandbox } from "./sandbox_client.ts";

/** What to write after the name of a tool, with an example. */
const howWith = (example: string) =>
  `name=value for each argument${example}, or all of them as one JSON object`;

/** What to write after the name of this tool: with its own first argument. */
function howOf(tool: CatalogOutline): string {
  const { properties, required = [] } = inputOf(tool);
  const name = required[0] ?? Object.keys(properties)[0];
  if (name === undefined) return howWith("");
  const { type, enum: values } = properties[name] as {
    readonly type?: string | readonly string[];
    readonly enum?: readonly unknown[];
  };
  const types = [type].flat();
  const value = values?.[0] ??
    (types.includes("string") ? "text" : types.includes("integer") ? 1 : "...");
  return howWith(`, such as ${name}=${value}`);
}

interface Input {
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

const inputOf = (tool: CatalogOutline) =>
  listed(tool).inputSchema as unknown as Input;

/** Calls the tool, or lists the tools if none is named. */
export const tryTool: Run = async ({ word, more = [], flags }) => {
  if (word === undefined) return list();
  const tool = toolNamed(word);
  const args = argumentsOf(tool, more);
  await using connected = await connectToSandbox({
    name: "try",
    // As on stdio: the person who types the command is the one to ask.
    server: { confirm: "off" },
    ...(flags.verbose ? { watch: showWire } : {}),
  });
  const { content, structuredContent, isError } = await connected.client
    .callTool({ name: tool.name, arguments: args });
  const texts = (content as { text?: string }[]).map(({ text }) => text ?? "");
  if (flags.json && structuredContent !== undefined) {
    sayJson(structuredContent, 2);
  } else say(texts.join("\n"));
  return isError ? FAILED : OK;
};

/** Lists the tools by group. */
function list(): number {
  say(
    table(
      TOOLSETS.flatMap((toolset) =>
        outlines.filter((tool) => tool.toolset === toolset)
          .map(({ name, effect, title }) => [toolset, name, effect, title])
      ),
    ),
  );
  tell(
    `qontak-mcp try <tool> calls one of them. After its name: ${
      howWith(", such as deal_id=48283761")
    }`,
  );
  return OK;
}

function toolNamed(name: string): CatalogOutline {
  const tool = outlines.find((tool) => tool.name === name);
  if (tool) return tool;
  const names = outlines.map(({ name }) => name);
  throw new ConfigError([
    `${JSON.stringify(name)} is not a tool: qontak-mcp try lists all of them${
      didYouMean(name, names)
    }`,
  ]);
}

/** The arguments, from one JSON object or from words such as `page=2`. */
function argumentsOf(
  tool: CatalogOutline,
  words: readonly string[],
): JsonObject {
  const [first, ...others] = words;
  if (first?.startsWith("{") && others.length === 0) {
    const object = parsed(first);
    if (isObject(object)) return object;
    throw new ConfigError([
      `The arguments of ${tool.name} are not a JSON object: some shells remove the quotation marks in it. Write ${
        howOf(tool)
      }`,
    ]);
  }
  const { properties } = inputOf(tool);
  return Object.fromEntries(words.map((word, at) => {
    const equals = word.indexOf("=");
    if (equals < 1) {
      throw new ConfigError([
        `Argument ${at + 1} of ${tool.name} has no name. Write ${howOf(tool)}`,
      ]);
    }
    const name = word.slice(0, equals), text = word.slice(equals + 1);
    const isText = Object.hasOwn(properties, name) &&
      [properties[name]!.type].flat().includes("string");
    return [name, isText ? text : parsed(text) ?? text];
  }));
}

/** The value of JSON text; undefined if it is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
