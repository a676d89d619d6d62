/**
 * The tools of notes. Qontak lists the notes of one record at a time, without
 * pages.
 *
 * @module
 */
import { endpoints } from "../qontak/endpoints.ts";
import { resources } from "../qontak/resources.ts";
import { id } from "./kit/arguments.ts";
import { recordTools } from "./kit/record_tools.ts";
import type { ToolTraits } from "./kit/tool_traits.ts";
import { wholeList } from "./kit/whole_list.ts";
import type { Tool } from "./tool.ts";

const traits: ToolTraits = {
  resource: resources.note,
  summary: [
    "id",
    "note",
    "type",
    "creator_id",
    "crm_person_full_name",
    "crm_deal_name",
    "crm_company_name",
    "created_at",
  ],
  descriptions: {
    note: "The text",
    type: "Such as Crm::DealNote or Crm::PersonNote",
    crm_person_id: "Contact; a note belongs to one record",
  },
  renamed: {
    title: "notes have no title: write it into note",
    content: "the text is note",
    text: "the text is note",
    body: "the text is note",
    crm_lead_id: "the contact is crm_person_id here",
    contact_id: "the contact is crm_person_id",
    deal_id: "the deal is crm_deal_id",
    company_id: "the company is crm_company_id",
  },
};

const list = wholeList({
  name: "list_notes",
  title: "List notes",
  description:
    "The notes of one contact (crm_lead_id), company or deal: name exactly one.",
  endpoint: endpoints.notes.list,
  query: {
    crm_lead_id: id("A contact's id"),
    crm_company_id: id(),
    crm_deal_id: id(),
  },
  problem: (query) =>
    Object.keys(query).length === 1
      ? undefined
      : "takes exactly one of crm_lead_id, crm_company_id and crm_deal_id: with several, Qontak shows the notes of only one of them and does not say which",
  resource: traits.resource,
  summary: traits.summary,
});

/** The tools of notes, in the order that clients see. */
export const noteTools: readonly Tool[] = recordTools(traits, list);
