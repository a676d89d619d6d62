/**
 * MCP over stdin and stdout. This transport does four things that the SDK's
 * transport does not: it answers an invalid line with an error instead of
 * silence, it answers pending requests after stdin ends, it stops reading while
 * too many requests are in progress or too many bytes are unread, and it answers
 * plain requests without the SDK.
 *
 * @module
 */
import {
  type JSONRPCMessage,
  parseJSONRPCMessage,
  ProtocolErrorCode,
  type Server,
  type Transport,
} from "@modelcontextprotocol/server";
import { serveStdio as serve } from "@modelcontextprotocol/server/stdio";
import { Buffer } from "node:buffer";
import process from "node:process";
import { setImmediate } from "node:timers";
import { type JsonObject, parseJson, parseSent } from "../values/json.ts";
import { linesOf } from "../values/lines.ts";
import { decodeUtf8 } from "../values/text.ts";
import { type Shared, splitAt } from "./answers.ts";
import { jsonOf } from "./message_json.ts";
import { idOf, NOT_UTF8, refusedMessage } from "./messages.ts";
import {
  type PlainRequest,
  plainRequest,
  respond,
  STATELESS,
} from "./plain.ts";
import { asMeant } from "./requests.ts";
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
  /**
   * Makes the SDK's server with methods of tools, when the client has sent its
   * protocol revision.
   */
  readonly serverOf: (methods: ToolMethods) => Server;
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
  { methods, serverOf, onerror, ending }: StdioOptions,
): Promise<void> {
  const transport = new StdioTransport();
  const factory = () => {
    // Only when the client cannot choose another revision any more, the SDK
    // passes a request for tools on.
    const settle = () => transport.settled = { server, methods };
    const server = serverOf({
      ...methods,
      list(request) {
        settle();
        return methods.list(request);
      },
      call(params, request) {
        settle();
        return methods.call(params, request);
      },
    });
    return server;
  };
  const handle = serve(factory, { transport, onerror });
  async function read(): Promise<void> {
    for await (const line of linesOf(process.stdin, MAX_LINE)) {
      if (ending?.aborted) break;
      transport.receive(line);
      await transport.until(({ requests, unread }) =>
        requests < MAX_REQUESTS && unread <= MAX_UNREAD
      );
      if (transport.isClosed) break;
    }
  }
  const told = Promise.withResolvers<void>();
  ending?.addEventListener("abort", () => told.resolve());
  await Promise.race([read(), told.promise]);
  const limit = ending?.aborted ? ENDING_TIMEOUT : DRAIN_TIMEOUT;
  await transport.until(({ requests }) => requests === 0, limit);
  // Refusals need no answer of the server, so nothing has waited for them.
  transport.flush();
  await handle.close();
}

/** What the client makes the server hold. */
interface Load {
  /** The number of requests without an answer. */
  requests: number;
  /** The bytes that the client has not read yet. */
  unread: number;
}

/** Lines that are written together, in pieces. */
interface Ready extends PromiseWithResolvers<void> {
  readonly pieces: Uint8Array[];
}

/** A connection whose revision is settled. */
interface Settled {
  /** The SDK's server, which knows the revision and the client. */
  readonly server: Server;
  readonly methods: ToolMethods;
}

/** Whether a wait is over. */
type IsOver = (load: Readonly<Load>) => boolean;

/**
 * A transport that tracks which requests have no answer yet, and how much the
 * client has not read.
 */
class StdioTransport implements Transport {
  onmessage?: Transport["onmessage"];
  onclose?: Transport["onclose"];
  onerror?: Transport["onerror"];
  isClosed = false;
  /** Undefined while only the SDK may answer. */
  settled: Settled | undefined;

  /** The number of open requests by id: a client may use an id twice. */
  readonly #open = new Map<string, number>();
  readonly #load: Load = { requests: 0, unread: 0 };
  /** The requests that are answered without the SDK, by id. */
  readonly #plain = new Map<string, AbortController>();
  /** What is written next: one write costs as much for many lines. */
  #ready: Ready | undefined;
  #waiting: { readonly isOver: IsOver; readonly end: () => void } | undefined;

