/**
 * The tools of tasks and their categories.
 *
 * @module
 */
import { endpoints } from "../qontak/endpoints.ts";
import { readBack } from "../fields/readback.ts";
import { resources } from "../qontak/resources.ts";
import { isObject } from "../values/json.ts";
import { id, oneOf, required, text } from "./kit/arguments.ts";
import { frames } from "./kit/frames.ts";
import { recordTools } from "./kit/record_tools.ts";
import { tenantArgument } from "./kit/shared_arguments.ts";
import type { ToolTraits } from "./kit/tool_traits.ts";
import { wholeList } from "./kit/whole_list.ts";
import { type Tool, tool } from "./tool.ts";

const traits: ToolTraits = {
  resource: resources.task,
  summary: [
    "id",
    "name",
    "user_full_name",
    "crm_task_status_id",
    "crm_task_priority_id",
    "crm_task_category_name",
    "due_date",
    "crm_person_full_name",
    "crm_deal_name",
    "crm_company_name",
    "updated_at",
  ],
  descriptions: { crm_person_id: "Contact" },
  renamed: {
    title: "the title of a task is name",
    description: "the description of a task is detail",
    status: "the status is crm_task_status_id",
    priority: "the priority is crm_task_priority_id",
    category_id: "the category is crm_task_category_id",
    contact_id: "the contact is crm_person_id",
    crm_lead_id: "the contact is crm_person_id",
    company_id: "the company is crm_company_id",
    deal_id: "the deal is crm_deal_id",
    custom_fields: "custom fields are additional_fields",
  },
  query: {
    // Qontak documents no other value, and returns all tasks for other values.
    filter: oneOf(
      ["alltask"],
      "for other tasks give assignee_id, crm_task_status_id, crm_deal_id, crm_company_id or crm_person_id; overdue tasks are those that are not done and whose due_date is past",
    ),
  },
  filters: [
    "crm_task_status_id",
    "user_id",
    "crm_deal_id",
    "crm_company_id",
    "crm_person_id",
  ],
};

/** The tools of tasks, in the order that clients see. */
export const taskTools: readonly Tool[] = [
  ...recordTools(traits),
  wholeList({
    name: "list_task_categories",
    title: "List task categories",
    description: "The categories that tasks can have.",
    endpoint: endpoints.tasks.listCategories,
  }),
  tool({
    name: "create_task_category",
    title: "Create task category",
    description: "Creates a task category.",
    effect: "write",
    input: {
      name: required(text()),
      id: id(),
      ...tenantArgument,
    },
    output: frames.record,
    run: async ({ crm, setup, signal }, { name, id }) => {
      const { response } = await crm.call(endpoints.tasks.createCategory, {
        body: { name, ...(id === undefined ? {} : { id }) },
        signal,
      });
      // The cached template contains the categories.
      setup.forget();
      const record = isObject(response) ? response : {};
      return { record, ...readBack({ name }, record) };
    },
  }),
  tool({
    name: "delete_task_category",
    title: "Delete task category",
    description: "Deletes a category of tasks for good.",
    effect: "delete",
    idempotent: true,
    input: { category_id: required(id()), ...tenantArgument },
    output: frames.deleted,
    run: async ({ crm, setup, signal }, { category_id }) => {
      await crm.call(endpoints.tasks.deleteCategory, {
        path: { id: category_id },
        signal,
      });
      setup.forget();
      return { deleted: true, id: category_id };
    },
  }),
];
