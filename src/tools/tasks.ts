/**
 * The tools of tasks and their categories.
 *
 * @module
 */
import {
  preparedCategoryDelete,
  preparedNewCategory,
  taskCategories,
} from "../changes/task_category.ts";
import { endpoints } from "../qontak/endpoints.ts";
import { resources } from "../qontak/resources.ts";
import { defined, type JsonObject, toId } from "../values/json.ts";
import { id, oneOf, required, text } from "./kit/arguments.ts";
import { changeTool } from "./kit/change_tool.ts";
import { frames } from "./kit/frames.ts";
import { recordTools } from "./kit/record_tools.ts";
import { tenantArgument } from "./kit/shared_arguments.ts";
import type { ToolTraits } from "./kit/tool_traits.ts";
import { wholeList } from "./kit/whole_list.ts";
import type { Tool, ToolContext } from "./tool.ts";

const traits: ToolTraits = {
  resource: resources.task,
  summary: [
    "id",
    "name",
    "user_id",
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
  descriptions: { crm_person_id: "Contact", attachment: "URL of a file" },
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
  renamedInList: {
    category_id:
      'for the tasks of a category, ask query_records with resource tasks and where such as [{"field": "crm_task_category_id", "value": 7}]',
  },
  query: {
    // Qontak documents no other value, and returns all tasks for other values.
    filter: oneOf(
      ["alltask"],
      'Qontak knows no other filter: give assignee_id, crm_task_status_id, crm_deal_id, crm_company_id or crm_person_id, or ask query_records with resource tasks and where such as [{"field": "overdue", "value": true}]',
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
  changeTool({
    name: "create_task_category",
    title: "Create task category",
    description: "Creates a task category.",
    effect: "write",
    input: {
      name: required(text()),
      id: id("Leave out"),
      ...tenantArgument,
    },
    renamed: {
      color: "task categories have no color in this API: give name only",
    },
    output: frames.record,
    prepare: (_, { name, id }) =>
      Promise.resolve(
        preparedNewCategory("create_task_category", {
          name,
          ...defined({ id }),
        }),
      ),
  }),
  changeTool({
    name: "delete_task_category",
    title: "Delete task category",
    description: "Deletes a category of tasks for good.",
    effect: "delete",
    idempotent: true,
    input: { category_id: required(id()), ...tenantArgument },
    output: frames.deleted,
    prepare: async (context, { category_id }) =>
      preparedCategoryDelete(
        "delete_task_category",
        category_id,
        await readCategory(context, category_id),
      ),
  }),
];

/** Reads a category. */
async function readCategory(
  context: ToolContext,
  id: number,
): Promise<JsonObject | undefined> {
  return (await taskCategories(context)).find((one) => toId(one.id) === id);
}
