/**
 * Calls each tool in a new sandbox, and cuts the answers to what a person reads
 * in a document.
 *
 * @module
 */
import { connectToSandbox } from "../../src/cli/sandbox_client.ts";
import { catalog } from "../../src/tools/catalog.ts";
import { isObject } from "../../src/values/json.ts";
import { type Args, calls } from "./calls.ts";
import { frozen } from "./frozen.ts";

/** A call, and what of its answer is shown. */
export interface Example {
  /** The call that has to come first, if there is one. */
  readonly first?: { readonly tool: string; readonly args: Args };
  readonly args: Args;
  /** The answer, cut: it says what is left out. */
  readonly answer: unknown;
}

/**
 * The example of every tool, by the tool's name.
 *
 * @throws {Error} Names every tool that has no call, or whose call fails, and
 * every call of a tool that is gone.
 */
export async function toolExamples(): Promise<Record<string, Example>> {
  const examples: Record<string, Example> = {};
  const problems = Object.keys(calls)
    .filter((name) => !catalog.some((tool) => tool.name === name))
    .map((name) => `scripts/tools/calls.ts calls ${name}, which is gone`);
  for (const { name } of catalog) {
    try {
      // One by one, so that a new tool does not change the others' answers.
      examples[name] = await frozen(() => exampleOf(name));
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return examples;
}

async function exampleOf(tool: string): Promise<Example> {
  const call = Object.hasOwn(calls, tool) ? calls[tool] : undefined;
  if (!call) throw new Error(`${tool} has no call in scripts/tools/calls.ts`);
  await using connected = await connectToSandbox({
    name: "documents",
    // As on stdio: what is shown is the effect, not the question before it.
    server: { confirm: "off" },
  });
  const use = async (name: string, args: Args) => {
    const { content, isError, structuredContent } = await connected.client
      .callTool({ name, arguments: { ...args } });
    if (!isError && isObject(structuredContent)) return structuredContent;
    throw new Error(
      `The example of ${name} failed: ${JSON.stringify(content)}`,
    );
  };
  const args = "args" in call
    ? call.args
    : call.then(await use(call.first.tool, call.first.args));
  // The same sentence in every answer; the page says it once.
  const { untrusted: _, ...answer } = await use(tool, args);
  const first = "first" in call ? { first: call.first } : {};
  return withPlainIds({ ...first, args, answer: cutToFit(answer) });
}

/** The id of a change: its time, the number of changes so far, and chance. */
const CHANGE_ID = /(?<=\b\d{8}T\d{9}Z-)[0-9a-f]{12}\b/g;

/** Replaces what depends on the number of changes in this process. */
function withPlainIds<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value).replace(CHANGE_ID, "0004a1b2c3d4"),
  );
}

/** The most characters of an answer that a document shows. */
const MOST = 900;

/** How much of an answer stays: of each list, of each object, of each text. */
interface Size {
  readonly items: number;
  readonly keys: number;
  readonly text: number;
}

/** The sizes that are tried, the largest first. */
const SIZES: readonly Size[] = [
  { items: 3, keys: 20, text: 160 },
  { items: 2, keys: 14, text: 120 },
  { items: 1, keys: 10, text: 100 },
  { items: 1, keys: 6, text: 80 },
];

function cutToFit(answer: unknown): unknown {
  const cuts = SIZES.map((size) => cut(answer, size));
  return cuts.find((one) => JSON.stringify(one).length <= MOST) ?? cuts.at(-1);
}

function cut(value: unknown, size: Size): unknown {
  if (typeof value === "string") {
    const more = value.length - size.text;
    return more > 20
      ? `${value.slice(0, size.text)}… (${more} more characters)`
      : value;
  }
  if (Array.isArray(value)) {
    const more = value.length - size.items;
    const kept = value.slice(0, size.items).map((item) => cut(item, size));
    return more > 0 ? [...kept, `… ${more} more`] : kept;
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  const more = entries.length - size.keys;
  const kept = entries.slice(0, size.keys)
    .map(([key, inner]) => [key, cut(inner, size)]);
  return Object.fromEntries(
    more > 0 ? [...kept, ["…", `${more} more keys`]] : kept,
  );
}