  start(): Promise<void> {
    process.stdout.on("error", this.#fail);
    return Promise.resolve();
  }

  /** Takes a line of stdin; undefined if the line was too long to read. */
  receive(line: Uint8Array | undefined): void {
    const { message, plain, refusal } = line === undefined
      ? refuse(null, ProtocolErrorCode.InvalidRequest, TOO_LONG)
      : readMessage(line, this.#plainRequest);
    if (refusal) this.#write(refusal).catch(() => {});
    else if (plain) this.#answer(this.settled!, plain).catch(() => {});
    else {
      this.#follow(message);
      this.onmessage?.(message);
    }
  }

  async send(message: JSONRPCMessage): Promise<void> {
    await this.#write(message);
    if (!("method" in message)) this.#settle(message.id);
  }

  close(): Promise<void> {
    if (!this.isClosed) {
      this.isClosed = true;
      for (const controller of this.#plain.values()) controller.abort();
      this.#waiting?.end();
      this.onclose?.();
    }
    return Promise.resolve();
  }

  /** Resolves when a wait is over, when time is up, or at the end. */
  async until(isOver: IsOver, limit?: number): Promise<void> {
    if (this.isClosed || isOver(this.#load)) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((end) => {
      this.#waiting = { isOver, end };
      if (limit !== undefined) timer = setTimeout(end, limit);
    });
    clearTimeout(timer);
  }

  /**
   * Writes a message, together with others that are ready at the same time.
   *
   * @param message The message.
   * @param part What it has a placeholder for.
   */
  #write(message: object, part?: Shared): Promise<void> {
    const line = `${jsonOf(message)}\n`;
    const pieces = (part && splitAt(line, part)) ?? [Buffer.from(line)];
    for (const { byteLength } of pieces) this.#add({ unread: byteLength });
    if (!this.#ready) {
      this.#ready = { pieces: [], ...Promise.withResolvers<void>() };
      setImmediate(() => this.flush());
    }
    this.#ready.pieces.push(...pieces);
    return this.#ready.promise;
  }

  /** Writes what is ready. */
  flush(): void {
    if (!this.#ready) return;
    const { pieces, resolve, reject } = this.#ready;
    this.#ready = undefined;
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    process.stdout.write(bytes, (error) => {
      this.#add({ unread: -bytes.byteLength });
      if (error) reject(error);
      else resolve();
    });
  }

  /** Changes the load, and ends a wait that is over. */
  #add({ requests = 0, unread = 0 }: Partial<Load>): void {
    this.#load.requests += requests;
    this.#load.unread += unread;
    if (this.#waiting?.isOver(this.#load)) this.#waiting.end();
  }

  /** The client no longer reads, so no answer can reach it. */
  readonly #fail = (error: Error): void => {
    this.onerror?.(error);
    void this.close();
  };

  /** What a message is as a plain request; undefined if the SDK must see it. */
  readonly #plainRequest = (message: unknown): PlainRequest | undefined => {
    const plain = this.settled && plainRequest(message);
    // Of two requests with the same id, the SDK cancels the later one.
    return plain && isEnough(this.settled!, plain) &&
        !this.#open.has(JSON.stringify(plain.id))
      ? plain
      : undefined;
  };

  /** Answers a request as the SDK does: not if the client has cancelled it. */
  async #answer(
    { server, methods }: Settled,
    plain: PlainRequest,
  ): Promise<void> {
    const key = this.#count(plain.id);
    const controller = new AbortController();
    const { signal } = controller;
    this.#plain.set(key, controller);
    let part: Shared | undefined;
    const answer = await respond(methods, plain, {
      signal,
      revision: server.getNegotiatedProtocolVersion(),
      capabilities: server.getClientCapabilities(),
      share(shared) {
        part = shared;
        return [shared.mark];
      },
    });
    if (this.#plain.get(key) === controller) this.#plain.delete(key);
    if (signal.aborted) return;
    await this.#write(answer, part);
    this.#settle(plain.id);
  }

  /** Notes what a message for the SDK changes. */
  #follow(message: JSONRPCMessage): void {
    if (!("method" in message)) return;
    const { method, params } = message;
    if (method === "notifications/cancelled") {
      if (!("id" in message)) this.#cancel(params ?? {});
      this.#settle(params?.requestId);
    } else if ("id" in message && method !== "subscriptions/listen") {
      this.#plain.delete(this.#count(message.id));
      if (method === "initialize") this.settled = undefined;
    }
  }

  /** Cancels a plain request; the SDK ignores what it cannot read, too. */
  #cancel({ requestId, reason }: JsonObject): void {
    if (reason !== undefined && typeof reason !== "string") return;
    this.#plain.get(JSON.stringify(requestId))?.abort(reason);
  }

  /** Counts a request, and returns its key. */
  #count(id: string | number): string {
    const key = JSON.stringify(id);
    this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    this.#add({ requests: 1 });
    return key;
  }

  #settle(id: unknown): void {
    const key = JSON.stringify(id);
    const times = this.#open.get(key);
    if (times === undefined) return;
    if (times === 1) this.#open.delete(key);
    else this.#open.set(key, times - 1);
    this.#add({ requests: -1 });
  }
}

/** Whether a plain request needs nothing of the SDK on a connection. */
function isEnough(
  { server, methods }: Settled,
  { method, params, envelope }: PlainRequest,
): boolean {
  const revision = server.getNegotiatedProtocolVersion();
  if (revision === STATELESS) return envelope !== undefined;
  if (revision === undefined || envelope) return false;
  // In earlier revisions, the SDK asks the person before the call is answered.
  return method === "tools/list" || methods.view.reads(String(params.name)) ||
    server.getClientCapabilities()?.elicitation === undefined;
}

/** A line of stdin: a message, or the error that answers it. */
type Line =
  | { readonly message: JSONRPCMessage; plain?: never; refusal?: never }
  | { readonly plain: PlainRequest; message?: never; refusal?: never }
  | { readonly refusal: object; message?: never; plain?: never };

const TOO_LONG = `A message may have at most ${MAX_LINE} bytes`;

/**
 * Reads a line.
 *
 * @param bytes The line.
 * @param plainOf What a message is as a plain request.
 */
function readMessage(
  bytes: Uint8Array,
  plainOf: (message: unknown) => PlainRequest | undefined,
): Line {
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
  const meant = asMeant(value);
  const plain = plainOf(meant);
  if (plain) return { plain };
  try {
    return { message: parseJSONRPCMessage(meant) };
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
): Line {
  return { refusal: { jsonrpc: "2.0", id, error: { code, message } } };
}
