/**
 * Shared by the tests of tasks.
 *
 * @module
 */
import type { Client, Json } from "./client.ts";

/** The keys of a task in every answer, in their order. */
export const KEYS: readonly string[] = [
  ..."id,name,created_at,updated_at,crm_person_id".split(","),
  ..."crm_person_full_name,crm_deal_id,crm_deal_name".split(","),
  ..."crm_company_id,crm_company_name,crm_task_status_id,user_id".split(","),
  ..."user_full_name,crm_task_priority_id,crm_task_category_id".split(","),
  ..."crm_task_category_name,crm_team_ids,crm_team_name,due_date".split(","),
  ..."reminder_date,detail,next_step,attachment".split(","),
];

/** The keys that only answers to writes have in the documented profile. */
export const LATE: readonly string[] = [
  "end_due_date",
  "crm_checkin_attributes",
  "additional_fields",
];

/** Every task. */
export async function tasksOf({ call }: Client): Promise<Json[]> {
  return (await call("GET", "/tasks?filter=alltask&per_page=100"))
    .body.response;
}

/** The template of tasks. */
export async function info({ call }: Client): Promise<Json[]> {
  return (await call("GET", "/tasks/info")).body.response;
}
