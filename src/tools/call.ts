/**
 * One call of a tool: its arguments are checked, it runs, and what it answers
 * or fails with becomes the result that a model reads.
 *
 * @module
 */
import * as z from "zod";
import { QontakError, UnreachableError } from "../qontak/errors.ts";
import { CredentialsError, StoreError } from "../tokens/store.ts";
import { didYouMean } from "../text.ts";
import { isObject, type JsonObject, show } from "../values.ts";
import { checks } from "./arguments.ts";
import { InputError, type Tool } from "./define.ts";

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
 * @throws {InputError} Naming everything that is wrong.
 */
export function parseArguments(tool: Tool, args: JsonObject): JsonObject {
  let schema = schemas.get(tool);
  if (!schema) {
    schema = z.strictObject(checks(tool.input));
    schemas.set(tool, schema);
  }
  const parsed = schema.safeParse(args);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) =>
    wordIssue(tool, args, issue)
  );
  throw new InputError(
    `${tool.name} was not run: ${problems.join("; ")}`,
  );
}

function wordIssue(
  tool: Tool,
  args: JsonObject,
  issue: z.core.$ZodIssue,
): string[] {
  const path = issue.path.map((step, i) =>
    typeof step === "number" ? `[${step}]` : i === 0 ? step : `.${String(step)}`
  ).join("");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const right = tool.renamed?.[key];
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
    value = isObject(value) || Array.isArray(value)
      ? (value as Record<PropertyKey, unknown>)[step]
      : undefined;
  }
  if (value === undefined) return [`${path} is missing: it ${issue.message}`];
  return [`${path} ${issue.message}, not ${show(value)}`];
}

/**
 * Puts an answer into a result: the same data as compact text and as
 * structured content.
 *
 * @param answer What a tool answered.
 */
export function succeed(answer: JsonObject): ToolResult {
  return {
    content: [{ type: "text", text: JSON.stringify(answer) }],
    structuredContent: answer,
  };
}

/**
 * Puts a failure that a model can act on into a result.
 *
 * @param error What was thrown.
 * @returns The result, or undefined for a fault of this program, which is no
 * business of the model's.
 */
export function fail(error: unknown): ToolResult | undefined {
  const known = error instanceof InputError || error instanceof QontakError ||
    error instanceof UnreachableError ||
    error instanceof CredentialsError || error instanceof StoreError;
  if (!known) return undefined;
  return { content: [{ type: "text", text: error.message }], isError: true };
}
