/**
 * MCP over stdin and stdout. This transport does three things that the SDK's
 * transport does not: it answers an invalid line with an error instead of
 * silence, it answers pending requests after stdin ends, and it stops reading
 * while too many requests are in progress or too many bytes are unread.
 *
 * @module
 */
import {
  type JSONRPCMessage,
  type McpServerFactory,
  parseJSONRPCMessage,
  ProtocolErrorCode,
  type Transport,
} from "@modelcontextprotocol/server";
import { serveStdio as serve } from "@modelcontextprotocol/server/stdio";
import { Buffer } from "node:buffer";
import process from "node:process";
import { setImmediate } from "node:timers";
import { parseJson, parseSent } from "../values/json.ts";
import { decodeUtf8 } from "../values/text.ts";
import { idOf, NOT_UTF8, refusedMessage } from "./messages.ts";
import { asMeant } from "./requests.ts";

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

/**
 * Serves one client until it closes stdin, or stops reading stdout.
 *
 * @param factory Makes the server when the client has sent its protocol
 * revision.
 * @param onerror Receives errors outside the protocol.
 * @param ending Tells it to read no more, and to end when everything that was
 * read is answered, or after 3.5 seconds.
 */
export async function serveStdio(
  factory: McpServerFactory,
  onerror: (error: Error) => void,
  ending?: AbortSignal,
): Promise<void> {
  const transport = new StdioTransport();
  const handle = serve(factory, { transport, onerror });
  async function read(): Promise<void> {
    for await (const line of lines(process.stdin)) {
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

/** Lines that are written together. */
interface Ready extends PromiseWithResolvers<void> {
  readonly lines: Buffer[];
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

  /** The number of open requests by id: a client may use an id twice. */
  readonly #open = new Map<string, number>();
  readonly #load: Load = { requests: 0, unread: 0 };
  /** What is written next: one write costs as much for many lines. */
  #ready: Ready | undefined;
  #waiting: { readonly isOver: IsOver; readonly end: () => void } | undefined;

  start(): Promise<void> {
    process.stdout.on("error", this.#fail);
    return Promise.resolve();
  }

  /** Takes a line of stdin; undefined if the line was too long to read. */
  receive(line: Uint8Array | undefined): void {
    const { message, refusal } = line === undefined
      ? refuse(null, ProtocolErrorCode.InvalidRequest, TOO_LONG)
      : readMessage(line);
    if (message) {
      this.#count(message);
      this.onmessage?.(message);
    } else this.#write(refusal).catch(() => {});
  }

  async send(message: JSONRPCMessage): Promise<void> {
    await this.#write(message);
    if (!("method" in message)) this.#settle(message.id);
  }

  close(): Promise<void> {
    if (!this.isClosed) {
      this.isClosed = true;
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

  /** Writes a message, together with others that are ready at the same time. */
  #write(message: object): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(message)}\n`);
    this.#add({ unread: line.byteLength });
    if (this.#ready) this.#ready.lines.push(line);
    else {
      this.#ready = { lines: [line], ...Promise.withResolvers<void>() };
      setImmediate(() => this.flush());
    }
    return this.#ready.promise;
  }

  /** Writes what is ready. */
  flush(): void {
    if (!this.#ready) return;
    const { lines, resolve, reject } = this.#ready;
    this.#ready = undefined;
    const bytes = lines.length === 1 ? lines[0]! : Buffer.concat(lines);
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

  #count(message: JSONRPCMessage): void {
    if (!("method" in message)) return;
    if (message.method === "notifications/cancelled") {
      this.#settle(message.params?.requestId);
    } else if ("id" in message && message.method !== "subscriptions/listen") {
      const key = JSON.stringify(message.id);
      this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
      this.#add({ requests: 1 });
    }
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

/** A line of stdin: a message, or the error that answers it. */
type Line =
  | { readonly message: JSONRPCMessage; readonly refusal?: undefined }
  | { readonly message?: undefined; readonly refusal: object };

const TOO_LONG = `A message may have at most ${MAX_LINE} bytes`;

function readMessage(bytes: Uint8Array): Line {
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
  try {
    return { message: parseJSONRPCMessage(asMeant(value)) };
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

/** The end of a line. */
const NEWLINE = 0x0a;

/** The non-empty lines of a stream; undefined for a line that is too long. */
async function* lines(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array | undefined> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  let isSkipping = false;
  const take = (): Uint8Array => {
    const line = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    pieces = [];
    size = 0;
    return line;
  };
  for await (const chunk of input) {
    let start = 0;
    for (let end; (end = chunk.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      pieces.push(chunk.subarray(start, end));
      const line = take();
      if (!isSkipping && !isBlank(line)) yield line;
      isSkipping = false;
    }
    pieces.push(chunk.subarray(start));
    size += chunk.length - start;
    if (isSkipping || size > MAX_LINE) {
      if (!isSkipping) yield undefined;
      isSkipping = true;
      take();
    }
  }
  const line = take();
  if (!isSkipping && !isBlank(line)) yield line;
}

/** Whether a line contains only ASCII white space. */
function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}
