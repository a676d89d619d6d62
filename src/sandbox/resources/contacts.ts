/**
 * `/contacts`: what is special about them. Other resources call a contact a
 * lead or a person.
 *
 * @module
 */

import { Refusal } from "../answer.ts";
import { type Collection, find, routes, show } from "../collection.ts";
import { CONTACT_TEMPLATE } from "../data/contact_template.ts";
import { record } from "../data/people.ts";
import {
  choice,
  type Key,
  numericText,
  reader,
  seenOnly,
  shown,
  text,
} from "../keys.ts";
import {
  type Contact,
  contactName,
  recordName,
  type Stored,
  type Values,
} from "../records.ts";
import type { Call, Resource } from "../router.ts";
import { DAY, fromDayFirst, fromIso, toIso } from "../time.ts";
import { chatHistory } from "./chat.ts";
import {
  type Backward,
  backward,
  companyChoices,
  forget,
  saveBackward,
} from "./links.ts";
import { owner, updateOwner } from "./owner.ts";
import { note, showTimeline } from "./timeline.ts";

/** A deal stores its contacts; a contact shows the deals that refer to it. */
const DEALS: Backward = {
  ids: "crm_deal_ids",
  names: "crm_deal_name",
  records: (world) => world.deals,
  label: recordName,
  keptAs: "crm_lead_ids",
  keep: (ids) => ids,
  ownLabel: contactName,
};

/**
 * A day of birth. Qontak's collection shows only null. Assumed: all three
 * formats of a day are accepted, and answers have `YYYY-MM-DD`.
 */
function birthday(): Key {
  const name = "date_of_birth";
  const read = reader(name, "a date", (value) => {
    if (typeof value !== "string") return undefined;
    const ms = fromDayFirst(value) ?? fromIso(value) ??
      fromIso(`${value}T00:00:00+07:00`);
    return ms === undefined ? undefined : toIso(ms).slice(0, 10);
  });
  return { ...text(name), read };
}

/** The number of an uploaded file, as Qontak's collection calls it. */
function upload(): Key {
  const name = "upload_id";
  const read = reader(
    name,
    "an integer",
    (value) => Number.isInteger(value) ? value : undefined,
  );
  return { ...text(name), read };
}

/**
 * The keys of Qontak's collection. It shows no address although bodies have
 * one; a webhook's record does.
 */
const KEYS: readonly Key[] = [
  text("first_name"),
  text("last_name"),
  shown("slug", ({ record }) => record.slug),
  shown("created_at", ({ record }) => toIso(record.createdAt)),
  shown("updated_at", ({ record }) => toIso(record.updatedAt)),
  text("job_title"),
  owner(true),
  text("email"),
  numericText("telephone"),
  choice("crm_status"),
  seenOnly(text("address")),
  seenOnly(text("country")),
  seenOnly(text("province")),
  seenOnly(text("city")),
  seenOnly(numericText("zipcode")),
  birthday(),
  choice("crm_source"),
  choice("crm_gender"),
  numericText("income"),
  upload(),
  numericText("customer_id"),
  choice("crm_company", companyChoices),
  backward(DEALS),
  seenOnly(text("unique_hub_account")),
];

/** Writes what changed into the timelines of the contact and its companies. */
function saved(
  contact: Contact,
  before: Values | undefined,
  call: Call,
): void {
  saveBackward(DEALS, contact, call);
  const name = contactName(contact);
  note(contact, before ? "updated" : "added", `'${name}'.`, call);
  const left = before?.crm_company_id ?? null;
  const joined = contact.values.crm_company_id ?? null;
  if (left === joined) return;
  for (const [id, how] of [[left, "dissociated"], [joined, "associated"]]) {
    const company = call.world.companies.get(id as number);
    if (!company) continue;
    note(
      company,
      String(how),
      `'${recordName(company)}' with '${name}'.`,
      call,
    );
  }
}

/** Contains the text, ignoring case. Assumed: a part is enough. */
function part(key: string): (record: Stored, wanted: string) => boolean {
  return ({ values }, wanted) =>
    String(values[key] ?? "").toLowerCase().includes(wanted.toLowerCase());
}

/** The same number, compared exactly. */
function same(key: string): (record: Stored, wanted: string) => boolean {
  return ({ values }, wanted) => values[key] === Number(wanted);
}

/**
 * The moment of a day in a query. Other formats are refused, so that their use
 * is noticed (assumed).
 */
function dayOf(name: string, wanted: string): number {
  const day = fromDayFirst(wanted);
  if (day !== undefined) return day;
  throw new Refusal(422, `Validation failed: ${name} must be DD-MM-YYYY`);
}

const collection: Collection<Contact> = {
  name: "contacts",
  records: (world) => world.contacts,
  template: () => CONTACT_TEMPLATE,
  keys: KEYS,
  aliases: { crm_phones: "telephone" },
  filters: {
    name: (contact, wanted) =>
      contactName(contact).toLowerCase().includes(wanted.toLowerCase()),
    job_title: part("job_title"),
    phone: part("telephone"),
    email: part("email"),
    crm_company_id: same("crm_company_id"),
    crm_deal_id: ({ id }, wanted, { deals }) =>
      (deals.get(Number(wanted))?.values.crm_lead_ids as number[] ?? [])
        .includes(id),
    crm_status_id: same("crm_status_id"),
    // Assumed: the range includes this day.
    created_after: ({ createdAt }, wanted) =>
      createdAt >= dayOf("created_after", wanted),
    created_between_start: ({ createdAt }, wanted) =>
      createdAt >= dayOf("created_between_start", wanted),
    created_between_end: ({ createdAt }, wanted) =>
      createdAt < dayOf("created_between_end", wanted) + DAY,
  },
  blank({ body, world }) {
    const name = contactName({ values: body } as unknown as Stored);
    return { ...record(world.nextId(), name, Date.now(), {}), chat: [] };
  },
  saved,
  removed: (contact, { world }) => forget("contacts", contact, world),
  answersUpdate: () => false,
};

/** The nine endpoints of contacts. */
export const contacts: Resource = {
  name: "contacts",
  routes: [
    ...routes(collection, "info", "list", "create", "update", "delete"),
    {
      method: "GET",
      path: "/contacts/:id",
      // The collection shows a list with pages; clients decode an object.
      handle(call) {
        const contact = show(collection, find(collection, call), call);
        if (call.observed) return { response: contact };
        const page = { page: 1, total_page: 1, current_data: 1, total_data: 1 };
        return { response: [contact], page };
      },
    },
    {
      method: "GET",
      path: "/contacts/:id/timeline",
      handle: (call) => ({
        response: showTimeline(find(collection, call), "a contact", call.world),
      }),
    },
    {
      method: "GET",
      path: "/contacts/:id/chat-history",
      handle: (call) => chatHistory(find(collection, call), call),
    },
    {
      method: "PUT",
      path: "/contacts/:id/update_owner",
      handle(call) {
        const contact = find(collection, call);
        return updateOwner(contact, contactName(contact), call);
      },
    },
  ],
};
