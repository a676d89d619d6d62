/**
 * The tools of tickets. Their pipelines are separate from those of deals.
 *
 * @module
 */
import { endpoints } from "../qontak/endpoints.ts";
import { resources } from "../qontak/resources.ts";
import { recordTools } from "./kit/record_tools.ts";
import type { ToolTraits } from "./kit/tool_traits.ts";
import { wholeList } from "./kit/whole_list.ts";
import type { Tool } from "./tool.ts";

const traits: ToolTraits = {
  resource: resources.ticket,
  summary: [
    "id",
    "unique_ticket_id",
    "name",
    "user_id",
    "user_name",
    "ticket_stage_id",
    "ticket_stage_name",
    "ticket_pipeline_name",
    "ticket_priority_id",
    "ticket_priority_name",
    "ticket_category_name",
    "due_date",
    "crm_company_name",
    "updated_at",
  ],
  renamed: {
    title: "the title of a ticket is name",
    subject: "the title of a ticket is name",
    status: "a ticket's status is its stage, ticket_stage_id",
    stage_id: "the stage is ticket_stage_id",
    pipeline_id: "the pipeline is ticket_pipeline_id",
    priority: "the priority is ticket_priority_id",
    category_id: "the category is ticket_category_id",
    contact_id: "contacts are crm_lead_ids, a list of ids",
    company_id: "the company is crm_company_id",
    custom_fields: "custom fields are additional_fields",
  },
  renamedInList: {
    pipeline_id: "the pipeline is ticket_pipeline_id",
    stage_id: "the stage is ticket_stage_id",
  },
  filters: ["ticket_pipeline_id", "ticket_stage_id", "user_id"],
};

/** The tools of tickets, in the order that clients see. */
export const ticketTools: readonly Tool[] = [
  ...recordTools(traits),
  wholeList({
    name: "get_ticket_pipelines",
    title: "Get ticket pipelines",
    description: "The pipelines of tickets, each with its stages.",
    endpoint: endpoints.tickets.pipelines,
  }),
];
