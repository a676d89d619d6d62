/**
 * Answers the questions of the page at `/` from the sandbox.
 *
 * @module
 */
import {
  type Answer,
  type Example,
  examples,
} from "../src/http/page/examples.ts";
import { connectToSandbox } from "../src/cli/sandbox_client.ts";
import { isObject } from "../src/values/json.ts";

/** The most rows that the page shows of an answer. */
const MOST = 5;

/**
 * Asks each question, and returns what the page keeps of the answers.
 *
 * @throws {TypeError} If a call fails, or its answer does not have what the page
 * shows.
 */
export async function answersOfSandbox(): Promise<Record<string, Answer>> {
  await using connected = await connectToSandbox({ name: "documents" });
  const answers: Record<string, Answer> = {};
  for (const [id, example] of Object.entries(examples)) {
    const { tool, args } = example;
    const { content, isError, structuredContent } = await connected.client
      .callTool({ name: tool, arguments: args });
    if (isError) {
      throw new TypeError(`${tool} failed: ${JSON.stringify(content)}`);
    }
    answers[id] = answerFrom(example, structuredContent);
  }
  return answers;
}

function answerFrom(
  { reply, rows, columns }: Example,
  content: unknown,
): Answer {
  const facts = Object.values(reply).flatMap((text) =>
    [...text.matchAll(/\{([^}]+)\}/g)].map(([, path]) => path!)
  );
  const found = at(content, rows);
  if (!Array.isArray(found) || found.length === 0) {
    throw new TypeError(`The answer has no list at ${rows}`);
  }
  return {
    facts: Object.fromEntries(facts.map((path) => {
      const value = at(content, path);
      if (value === undefined) throw new TypeError(`The answer has no ${path}`);
      return [path, value];
    })),
    rows: found.slice(0, MOST).map((row) =>
      columns.map(([path]) => at(row, path) ?? null)
    ),
  };
}

/** The value at a path of keys and indexes. */
function at(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (inner, key) =>
      Array.isArray(inner)
        ? inner[Number(key)]
        : isObject(inner)
        ? inner[key]
        : undefined,
    value,
  );
}
