/**
 * The arguments of a call: checks them, and reports everything that is wrong.
 *
 * @module
 */
import * as z from "zod";
import {
  ArgumentsError,
  type InputError,
  MAX_FINDINGS,
  problemsError,
} from "../../errors.ts";
import { type Arguments, checks, isBlank } from "./arguments.ts";
import { readWrapped, unwrap } from "../../values/wrapped.ts";
import { planOf } from "./shared_arguments.ts";
import type { Tool } from "../tool.ts";
import { createDerived } from "../../values/derived.ts";
import { isEmpty, isObject, type JsonObject, show } from "../../values/json.ts";
import { tooMuch } from "../../values/bounds.ts";
import { takeBack } from "../../values/marks.ts";
import { didYouMean } from "../../values/words.ts";

/** The arguments of a call after the check. */
export interface Parsed {
  /**
   * The arguments as the tool takes them. If something is wrong, they may have
   * any form, but lists and objects are already parsed from JSON strings.
   */
  readonly values: JsonObject;
  /** What is wrong; undefined if nothing is. */
  readonly error: ArgumentsError | undefined;
}

/** The maximum number of arguments in one call; no tool has this many. */
const MAX_ARGUMENTS = 200;

/** zod schemas by tool. Each is made when its tool is first called. */
const schemaOf = createDerived(({ input }: Tool): z.ZodObject =>
  z.strictObject(checks(input))
);

/**
 * Checks the arguments of a call: first their size, then their form.
 *
 * @param tool The tool.
 * @param sent What the client sent.
 * @throws {ArgumentsError} When they are too large to check.
 */
export function parseArguments(tool: Tool, sent: JsonObject): Parsed {
  const args = blanksAsNulls(
    tool.input,
    withoutFillers(tool, withinBounds(tool, sent)),
  );
  refuseMarkedPlan(tool, args);
  const isPlanned = Object.hasOwn(tool.input, "plan") &&
    planOf(args) !== undefined;
  const schema = schemaOf(tool);
  // The plan has the arguments.
  const parsed = (isPlanned ? schema.partial() : schema).safeParse(args);
  // Values that a client copies from an answer may contain our marks.
  const unmarked = takeBack(parsed.success ? parsed.data : args);
  const values = unmarked.value as JsonObject;
  const found = [
    ...unmarked.problems.map(({ path, problem }) => ({
      argument: String(path[0]),
      describe: () => `${describePath(path)} ${problem}`,
    })),
    ...(parsed.error?.issues ?? []).flatMap((issue) => {
      const argument = String(issue.path[0] ?? "");
      return descriptions(tool, args, issue).map((describe) => ({
        argument,
        describe,
      }));
    }),
  ];
  if (found.length === 0) {
    return {
      values: withoutNulls(isPlanned ? {} : tool.input, values),
      error: undefined,
    };
  }
  const problems = found.slice(0, MAX_FINDINGS)
    .map(({ argument, describe }) => ({ argument, problem: describe() }));
  const more = found.length - problems.length;
  return { values, error: new ArgumentsError(tool.name, problems, more) };
}

/**
 * Refuses a plan that is blank once our marks are taken back: it must not count
 * as a plan before that, and as none after it.
 *
 * @throws {ArgumentsError} When the plan is such a text.
 */
function refuseMarkedPlan(tool: Tool, args: JsonObject): void {
  if (!Object.hasOwn(tool.input, "plan") || planOf(args) === undefined) return;
  if (planOf({ plan: takeBack(args.plan).value }) !== undefined) return;
  throw new ArgumentsError(tool.name, [{
    argument: "plan",
    problem: "plan is not the handle of a plan",
  }]);
}

/**
 * The arguments, with lists and objects parsed if they came as JSON text.
 *
 * @throws {ArgumentsError} When they are too large.
 */
