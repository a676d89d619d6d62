/**
 * A minimal client of a sandbox, and the ids of its tenant.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type RunningSandbox,
  type ServeOptions,
  serveSandbox,
} from "../../src/sandbox/mod.ts";

// deno-lint-ignore no-explicit-any -- tests read any field of an answer
export type Json = any;

/** An answer with its HTTP status. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** A sandbox with a token. */
export interface Client extends AsyncDisposable {
  readonly sandbox: RunningSandbox;
  readonly token: string;
  /** Sends a request below `/api/v3.1`. */
  call(method: string, path: string, body?: unknown): Promise<Reply>;
  /** Sends a grant as a form. */
  grant(fields: Record<string, string>): Promise<Reply>;
  /** Sends a request to any path, without a token unless given. */
  raw(path: string, init?: RequestInit): Promise<Reply>;
}

async function reply(response: Response): Promise<Reply> {
  const text = await response.text();
  const { status, headers } = response;
  let body: Json = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Kept as text: an HTML page or half an answer.
  }
  return { status, headers, body };
}

/** Starts a sandbox and gets a token from it. */
export async function open(options: ServeOptions = {}): Promise<Client> {
  const sandbox = serveSandbox(options);
  const raw = async (path: string, init: RequestInit = {}): Promise<Reply> =>
    await reply(await fetch(sandbox.url + path, init));
  const grant = (fields: Record<string, string>): Promise<Reply> =>
    raw("/oauth/token", {
      method: "POST",
      body: new URLSearchParams(fields),
    });
  const { body } = await grant({
    grant_type: "refresh_token",
    refresh_token: sandbox.refreshToken,
    client_id: options.clientId ?? "",
    client_secret: options.clientSecret ?? "",
  });
  const token: string = body.access_token;
  return {
    sandbox,
    token,
    raw,
    grant,
    call: (method, path, body) =>
      raw(`/api/v3.1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    [Symbol.asyncDispose]: () => sandbox.close(),
  };
}

export const SALES = 48_213;
export const TENDER = 131_907;
export const STAGE = {
  newInquiry: 398_112,
  qualified: 398_113,
  proposalSent: 398_114,
  negotiation: 398_115,
  won: 398_116,
  lost: 398_119,
  infoTender: 1_204_531,
  documents: 1_204_532,
  menang: 1_204_537,
} as const;

/** The users that the tests name. */
export const USER = { ratna: 512_301, bagas: 512_304 } as const;

/** A body that is valid in the first sales stage. */
export const INQUIRY = {
  name: "Kertas untuk kantor pusat",
  crm_pipeline_id: SALES,
  crm_stage_id: STAGE.newInquiry,
} as const;

/** The custom field of an answer, by id or by (unique) name. */
export function custom(record: Json, key: number | string): Json {
  return record.additional_fields.find((field: Json) =>
    field.id === key || field.name === key
  );
}

/** The template's descriptors of one name. */
export async function descriptors(
  { call }: Client,
  name: string,
): Promise<Json[]> {
  const { body } = await call("GET", "/deals/info");
  return body.response.filter((field: Json) => field.name === name);
}

/** The newest deal at a stage. */
export async function dealAt(
  { call }: Client,
  stageId: number,
): Promise<Json> {
  const { body } = await call("GET", "/deals?per_page=100");
  return body.response.find((deal: Json) => deal.crm_stage_id === stageId);
}

/** Creates a deal and returns the answer. */
export async function create(client: Client, body: Json): Promise<Json> {
  const { status, body: answer } = await client.call("POST", "/deals", body);
  assertEquals([status, answer.meta.developer_message], [200, "Success"]);
  return answer.response;
}

/** Expects a 422 whose message has every one of these. */
export async function refused(
  client: Client,
  method: string,
  path: string,
  body: Json,
  ...names: string[]
): Promise<void> {
  const { status, body: answer } = await client.call(method, path, body);
  assertEquals([status, answer.meta.status], [422, 422]);
  assertEquals(answer.response, undefined);
  for (const name of names) {
    assertStringIncludes(answer.meta.developer_message, name);
  }
}

/** Reads a deal. */
export async function read(client: Client, id: number): Promise<Json> {
  return (await client.call("GET", `/deals/${id}`)).body.response;
}

/** The id of a custom field, and of one of its options. */
export async function field(client: Client, name: string, label?: string) {
  const [one] = await descriptors(client, name);
  const option = one.dropdown?.find((choice: Json) => choice.name === label);
  return { id: one.id as number, option: option?.id as number };
}
