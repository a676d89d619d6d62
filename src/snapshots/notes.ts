/**
 * The notes of records. Qontak lists the notes of one record at a time.
 *
 * @module
 */
import type { Crm } from "../qontak/crm.ts";
import { endpoints } from "../qontak/endpoints.ts";
import type { Resource } from "../qontak/resources.ts";
import { textOfHtml } from "../values/html.ts";
import { isObject, type JsonObject } from "../values/json.ts";

/** The query parameter that names the record, by its kind. */
const QUERY: Readonly<Record<string, string>> = {
  contact: "crm_lead_id",
  company: "crm_company_id",
  deal: "crm_deal_id",
};

/** Whether records of a kind have notes. */
export function hasNotes({ name }: Resource): boolean {
  return Object.hasOwn(QUERY, name);
}

/**
 * Reads the notes of a record with one request.
 *
 * @param crm The company's CRM.
 * @param resource The kind of record.
 * @param id The id of the record.
 * @param signal Ends the wait.
 * @returns The notes, newest first, without formatting; none if records of this kind have none.
 */
export async function readNotes(
  crm: Crm,
  resource: Resource,
  id: number,
  signal: AbortSignal,
): Promise<JsonObject[]> {
  if (!hasNotes(resource)) return [];
  const { response } = await crm.call(endpoints.notes.list, {
    query: { [QUERY[resource.name]!]: id },
    signal,
  });
  const notes = Array.isArray(response) ? response.filter(isObject) : [];
  return notes.map(withoutFormatting)
    .sort((a, b) => timeOf(b) - timeOf(a));
}

/** What answers say about the text of notes. */
export const NOTE_RULE = "text only: formatting is left out";

/** A note with its text only. Qontak's own pages store notes as HTML. */
export function withoutFormatting(note: JsonObject): JsonObject {
  const text = textOfHtml(note.note);
  return text === undefined ? note : { ...note, note: text };
}

function timeOf({ created_at }: JsonObject): number {
  return Date.parse(String(created_at)) || 0;
}