function withinBounds(tool: Tool, sent: JsonObject): JsonObject {
  const names = Object.keys(sent);
  if (names.length > MAX_ARGUMENTS) {
    throw new ArgumentsError(tool.name, [{
      argument: "",
      problem:
        `there are ${names.length} arguments: send at most ${MAX_ARGUMENTS}`,
    }]);
  }
  const args: JsonObject = {};
  const problems: { argument: string; problem: string }[] = [];
  for (const name of names) {
    const { isWrapped, arrange = (value: unknown) => value } =
      Object.hasOwn(tool.input, name) ? tool.input[name]! : {};
    const given = isWrapped ? readWrapped(sent[name]) : sent[name];
    const problem = tooMuch(given);
    const value = problem === undefined ? arrange(given) : given;
    if (problem === undefined) {
      // A name such as __proto__ must be an ordinary key.
      Object.defineProperty(args, name, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else {problems.push({
        argument: name,
        problem: `${shorten(name)} ${problem}`,
      });}
  }
  if (problems.length === 0) return args;
  throw new ArgumentsError(
    tool.name,
    problems.slice(0, MAX_FINDINGS),
    Math.max(0, problems.length - MAX_FINDINGS),
  );
}

/** Shortens a long name. The names of a tool's own arguments are short. */
function shorten(name: string): string {
  return name.length > 60 ? show(name) : name;
}

/** Writes a path, such as `additional_fields[0].value`. */
function describePath(path: readonly PropertyKey[]): string {
  return path.map((step, i) =>
    typeof step === "number"
      ? `[${step}]`
      : i === 0
      ? String(step)
      : `.${String(step)}`
  ).join("");
}

/**
 * What automation clients add to the arguments of every call. It is passed over
 * where the tool has no such argument.
 */
const ADDED: readonly string[] = [
  "toolCallId",
  "sessionId",
  "action",
  "chatInput",
  "tool",
];

/**
 * Removes what clients send although nothing is meant: the keys that some add,
 * and "" and 0 for arguments that they omit. In an update, "" and 0 may be
 * meant to clear a key, so they stay there; see {@linkcode blanksAsNulls}.
 */
function withoutFillers(tool: Tool, args: JsonObject): JsonObject {
  const { input, renamed = {} } = tool;
  const isFiller = ([name, value]: [string, unknown]) => {
    if (!Object.hasOwn(input, name)) {
      return ADDED.includes(name) && !Object.hasOwn(renamed, name);
    }
    const { required, clears, hasZero, isText } = input[name]!;
    if (required || clears || value === null || !isBlank(value)) return false;
    const isMeant = hasZero || (value === "0" && isText);
    return value === "" || !isMeant;
  };
  const entries = Object.entries(args);
  return entries.some(isFiller)
    ? Object.fromEntries(entries.filter((entry) => !isFiller(entry)))
    : args;
}

/** So many blank values in one update are a client that fills in blanks. */
const MANY_BLANKS = 3;

/**
 * Makes null of the blank values of an update if they are so many that a client
 * has filled in what it leaves out: "", an empty list, and 0 for an id. Nulls
 * of such a number clear nothing, and the answer says so.
 */
function blanksAsNulls(input: Arguments, args: JsonObject): JsonObject {
  const isFilled = (name: string, value: unknown) => {
    const argument = Object.hasOwn(input, name) ? input[name]! : undefined;
    return argument?.clears === true && !argument.required &&
      (isEmpty(value) || (argument.isId === true && isBlank(value)));
  };
  const entries = Object.entries(args);
  const filled = entries.filter(([name, value]) => isFilled(name, value));
  return filled.length < MANY_BLANKS ? args : {
    ...args,
    ...Object.fromEntries(filled.map(([name]) => [name, null])),
  };
}

/** Removes nulls: some clients send null for arguments that they omit. */
function withoutNulls(input: Arguments, args: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(args).filter(([name, value]) =>
      value !== null || input[name]?.clears === true
    ),
  );
}

/** Makes a function that describes each problem of an argument. */
function descriptions(
  tool: Tool,
  args: JsonObject,
  issue: z.core.$ZodIssue,
): (() => string)[] {
  return issue.code === "unrecognized_keys"
    ? issue.keys.map((key) => () =>
      issue.path.length === 0
        ? describeUnknown(tool, key)
        : `${describePath(issue.path)} has no key ${show(key)}`
    )
    : [() => describe(args, issue)];
}

/** The arguments that take ids of records which `search` finds. */
const FOUND_ID =
  /(?:company|contact|lead|person|deal|ticket|task|product)_ids?(?:\[\d+\])?$/;

/** Describes what is wrong with one argument, as a phrase. */
function describe(args: JsonObject, issue: z.core.$ZodIssue): string {
  const path = describePath(issue.path);
  let value: unknown = args;
  for (const step of issue.path) {
    value = unwrap(value);
    // A single value is taken as a list of one.
    if (step === 0 && !Array.isArray(value)) continue;
    value = isObject(value) || Array.isArray(value)
      ? (value as Record<PropertyKey, unknown>)[step]
      : undefined;
  }
  return value === undefined
    ? `${path} is missing: it ${issue.message}`
    : `${path} ${issue.message}, not ${show(value)}${
      FOUND_ID.test(path) && typeof value === "string" && /\p{L}/u.test(value)
        ? ": search finds the id by the name"
        : ""
    }`;
}

/** Says what to use instead of an argument that the tool does not have. */
function describeUnknown({ input, renamed = {} }: Tool, key: string): string {
  const missing = `there is no argument ${show(key)}`;
  if (Object.hasOwn(renamed, key)) return `${missing}; ${renamed[key]}`;
  const names = Object.keys(input);
  // Answers have a name beside each id; some arguments take either.
  const idKey = key.replace(/_name$/, "_id");
  const takesNames = idKey !== key && idKey !== "user_id" &&
    names.includes(idKey) &&
    [input[idKey]!.schema.type].flat().includes("string");
  if (takesNames) {
    return `${missing}: ${idKey} takes the name too`;
  }
  return missing +
    (didYouMean(key, names) || `. It takes ${names.join(", ") || "none"}`);
}

/**
 * Combines everything that is wrong with a call into one error: the problems of
 * its arguments, and those that the tool finds.
 *
 * @param tool The tool.
 * @param error What is wrong with the arguments.
 * @param found The problems that the tool finds, one sentence each.
 */
export function withProblems(
  tool: Tool,
  error: ArgumentsError,
  found: readonly string[],
): InputError {
  const named = new Set(error.problems.map(({ argument }) => argument));
  // One problem for each argument is enough, except for this list: its entries
  // differ, so all of their problems are kept.
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
