/**
 * Records as the sandbox keeps them, and the tenant they live in.
 *
 * @module
 */

import type { Descriptor } from "./template.ts";

/** A team of users. */
export interface Team {
  /** The id. */
  readonly id: number;
  /** The name. */
  readonly name: string;
}

/** A user of the CRM. There is no endpoint for users. */
export interface User {
  /** The id that `creator_id` and its like hold. */
  readonly id: number;
  /** The full name. */
  readonly name: string;
  /** The address, which is the user name too. */
  readonly email: string;
  /** The teams, the first one being the main one. */
  readonly teams: readonly Team[];
  /** The role, such as `owner`. */
  readonly role: string;
}

/** A deal pipeline, without its timestamps. */
export interface Pipeline {
  /** The id. */
  readonly id: number;
  /** The name. */
  readonly name: string;
  /** The name as addresses have it. */
  readonly slug: string;
}

/** A stage of a deal pipeline, without its timestamps. */
export interface Stage {
  /** The id. */
  readonly id: number;
  /** The name. */
  readonly name: string;
  /** The pipeline it belongs to. */
  readonly crm_pipeline_id: number;
  /** The place in the pipeline, from 1. */
  readonly order: number;
  /** `"1.00"` is won, `"0.00"` lost. */
  readonly win_probability: string;
}

/** Something that happened to a record. */
export interface Happening {
  /** Unique in the tenant. */
  readonly id: number;
  /** Who did it. */
  readonly userId: number;
  /** What was done, such as `added`. */
  readonly how: string;
  /** What it was done to. */
  readonly content: string;
  /** When, epoch ms. */
  readonly at: number;
}

/** The standard values of a record, under Qontak's body keys. */
export type Values = Record<string, unknown>;

/** A record: standard values, custom values, and what happened to it. */
export interface Stored {
  /** The id. */
  readonly id: number;
  /** The name as addresses have it. */
  readonly slug: string;
  /** When it was made, epoch ms. */
  readonly createdAt: number;
  /** When it was last changed, epoch ms. */
  updatedAt: number;
  /** Standard values: ids for choices, epoch ms for moments, null for none. */
  values: Values;
  /** Custom values as text, by field id; an empty one is absent. */
  custom: ReadonlyMap<number, string>;
  /** Oldest first. */
  readonly timeline: Happening[];
}

/** One move of a deal. */
export interface Move {
  /** The owner's id at that time. */
  readonly ownerId: number;
  /** The stage before; null for the first. */
  readonly from: number | null;
  /** The stage after. */
  readonly to: number;
  /** When, epoch ms. */
  readonly at: number;
  /** Who moved it; null for the first. */
  readonly by: number | null;
}

/** One line of a chat. */
export interface ChatLine {
  /** The speaker's name. */
  readonly user: string;
  /** What was said. */
  readonly message: string;
  /** When, epoch ms. */
  readonly at: number;
  /** The speaker's side. */
  readonly type: "customer" | "agent";
}

/** What a user may do with a deal: a word of `deal_permission` and yes or no. */
export type Permission = Record<string, boolean>;

/** A contact. */
export interface Contact extends Stored {
  /** The chat, if there is one. */
  chat: readonly ChatLine[];
}

/** A deal. */
export interface Deal extends Stored {
  /** The user who created it; the owner may be another. */
  readonly realCreatorId: number;
  /** Every move, oldest first. */
  readonly history: Move[];
  /** The chat, if there is one. */
  readonly chat: readonly ChatLine[];
  /** Permissions by e-mail address. */
  readonly permissions: Map<string, Permission>;
}

/** A kind of task, with the keys of Qontak's answer to its creation. */
export interface TaskCategory {
  /** The id. */
  readonly id: number;
  /** The name. */
  readonly name: string;
  /** When it was made, epoch ms. */
  readonly createdAt: number;
}

/** Records by id. */
export type Records<R extends Stored = Stored> = Map<number, R>;

/** All data of one tenant. */
export interface World {
  /** The users; the sandbox's token belongs to the first. */
  readonly users: readonly User[];
  /** The deal pipelines. */
  readonly pipelines: readonly Pipeline[];
  /** The stages of all deal pipelines. */
  readonly stages: readonly Stage[];
  /** What `/deals/info` answers. */
  readonly dealTemplate: readonly Descriptor[];
  /** Contacts. */
  readonly contacts: Records<Contact>;
  /** Companies. */
  readonly companies: Records;
  /** Deals. */
  readonly deals: Records<Deal>;
  /** Products. */
  readonly products: Records;
  /** Product lines of deals. */
  readonly associations: Records;
  /** Notes. */
  readonly notes: Records;
  /** Tickets. */
  readonly tickets: Records;
  /** Tasks. */
  readonly tasks: Records;
  /** The kinds of tasks, by id. */
  readonly taskCategories: Map<number, TaskCategory>;
  /** Check-ins and check-outs. */
  readonly geolocations: Records;
  /** An id that no record and no event has yet. */
  nextId(): number;
}

/** The name of a contact in other records: first and last name. */
export function contactName({ values }: Stored): string {
  return [values.first_name, values.last_name].filter(Boolean).join(" ");
}

/** The name of any other record. */
export function recordName({ values }: Stored): string {
  return String(values.name);
}

/** The user with this id. */
export function userOf(world: World, id: unknown): User | undefined {
  return world.users.find((user) => user.id === id);
}
