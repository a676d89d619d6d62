/**
 * Finds what hangs on a record before it is deleted: the records that name it.
 *
 * @module
 */
import { ForeseenError } from "../errors.ts";
import { deadline, untilAborted } from "../net/deadline.ts";
import { type Resource, resources } from "../qontak/resources.ts";
import { isObject, type JsonObject, toId } from "../values/json.ts";
import type { ChangeContext } from "./context.ts";

/** How long the search may take, in ms. */
const TIMEOUT = 15_000;

/** How many ids of each kind are named. */
const NAMED = 5;

/** Where records of another kind name a record. */
interface Link {
  /** The kind of record that names it. */
  readonly of: Resource;
  /** The query parameter of their list that finds them, if there is one. */
  readonly query?: string;
  /** The key of their records that holds the id. */
  readonly key: string;
}

const { contact, deal, ticket, task, note, productsAssociation } = resources;

/** What can name a record, by the name of the record's kind. */
const LINKS: Readonly<Record<string, readonly Link[]>> = {
  contact: [
    { of: deal, query: "contact_ids", key: "crm_lead_ids" },
    { of: note, query: "crm_lead_id", key: "crm_person_id" },
    { of: task, key: "crm_person_id" },
    { of: ticket, key: "crm_lead_ids" },
  ],
  company: [
    { of: contact, query: "crm_company_id", key: "crm_company_id" },
    { of: deal, query: "company_ids", key: "crm_company_id" },
    { of: note, query: "crm_company_id", key: "crm_company_id" },
    { of: task, key: "crm_company_id" },
    { of: ticket, key: "crm_company_id" },
  ],
  deal: [
    { of: note, query: "crm_deal_id", key: "crm_deal_id" },
    { of: productsAssociation, query: "crm_deal_id", key: "crm_deal_id" },
    { of: task, key: "crm_deal_id" },
  ],
  product: [
    { of: deal, query: "product_ids", key: "crm_product_ids" },
    { of: productsAssociation, key: "crm_product_id" },
    { of: ticket, key: "crm_product_ids" },
  ],
  task: [{ of: ticket, key: "crm_task_ids" }],
  task_category: [{ of: task, key: "crm_task_category_id" }],
};

/** The records of one kind that name a record. */
interface Hanging {
  readonly count: number;
  readonly ids: readonly number[];
}

/**
 * Finds the records that name a record. Lists that Qontak filters are asked;
 * of other kinds, all records are read.
 *
 * @param context The company's CRM.
 * @param kind The name of the record's kind.
 * @param id The record's id.
 * @returns For each kind `{count, ids}`, with up to five ids; `unknown` names
 * the kinds that could not be searched.
 */
export async function findHanging(
  context: ChangeContext,
  kind: string,
  id: number,
): Promise<JsonObject> {
  using limit = deadline(TIMEOUT, context.signal);
  const { signal } = limit;
  const within = { ...context, signal };
  const unknown: string[] = [];
  const found: JsonObject = {};
  const links = LINKS[kind] ?? [];
  const results = await Promise.all(links.map(async (link) => {
    try {
      return await (link.query
        ? ask(within, link.of, link.query, id)
        : search(within, link, id));
    } catch (error) {
      const isForeseen = error instanceof ForeseenError ||
        error === signal.reason;
      if (!isForeseen || context.signal.aborted) throw error;
      return undefined;
    }
  }));
  for (const [i, { of: { plural } }] of links.entries()) {
    const result = results[i];
    if (!result) unknown.push(plural);
    else if (result.count > 0) found[plural] = result;
  }
  return unknown.length > 0 ? { ...found, unknown } : found;
}

/** Asks Qontak for the records that name a record. */
async function ask(
  { crm, signal }: ChangeContext,
  { endpoints: { list } }: Resource,
  query: string,
  id: number,
): Promise<Hanging> {
  const { response, page } = await crm.call(list, {
    query: {
      [query]: id,
      ...(list.query.includes("per_page") ? { per_page: NAMED } : {}),
    },
    signal,
  });
  const records = Array.isArray(response) ? response.filter(isObject) : [];
  return {
    count: page?.total_data ?? records.length,
    ids: records.slice(0, NAMED).flatMap((one) => toId(one.id) ?? []),
  };
}

/** Searches all records of a kind for those that name a record. */
async function search(
  { records, signal }: ChangeContext,
  { of, key }: Link,
  id: number,
): Promise<Hanging> {
  const { subject: { table } } = await untilAborted(
    records.all(of),
    signal,
  );
  const column = table.column(key);
  const matching = new Set(
    column?.values.flatMap((value, code) => {
      const held = Array.isArray(value) ? value : [value];
      return held.some((one) => toId(one) === id) ? [code] : [];
    }),
  );
  const ids: number[] = [];
  let count = 0;
  for (const own of column ? table.ids() : []) {
    if (!matching.has(column!.code(table.rowOf(own)!))) continue;
    count++;
    if (ids.length < NAMED) ids.push(own);
  }
  return { count, ids };
}
