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
import { isEmpty, toId } from "../../src/values/json.ts";
import { objectsIn, recordIn } from "./answers.ts";
import { allKinds, kinds } from "./kinds.ts";
import type { Lab } from "./lab.ts";
import { demand, type Result, tried } from "./verdict.ts";
import { type Exchange, isGood } from "./wire.ts";

/** The result of reading one endpoint. */
export interface ReadRow
  extends Partial<Pick<Exchange, "status" | "ms" | "shape">> {
  /** The method and path. */
  readonly endpoint: string;
  readonly result: Result;
  /** Why it did not work; no personal data. */
  readonly why?: string;
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

function readOne(lab: Lab, endpoint: Endpoint): Promise<ReadRow> {
  const name = nameOf(endpoint);
  const measured = () => {
    const last = lab.wire.seen.findLast((one) => one.endpoint === name)!;
    const { status, ms, shape } = last;
    return { status, ms, shape };
  };
  return tried<ReadRow>(lab.wire.stopped, async () => {
    for (const request of requestsFor(lab, endpoint)) {
      const { response } = await lab.crm.call(endpoint, request);
      if (hasContent(endpoint, response)) break;
    }
    return { endpoint: name, result: "worked", ...measured() };
  }, (failure, error) => {
    const isAnswer = error instanceof QontakError && error.endpoint === name;
    if (isAnswer && isChat(endpoint) && NO_CHAT.includes(error.status)) {
      const { status } = error;
      const why = `no chat is connected to this account (${status})`;
      return { endpoint: name, result: "not tried", why, status };
    }
    return { endpoint: name, ...(isAnswer ? measured() : {}), ...failure };
  });
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

/** The ids of our own records and of the account's first ones under a path. */
function idsOf(lab: Lab, group: string): number[] {
  const listed = objectsIn(listOf(lab, group)?.body?.response)
    .flatMap(({ id }) => toId(id) ?? []);
  const kind = allKinds.find((kind) =>
    kind !== kinds.category && kind.endpoints.list.path === `/${group}`
  );
  const own = kind && lab.own.get(kind);
  return [...listed, ...own === undefined ? [] : [own]].slice(0, TRIES);
}

/** The answer to the list under a path, if it was successful. */
function listOf({ wire }: Lab, group: string): Exchange | undefined {
  return wire.seen.find((exchange) =>
    exchange.endpoint === `GET /${group}` && isGood(exchange)
  );
}

/** Whether the answer has content, so that no other record need be tried. */
function hasContent(endpoint: Endpoint, response: unknown): boolean {
  return !isEmpty(
    isChat(endpoint) ? recordIn(response).chat_contents : response,
  );
}
