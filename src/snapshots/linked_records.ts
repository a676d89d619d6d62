/**
 * Finds the records that belong to a company or a contact.
 *
 * @module
 */
import { type Resource, resources } from "../qontak/resources.ts";
import { isEmpty, type JsonObject, toId } from "../values/json.ts";
import type { Found } from "./records.ts";
import type { Subject } from "./subject.ts";
import { type Table, viewOf } from "./table.ts";

const { company, contact, deal, task, ticket } = resources;

/** The company or contact that an overview is about. */
export interface Account {
  /** Its kind: company or contact. */
  readonly resource: Resource;
  /** Its id. */
  readonly id: number;
  /** The record. */
  readonly record: JsonObject;
}

/** The records of each kind that belong to an account, for queries. */
export type Linked = ReadonlyMap<string, Subject>;

/**
 * Finds the records that belong to an account, in steps: directly, through its people if
 * they name no company, and tasks also through its people and deals.
 *
 * @param account The company or contact.
 * @param found All records, by the names of their kinds; a kind may be missing.
 */
export function* linkedTo(
  { resource, id }: Account,
  found: ReadonlyMap<string, Found>,
): Generator<void, Linked> {
  const own: ReadonlySet<number> = new Set([id]);
  const linked = new Map<string, Subject>();
  const ids = new Map<Resource, ReadonlySet<number>>([[resource, own]]);
  function* add(
    kind: Resource,
    belongs: (table: Table) => (row: number) => boolean,
  ): Generator<void> {
    const one = found.get(kind.name);
    // Records that were read only in part would give wrong numbers.
    if (!one || one.snapshot.partial) return;
    const { table } = one.subject;
    const test = belongs(table);
    const own: number[] = [];
    for (const id of [...table.ids()]) {
      if (test(table.rowOf(id)!)) own.push(id);
      yield;
    }
    linked.set(kind.name, { ...one.subject, table: viewOf(table, own) });
    ids.set(kind, new Set(own));
  }
  const people = () => ids.get(contact) ?? new Set();
  if (resource === contact) {
    yield* add(deal, (table) => names(table, "crm_lead_ids", own));
    yield* add(ticket, (table) => names(table, "crm_lead_ids", own));
  } else {
    yield* add(contact, (table) => names(table, "crm_company_id", own));
    for (const kind of [deal, ticket]) {
      yield* add(kind, (table) => {
        const direct = names(table, "crm_company_id", own);
        const any = names(table, "crm_company_id");
        const through = names(table, "crm_lead_ids", people());
        return (row) => direct(row) || (!any(row) && through(row));
      });
    }
  }
  yield* add(task, (table) => {
    const tests = [
      ...(resource === company ? [names(table, "crm_company_id", own)] : []),
      names(table, "crm_person_id", people()),
      names(table, "crm_deal_id", ids.get(deal) ?? new Set()),
    ];
    return (row) => tests.some((test) => test(row));
  });
  return linked;
}

/** Tests whether a row names one of some ids, or any id, under a key. */
function names(
  table: Table,
  key: string,
  ids?: ReadonlySet<number>,
): (row: number) => boolean {
  const column = table.column(key);
  if (!column) return () => false;
  const verdicts = column.values.map((value) =>
    ids
      ? [value].flat().some((one) => ids.has(toId(one) ?? 0))
      : !isEmpty(value)
  );
  return (row) => verdicts[column.code(row)]!;
}
