/**
 * `/tasks/category`: the kinds of tasks. They cannot be changed.
 *
 * @module
 */

import { notFound, Refusal } from "../answer.ts";
import { ORGANIZATION_ID, TEAM_ID } from "../data/tenant.ts";
import type { Route } from "../router.ts";
import { toIso } from "../time.ts";

/** The three endpoints. */
export const taskCategoryRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/tasks/category",
    handle: ({ world }) => ({
      response: [...world.taskCategories.values()].map(({ id, name }) => ({
        id,
        name,
      })),
    }),
  },
  {
    method: "POST",
    path: "/tasks/category",
    // Qontak's collection calls `id` required and its OpenAPI does without;
    // that it is ignored is assumed.
    handle({ body: { name }, world }) {
      if (typeof name !== "string" || name.trim() === "") {
        throw new Refusal(422, "Validation failed: name can't be blank");
      }
      const category = { id: world.nextId(), name, createdAt: Date.now() };
      world.taskCategories.set(category.id, category);
      const made = toIso(category.createdAt);
      return {
        response: {
          id: category.id,
          name,
          slug: name.trim().toLowerCase().replace(/[^a-z0-9]+/g, "-"),
          created_at: made,
          updated_at: made,
          team_id: TEAM_ID,
          organization_id: ORGANIZATION_ID,
        },
      };
    },
  },
  {
    method: "DELETE",
    path: "/tasks/category/:id",
    // Assumed: its tasks lose the category.
    handle({ params, world }) {
      const id = Number(params.id);
      if (!world.taskCategories.delete(id)) throw notFound();
      for (const task of world.tasks.values()) {
        if (task.values.crm_task_category_id !== id) continue;
        task.values = { ...task.values, crm_task_category_id: null };
      }
      return {};
    },
  },
];
