/**
 * One call of a tool: its arguments are checked, it runs, and what it answers
 * or fails with becomes the result that a model reads.
 *
 * @module
 */
import * as z from "zod";
import {
  ArgumentsError,
  type InputError,
  problemsError,
  sentenceOf,
} from "../errors.ts";
import { didYouMean } from "../values/words.ts";
import { isObject, type JsonObject, show } from "../values/json.ts";
import { cut, takeBack } from "../values/marks.ts";
import { visible } from "../values/visible.ts";
import { checks, unwrap } from "../tools/kit/arguments.ts";
import type { Tool } from "../tools/tool.ts";
import { fence, makeVisible } from "./content.ts";
import { bound, MAX_ANSWER } from "../tools/kit/fit.ts";
import { UNTRUSTED } from "../tools/kit/present.ts";

/** What a client is given. */
export interface ToolResult {
  /** The answer, or what went wrong. */
  content: { type: "text"; text: string }[];
  /** The answer as data; absent when something went wrong. */
  structuredContent?: JsonObject;
  /** Whether something went wrong. */
  isError?: boolean;
}

/** zod schemas by tool, made when a tool is first called. */
const schemas = new WeakMap<Tool, z.ZodObject>();

/**
 * Checks the arguments of a call.
 *
 * @param tool The tool.
 * @param args What the client sent.
 * @returns The arguments as the tool takes them.
 * @throws {ArgumentsError} Naming everything that is wrong.
 */
export function parseArguments(tool: Tool, args: JsonObject): JsonObject {
  let schema = schemas.get(tool);
  if (!schema) {
    schema = z.strictObject(checks(tool.input));
    schemas.set(tool, schema);
  }
  const parsed = schema.safeParse(args);
  // What a client copies from an answer may have our marks in it.
  const sent = takeBack(parsed.success ? parsed.data : unwrapAll(args));
  const problems = [
    ...sent.problems.map(({ path, problem }) => ({
      argument: String(path[0]),
      problem: `${wordPath(path)} ${problem}`,
    })),
    ...(parsed.error?.issues ?? []).flatMap((issue) =>
      wordIssue(tool, args, issue).map((problem) => ({
        argument: String(issue.path[0] ?? ""),
        problem,
      }))
    ),
  ];
  if (problems.length > 0) throw new ArgumentsError(tool.name, problems);
  return withoutNulls(tool, sent.value as JsonObject);
}

/** Lists and objects that came as JSON strings, as what they hold. */
function unwrapAll(args: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, unwrap(value)]),
  );
}

/** `additional_fields[0].value`. */
function wordPath(path: readonly PropertyKey[]): string {
  return path.map((step, i) =>
    typeof step === "number"
      ? `[${step}]`
      : i === 0
      ? String(step)
      : `.${String(step)}`
  ).join("");
}

/**
 * All that is wrong with a call, where its arguments alone are refused: what
 * the tool finds besides is told in the same answer.
 *
 * @param tool The tool.
 * @param error What is wrong with the form of the arguments.
 * @param find Asks the tool; what it throws is left aside.
 */
export async function explain(
  tool: Tool,
  error: ArgumentsError,
  find: (tool: Tool) => Promise<readonly string[]>,
): Promise<InputError> {
  let more: readonly string[] = [];
  try {
    more = await find(tool);
  } catch {
    // The form is wrong in any case, and that is told.
  }
  const told = new Set(error.problems.map(({ argument }) => argument));
  // Entries of a list are told apart by what they say, other keys by name.
  told.delete("additional_fields");
  const others = more.filter((problem) => {
    const [key] = problem.split(/[ :]/);
    return !told.has(key!);
  });
  if (others.length === 0) return error;
  return problemsError(`${tool.name} was not run`, [
    ...error.problems.map(({ problem }) => problem),
    ...others,
  ]);
}

/** Some clients fill in null for what they leave out. */
function withoutNulls(tool: Tool, args: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(args).filter(([name, value]) =>
      value !== null || tool.input[name]?.clears === true
    ),
  );
}

function wordIssue(
  tool: Tool,
  args: JsonObject,
  issue: z.core.$ZodIssue,
): string[] {
  const path = wordPath(issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const right = Object.hasOwn(tool.renamed ?? {}, key)
        ? tool.renamed![key]
        : undefined;
      return path !== ""
        ? `${path} has no key ${show(key)}`
        : right !== undefined
        ? `there is no argument ${show(key)}; ${right}`
        : `there is no argument ${show(key)}${
          didYouMean(key, Object.keys(tool.input)) ||
          `. It takes ${Object.keys(tool.input).join(", ") || "none"}`
        }`;
    });
  }
  let value: unknown = args;
  for (const step of issue.path) {
    value = unwrap(value);
    value = isObject(value) || Array.isArray(value)
      ? (value as Record<PropertyKey, unknown>)[step]
      : undefined;
  }
  if (value === undefined) return [`${path} is missing: it ${issue.message}`];
  return [`${path} ${issue.message}, not ${show(value)}`];
}

/**
 * Puts an answer into a result: the same data as compact text and as
 * structured content, both said to be data where people wrote it.
 *
 * @param tool The tool that answered.
 * @param answer What it answered.
 * @param args The arguments that it was called with.
 */
export function succeed(
  tool: Tool,
  answer: JsonObject,
  args: JsonObject,
): ToolResult {
  // Who names fields has asked for what they hold.
  const most = Array.isArray(args.fields) ? MAX_ASKED : MAX_ANSWER + 2_000;
  let shown = makeVisible(answer);
  let text = JSON.stringify(shown);
  if (text.length > most) {
    shown = bound(shown, most);
    text = JSON.stringify(shown);
  }
  return tool.trusted
    ? { content: [{ type: "text", text }], structuredContent: shown }
    : {
      content: [{ type: "text", text: fence(text) }],
      structuredContent: { ...shown, untrusted: UNTRUSTED },
    };
}

/** The most that an answer may hold for who names fields, in characters. */
const MAX_ASKED = 1_000_000;

/** The most that a failure may hold, in characters. */
const MAX_FAILURE = 20_000;

/**
 * Puts a failure that a model can act on into a result.
 *
 * @param error What was thrown.
 * @returns The result, or undefined for a fault of this program, which is no
 * business of the model's.
 */
export function fail(error: unknown): ToolResult | undefined {
  const sentence = sentenceOf(error);
  if (sentence === undefined) return undefined;
  const shown = visible(sentence);
  const text = shown.length > MAX_FAILURE
    ? cut(shown, MAX_FAILURE, "the rest was left out")
    : shown;
  return { content: [{ type: "text", text }], isError: true };
}
