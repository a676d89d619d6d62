/**
 * Writes MCP messages as a client does, and reads the answers.
 *
 * @module
 */
import type { JsonObject } from "../../src/values/json.ts";

/** The id of a request. */
export type Id = number | string;

/** A request. */
export const request = (
  id: Id,
  method: string,
  params?: unknown,
): JsonObject => ({
  jsonrpc: "2.0",
  id,
  method,
  ...(params === undefined ? {} : { params }),
});

/** The request that calls a tool. */
export const toolCall = (
  id: Id,
  name: string,
  args: Record<string, unknown> = {},
): JsonObject => request(id, "tools/call", { name, arguments: args });

/** The first message of a client of an older revision. */
export const HANDSHAKE: readonly JsonObject[] = [
  request("init", "initialize", {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "tests", version: "1.0.0" },
  }),
  { jsonrpc: "2.0", method: "notifications/initialized" },
];

/** Messages as text for stdin, each on a line. Text stays as it is. */
export const toStdin = (...messages: readonly (object | string)[]): string =>
  messages.map((message) =>
    `${typeof message === "string" ? message : JSON.stringify(message)}\n`
  ).join("");

/** The lines of an output, each of them JSON. */
// deno-lint-ignore no-explicit-any -- tests read any field of an answer
export const parseLines = (output: string): any[] =>
  output.split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line));

/** The messages of a stream of events. */
// deno-lint-ignore no-explicit-any -- tests read any field of an answer
export const parseEvents = (stream: string): any[] =>
  Array.from(
    stream.matchAll(/^data: (.*)$/gm),
    ([, data]) => JSON.parse(data!),
  );

/** The answers on stdout by the ids of their requests. */
// deno-lint-ignore no-explicit-any -- tests read any field of an answer
export const answersById = (stdout: string): Map<unknown, any> =>
  new Map(parseLines(stdout).map((answer) => [answer.id, answer]));

/** The headers of a request over HTTP. */
export const HEADERS: Readonly<Record<string, string>> = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
};

/** A message over HTTP. */
export const post = (
  message: object,
  headers: Readonly<Record<string, string>> = {},
): RequestInit & { readonly headers: Record<string, string> } => ({
  method: "POST",
  headers: { ...HEADERS, ...headers },
  body: JSON.stringify(message),
});
