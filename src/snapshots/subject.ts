/**
 * What a question is about: records, and what is known of their fields.
 *
 * @module
 */
import type { ForeseenError } from "../errors.ts";
import type { Option } from "../fields/options.ts";
import type { Pipeline, Stage } from "../fields/setup.ts";
import type { Field } from "../fields/template.ts";
import type { BodyKeys } from "../qontak/bodies.ts";
import type { Resource } from "../qontak/resources.ts";
import type { Zone } from "../values/zone.ts";
import type { Table } from "./table.ts";

/** How the values of a field are compared. */
export type FieldKind =
  | "text"
  | "number"
  | "date"
  | "option"
  | "list"
  | "flag";

/** One field of a question. */
export interface QueryField {
  /** Its name in answers. */
  readonly name: string;
  /** Its name in sentences: a company's own name is in quotation marks. */
  readonly called: string;
  /** How its values are compared. */
  readonly kind: FieldKind;
  /**
   * The value in a row: a text, number, id, list or flag; undefined if none.
   */
  readonly value: (row: number) => unknown;
  /** What answers show: the label, if there is one. */
  readonly shown: (row: number) => unknown;
  /** The options to choose from, if their list is known. */
  readonly options?: readonly Option[];
  /** Whether Qontak's own options can also be named in its other language. */
  readonly translate?: boolean;
  /** Whether its options are people, who can be named in part. */
  readonly people?: boolean;
  /** Whether it holds free text, which can be shown but not grouped by. */
  readonly isFreeText?: boolean;
  /** The key of a standard field. */
  readonly key?: string;
  /** The keys in answers of its ids and of their names. */
  readonly beside?: { readonly id: string; readonly name: string };
  /** What ids that count as one have in common, if several ids may. */
  readonly common?: (row: number) => unknown;
  /** The id of a custom field. */
  readonly id?: number;
  /** Whether it is an amount in the currency of its record. */
  readonly isMoney?: boolean;
  /** Whether it is a date that holds days only, without a time. */
  readonly isDay?: boolean;
  /** Whether it holds phone numbers, which are compared however written. */
  readonly isPhone?: boolean;
  /** How it was determined, if the answer must say so. */
  readonly rule?: string;
}

/** The records that others belong to, such as the deals of moves. */
export interface Parent {
  /** These records. */
  readonly subject: Subject;
  /** The key that holds the id of the record that one belongs to. */
  readonly key: string;
  /** What answers say of its dates and people, which these have as well. */
  readonly rule: string;
}

/** What a question must know about a kind of record. */
export type Kind =
  & Pick<Resource, "name" | "plural" | "place" | "arguments" | "shows">
  & {
    readonly endpoints: {
      readonly create: { readonly body: BodyKeys };
      readonly update: { readonly body: BodyKeys };
    };
  };

/** The records that a question is about. */
export interface Subject {
  /** The kind of record. */
  readonly resource: Kind;
  /** The records. */
  readonly table: Table;
  /** The company's fields of that kind. */
  readonly fields: readonly Field[];
  /** The pipelines, if the resource has them. */
  readonly pipelines: readonly Pipeline[];
  /** The stages of all pipelines. */
  readonly stages: readonly Stage[];
  /** The current time, in ms since 1970. */
  readonly now: number;
  /** The time zone that decides when days begin. */
  readonly zone: Zone;
  /** The id of the user that "me" means, or why it is not known. */
  readonly me?: number | ForeseenError;
  /** Further fields by name, such as those about stage moves. */
  readonly more?: Readonly<Record<string, QueryField>>;
  /** The records that these belong to; questions may name their fields too. */
  readonly parent?: Parent;
}

/** Makes the reader of a column, by its name. */
export type Read = (column: string) => (row: number) => unknown;
