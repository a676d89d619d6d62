/**
 * `/tasks`: what is special about them.
 *
 * @module
 */

import { type Collection, routes } from "../collection.ts";
import { toNumber } from "../custom.ts";
import { record } from "../data/people.ts";
import { taskTemplate } from "../data/task_template.ts";
import {
  choice,
  dropdown,
  idOnly,
  type Key,
  moment,
  type Reading,
  shown,
  text,
} from "../keys.ts";
import { type Stored, userOf } from "../records.ts";
import type { Resource } from "../router.ts";
import { toIso } from "../time.ts";
import {
  companyChoices,
  contactChoices,
  dealChoices,
  forget,
} from "./links.ts";
import { taskCategoryRoutes } from "./task_categories.ts";

/**
 * The teams, as two parallel arrays. Ids win over names (assumed); null means
 * none.
 */
function teams(): Key {
  const [ids, names] = ["crm_team_ids", "crm_team_name"];
  const choices = dropdown("crm_team_hierarchy_id");
  return {
    name: ids,
    read({ call, template, fail }) {
      const [key, value] = call.body[ids] === undefined
        ? [names, call.body[names]]
        : [ids, call.body[ids]];
      if (value === undefined || value === null) return value;
      const wanted = Array.isArray(value) ? value : [value];
      const found = wanted.map((one) =>
        choices({ template }).find(({ id, name }) =>
          (key === ids ? id : name) === one
        )?.id
      );
      if (!found.includes(undefined)) return found;
      fail(key, "is not one of the choices");
      return undefined;
    },
    show(value, { template }) {
      const chosen = value as number[] | null | undefined ?? [];
      return {
        [ids]: chosen,
        [names]: chosen.map((id) =>
          choices({ template }).find((team) => team.id === id)?.name ?? null
        ),
      };
    },
  };
}

/** Whether this is a number or a numeric text of at most `limit` either way. */
function within(value: unknown, limit: number): boolean {
  const number = toNumber(value);
  return number !== undefined && Math.abs(number) <= limit;
}

/**
 * The check-in. Qontak's OpenAPI misspells `lattitude`; third-party code sends
 * `latitude` and an `address`. Both are accepted, and the answer repeats what
 * was sent (assumed; in OpenAPI it is a larger record).
 */
function checkin(): Key {
  const name = "crm_checkin_attributes";
  return {
    name,
    read({ call, fail }) {
      const value = call.body[name];
      if (value === undefined || value === null) return value;
      const { longitude, lattitude, latitude, address } = Object(value);
      if (!within(longitude, 180) || !within(lattitude ?? latitude, 90)) {
        fail(name, "must have a longitude and a lattitude");
        return undefined;
      }
      return { longitude, lattitude, latitude, address };
    },
    show: (value) => ({ [name]: value ?? null }),
  };
}

const KEYS: readonly Key[] = [
  // A text in Qontak's collection, a number in the samples of its OpenAPI.
  shown("id", ({ record, call }) => call.observed ? record.id : `${record.id}`),
  text("name"),
  shown("created_at", ({ record }) => toIso(record.createdAt)),
  shown("updated_at", ({ record }) => toIso(record.updatedAt)),
  choice("crm_person", contactChoices, "crm_person_full_name"),
  choice("crm_deal", dealChoices),
  choice("crm_company", companyChoices),
  // The template names what these two ids mean; records do not.
  idOnly("crm_task_status_id"),
  choice("user", dropdown("user_id"), "user_full_name"),
  idOnly("crm_task_priority_id"),
  choice("crm_task_category"),
  teams(),
  moment("due_date"),
  moment("end_due_date"),
  moment("reminder_date"),
  text("detail"),
  text("next_step"),
  text("attachment"),
  checkin(),
];

/**
 * Keys that lists and single records of Qontak's collection lack. Its answers
 * to writes have the additional fields. Assumed: they have the other two as
 * well.
 */
const ABSENT_FROM_READS = [
  "end_due_date",
  "crm_checkin_attributes",
  "additional_fields",
];

/**
 * A task must have a name. The defaults: not started, no priority, assigned to
 * the current user; a new task gets the assignee's teams. All of this is
 * assumed.
 */
function settle({ call, values, creating, fail }: Reading): void {
  if (String(values.name ?? "").trim() === "") fail("name", "can't be blank");
  values.crm_task_status_id ??= 1;
  values.crm_task_priority_id ??= 1;
  values.user_id ??= call.user.id;
  if (!creating) return;
  values.crm_team_ids ??= userOf(call.world, values.user_id)?.teams
    .map(({ id }) => id);
}

const collection: Collection<Stored> = {
  name: "tasks",
  records: (world) => world.tasks,
  template: taskTemplate,
  keys: KEYS,
  aliases: {
    crm_person: "crm_person_id",
    crm_company: "crm_company_id",
    crm_deal: "crm_deal_id",
    crm_task_attachment: "attachment",
    crm_team_hierarchy_id: "crm_team_ids",
  },
  // // Qontak only shows `alltask` for `filter`. Assumed: no other value
  // changes the list.
  filters: {},
  blank: ({ body, world }) =>
    record(world.nextId(), String(body.name), Date.now(), {}),
  settle,
  removed: (task, { world }) => forget("tasks", task, world),
  answersUpdate: () => true,
  finish(task, _, { observed }, verb) {
    if (observed || verb === "create" || verb === "update") return task;
    return Object.fromEntries(
      Object.entries(task).filter(([name]) =>
        !ABSENT_FROM_READS.includes(name)
      ),
    );
  },
};

/** The nine endpoints of tasks. */
export const tasks: Resource = {
  name: "tasks",
  routes: [
    ...routes(collection, "info", "list", "get", "create", "update", "delete"),
    ...taskCategoryRoutes,
  ],
};
