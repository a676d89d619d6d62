/**
 * Creates and deletes categories of tasks. They have no template: Qontak only
 * lists them, and the template of tasks contains them.
 *
 * @module
 */
import { readBack } from "../fields/readback.ts";
import { endpoints } from "../qontak/endpoints.ts";
import { isObject, type JsonObject, toId } from "../values/json.ts";
import type { ChangeContext } from "./context.ts";
import type { Prepared } from "./change.ts";
import { preparedDelete } from "./delete.ts";
import { preparedRequest } from "./request.ts";

/** The kind of a category, as the history names it. */
export const TASK_CATEGORY = "task_category";

/** All categories: Qontak has only their list. */
export async function taskCategories(
  { crm, signal }: ChangeContext,
): Promise<readonly JsonObject[]> {
  const { response } = await crm.call(endpoints.tasks.listCategories, {
    signal,
  });
  return Array.isArray(response) ? response.filter(isObject) : [];
}

/**
 * Makes the create of a category.
 *
 * @param tool The tool's name, for messages.
 * @param body The category.
 */
export function preparedNewCategory(tool: string, body: JsonObject): Prepared {
  return preparedRequest({
    tool,
    act: "create",
    kind: TASK_CATEGORY,
    canUndo: true,
    endpoint: endpoints.tasks.createCategory,
    body,
    report: ({ setup }, { response }) => {
      // The cached template contains the categories.
      setup.forget();
      const record = isObject(response) ? response : {};
      const report = { record, ...readBack({ name: body.name }, record) };
      return Promise.resolve({ report, id: toId(record.id) });
    },
  });
}

/**
 * Makes the delete of a category.
 *
 * @param tool The tool's name, for messages.
 * @param id The category's id.
 * @param before The category; undefined if Qontak does not list it.
 */
export function preparedCategoryDelete(
  tool: string,
  id: number,
  before: JsonObject | undefined,
): Prepared {
  const deletion = preparedDelete(TASK_CATEGORY, {
    tool,
    endpoint: endpoints.tasks.deleteCategory,
    id,
  }, before);
  return {
    ...deletion,
    async send(context) {
      const sent = await deletion.send(context);
      // The cached template contains the categories.
      context.setup.forget();
      return sent;
    },
  };
}
