/**
 * The tools of deals.
 *
 * @module
 */
import { choose, type Option } from "../fields/options.ts";
import { toId } from "../fields/template.ts";
import { endpoints } from "../qontak/endpoints.ts";
import { deal } from "../qontak/resources.ts";
import { isObject, type JsonObject } from "../values.ts";
import {
  type Argument,
  id,
  reference,
  required,
  text,
  whole,
} from "./arguments.ts";
import { bodyInput } from "./body.ts";
import { InputError, type Tool, tool, type ToolContext } from "./define.ts";
import { objects, subListTool } from "./list.ts";
import { frames, presentRecord, UNTRUSTED } from "./present.ts";
import { recordTool, recordTools, templateTools } from "./resource.ts";
import { type ResourceTools, tenantArgument } from "./spec.ts";
import { reportWrite } from "./write.ts";

const spec: ResourceTools = {
  resource: deal,
  toolset: "deals",
  summary: [
    "id",
    "name",
    "currency",
    "size",
    "crm_pipeline_id",
    "crm_pipeline_name",
    "crm_stage_id",
    "crm_stage_name",
    "creator_name",
    "closed_date",
    "crm_company_name",
    "updated_at",
  ],
  descriptions: {
    currency: 'Name such as "IDR"',
    size: "Value of the deal",
    closed_date: "ISO or day first",
    creator_id: "Owner, id or name",
    crm_stage_id: "Id or name",
    crm_lead_ids: "Contacts",
    additional_fields: "Custom fields; select takes option id or label",
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
  query: {
    name: text(),
    contact_ids: whole(1, Infinity, "One contact's id"),
    company_ids: whole(1, Infinity, "One company's id"),
    product_ids: whole(1, Infinity, "One product's id"),
  },
  filters: {
    input: {
      crm_pipeline_id: reference("Id or name"),
      crm_stage_id: reference("Id or name"),
      creator_id: reference("Owner, id or name"),
    },
    test: dealFilter,
  },
};

/**
 * Qontak has no filter for a deal's pipeline, stage or owner. What the caller
 * names is turned into ids first, so that a mistyped name is an error and not
 * an empty answer.
 */
async function dealFilter(
  { setup }: ToolContext,
  args: JsonObject,
): Promise<(record: JsonObject) => boolean> {
  const tests: ((record: JsonObject) => boolean)[] = [];
  const only = (key: string, ids: readonly (number | null)[]) =>
    tests.push((record) => ids.includes(toId(record[key])));
  const wanted = args.crm_pipeline_id === undefined
    ? undefined
    : pick("crm_pipeline_id", await setup.pipelines(), args.crm_pipeline_id);
  if (wanted) only("crm_pipeline_id", [wanted.id]);
  if (args.crm_stage_id !== undefined) {
    const pipelines = wanted ? [wanted] : await setup.pipelines();
    const found = [];
    const all = [];
    for (const pipeline of pipelines) {
      const stages = await setup.stages(pipeline.id!);
      all.push(...stages);
      const choice = choose(stages, args.crm_stage_id);
      if (choice.problem === undefined) found.push(choice.option.id);
    }
    // A stage name may stand in several pipelines: all of them are meant.
    if (found.length === 0) pick("crm_stage_id", all, args.crm_stage_id);
    only("crm_stage_id", found);
  }
  if (args.creator_id !== undefined) {
    only("creator_id", [(await pickOwner({ setup }, args.creator_id)).id]);
  }
  return (record) => tests.every((test) => test(record));
}

function pick(
  key: string,
  options: readonly Option[],
  value: unknown,
): Option {
  const choice = choose(options, value);
  if (choice.problem === undefined) return choice.option;
  throw new InputError(`${key}: ${choice.problem}`);
}

/** Owners are listed only in the template; Qontak has no endpoint for users. */
async function pickOwner(
  { setup }: Pick<ToolContext, "setup">,
  value: unknown,
): Promise<Option> {
  const fields = await setup.fields(deal);
  const owner = fields.find(({ key, custom }) => !custom && key === deal.owner);
  return pick("creator_id", owner?.options ?? [], value);
}

/** Qontak's collection shows one room; in the wild a list of rooms comes too. */
function messages(response: unknown): JsonObject[] {
  const rooms = Array.isArray(response) ? response : [response];
  return rooms.filter(isObject).flatMap(({ room_id, chat_contents }) =>
    objects(chat_contents).map((message) => ({ room_id, ...message }))
  );
}

const { permissions } = bodyInput(endpoints.deals.setPermissions, {
  permissions: "E-mail and access types of each user",
}) as { permissions: Argument<unknown[] | undefined> };

/** The tools of deals, in the order that clients are shown. */
export const dealTools: readonly Tool[] = [
  ...templateTools(spec),
  ...recordTools(spec),
  subListTool(spec, {
    name: "get_deal_timeline",
    title: "Get a deal's timeline",
    description: "What happened to a deal, newest first.",
    endpoint: endpoints.deals.timeline,
    extra: { untrusted: UNTRUSTED },
  }),
  subListTool(spec, {
    name: "get_deal_stage_history",
    title: "Get a deal's stage history",
    description: "Every move between stages: from, to, when and by whom.",
    endpoint: endpoints.deals.stageHistory,
  }),
  subListTool(spec, {
    name: "get_deal_chat_history",
    title: "Get a deal's chat history",
    description: "The chat with the customer, where a chat panel is connected.",
    endpoint: endpoints.deals.chatHistory,
    records: messages,
    extra: { untrusted: UNTRUSTED },
  }),
  recordTool(
    spec,
    "get_deal_real_creator",
    "Get a deal's real creator",
    "The user who made a deal, whoever owns it now.",
    endpoints.deals.realCreator,
  ),
  recordTool(
    spec,
    "get_deal_full_field",
    "Get a deal with all related names",
    "A deal as in an export: contacts, company, products, notes and check-ins by name.",
    endpoints.deals.fullField,
  ),
  tool({
    name: "get_deal_permissions",
    title: "Get what is known of a deal's permissions",
    description:
      "Owner and real creator of a deal. Qontak publishes no way to read granted permissions.",
    toolset: "deals",
    effect: "read",
    input: { deal_id: required(id()), ...tenantArgument },
    output: frames.record,
    run: async ({ crm, signal }, { deal_id }) => {
      const options = { path: { id: deal_id }, signal };
      const [owned, made] = await Promise.all([
        crm.call(endpoints.deals.get, options),
        crm.call(endpoints.deals.realCreator, options),
      ]);
      const record = isObject(owned.response) ? owned.response : {};
      const creator = isObject(made.response) ? made.response : {};
      return {
        record: {
          deal_id,
          owner: { id: record.creator_id, name: record.creator_name },
          real_creator: presentRecord(creator).record,
        },
        notes: [
          "Qontak's API has no way to read the permissions that were granted with set_deal_permissions; they can be seen in the Qontak app",
        ],
      };
    },
  }),
  tool({
    name: "set_deal_permissions",
    title: "Set a deal's permissions",
    description:
      "Grants users access to a deal, by e-mail. It replaces a user's flags: an access type left out is taken away.",
    toolset: "deals",
    effect: "write",
    idempotent: true,
    input: {
      deal_id: required(id()),
      permissions: required(permissions),
      ...tenantArgument,
    },
    output: frames.record,
    run: async ({ crm, signal }, { deal_id, permissions }) => {
      const { response } = await crm.call(endpoints.deals.setPermissions, {
        body: { id: deal_id, permissions },
        signal,
      });
      return { record: isObject(response) ? response : {} };
    },
  }),
  tool({
    name: "update_deal_owner",
    title: "Change a deal's owner",
    description: "Gives a deal to another user.",
    toolset: "deals",
    effect: "write",
    idempotent: true,
    input: {
      deal_id: required(id()),
      creator_id: required(reference("The new owner, id or name")),
      ...tenantArgument,
    },
    output: frames.write,
    run: async (context, { deal_id, creator_id }) => {
      const { crm, signal } = context;
      const owner = await pickOwner(context, creator_id);
      const path = { id: deal_id };
      const body = { creator_id: owner.id };
      await crm.call(endpoints.deals.updateOwner, { path, body, signal });
      const { resource, summary } = spec;
      return await reportWrite(context, { resource, summary }, {
        written: deal_id,
        body,
      });
    },
  }),
];
