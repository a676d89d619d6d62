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
import { allEndpoints, allKinds } from "./kinds.ts";
import type { Lab } from "./lab.ts";
import { demand, type Row, tried } from "./verdict.ts";

/** How many records to try if the first ones have no chat or notes. */
const TRIES = 5;

/** The statuses that mean a chat does not exist. */
const NO_CHAT = [400, 404, 422];

/** Every read-only endpoint; first those that need no id. */
const readEndpoints = allEndpoints.filter(({ method }) => method === "GET")
  .toSorted((a, b) =>
    Number(a.path.includes(":")) - Number(b.path.includes(":"))
  );

/**
 * Reads endpoints, each once; those for a single record with the first records
 * of the account, or ours. What worked or failed `before` is not read again.
 */
export async function readAll(
  lab: Lab,
  before: readonly Row[] = [],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const endpoint of readEndpoints) {
    const known = before.find(({ name, result }) =>
      name === nameOf(endpoint) && result !== "not tried"
    );
    const row = known ?? await readOne(lab, endpoint);
    const { name, result, detail } = row;
    if (result === "not tried") toStderr(`${name}: not tried: ${detail}`);
    rows.push(row);
  }
  return rows;
}

async function readOne(lab: Lab, endpoint: Endpoint): Promise<Row> {
  const name = nameOf(endpoint);
  const { result, why: detail = "", error } = await tried(
    lab.wire.stopped,
    async () => {
      for (const request of requestsFor(lab, endpoint)) {
        const { response } = await lab.crm.call(endpoint, request);
        const content = isChat(endpoint)
          ? recordIn(response).chat_contents
          : response;
        // No other record need be tried.
        if (!isEmpty(content)) break;
      }
    },
  );
  const isAnswer = error instanceof QontakError && error.endpoint === name;
  if (result !== "worked" && !isAnswer) return { name, result, detail };
  const { http, ms, shape } = lab.wire.seen
    .findLast(({ endpoint }) => endpoint === name)!;
  if (isAnswer && isChat(endpoint) && NO_CHAT.includes(error.status)) {
    const detail = `no chat is connected to this account (${error.status})`;
    return { name, result: "not tried", detail, http };
  }
  return { name, result, detail, http, ms, shape };
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
    const by = (path: string, key: string) =>
      idsOf(lab, path).map((id) => ({ query: { [key]: id } }));
    return demand(
      [...by("/deals", "crm_deal_id"), ...by("/contacts", "crm_lead_id")],
      "there is no deal or contact in this account",
    );
  }
  const [, list = "", key] = /^(\/\w+).*:(\w+)/.exec(endpoint.path) ?? [];
  if (key === undefined) return [{}];
  const ids = demand(idsOf(lab, list), `GET ${list} brought no record to read`);
  return ids.slice(0, isChat(endpoint) ? TRIES : 1)
    .map((id) => ({ path: { [key]: id } }));
}

/** The ids of the first records in a list, and of our own. */
function idsOf(lab: Lab, path: string): number[] {
  const list = readEndpoints.find((one) => one.path === path)!;
  const listed = objectsIn(lab.answers(list)[0]?.body.response);
  const kind = allKinds.find(({ endpoints }) => endpoints.list === list);
  const own = kind && lab.own.get(kind);
  return [...listed, { id: own }].flatMap(({ id }) => toId(id) ?? [])
    .slice(0, TRIES);
}
