/**
 * The tools of contacts.
 *
 * @module
 */
import { endpoints } from "../qontak/endpoints.ts";
import { resources } from "../qontak/resources.ts";
import { dayFirstDate, id, reference, text } from "./kit/arguments.ts";
import type { Tool } from "./tool.ts";
import { ownerTool } from "./kit/owner.ts";
import { recordTools } from "./kit/record_tools.ts";
import type { ToolTraits } from "./kit/tool_traits.ts";
import { chatTool, timelineTool } from "./kit/whole_list.ts";

const traits: ToolTraits = {
  resource: resources.contact,
  summary: [
    "id",
    "first_name",
    "last_name",
    "job_title",
    "email",
    "telephone",
    "creator_id",
    "creator_name",
    "crm_status_id",
    "crm_status_name",
    "crm_company_id",
    "crm_company_name",
    "updated_at",
  ],
  // Qontak's documents only repeat their names.
  descriptions: {
    upload_id: "Undocumented: leave out",
    customer_id: "Undocumented; text",
  },
  renamed: {
    name: "names are first_name and last_name",
    phone: "the phone number is telephone",
    phone_number: "the phone number is telephone",
    company_id: "the company is crm_company_id",
    deal_ids: "deals are crm_deal_ids",
    custom_fields: "custom fields are additional_fields",
    owner_id: "the owner is creator_id",
    status: "the status is crm_status_id",
    source: "the source is crm_source_id",
  },
  query: {
    name: text(),
    job_title: text(),
    phone: text(),
    email: text(),
    crm_company_id: id(),
    crm_deal_id: id(),
    crm_status_id: reference(),
    created_after: dayFirstDate(
      "Qontak's list compares days; for a time ask query_records: where created_at gte that time",
    ),
  },
  queryOptions: ["crm_status_id"],
};

/** The tools of contacts, in the order that clients see. */
export const contactTools: readonly Tool[] = [
  ...recordTools(traits),
  timelineTool(traits, endpoints.contacts.timeline),
  chatTool(traits, endpoints.contacts.chatHistory),
  ownerTool(traits, endpoints.contacts.updateOwner),
];
