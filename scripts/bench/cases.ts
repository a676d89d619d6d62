/**
 * The requests that the benchmark repeats, in both eras of MCP.
 *
 * @module
 */
import type { JsonObject } from "../../src/values/json.ts";

/** The last revision with `initialize`, and the first without. */
export const ERAS = ["2025-11-25", "2026-07-28"] as const;

/** A revision of MCP. */
export type Era = typeof ERAS[number];

/** How requests travel. */
export type Wire = "http" | "stdio";

/** How many requests are under way at the same time. */
export const AT_ONCE = [1, 16] as const;

/** What a case asks for. */
interface Asked {
  readonly method: string;
  readonly params?: JsonObject;
}

const call = (name: string, args: JsonObject): Asked => ({
  method: "tools/call",
  params: { name, arguments: args },
});

/** What each case asks for in turn, about one deal. */
export const CASES = {
  read: (deal: number) => [call("get_deal", { deal_id: deal })],
  list: () => [{ method: "tools/list" }],
  // Each changes something, so that nothing is left out.
  write: (deal: number) =>
    ["Kopi", "Teh"].map((name) => call("update_deal", { deal_id: deal, name })),
} as const satisfies Readonly<
  Record<string, (deal: number) => readonly Asked[]>
>;

/** The name of a case. */
export type Case = keyof typeof CASES;

/** The name of a case in the table. */
export const nameOf = (
  wire: Wire,
  era: Era,
  of: Case,
  atOnce: number,
): string => `${wire} ${era} ${of}, ${atOnce} at once`;

const clientInfo = { name: "bench", version: "1.0.0" };

/** What a client of the later era sends with each request. */
const META = {
  "io.modelcontextprotocol/protocolVersion": ERAS[1],
  "io.modelcontextprotocol/clientInfo": clientInfo,
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** The messages with which a client of the earlier era begins. */
export const HANDSHAKE = [
  {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: ERAS[0], capabilities: {}, clientInfo },
  },
  { jsonrpc: "2.0", method: "notifications/initialized" },
] as const;

/** A request as a client of an era sends it. */
export function messageOf(
  era: Era,
  { method, params = {} }: Asked,
  id: number | string = 1,
): JsonObject {
  const more = era === ERAS[1] ? { ...params, _meta: META } : params;
  return { jsonrpc: "2.0", id, method, params: more };
}

/** The headers that a client of an era sends with a request over HTTP. */
function headersOf(
  era: Era,
  { method, params }: Asked,
): Readonly<Record<string, string>> {
  return {
    "mcp-protocol-version": era,
    ...(era === ERAS[1]
      ? {
        "mcp-method": method,
        ...(typeof params?.name === "string"
          ? { "mcp-name": params.name }
          : {}),
      }
      : {}),
  };
}

/** A request, and its headers over HTTP. */
export interface Prepared {
  readonly message: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
}

/** Prepares a request as a client of an era sends it. */
export const prepare = (era: Era, asked: Asked): Prepared => ({
  message: messageOf(era, asked),
  headers: headersOf(era, asked),
});

/** The requests that each client sends in turn; clients count from 0. */
export type Requests = (client: number) => readonly Prepared[];

/**
 * The requests of a case as clients of an era send them.
 *
 * @param deals The ids of deals; each client has its own.
 */
export function requestsOf(
  of: Case,
  era: Era,
  deals: readonly number[],
): Requests {
  return (client) =>
    CASES[of](deals[client % deals.length]!).map((asked) =>
      prepare(era, asked)
    );
}
