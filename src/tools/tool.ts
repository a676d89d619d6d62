/**
 * The shape of a tool: data, and one function.
 *
 * @module
 */
import type { Crm } from "../qontak/crm.ts";
import type { Setup } from "../fields/setup.ts";
import type { Records } from "../snapshots/records.ts";
import type { Resource } from "../qontak/resources.ts";
import type { JsonObject } from "../values/json.ts";
import type { Arguments, JsonSchema, Values } from "./kit/arguments.ts";

/**
 * What calling a tool does to the CRM. It alone decides the annotations that
 * clients are shown and which tools a read-only server has.
 */
export type Effect = "read" | "write" | "delete";

/** What a tool works with: one company's CRM, for the length of one call. */
export interface ToolContext {
  /** The company's CRM. */
  readonly crm: Crm;
  /** How the company has set up its CRM. */
  readonly setup: Setup;
  /** All records of one kind at once. */
  readonly records: Records;
  /** Ends when the client cancels. */
  readonly signal: AbortSignal;
}

/** One tool. */
export interface Tool<A extends Arguments = Arguments> {
  /** The name; at most 40 characters. */
  readonly name: string;
  /** The name for people. */
  readonly title: string;
  /** What it does, for a model that chooses among tools. */
  readonly description: string;
  /** What calling it does. */
  readonly effect: Effect;
  /** Whether a second call with the same arguments changes nothing more. */
  readonly idempotent?: boolean;
  /** The arguments. */
  readonly input: A;
  /** The frame of what it answers with. */
  readonly output: JsonSchema;
  /**
   * The kind of record that it answers with, where it is one with a template:
   * a server with strict content withholds custom fields by their type. Without
   * it, the custom fields of an answer are withheld whatever they hold.
   */
  readonly about?: Resource | ((args: JsonObject) => Resource | undefined);
  /** Names that people and other servers use, and the right ones. */
  readonly renamed?: Readonly<Record<string, string>>;
  /**
   * Finds what else is wrong in a call whose arguments are refused already, so
   * that all of it comes in one answer. Changes nothing.
   */
  readonly problems?: (
    context: ToolContext,
    args: JsonObject,
  ) => Promise<readonly string[]>;
  /**
   * Does it.
   *
   * @throws {InputError} When the arguments cannot be carried out.
   * @throws {QontakError} When Qontak said no.
   * @throws {UnreachableError} When Qontak was not reached.
   */
  readonly run: (
    context: ToolContext,
    args: Values<A>,
  ) => Promise<JsonObject>;
}

/**
 * Declares a tool; the arguments that `run` sees have the types of `input`.
 *
 * @param definition The tool.
 * @returns The same tool, for lists of tools.
 */
export function tool<A extends Arguments>(definition: Tool<A>): Tool {
  return definition as unknown as Tool;
}
