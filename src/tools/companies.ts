/**
 * The tools of companies.
 *
 * @module
 */
import { endpoints } from "../qontak/endpoints.ts";
import { resources } from "../qontak/resources.ts";
import { id, text } from "./kit/arguments.ts";
import type { Tool } from "./tool.ts";
import { recordTools } from "./kit/record_tools.ts";
import type { ToolTraits } from "./kit/tool_traits.ts";
import { timelineTool } from "./kit/whole_list.ts";

const traits: ToolTraits = {
  resource: resources.company,
  summary: [
    "id",
    "name",
    "website",
    "telephone",
    "city",
    "industry_name",
    "crm_type_name",
    "creator_id",
    "creator_name",
    "updated_at",
  ],
  descriptions: { ancestry: "Parent company", crm_person_ids: "Contacts" },
  renamed: {
    email: "companies have no e-mail: it belongs to their contacts",
    phone: "the phone number is telephone",
    phone_number: "the phone number is telephone",
    industry: "the industry is industry_id",
    crm_status_id: "companies have no status",
    contact_ids: "contacts are crm_person_ids",
    crm_lead_ids: "contacts are crm_person_ids",
    parent_id: "the parent company is ancestry",
    custom_fields: "custom fields are additional_fields",
    owner_id: "the owner is creator_id",
  },
  query: {
    contact_ids: id(),
    deal_ids: id(),
    name: text(),
    website: text(),
  },
};

/** The tools of companies, in the order that clients see. */
export const companyTools: readonly Tool[] = [
  ...recordTools(traits),
  timelineTool(traits, endpoints.companies.timeline),
];
