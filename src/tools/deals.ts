/**
 * The tools of deals.
 *
 * @module
 */
import { readRecord } from "../changes/report_write.ts";
import { preparedRequest } from "../changes/request.ts";
import { endpoints } from "../qontak/endpoints.ts";
import { readBack } from "../fields/readback.ts";
import { recordOf } from "../qontak/envelope.ts";
import { resources } from "../qontak/resources.ts";
import { isObject } from "../values/json.ts";
import { type Argument, id, required, text } from "./kit/arguments.ts";
import { bodyInput } from "./kit/body_arguments.ts";
import { changeTool } from "./kit/change_tool.ts";
import { frames } from "./kit/frames.ts";
import { viewTool } from "./kit/get.ts";
import { ownerTool } from "./kit/owner.ts";
import { presentRecord } from "../fields/present.ts";
import { recordTools } from "./kit/record_tools.ts";
import { tenantArgument } from "./kit/shared_arguments.ts";
import type { ToolTraits } from "./kit/tool_traits.ts";
import { chatTool, timelineTool, wholeList } from "./kit/whole_list.ts";
import { type Tool, tool } from "./tool.ts";

const { deal } = resources;

const traits: ToolTraits = {
  resource: deal,
  summary: [
    "id",
    "name",
    "currency",
    "size",
    "crm_pipeline_id",
    "crm_pipeline_name",
    "crm_stage_id",
    "crm_stage_name",
    "creator_id",
    "creator_name",
    "closed_date",
    "crm_company_name",
    "updated_at",
  ],
  descriptions: {
    currency: 'Name such as "IDR"',
    size: "Value of the deal",
    creator_id: "Owner",
    crm_lead_ids: "Contacts",
  },
  renamed: {
    amount: "the value of a deal is size",
    value: "the value of a deal is size",
    expected_close_date: "the closing date is closed_date",
    close_date: "the closing date is closed_date",
    description:
      "deals have no description: use create_note, or a custom field in additional_fields",
    contact_id: "contacts are crm_lead_ids, a list of ids",
    contact_ids: "contacts are crm_lead_ids, a list of ids",
    company_id: "the company is crm_company_id",
    custom_fields: "custom fields are additional_fields",
    pipeline_id: "the pipeline is crm_pipeline_id",
    stage_id: "the stage is crm_stage_id",
    owner_id: "the owner is creator_id",
  },
  renamedInList: {
    pipeline_id: "the pipeline is crm_pipeline_id",
    stage_id: "the stage is crm_stage_id",
  },
  query: {
    name: text(),
    contact_ids: id(),
    company_ids: id(),
    product_ids: id(),
  },
  filters: ["crm_pipeline_id", "crm_stage_id", "creator_id"],
};

const { permissions } = bodyInput(deal, endpoints.deals.setPermissions, {}) as {
  permissions: Argument<unknown[] | undefined>;
};

/** The tools of deals, in the order that clients see. */
export const dealTools: readonly Tool[] = [
  ...recordTools(traits),
  timelineTool(traits, endpoints.deals.timeline),
  wholeList({
    name: "get_deal_stage_history",
    title: "Get deal's stage history",
    description:
      "Every move between stages: from, to, when, and the user who made it.",
    endpoint: endpoints.deals.stageHistory,
    path: { id: deal.idArgument },
  }),
  chatTool(traits, endpoints.deals.chatHistory),
  viewTool(traits, {
    name: "get_deal_real_creator",
    title: "Get a deal's real creator",
    description: "Who created a deal, even if others own it.",
    endpoint: endpoints.deals.realCreator,
  }),
  viewTool(traits, {
    name: "get_deal_full_field",
    title: "Get a deal with all related names",
    description:
      "A deal as in an export: contacts, company, products, notes and check-ins by name.",
    endpoint: endpoints.deals.fullField,
  }),
  tool({
    name: "get_deal_permissions",
    title: "Get what is known about a deal's permissions",
    description:
      "Owner and real creator of a deal. Qontak publishes no way to read granted permissions.",
    effect: "read",
    input: { deal_id: required(id()), ...tenantArgument },
    output: frames.record,
    run: async ({ crm, signal }, { deal_id }) => {
      const options = { path: { id: deal_id }, signal };
      const [owned, made] = await Promise.all([
        crm.call(endpoints.deals.get, options),
        crm.call(endpoints.deals.realCreator, options),
      ]);
      const record = recordOf(endpoints.deals.get, owned.response, deal_id);
      const creator = recordOf(endpoints.deals.realCreator, made.response);
      return {
        record: {
          deal_id,
          owner: { id: record.creator_id, name: record.creator_name },
          real_creator: presentRecord(creator).record,
        },
        notes: [
          "Qontak's API cannot return the permissions granted with set_deal_permissions; they are shown in the Qontak app",
        ],
      };
    },
  }),
  changeTool({
    name: "set_deal_permissions",
    title: "Set deal's permissions",
    description:
      "Grants users access to a deal, by e-mail. It replaces a user's access types: one that is left out is removed.",
    effect: "write",
    idempotent: true,
    input: {
      deal_id: required(id()),
      permissions: required(permissions),
      ...tenantArgument,
    },
    output: frames.record,
    prepare: async (context, { deal_id, permissions }) =>
      preparedRequest({
        tool: "set_deal_permissions",
        act: "update",
        kind: "deal_permissions",
        id: deal_id,
        // Qontak does not say which permissions there are.
        canUndo: false,
        before: await readRecord(context, deal, deal_id),
        endpoint: endpoints.deals.setPermissions,
        body: { id: deal_id, permissions },
        report: (_, { response }) => {
          const record = isObject(response) ? response : {};
          const stored = isObject(record.details) ? record.details : {};
          const report = { record, ...readBack({ permissions }, stored) };
          return Promise.resolve({ report, id: deal_id });
        },
      }),
  }),
  ownerTool(traits, endpoints.deals.updateOwner),
];
