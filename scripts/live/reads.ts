/**
 * Reads every read-only endpoint of the table.
 *
 * @module
 */
import { QontakError } from "../../src/errors.ts";
import { toStderr } from "../../src/logging/log.ts";
import type { CallOptions } from "../../src/qontak/crm.ts";
import {
  type Endpoint,
  endpoints,
  nameOf,
} from "../../src/qontak/endpoints.ts";
import { defined, isEmpty, toId } from "../../src/values/json.ts";
import { objectsIn, recordIn } from "./answers.ts";
import { allKinds, kinds } from "./kinds.ts";
import type { Lab } from "./lab.ts";
import { demand, type Tried, tried } from "./verdict.ts";
import type { Exchange } from "./wire.ts";

/** The result of reading one endpoint. */
export interface ReadRow
  extends Tried<unknown>, Partial<Pick<Exchange, "http" | "ms" | "shape">> {
  /** The method and path. */
  readonly endpoint: string;
}

/** How many records to try if the first ones have no chat or notes. */
const TRIES = 5;

/** The statuses that mean a chat does not exist. */
const NO_CHAT = [400, 404, 422];

/** Every read-only endpoint; of each group, first those that need no id. */
const readEndpoints = Object.values(endpoints).flatMap((group) =>
  Object.values<Endpoint>(group).sort((a, b) =>
    Number(a.path.includes(":")) - Number(b.path.includes(":"))
  )
).filter(({ method }) => method === "GET");

/**
 * Reads endpoints, each once; those for a single record with the first records
 * of the account, or ours. What worked or failed `before` is not read again.
 */
export async function readAll(
  lab: Lab,
  before: readonly ReadRow[] = [],
): Promise<ReadRow[]> {
  const rows: ReadRow[] = [];
  for (const endpoint of readEndpoints) {
    const name = nameOf(endpoint);
    const known = before.find((row) =>
      row.endpoint === name && row.result !== "not tried"
    );
    const row = known ?? await readOne(lab, endpoint);
    if (row.result === "not tried") toStderr(`${name}: not tried: ${row.why}`);
    rows.push(row);
  }
  return rows;
}

async function readOne(lab: Lab, endpoint: Endpoint): Promise<ReadRow> {
  const name = nameOf(endpoint);
  const { result, why, error } = await tried(lab.wire.stopped, async () => {
    for (const request of requestsFor(lab, endpoint)) {
      const { response } = await lab.crm.call(endpoint, request);
      if (hasContent(endpoint, response)) break;
    }
  });
  const row = { endpoint: name, result, ...defined({ why }) };
  const isAnswer = error instanceof QontakError && error.endpoint === name;
  if (result !== "worked" && !isAnswer) return row;
  const { http, ms, shape } = lab.wire.seen.findLast(({ endpoint }) =>
    endpoint === name
  )!;
  if (isAnswer && isChat(endpoint) && NO_CHAT.includes(error.status)) {
    const why = `no chat is connected to this account (${error.status})`;
    return { ...row, result: "not tried", why, http };
  }
  return { ...row, http, ms, shape };
}

function isChat({ path }: Endpoint): boolean {
  return path.endsWith("/chat-history");
}

/**
 * The requests to send to an endpoint.
 *
 * @throws {NotTried} If there is no record for the request.
 */
function requestsFor(lab: Lab, endpoint: Endpoint): CallOptions[] {
  if (endpoint === endpoints.notes.list) {
    const by = (group: string, key: string) =>
      idsOf(lab, group).map((id) => ({ query: { [key]: id } }));
    return demand(
      [...by("deals", "crm_deal_id"), ...by("contacts", "crm_lead_id")],
      "there is no deal or contact in this account",
    );
  }
  const parameter = /:(\w+)/.exec(endpoint.path)?.[1];
  if (parameter === undefined) return [{}];
  const group = endpoint.path.split("/")[1]!;
  const ids = demand(
    idsOf(lab, group),
    listOf(lab, group)
      ? `there is nothing under /${group} in this account`
      : `GET /${group} brought no list to take a record from`,
  );
  return ids.slice(0, isChat(endpoint) ? TRIES : 1).map((id) => ({
    path: { [parameter]: id },
  }));
}

/** The ids of our own record and of the account's first ones under a path. */
function idsOf(lab: Lab, group: string): number[] {
  const listed = objectsIn(listOf(lab, group)?.body.response)
    .flatMap(({ id }) => toId(id) ?? []);
  const kind = allKinds.find((kind) =>
    kind !== kinds.category && kind.endpoints.list.path === `/${group}`
  );
  const own = kind && lab.own.get(kind);
  return [...listed, ...own === undefined ? [] : [own]].slice(0, TRIES);
}

/** The answer to the list under a path, if it was successful. */
function listOf({ wire }: Lab, group: string): Exchange | undefined {
  return wire.seen.find(({ ok, endpoint }) =>
    ok && endpoint === `GET /${group}`
  );
}

/** Whether the answer has content, so that no other record need be tried. */
function hasContent(endpoint: Endpoint, response: unknown): boolean {
  return !isEmpty(
    isChat(endpoint) ? recordIn(response).chat_contents : response,
  );
}
