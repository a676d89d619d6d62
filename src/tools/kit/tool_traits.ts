/**
 * What is special about the tools of one kind of record.
 *
 * @module
 */
import type { Resource } from "../../qontak/resources.ts";
import type { Argument } from "./arguments.ts";

/** What is special about the tools of one kind of record. */
export interface ToolTraits {
  /** The kind of record. */
  readonly resource: Resource;
  /** What a record is, where its name does not say it. */
  readonly meaning?: string;
  /** The keys that identify a record in a list. */
  readonly summary: readonly string[];
  /** Descriptions of the arguments of create that need one, by body key. */
  readonly descriptions?: Readonly<Record<string, string>>;
  /**
   * Wrong names that people use in create and update, and what to do instead.
   */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Wrong names that people use in the list tool, and what to do instead. */
  readonly renamedInList?: Readonly<Record<string, string>>;
  /** The arguments of the list tool for Qontak's own query parameters. */
  readonly query?: Readonly<Record<string, Argument>>;
  /** Query parameters that take an option from the company's setup. */
  readonly queryOptions?: readonly string[];
  /**
   * Keys that Qontak cannot filter by, so that this server filters by them.
   * They hold options of the company's setup, by id or label, or ids of
   * records.
   */
  readonly filters?: readonly string[];
}

/** What records of a kind are, as the end of a sentence that names them. */
export function meaningOf({ meaning }: ToolTraits): string {
  return meaning === undefined ? "" : `: ${meaning}`;
}

/** The name of a kind of record, singular or plural, for sentences. */
export function spoken(name: string): string {
  return name.replace("_", " ");
}
