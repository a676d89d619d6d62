/**
 * Reads every endpoint of the table that only reads.
 *
 * @module
 */
import { QontakError, UnreachableError } from "../../src/errors.ts";
import {
  type Endpoint,
  endpoints,
  nameOf,
} from "../../src/qontak/endpoints.ts";
import { toStderr } from "../../src/logging/log.ts";
import { isEmpty, toId } from "../../src/values/json.ts";
import { allKinds, kinds } from "./kinds.ts";
import { isGood, recordIn, recordsIn } from "./answers.ts";
import type { Lab } from "./lab.ts";
import { Stopped } from "./wire.ts";

/** How reading one endpoint went. */
export interface ReadRow {
  /** Method and path. */
  readonly endpoint: string;
  readonly result: "worked" | "failed" | "not tried";
  /** Why it failed or was not tried. */
  readonly why?: string;
  /** The HTTP status. */
  readonly status?: number;
  /** How long it took, in ms. */
  readonly ms?: number;
  /** Keys and types of the answer. */
  readonly shape?: string;
}

/** So many records are tried where the first ones have no chat or notes. */
const TRIES = 5;

/** Lists that say which records there are come before what needs an id. */
const order = (endpoint: Endpoint) => endpoint.path.includes(":") ? 1 : 0;

/** Every endpoint that only reads. */
export const readEndpoints: readonly Endpoint[] = Object.values(endpoints)
  .flatMap((group) =>
    Object.values<Endpoint>(group).sort((a, b) => order(a) - order(b))
  ).filter(({ method }) => method === "GET");

/**
 * Reads endpoints, each once; those about one record with the first records
 * of the account, or with ours.
 *
 * @param lab The lab.
 * @param wanted Which endpoints.
 */
export async function readAll(
  lab: Lab,
  wanted: readonly Endpoint[] = readEndpoints,
): Promise<ReadRow[]> {
  const rows: ReadRow[] = [];
  for (const endpoint of wanted) {
    const row = await readOne(lab, endpoint);
    if (row.result === "not tried") {
      toStderr(`${row.endpoint}: not tried: ${row.why}`);
    }
    rows.push(row);
  }
  return rows;
}

async function readOne(lab: Lab, endpoint: Endpoint): Promise<ReadRow> {
  const name = nameOf(endpoint);
  if (lab.wire.stopped !== undefined) {
    return { endpoint: name, result: "not tried", why: lab.wire.stopped };
  }
  const requests = requestsFor(lab, endpoint);
  if (typeof requests === "string") {
    return { endpoint: name, result: "not tried", why: requests };
  }
  try {
    for (const request of requests) {
      const { response } = await lab.crm.call(endpoint, request);
      if (hasContent(endpoint, response)) break;
    }
    return { endpoint: name, result: "worked", ...measured(lab, name) };
  } catch (error) {
    return failed(lab, endpoint, error);
  }
}

function measured(lab: Lab, name: string) {
  const { status, ms, shape } = lab.wire.seen.findLast(({ endpoint }) =>
    endpoint === name
  )!;
  return { status, ms, shape };
}

function failed(lab: Lab, endpoint: Endpoint, error: unknown): ReadRow {
  const name = nameOf(endpoint);
  if (error instanceof Stopped) {
    return { endpoint: name, result: "not tried", why: error.message };
  }
  if (error instanceof QontakError) {
    const { status } = error;
    if (isChat(endpoint) && [400, 404, 422].includes(status)) {
      const why = `no chat is connected to this account (${status})`;
      return { endpoint: name, result: "not tried", why, status };
    }
    return {
      ...(error.endpoint === name ? measured(lab, name) : {}),
      endpoint: name,
      result: "failed",
      why: `${error.endpoint} was answered with ${status}`,
    };
  }
  if (error instanceof UnreachableError) {
    const why = `no answer could be read (${error.reason})`;
    return { endpoint: name, result: "failed", why };
  }
  throw error;
}

function isChat({ path }: Endpoint): boolean {
  return path.endsWith("/chat-history");
}

/** What to ask an endpoint, or why it cannot be asked. */
function requestsFor(lab: Lab, endpoint: Endpoint) {
  if (endpoint === endpoints.notes.list) {
    const requests = [
      ...idsOf(lab, "deals").map((crm_deal_id) => ({ query: { crm_deal_id } })),
      ...idsOf(lab, "contacts").map((crm_lead_id) => ({
        query: { crm_lead_id },
      })),
    ];
    return requests.length > 0
      ? requests
      : "there is no deal or contact in this account";
  }
  const parameter = /:([a-z_]+)/.exec(endpoint.path)?.[1];
  if (parameter === undefined) return [{}];
  const group = endpoint.path.split("/")[1]!;
  const ids = idsOf(lab, group);
  if (ids.length === 0 && listOf(lab, group) === undefined) {
    return `GET /${group} brought no list to take a record from`;
  }
  if (ids.length === 0) {
    return `there is nothing under /${group} in this account`;
  }
  const several = isChat(endpoint) ? ids : ids.slice(0, 1);
  return several.map((id) => ({ path: { [parameter]: id } }));
}

/** Ids of our own and of the account's first records below a path. */
function idsOf(lab: Lab, group: string): number[] {
  const listed = recordsIn(listOf(lab, group)?.body).map(({ id }) => toId(id))
    .filter((id) => id !== null);
  const kind = allKinds.find((kind) =>
    kind !== kinds.category && kind.endpoints.list.path === `/${group}`
  );
  const own = kind && lab.own.get(kind);
  return [...listed, ...(own === undefined ? [] : [own])].slice(0, TRIES);
}

/** The answer to the list below a path, if it was good. */
function listOf({ wire }: Lab, group: string) {
  return wire.seen.find((exchange) =>
    exchange.endpoint === `GET /${group}` && isGood(exchange)
  );
}

/** Whether another record need not be tried. */
function hasContent(endpoint: Endpoint, response: unknown): boolean {
  if (isChat(endpoint)) return !isEmpty(recordIn(response).chat_contents);
  return !isEmpty(response);
}
