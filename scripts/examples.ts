/**
 * Answers the questions of the page at `/` from the sandbox.
 *
 * @module
 */
import { createServer } from "../mod.ts";
import {
  type Answer,
  type Example,
  examples,
} from "../src/http/page/examples.ts";
import { createSandbox } from "../src/sandbox/mod.ts";
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
  const sandbox = createSandbox();
  const server = createServer({
    baseUrl: "https://sandbox.invalid",
    fetch: (input, init) => sandbox.fetch(new Request(input, init)),
    refreshToken: sandbox.refreshToken,
    tokenCache: "memory",
    audit: false,
    log: () => {},
  });
  try {
    const answers: Record<string, Answer> = {};
    for (const [id, example] of Object.entries(examples)) {
      answers[id] = answerFrom(example, await ask(server, example));
    }
    return answers;
  } finally {
    await server.close();
  }
}

/** Calls a tool as the page does, and returns its whole answer. */
async function ask(
  server: { fetch(request: Request): Promise<Response> },
  { tool, args }: Example,
): Promise<unknown> {
  const response = await server.fetch(
    new Request("http://127.0.0.1/mcp", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2025-06-18",
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: tool, arguments: args },
      }),
    }),
  );
  const text = await response.text();
  const data = text.match(/^data: (.*"result".*)$/m)?.[1] ?? text;
  const { result } = JSON.parse(data);
  if (!result || result.isError) throw new TypeError(`${tool} failed: ${text}`);
  return result.structuredContent;
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
