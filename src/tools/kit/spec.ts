/**
 * What is special about the tools of one kind of record, and the arguments
 * that many tools share.
 *
 * @module
 */
import type { Resource } from "../../qontak/resources.ts";
import {
  type Argument,
  type Arguments,
  text,
  whole,
  words,
} from "./arguments.ts";
import type { Toolset } from "../toolsets.ts";

/** What is special about the tools of one kind of record. */
export interface ResourceTools {
  /** The kind of record. */
  readonly resource: Resource;
  /** The group that its tools belong to. */
  readonly toolset: Toolset;
  /** The keys that identify a record in a list. */
  readonly summary: readonly string[];
  /** What some arguments of create need said, by body key. */
  readonly descriptions?: Readonly<Record<string, string>>;
  /** Wrong names that people use in create and update, and what to do. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** The arguments of the list tool for Qontak's own query parameters. */
  readonly query?: Readonly<Record<string, Argument>>;
  /** Query parameters that take an option of the company's setup. */
  readonly queryOptions?: readonly string[];
  /**
   * Keys that Qontak cannot filter by, and that are filtered here: options of
   * the company's setup, by id or label, or ids of records.
   */
  readonly filters?: readonly string[];
}

/** The name of a kind of record, or of several, in sentences. */
export function spoken(name: string): string {
  return name.replace("_", " ");
}

/** The tenant; every tool takes it. */
export const tenantArgument = { user_id: text() } satisfies Arguments;

/** Selects what an answer shows; the server's instructions say how. */
export const fieldsArgument = { fields: words() } satisfies Arguments;

/**
 * The keys of records that `fields` names: an argument that is called
 * otherwise than its key is known by both.
 *
 * @param resource The kind of record.
 * @param fields What the caller named, if anything.
 */
export function selectedKeys(
  resource: Resource,
  fields: unknown,
): string[] | undefined {
  if (!Array.isArray(fields)) return undefined;
  const renamed = Object.entries(resource.arguments ?? {});
  return fields.map((field: string) =>
    renamed.find(([, name]) => name === field)?.[0] ?? field
  );
}

/** Which page of a list. */
export const pageArgument = { page: whole(1, Infinity) } satisfies Arguments;

/** Which page, and how long it is. */
export const paging = {
  ...pageArgument,
  per_page: whole(1, 100),
} satisfies Arguments;
