/**
 * What is special about the tools of one kind of record, and the arguments
 * that many tools share.
 *
 * @module
 */
import type { Resource } from "../qontak/resources.ts";
import type { JsonObject } from "../values.ts";
import {
  type Argument,
  type Arguments,
  list,
  text,
  whole,
} from "./arguments.ts";
import type { ToolContext } from "./define.ts";

/** What is special about the tools of one kind of record. */
export interface ResourceTools {
  /** The kind of record. */
  readonly resource: Resource;
  /** The group that its tools belong to. */
  readonly toolset: string;
  /** The keys that identify a record in a list. */
  readonly summary: readonly string[];
  /** What some arguments of create and update need said. */
  readonly descriptions: Readonly<Record<string, string>>;
  /** Wrong names that people use in create and update, and what to do. */
  readonly renamed: Readonly<Record<string, string>>;
  /** What the arguments of the list tool need said, by query parameter. */
  readonly query: Readonly<Record<string, Argument>>;
  /** What Qontak cannot filter by, and is filtered here. */
  readonly filters?: Filters;
}

/** Filters that are applied here, over pages that Qontak sends. */
export interface Filters {
  /** The arguments. */
  readonly input: Arguments;
  /** Makes the test from the arguments of a call. */
  readonly test: (
    context: ToolContext,
    args: JsonObject,
  ) => Promise<(record: JsonObject) => boolean>;
}

/** The tenant; every tool takes it. */
export const tenantArgument = { user_id: text() } satisfies Arguments;

/** Selects what an answer shows. */
export const fieldsArgument = {
  fields: list(
    text(),
    'Keys to show; "*" for all, also empty ones',
  ),
} satisfies Arguments;

/** Which page. */
export const paging = {
  page: whole(1, Infinity),
  per_page: whole(1, 100),
} satisfies Arguments;

/** The name of the argument that holds a record's id. */
export function idArgument({ name }: Resource): string {
  return `${name}_id`;
}
