/**
 * MCP over stdin and stdout. This transport does four things that the SDK's
 * transport does not: it answers an invalid line with an error instead of
 * silence, it answers pending requests after stdin ends, it stops reading while
 * too many requests are in progress or too many bytes are unread, and it answers
 * plain requests without the SDK.
 *
 * @module
 */
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import process from "node:process";
import { parseJson, parseSent } from "../values/json.ts";
import { linesOf } from "../values/lines.ts";
import { decodeUtf8 } from "../values/text.ts";
import type { Call } from "./call.ts";
import { idOf, NOT_UTF8, refusedMessage } from "./messages.ts";
import { ProtocolErrorCode } from "./protocol.ts";
import { asMeant } from "./requests.ts";
import { StdioTransport } from "./stdio_transport.ts";
import type { ToolMethods } from "./tool_methods.ts";

/** The maximum length of a line, in bytes. */
const MAX_LINE = 4 * 1024 * 1024;

/** How long requests may take after stdin has ended, in ms. */
const DRAIN_TIMEOUT = 10_000;

/**
 * How long requests may take after the program was told to end, in ms. Hosts
 * kill the process after 5 s.
 */
const ENDING_TIMEOUT = 3_500;

/**
 * The maximum number of requests in progress. Further requests of the client
 * wait in the pipe: reading them would fill the memory.
 */
const MAX_REQUESTS = 100;

/**
 * The most bytes that may wait for the client to read them. While there are
 * more, nothing is read from the client.
 */
const MAX_UNREAD = 16 * 1024 * 1024;

/** What serves a client. */
export interface StdioOptions {
  /** The methods of tools. */
  readonly methods: ToolMethods;
  /** Calls a tool for other methods. */
  readonly call: Call;
  /** Receives errors outside the protocol. */
  readonly onerror: (error: Error) => void;
  /**
   * Tells it to read no more, and to end when everything that was read is
   * answered, or after 3.5 seconds.
   */
  readonly ending?: AbortSignal | undefined;
}

/**
 * Serves one client until it closes stdin, or stops reading stdout.
 *
 * @param options What serves it.
 */
export async function serveStdio(
  { methods, call, onerror, ending }: StdioOptions,
): Promise<void> {
  const transport = new StdioTransport(methods, onerror);
  let connected: Promise<Connected> | undefined;

  /** Loads the SDK, and tells it what the client has said of itself. */
  async function connect(): Promise<Connected> {
    const { parseJSONRPCMessage, serverFor, serveStdio } = await import(
      "./sdk.ts"
    );
    const factory = () => {
      // Only when the client cannot choose another revision any more, the SDK
      // passes a request for tools on.
      const settle = () =>
        transport.settled = {
          revision: server.getNegotiatedProtocolVersion(),
          capabilities: server.getClientCapabilities(),
        };
      const server = serverFor({
        ...methods,
        list(request) {
          settle();
          return methods.list(request);
        },
        call(params, request) {
          settle();
          return methods.call(params, request);
        },
      }, call);
      return server;
    };
    const { close } = serveStdio(factory, { transport, onerror });
    await transport.repeat();
    return { close, parse: parseJSONRPCMessage };
  }

  /** Takes a line of stdin; undefined if the line was too long to read. */
  async function take(line: Uint8Array | undefined): Promise<void> {
    const { message, refusal } = line === undefined
      ? refuse(null, ProtocolErrorCode.InvalidRequest, TOO_LONG)
      : readLine(line);
    if (refusal) return transport.refuse(refusal);
    if (transport.takes(message)) return;
    const { parse } = await (connected ??= connect());
    const read = readMessage(message, parse);
    if (read.refusal) transport.refuse(read.refusal);
    else transport.receive(read.message);
  }

  let taking = Promise.resolve();
  async function read(): Promise<void> {
    for await (const line of linesOf(process.stdin, MAX_LINE)) {
      if (ending?.aborted) break;
      await (taking = take(line));
      await transport.until(({ requests, unread }) =>
        requests < MAX_REQUESTS && unread <= MAX_UNREAD
      );
      if (transport.isClosed) break;
    }
  }
  const told = Promise.withResolvers<void>();
  ending?.addEventListener("abort", () => told.resolve());
  await Promise.race([read(), told.promise]);
  await taking;
  const limit = ending?.aborted ? ENDING_TIMEOUT : DRAIN_TIMEOUT;
  await transport.until(({ requests }) => requests === 0, limit);
  // Refusals need no answer of the server, so nothing has waited for them.
  transport.flush();
  await (await connected)?.close();
}

/** The SDK's side of the connection. */
interface Connected {
  /** Ends it. */
  close(): Promise<void>;
  /** Reads a message; throws if it is invalid. */
  parse(value: unknown): JSONRPCMessage;
}

/** What was read, or the error that answers it. */
type Read<T> =
  | { readonly message: T; readonly refusal?: undefined }
  | { readonly message?: undefined; readonly refusal: object };

const TOO_LONG = `A message may have at most ${MAX_LINE} bytes`;

/** Reads a line of stdin as JSON. */
function readLine(bytes: Uint8Array): Read<unknown> {
  const line = decodeUtf8(bytes);
  if (line === undefined) {
    // Invalid bytes are nearly always in a value, so the id can still be read.
    const id = idOf(parseJson(new TextDecoder().decode(bytes)));
    return refuse(id, ProtocolErrorCode.ParseError, NOT_UTF8);
  }
  const value = parseSent(line);
  if (value === undefined) {
    return refuse(
      null,
      ProtocolErrorCode.ParseError,
      "This line is not JSON. Send one JSON-RPC message a line",
    );
  }
  const refused = Array.isArray(value) ? undefined : refusedMessage(value);
  if (refused) {
    const { id, problem } = refused;
    return refuse(id, ProtocolErrorCode.InvalidRequest, problem);
  }
  return { message: asMeant(value) };
}

/** Reads JSON as a message. */
function readMessage(
  value: unknown,
  parse: Connected["parse"],
): Read<JSONRPCMessage> {
  try {
    return { message: parse(value) };
  } catch {
    return refuse(
      idOf(value),
      ProtocolErrorCode.InvalidRequest,
      Array.isArray(value)
        ? "Batches are not part of this protocol: send one message a line"
        : 'This is not a JSON-RPC message: it needs jsonrpc "2.0", a method as text, an id that is text or a number on requests, and params that are an object',
    );
  }
}

function refuse(
  id: string | number | null,
  code: number,
  message: string,
): Read<never> {
  return { refusal: { jsonrpc: "2.0", id, error: { code, message } } };
}
