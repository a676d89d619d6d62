/**
 * Who changed a record last, as far as Qontak says.
 *
 * @module
 */
import { ForeseenError } from "../errors.ts";
import { type Endpoint, endpoints } from "../qontak/endpoints.ts";
import type { Resource } from "../qontak/resources.ts";
import { isObject, type JsonObject, show } from "../values/json.ts";
import type { ChangeContext } from "./context.ts";

/** The timelines of the resources that have one. */
const TIMELINES: Readonly<Record<string, Endpoint>> = {
  contact: endpoints.contacts.timeline,
  company: endpoints.companies.timeline,
  deal: endpoints.deals.timeline,
};

/**
 * Says who changed a record last, and when, in one sentence.
 *
 * @param context The company's CRM.
 * @param resource The kind of record.
 * @param id The record's id.
 * @param record The record as it is now.
 */
export async function lastChangeOf(
  { crm, signal }: ChangeContext,
  { name }: Resource,
  id: number,
  record: JsonObject,
): Promise<string> {
  const at = `It was last changed at ${show(record.updated_at ?? null)}`;
  const timeline = TIMELINES[name];
  if (!timeline) return `${at}; Qontak does not say who did it`;
  try {
    const { response } = await crm.call(timeline, { path: { id }, signal });
    const [newest] = Array.isArray(response) ? response.filter(isObject) : [];
    if (!newest) return `${at}; its timeline does not say who did it`;
    // The name comes with the e-mail address in parentheses.
    const who = String(newest.who ?? "").replace(/ \([^()]*\)$/, "");
    return `The newest entry of its timeline is by ${show(who)} at ${
      show(newest.when ?? null)
    }`;
  } catch (error) {
    if (!(error instanceof ForeseenError)) throw error;
    return `${at}; its timeline could not be read`;
  }
}
