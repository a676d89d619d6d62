/**
 * Relations between records. Each is stored on one side only: a deal stores its
 * contacts and its company, a contact its company. The other side shows what
 * refers to it, and writes there.
 *
 * @module
 */

import { type Choices, type Key, type Link, many, recordsOf } from "../keys.ts";
import { contactName, type Stored, type World } from "../records.ts";
import type { Call } from "../router.ts";
import { note } from "./timeline.ts";

/** The choices of a key that holds the id of one contact. */
export const contactChoices: Choices = recordsOf(
  (world) => world.contacts,
  contactName,
);

/** The choices of a key that holds the id of one company. */
export const companyChoices: Choices = recordsOf((world) => world.companies);

/** The choices of a key that holds the id of one deal. */
export const dealChoices: Choices = recordsOf((world) => world.deals);

/** A relation that is stored in the other records. */
export interface Backward extends Link {
  /** The other records' key, which holds ids of this kind. */
  readonly keptAs: string;
  /** Which ids the other records store: all of them, or the last one. */
  readonly keep: (ids: number[]) => unknown;
  /** The name of a record of this kind. */
  readonly ownLabel: (record: Stored) => string;
}

/** The ids that a value holds: none, one or many. */
function idsIn(value: unknown): number[] {
  return value == null ? [] : Array.isArray(value) ? value : [value as number];
}

/** The other records that refer to a record. */
function referring(
  link: Backward,
  { id }: Stored,
  world: World,
): Stored[] {
  return [...link.records(world).values()].filter(({ values }) =>
    idsIn(values[link.keptAs]).includes(id)
  );
}

/** A key that shows the records which refer to this one. */
export function backward(link: Backward): Key {
  return {
    ...many(link),
    show(_, { call, record }) {
      const found = referring(link, record, call.world);
      return {
        [link.ids]: found.map(({ id }) => id),
        [link.names]: found.map(link.label),
      };
    },
  };
}

/**
 * Moves a relation from this record's body to the other records, which store
 * it.
 */
export function saveBackward(
  link: Backward,
  record: Stored,
  call: Call,
): void {
  const wanted = record.values[link.ids] as number[] | undefined;
  if (!wanted) return;
  delete record.values[link.ids];
  const before = referring(link, record, call.world);
  for (const other of link.records(call.world).values()) {
    const [is, want] = [before.includes(other), wanted.includes(other.id)];
    if (is === want) continue;
    const ids = idsIn(other.values[link.keptAs])
      .filter((id) => id !== record.id);
    const kept = link.keep(want ? [...ids, record.id] : ids);
    other.values = { ...other.values, [link.keptAs]: kept };
    other.updatedAt = Date.now();
    const names = `'${link.label(other)}' with '${link.ownLabel(record)}'.`;
    note(other, want ? "associated" : "dissociated", names, call);
  }
}

/** The keys that hold ids of a kind, whichever record has them. */
const HOLDERS = {
  contacts: ["crm_lead_ids", "crm_person_id"],
  companies: ["crm_company_id", "ancestry"],
  deals: ["crm_deal_id"],
  tasks: ["crm_task_ids"],
  products: ["crm_product_ids"],
} as const;

/**
 * Removes a deleted record from all others except tasks, which keep its id.
 * Assumed: Qontak keeps its notes, without the reference.
 */
export function forget(
  kind: keyof typeof HOLDERS,
  { id }: Stored,
  world: World,
): void {
  const { contacts, companies, deals, notes, tickets } = world;
  for (const records of [contacts, companies, deals, notes, tickets]) {
    for (const record of records.values()) {
      for (const key of HOLDERS[kind]) {
        const value = record.values[key];
        if (!idsIn(value).includes(id)) continue;
        const kept = Array.isArray(value)
          ? value.filter((one) => one !== id)
          : null;
        record.values = { ...record.values, [key]: kept };
      }
    }
  }
}
