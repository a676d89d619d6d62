/**
 * The arguments of a call: what the tool takes, or all that is wrong with them.
 *
 * @module
 */
import * as z from "zod";
import { ArgumentsError, type InputError, problemsError } from "../errors.ts";
import { checks, unwrap } from "../tools/kit/arguments.ts";
import type { Tool } from "../tools/tool.ts";
import { isObject, type JsonObject, show } from "../values/json.ts";
import { takeBack } from "../values/marks.ts";
import { didYouMean } from "../values/words.ts";

/** The arguments of a call after the check. */
export interface Parsed {
  /**
   * The arguments as the tool takes them; of any form where something is
   * wrong, but without JSON strings around lists and objects.
   */
  readonly values: JsonObject;
  /** What is wrong; undefined where nothing is. */
  readonly error: ArgumentsError | undefined;
}

/** zod schemas by tool, made when a tool is first called. */
const schemas = new WeakMap<Tool, z.ZodObject>();

/**
 * Checks the arguments of a call.
 *
 * @param tool The tool.
 * @param args What the client sent.
 */
export function parseArguments(tool: Tool, args: JsonObject): Parsed {
  let schema = schemas.get(tool);
  if (!schema) schemas.set(tool, schema = z.strictObject(checks(tool.input)));
  const parsed = schema.safeParse(args);
  // What a client copies from an answer may have our marks in it.
  const sent = takeBack(parsed.success ? parsed.data : unwrapAll(args));
  const values = sent.value as JsonObject;
  const problems = [
    ...sent.problems.map(({ path, problem }) => ({
      argument: String(path[0]),
      problem: `${describePath(path)} ${problem}`,
    })),
    ...(parsed.error?.issues ?? []).flatMap((issue) =>
      describe(tool, args, issue).map((problem) => ({
        argument: String(issue.path[0] ?? ""),
        problem,
      }))
    ),
  ];
  return problems.length === 0
    ? { values: withoutNulls(tool, values), error: undefined }
    : { values, error: new ArgumentsError(tool.name, problems) };
}

/** Lists and objects that came as JSON strings, as what they hold. */
function unwrapAll(args: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, unwrap(value)]),
  );
}

/** `additional_fields[0].value`. */
function describePath(path: readonly PropertyKey[]): string {
  return path.map((step, i) =>
    typeof step === "number"
      ? `[${step}]`
      : i === 0
      ? String(step)
      : `.${String(step)}`
  ).join("");
}

/** Some clients fill in null for what they leave out. */
function withoutNulls(tool: Tool, args: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(args).filter(([name, value]) =>
      value !== null || tool.input[name]?.clears === true
    ),
  );
}

/** What is wrong with one argument, one phrase for each problem. */
function describe(
  tool: Tool,
  args: JsonObject,
  issue: z.core.$ZodIssue,
): string[] {
  const path = describePath(issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) =>
      path === ""
        ? describeUnknown(tool, key)
        : `${path} has no key ${show(key)}`
    );
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

/** What to use instead of an argument that the tool does not have. */
function describeUnknown({ input, renamed = {} }: Tool, key: string): string {
  const missing = `there is no argument ${show(key)}`;
  if (Object.hasOwn(renamed, key)) return `${missing}; ${renamed[key]}`;
  const names = Object.keys(input);
  return missing +
    (didYouMean(key, names) || `. It takes ${names.join(", ") || "none"}`);
}

/**
 * All that is wrong with a call in one error: its arguments, and what the tool
 * finds besides.
 *
 * @param tool The tool.
 * @param error What is wrong with the arguments.
 * @param found What the tool finds, one sentence each.
 */
export function withProblems(
  tool: Tool,
  error: ArgumentsError,
  found: readonly string[],
): InputError {
  const named = new Set(error.problems.map(({ argument }) => argument));
  // Entries of a list are told apart by what they say, other keys by name.
  named.delete("additional_fields");
  const others = found.filter((problem) => {
    const [key] = problem.split(/[ :]/);
    return !named.has(key!);
  });
  if (others.length === 0) return error;
  return problemsError(`${tool.name} was not run`, [
    ...error.problems.map(({ problem }) => problem),
    ...others,
  ]);
}
