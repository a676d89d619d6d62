/**
 * Shared by the tests of contacts, companies, tickets and notes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Client, Json } from "./client.ts";

/** The ticket pipelines and the stages that the tests name. */
export const TICKET = {
  service: 5_118,
  support: 5_124,
  baru: 40_231,
  eskalasi: 40_233,
  selesai: 40_236,
  new: 40_310,
  done: 40_316,
} as const;

/** Every record of a resource. */
export async function all(
  { call }: Client,
  resource: string,
  query = "",
): Promise<Json[]> {
  const path = `/${resource}?per_page=1000&${query}`;
  return (await call("GET", path)).body.response;
}

/** One record; in the documented profile, a contact is in a list. */
export async function get(
  { call }: Client,
  resource: string,
  id: number,
): Promise<Json> {
  const { response } = (await call("GET", `/${resource}/${id}`)).body;
  return Array.isArray(response) ? response[0] : response;
}

/** Creates a record and returns the one in the answer. */
export async function make(
  { call }: Client,
  resource: string,
  body: Json,
): Promise<Json> {
  const { status, body: answer } = await call("POST", `/${resource}`, body);
  assertEquals([status, answer.meta.developer_message], [200, "Success"]);
  return answer.response;
}

/** Changes a record and returns the answer. */
export async function put(
  { call }: Client,
  resource: string,
  id: number,
  body: Json,
): Promise<Json> {
  const { status, body: answer } = await call(
    "PUT",
    `/${resource}/${id}`,
    body,
  );
  assertEquals([status, answer.meta.developer_message], [200, "Success"]);
  return answer;
}

/** The fields of a template that have this name. */
export async function fields(
  { call }: Client,
  resource: string,
  name: string,
): Promise<Json[]> {
  const { body } = await call("GET", `/${resource}/info`);
  return body.response.filter((field: Json) => field.name === name);
}

/** The value that chooses an option of a custom field. */
export async function choose(
  client: Client,
  resource: string,
  name: string,
  label: string,
): Promise<Json> {
  for (const { id, dropdown } of await fields(client, resource, name)) {
    const option = dropdown?.find((one: Json) => one.name === label);
    if (option) return { id, value: String(option.id) };
  }
  throw new Error(`${resource} have no ${label} in ${name}`);
}

/** What happened to a record, newest first: `added`, `updated`, … */
export async function happenings(
  { call }: Client,
  resource: string,
  id: number,
): Promise<string[]> {
  const { body } = await call("GET", `/${resource}/${id}/timeline`);
  return body.response.map((one: Json) => one.how.trim());
}

/** A contact that has everything that is required. */
export async function contactBody(client: Client): Promise<Json> {
  return {
    first_name: "Nadia",
    last_name: "Kurnia",
    additional_fields: [
      await choose(client, "contacts", "buying_role_14", "Pengguna"),
    ],
  };
}

/** The custom values that Technical Support requires. */
export async function supportFields(client: Client): Promise<Json[]> {
  const [serial] = await fields(client, "tickets", "serial_number_31");
  return [
    { id: serial.id, value: "SN-1" },
    await choose(client, "tickets", "warranty_status_8", "Habis"),
  ];
}
