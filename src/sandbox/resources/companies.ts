/**
 * `/companies`: what is special about them. They have neither an e-mail address
 * nor a status.
 *
 * @module
 */

import { type Collection, find, routes } from "../collection.ts";
import { toNumber } from "../custom.ts";
import { COMPANY_TEMPLATE } from "../data/company_template.ts";
import { record } from "../data/people.ts";
import {
  choice,
  type Key,
  number,
  numericText,
  reader,
  type Reading,
  seenOnly,
  shown,
  text,
} from "../keys.ts";
import {
  contactName,
  recordName,
  type Stored,
  type Values,
} from "../records.ts";
import type { Call, Resource } from "../router.ts";
import { toIso } from "../time.ts";
import { type Backward, backward, forget, saveBackward } from "./links.ts";
import { owner } from "./owner.ts";
import { note, showTimeline } from "./timeline.ts";

/** A deal stores its company; a company shows the deals that refer to it. */
const DEALS: Backward = {
  ids: "crm_deal_ids",
  names: "crm_deal_name",
  records: (world) => world.deals,
  label: recordName,
  keptAs: "crm_company_id",
  // A deal keeps one company, in an array.
  keep: (ids) => ids.slice(-1),
  ownLabel: recordName,
};

/**
 * A contact stores its company; a company shows the contacts that refer to it.
 */
const PEOPLE: Backward = {
  ids: "crm_person_ids",
  names: "crm_person_name",
  records: (world) => world.contacts,
  label: contactName,
  keptAs: "crm_company_id",
  keep: (ids) => ids.at(-1) ?? null,
  ownLabel: recordName,
};

/** A number in, a text without decimals out, as Qontak's collection has it. */
function revenue(): Key {
  const name = "annual_revenue";
  return {
    name,
    read: reader(
      name,
      "a number",
      (value) => value === "" ? null : toNumber(value),
    ),
    show: (value) => ({ [name]: value == null ? null : String(value) }),
  };
}

/** The keys of Qontak's collection. */
const KEYS: readonly Key[] = [
  text("name"),
  shown("slug", ({ record }) => record.slug),
  text("website"),
  shown("created_at", ({ record }) => toIso(record.createdAt)),
  shown("updated_at", ({ record }) => toIso(record.updatedAt)),
  // Nothing documents that an update without an owner resets a company's owner.
  owner(false),
  numericText("telephone"),
  text("address"),
  text("country"),
  text("province"),
  text("city"),
  numericText("zipcode"),
  choice("industry"),
  choice("crm_type"),
  number("number_of_employees"),
  choice("crm_source"),
  revenue(),
  numericText("business_reg_number"),
  backward(DEALS),
  backward(PEOPLE),
  number("ancestry"),
  // Only in Qontak's OpenAPI, where it is sometimes null.
  seenOnly(shown("unique_company_id", () => null)),
];

/** Assumed: `ancestry` is the id of the parent company, which must exist. */
function settle({ call, values, fail }: Reading): void {
  const { ancestry } = values;
  if (ancestry == null) return;
  const exists = call.world.companies.has(Number(ancestry));
  if (!exists || String(ancestry) === call.params.id) {
    fail("ancestry", "is not another company");
  }
}

function saved(company: Stored, before: Values | undefined, call: Call): void {
  saveBackward(DEALS, company, call);
  saveBackward(PEOPLE, company, call);
  const how = before ? "updated" : "added";
  note(company, how, `'${recordName(company)}'.`, call);
}

/** Contains the text, ignoring case. Assumed: a part is enough. */
function part(key: string): (record: Stored, wanted: string) => boolean {
  return ({ values }, wanted) =>
    String(values[key] ?? "").toLowerCase().includes(wanted.toLowerCase());
}

const collection: Collection<Stored> = {
  name: "companies",
  records: (world) => world.companies,
  template: () => COMPANY_TEMPLATE,
  keys: KEYS,
  aliases: { crm_phones: "telephone" },
  filters: {
    name: part("name"),
    website: part("website"),
    contact_ids: ({ id }, wanted, { contacts }) =>
      contacts.get(Number(wanted))?.values.crm_company_id === id,
    deal_ids: ({ id }, wanted, { deals }) =>
      (deals.get(Number(wanted))?.values.crm_company_id as number[] ?? [])
        .includes(id),
  },
  blank: ({ body, world }) =>
    record(world.nextId(), String(body.name), Date.now(), {}),
  settle,
  saved,
  removed: (company, { world }) => forget("companies", company, world),
  answersUpdate: () => false,
};

/** The seven endpoints of companies. */
export const companies: Resource = {
  name: "companies",
  routes: [
    ...routes(collection, "info", "list", "get", "create", "update", "delete"),
    {
      method: "GET",
      path: "/companies/:id/timeline",
      handle: (call) => ({
        response: showTimeline(find(collection, call), "a company", call.world),
      }),
    },
  ],
};
