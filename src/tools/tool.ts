/**
 * The definition of a tool: data, and one function.
 *
 * @module
 */
import type { Prepared } from "../changes/change.ts";
import type { ChangeContext } from "../changes/context.ts";
import type { Resource } from "../qontak/resources.ts";
import type { JsonObject } from "../values/json.ts";
import type { Arguments, Values } from "./kit/arguments.ts";
import type { Outline } from "./outline.ts";

/** What a tool works with: one company's CRM, for the duration of one call. */
export type ToolContext = ChangeContext;

/** One tool. */
export interface Tool<A extends Arguments = Arguments> extends Outline {
  /** The arguments. */
  readonly input: A;
  /**
   * The kind of record in the answer, if it is one that has a template. A
   * server with strict content uses the template to withhold custom fields by
   * type. Without it, all custom fields in an answer are withheld, whatever
   * they contain.
   */
  readonly about?: Resource | ((args: JsonObject) => Resource | undefined);
  /**
   * Gives the answer the form that clients expect, after free text was
   * withheld. It also gets the tenant, if the call named one.
   */
  readonly present?: (
    answer: JsonObject,
    tenant?: string | undefined,
  ) => JsonObject;
  /**
   * Set where clients parse the text of an answer as JSON, so that the answer
   * as a whole has no fence. These keys get a fence of their own; under all
   * other keys, others' words are in quotation marks.
   */
  readonly fenced?: readonly string[];
  /** Whether answers have only this server's own words, which need no mark. */
  readonly hasOwnWords?: boolean;
  /** Wrong names that people and other servers use, and the right ones. */
  readonly renamed?: Readonly<Record<string, string>>;
  /**
   * Finds further problems in a call whose arguments are already refused, so
   * that one answer reports all of them. It changes nothing.
   */
  readonly problems?: (
    context: ToolContext,
    args: JsonObject,
  ) => Promise<readonly string[]>;
  /**
   * Prepares the change that a call makes; undefined if the tool makes no
   * single change. It changes nothing.
   *
   * @throws {InputError} When the arguments cannot be carried out.
   */
  readonly prepare?: (
    context: ToolContext,
    args: JsonObject,
  ) => Promise<Prepared>;
  /**
   * Answers instead of `run`, for a tool that needs no CRM.
   *
   * @throws {InputError} When the arguments cannot be carried out.
   */
  readonly answer?: (args: JsonObject) => JsonObject;
  /**
   * Runs the tool.
   *
   * @throws {InputError} When the arguments cannot be carried out.
   * @throws {QontakError} When Qontak refused.
   * @throws {UnreachableError} When Qontak could not be reached.
   */
  readonly run: (
    context: ToolContext,
    args: Values<A>,
  ) => Promise<JsonObject>;
}

/**
 * Declares a tool. The arguments of `run` have the types that `input` declares.
 *
 * @param definition The tool.
 * @returns The same tool, for lists of tools.
 */
export function tool<A extends Arguments>(definition: Tool<A>): Tool {
  return definition as unknown as Tool;
}

/** A tool as clients see it, which is loaded when it is first called. */
export interface Callable extends Outline {
  /** Loads the tool. */
  readonly load: () => Promise<Tool>;
}

/**
 * A tool that is loaded already.
 *
 * @param tool The tool.
 */
export function callable(tool: Tool): Callable {
  const loaded = Promise.resolve(tool);
  return { ...tool, load: () => loaded };
}
